"""A brake on guessing from one address, beside the lock on each account."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import Final

from gridmap.errors import AccountLockedError

WINDOW_S: Final = 600.0
FAILURES: Final = 50
REMEMBERED: Final = 10_000


class Throttle:
    """Counts failures by address in memory; the oldest addresses are forgotten."""

    def __init__(self, failures: int = FAILURES, window_s: float = WINDOW_S) -> None:
        self._most = failures
        self._window_s = window_s
        self._seen: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, address: str) -> None:
        """Refuse an address with too many failures.

        Raises:
            AccountLockedError: says how long to wait.
        """
        with self._lock:
            count, since = self._seen.get(address, (0, 0.0))
            left_s = since + self._window_s - time.monotonic()
            if count >= self._most and left_s > 0:
                raise AccountLockedError(minutes=max(1, round(left_s / 60)))

    def failed(self, address: str) -> None:
        """Count a failure."""
        now = time.monotonic()
        with self._lock:
            count, since = self._seen.pop(address, (0, now))
            if now - since > self._window_s:
                count, since = 0, now
            self._seen[address] = (count + 1, since)
            while len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
