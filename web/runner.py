"""Where blocking work runs: few threads, of their own.

The interpreter runs one thread at a time, and a large pool of threads that all talk to an embedded database spends its
time handing over instead of answering: two readers give the best tail latency, and writers have to queue anyway. A
database server works elsewhere, so more threads may wait for it. Writers have their own threads, so that a long import
never keeps readers from the map.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

EMBEDDED = (2, 1)
SERVER = (8, 4)


class Runner:
    """Thread pools for reading and for writing the store."""

    def __init__(self, dialect: str, read_threads: int = 0) -> None:
        readers, writers = SERVER if dialect == "postgresql" else EMBEDDED
        self._readers = ThreadPoolExecutor(read_threads or readers, thread_name_prefix="gridmap-read")
        self._writers = ThreadPoolExecutor(writers, thread_name_prefix="gridmap-write")
        self._tasks: set[asyncio.Future[object]] = set()

    async def read(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run something that only reads."""
        return await self._run(self._readers, function, *args, **kwargs)

    async def write(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run something that writes, if only an audit entry."""
        return await self._run(self._writers, function, *args, **kwargs)

    def later(self, function: Callable[P, object], /, *args: P.args, **kwargs: P.kwargs) -> None:
        """Write something that nobody waits for and that may fail."""
        self._track(self._run(self._writers, function, *args, **kwargs))

    def ahead(self, function: Callable[P, object], /, *args: P.args, **kwargs: P.kwargs) -> None:
        """Read something before anybody asks for it; who asks meanwhile waits for the same reading."""
        self._track(self._run(self._readers, function, *args, **kwargs))

    def _track(self, work: Coroutine[Any, Any, object]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._settled)

    async def close(self) -> None:
        """Wait for what was begun."""
        if self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        self._readers.shutdown()
        self._writers.shutdown()

    def _settled(self, task: asyncio.Future[object]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, so that asyncio does not complain of an unseen failure

    @staticmethod
    async def _run(pool: ThreadPoolExecutor, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        context = contextvars.copy_context()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(pool, lambda: context.run(function, *args, **kwargs))
