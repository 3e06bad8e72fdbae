"""A small HTTP load: a fixed number of clients on kept connections, in a bounded time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle

import numpy as np


@dataclass(slots=True)
class Load:
    """What a load found: answers a second, times in milliseconds, bytes, answers that were neither 200 nor 204."""

    latencies_s: list[float] = field(default_factory=list)
    body_bytes: int = 0
    failures: int = 0
    wall_s: float = 0.0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies_s) / self.wall_s

    def percentile_ms(self, percent: float) -> float:
        """A percentile of the answer times."""
        return float(np.percentile(self.latencies_s, percent)) * 1e3


class _Client(asyncio.Protocol):
    """Asks for one path after another on one connection."""

    def __init__(self, paths: Iterator[bytes], load: Load) -> None:
        self._paths, self._load = paths, load
        self._buffer = bytearray()
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._buffer[:end]).lower()
        length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0] or 0)
        if len(self._buffer) < end + 4 + length:
            return
        self._load.latencies_s.append(time.perf_counter() - self._asked)
        self._load.body_bytes += length
        self._load.failures += head.split(b" ", 2)[1] not in (b"200", b"204")
        self._buffer.clear()
        self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the server closed the connection"))

    def _ask(self) -> None:
        path = next(self._paths, None)
        if path is None:
            self.done.set_result(None)
            self._transport.close()
            return
        self._asked = time.perf_counter()
        self._transport.write(b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")


def load(port: int, paths: Sequence[str], *, clients: int, least_s: float) -> Load:
    """Ask for all paths at least once and go on for ``least_s`` seconds; returns what was found.

    Raises ConnectionError if the server hangs up.
    """
    return asyncio.run(_load(port, [path.encode() for path in paths], clients, least_s))


async def _load(port: int, paths: Sequence[bytes], clients: int, least_s: float) -> Load:
    found = Load()
    started = time.perf_counter()

    def bounded() -> Iterator[bytes]:
        for number, path in enumerate(cycle(paths)):
            if number >= len(paths) and time.perf_counter() - started > least_s:
                return
            yield path

    shared = bounded()
    loop = asyncio.get_running_loop()
    connected = [
        await loop.create_connection(lambda: _Client(shared, found), "127.0.0.1", port) for _ in range(clients)
    ]
    await asyncio.gather(*(client.done for _, client in connected))
    found.wall_s = time.perf_counter() - started
    return found
