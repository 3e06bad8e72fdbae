"""The snapshot that a process holds, kept fresh by following the store's change numbers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from gridmap.indicators.snapshot import Snapshot, load_snapshot
from gridmap.store.store import Store

FOLLOWED: Final = ("register", "geometry")
"""Kinds of change after which a snapshot is out of date."""


class SnapshotCache:
    """One snapshot for all threads. It is read again after the register or the geometry changed, by one thread
    however many ask, and the others wait for it: a figure is never older than the store was ``poll_s`` ago."""

    def __init__(self, store: Store, *, poll_s: float = 1.0, clock: Callable[[], float] = time.monotonic) -> None:
        """Follow ``store``; ask it for its change numbers at most every ``poll_s`` seconds."""
        self._store = store
        self._poll_s = poll_s
        self._clock = clock
        self._lock = threading.Lock()
        self._held: Snapshot | None = None
        self._asked_at = float("-inf")

    @property
    def store(self) -> Store:
        """The store that is followed."""
        return self._store

    def current(self, *, at_once: bool = False) -> Snapshot:
        """The snapshot; ``at_once`` asks the store now, whenever it was asked last."""
        held = self._held
        if held is not None and not at_once and self._clock() - self._asked_at < self._poll_s:
            return held
        with self._lock:
            held = self._held
            if held is not None and not at_once and self._clock() - self._asked_at < self._poll_s:
                return held
            self._asked_at = self._clock()
            if held is not None and self._numbers() == _followed(held.numbers):
                return held
            with self._store.read() as unit:
                self._held = held = load_snapshot(unit)
            return held

    def _numbers(self) -> tuple[int, ...]:
        return _followed(self._store.change_numbers())


def _followed(numbers: object) -> tuple[int, ...]:
    known: dict[str, int] = dict(numbers)  # type: ignore[call-overload]
    return tuple(known.get(name, 0) for name in FOLLOWED)
