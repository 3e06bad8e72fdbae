"""Kill a working process at random moments, again and again, and look at what it left.

`run` first does all deeds undisturbed and notes what the register says after each. Then a process does them on a copy
and is killed; what is found afterwards must be what stood before the deed it was in, or after it, and never less than
what it had acknowledged. The next process goes on from there.
"""

from __future__ import annotations

import multiprocessing
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Final

import sqlalchemy as sa

from gridmap.importing.integrity import check_register
from gridmap.store.keys import MasterKey
from gridmap.store.store import Store, open_store
from tests.kill.content import content_of, digest_of
from tests.kill.deeds import do, keeper, rehearse

RESTART_S: Final = 5.0
_SLOWER, _FASTER, _LONGEST_S = 1.35, 0.85, 20.0
_PRELOADED: Final = ["tests.kill.preloaded"]


class TornError(AssertionError):
    """What was found after a kill is neither what was before the deed nor what is after it."""


@dataclass(slots=True)
class Kills:
    """What came of a run. ``in_deed``: how many kills hit an unfinished deed; ``kept``: of these, how many deeds were
    committed but not yet acknowledged."""

    kills: int = 0
    in_deed: int = 0
    kept: int = 0
    deeds: int = 0
    slowest_restart_s: float = 0.0


def run(
    make: Callable[[], str],
    key: MasterKey,
    *,
    kills: int,
    deeds: int = 25,
    seed: int = 1,
    rehearsal: str,
    say: Callable[[str], None] = print,
) -> Kills:
    """Do ``deeds`` over and over until ``kills`` processes were killed; ``make`` gives a fresh copy of one register,
    ``rehearsal`` is one on which processes try their hand before it counts.

    Raises `TornError`.
    """
    states, pace_s = undisturbed(make(), key, deeds, seed)
    found, draw = Kills(), random.Random(seed)
    location, at = make(), 0
    ahead = _Worker(key, rehearsal)
    span_s = 3.0 * pace_s
    while found.kills < kills:
        worker, ahead = ahead, _Worker(key, rehearsal)
        worker.begin(location, seed, at, deeds)
        acknowledged = worker.kill_after(draw.uniform(0.0, span_s))
        # A machine that is busy with other things works slower than it did undisturbed: kills keep pace with it.
        span_s = min(span_s * _SLOWER, _LONGEST_S) if acknowledged == 0 else span_s * _FASTER
        at = look(location, key, states, at + acknowledged, found)
        found.kills += 1
        found.deeds += acknowledged
        if found.kills % 100 == 0:
            say(f"{found.kills} kills, {found.deeds} deeds acknowledged, {found.in_deed} kills in a deed")
        if at >= deeds:
            location, at = make(), 0
    ahead.end()
    return found


def undisturbed(location: str, key: MasterKey, deeds: int, seed: int) -> tuple[list[str], float]:
    """What the register says before the first deed and after each, and how long a deed takes, in seconds."""
    store = open_store(location, key)
    try:
        actor = keeper(store)
        states = [_digest(store)]
        began = time.monotonic()
        spent = 0.0
        for number in range(deeds):
            do(store, actor, seed, number)
            spent += time.monotonic() - began
            states.append(_digest(store))
            began = time.monotonic()
        return states, spent / deeds
    finally:
        store.close()


def _digest(store: Store) -> str:
    with store.read() as unit:
        return digest_of(content_of(unit))


def look(location: str, key: MasterKey, states: list[str], acknowledged: int, found: Kills) -> int:
    """Open what the killed process left; answers how many deeds are in it."""
    began = time.monotonic()
    store = open_store(location, key)
    try:
        actor = keeper(store)
        seconds = time.monotonic() - began
        found.slowest_restart_s = max(found.slowest_restart_s, seconds)
        if seconds > RESTART_S:
            raise TornError(f"the register opened only after {seconds:.1f} s")
        _wait_for_the_dead(store)
        digest = _digest(store)
        errors = check_register(store, actor).errors
        if errors:
            raise TornError(f"the register is damaged: {[error.code for error in errors]}")
    finally:
        store.close()
    found.in_deed += acknowledged + 1 < len(states)
    if digest == states[acknowledged]:
        return acknowledged
    if acknowledged + 1 < len(states) and digest == states[acknowledged + 1]:
        found.kept += 1
        return acknowledged + 1
    where = states.index(digest) if digest in states else None
    raise TornError(f"{acknowledged} deeds were acknowledged; what is there is the state after deed {where}")


def _wait_for_the_dead(store: Store) -> None:
    """A database server notices only after a while that a client is gone, and may finish what it was told to commit."""
    if store.dialect != "postgresql":
        return
    others = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    deadline = time.monotonic() + RESTART_S
    while time.monotonic() < deadline:
        with store.read() as unit:
            if not unit.session.scalar(others):
                return
        time.sleep(0.02)
    raise TornError("the database server still works for a process that is gone")


class _Worker:
    """A process that is up and waits to be told what to do: one is always made ahead."""

    def __init__(self, key: MasterKey, rehearsal: str) -> None:
        context = _context()
        self._mine, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs, key.secret, rehearsal), daemon=True)
        self._process.start()
        theirs.close()

    def begin(self, location: str, seed: int, first: int, deeds: int) -> None:
        """Let it work, and wait until it has opened the register."""
        self._mine.send((location, seed, first, deeds))
        if not self._mine.poll(60) or self._mine.recv() != "open":
            raise TornError("a process could not open the register")

    def kill_after(self, seconds: float) -> int:
        """Kill it; answers how many deeds it had acknowledged."""
        time.sleep(seconds)
        self._process.kill()
        self._process.join()
        count = 0
        try:
            while self._mine.poll():
                self._mine.recv()
                count += 1
        except (EOFError, OSError):
            pass  # the last it said was received
        self.end()
        return count

    def end(self) -> None:
        """Let go of it."""
        self._process.kill()
        self._process.join()
        self._mine.close()


def _context() -> Any:
    """Processes that have the program loaded already where the system can fork one that has."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    return context


def _work(tell: Connection, secret: bytes, rehearsal: str) -> None:
    store = open_store(rehearsal, MasterKey(secret))
    rehearse(store)
    store.close()
    location, seed, first, deeds = tell.recv()
    store = open_store(location, MasterKey(secret))
    actor = keeper(store)
    tell.send("open")
    for number in range(first, deeds):
        do(store, actor, seed, number)
        tell.send(number)  # acknowledged: from here on it must not be lost
    time.sleep(60)
