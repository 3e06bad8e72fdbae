"""Blocking work: where it runs, and that writing never waits behind reading or the other way round."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from web.runner import Runner

Result = TypeVar("Result")


def alone(work: Coroutine[Any, Any, Result]) -> Result:
    """Run in a loop and a thread of its own: a browser of another test may keep a loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def test_reading_and_writing_have_threads_of_their_own() -> None:
    """A long import must not keep readers from the map."""

    async def both() -> tuple[str, str]:
        runner = Runner("sqlite")
        release = threading.Event()
        writing = asyncio.ensure_future(runner.write(lambda: (release.wait(10), threading.current_thread().name)[1]))
        read = await asyncio.wait_for(runner.read(lambda: threading.current_thread().name), 5)
        release.set()
        written = await writing
        await runner.close()
        return read, written

    read, written = alone(both())
    assert read.startswith("gridmap-read")
    assert written.startswith("gridmap-write")


def test_what_nobody_waits_for_is_finished_before_the_end_and_may_fail() -> None:
    """The note that a session was used must neither be lost at shutdown nor break a request."""

    async def run() -> list[int]:
        runner, done = Runner("sqlite"), list[int]()
        runner.later(done.append, 1)
        runner.later(lambda: 1 // 0)
        runner.ahead(done.append, 2)
        await runner.close()
        return done

    assert sorted(alone(run())) == [1, 2]


def test_an_embedded_store_gets_two_readers_and_one_writer() -> None:
    """Two readers have the best tail latency on one embedded file; writers queue anyway."""

    async def at_once(dialect: str, expected: int) -> int:
        runner, started, meeting = Runner(dialect), list[int](), threading.Barrier(expected, timeout=30)

        def work() -> None:
            started.append(1)
            meeting.wait()  # breaks unless as many as expected run at once

        jobs = [asyncio.ensure_future(runner.read(work)) for _ in range(expected)]
        await asyncio.gather(*jobs)
        release = threading.Event()
        started.clear()
        held = [asyncio.ensure_future(runner.read(lambda: (started.append(1), release.wait(30)))) for _ in range(20)]
        while len(started) < expected:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        together = len(started)
        release.set()
        await asyncio.gather(*held)
        await runner.close()
        return together

    assert alone(at_once("sqlite", 2)) == 2
    assert alone(at_once("postgresql", 8)) == 8
