"""What a process holds of the store in memory, kept fresh by following the store's change numbers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Final, Generic, TypeVar

from gridmap.indicators.snapshot import Snapshot, change_numbers, load_snapshot
from gridmap.store.store import Store, UnitOfWork

Held = TypeVar("Held")
Numbers = Mapping[str, int]
Clock = Callable[[], float]


class Followed(Generic[Held]):
    """One value for all threads, made from the store and made again after certain kinds of change.

    One thread makes it however many ask, and the others wait for it: what is answered is never older than the store
    was ``poll_s`` ago, and never older than the last change by this process.
    """

    def __init__(
        self,
        store: Store,
        kinds: tuple[str, ...],
        make: Callable[[UnitOfWork, Numbers], Held],
        *,
        poll_s: float = 1.0,
        clock: Clock = time.monotonic,
    ) -> None:
        """Follow the change numbers of ``kinds``, asking for them at most every ``poll_s`` seconds."""
        self.store = store
        self._kinds = kinds
        self._make = make
        self._poll_s = poll_s
        self._clock = clock
        self._lock = threading.Lock()
        self._held: tuple[Numbers, Held] | None = None
        self._asked_at = float("-inf")
        self._commits = -1

    def current(self, *, at_once: bool = False, outdated: Callable[[Held], bool] | None = None) -> Held:
        """The value; ``at_once`` asks the store now, whenever it was asked last. ``outdated`` may find the value too
        old for reasons that are not in the store."""
        held = self._held
        if held is not None and not at_once and self._fresh(held[1], outdated):
            return held[1]
        with self._lock:
            held = self._held
            if held is not None and not at_once and self._fresh(held[1], outdated):
                return held[1]
            asked_at, commits = self._clock(), self.store.commits
            numbers = self._chosen(self.store.change_numbers())
            if held is None or held[0] != numbers or (outdated is not None and outdated(held[1])):
                held = self._held = self._made()
            self._asked_at, self._commits = asked_at, commits
            return held[1]

    def _fresh(self, value: Held, outdated: Callable[[Held], bool] | None) -> bool:
        recent = self._clock() - self._asked_at < self._poll_s and self.store.commits == self._commits
        return recent and not (outdated is not None and outdated(value))

    def _made(self) -> tuple[Numbers, Held]:
        # The numbers are read in the transaction that reads the records, so that they belong together.
        with self.store.read() as unit:
            numbers = self._chosen(change_numbers(unit))
            return numbers, self._make(unit, numbers)

    def _chosen(self, numbers: Numbers) -> Numbers:
        return {kind: numbers.get(kind, 0) for kind in self._kinds}


class SnapshotCache(Followed[Snapshot]):
    """The snapshot of the register, read again after the register or the geometry changed."""

    def __init__(self, store: Store, *, poll_s: float = 1.0, clock: Clock = time.monotonic) -> None:
        super().__init__(store, FOLLOWED, lambda unit, _numbers: load_snapshot(unit), poll_s=poll_s, clock=clock)


FOLLOWED: Final = ("register", "geometry")
"""Kinds of change after which a snapshot is out of date."""
