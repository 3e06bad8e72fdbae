"""What every benchmark shares: sizes, alternated timing, the result and what it was measured on."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Any


class Size(StrEnum):
    """How much there is to do; each benchmark says in numbers what it takes these to mean."""

    SMALL = "small"
    STREET = "street"
    DISTRICT = "district"
    CITY = "city"


@dataclass(frozen=True, slots=True)
class Result:
    """One comparison. ``ratio`` says how many times as fast as the peer ours is: higher is better."""

    name: str
    size: str
    ours: float
    peer: float
    unit: str
    ratio: float
    peer_name: str
    versions: Mapping[str, str]
    machine: Mapping[str, Any]
    details: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The result as plain values."""
        return asdict(self)

    def __str__(self) -> str:
        figures = f"ours {self.ours:.4g} {self.unit}, {self.peer_name} {self.peer:.4g} {self.unit}"
        extra = "".join(f"\n    {name}: {value}" for name, value in self.details.items())
        return f"{self.name} ({self.size}): {figures}: {self.ratio:.3g} times as fast{extra}"


Measure = Callable[[], float]
"""Does the work once and returns the figure measured: seconds, or requests a second."""


def seconds(work: Callable[[], object]) -> float:
    """The wall time of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def alternate(ours: Measure, peer: Measure, *, rounds: int = 5) -> tuple[float, float]:
    """Medians of several rounds, ours and the peer taking turns, so that a busy minute hits both alike."""
    figures = [(ours(), peer()) for _ in range(rounds)]
    return statistics.median(own for own, _ in figures), statistics.median(other for _, other in figures)


def result(
    name: str,
    size: Size,
    figures: tuple[float, float],
    *,
    unit: str,
    peer_name: str,
    packages: Iterable[str],
    details: Mapping[str, Any] | None = None,
) -> Result:
    """Put figures ``(ours, peer)`` into a result; a unit that ends in ``/s`` is a rate, any other one a duration."""
    ours, peer = figures
    ratio = ours / peer if unit.endswith("/s") else peer / ours
    return Result(
        name, size.value, ours, peer, unit, ratio, peer_name, versions(packages), machine(), dict(details or {})
    )


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Versions of Python and of the named installed packages."""
    return {"python": platform.python_version()} | {package: version(package) for package in packages}


def machine() -> dict[str, Any]:
    """Processor, cores, memory, system and how busy it is, as far as the system tells."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": _memory_gib(),
        "system": f"{platform.system()} {platform.release()}",
        "load_1_minute": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text(encoding="utf-8").splitlines() if information.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _memory_gib() -> float | None:
    information = Path("/proc/meminfo")
    if not information.is_file():
        return None
    first = information.read_text(encoding="utf-8").split()
    return round(int(first[1]) / 2**20, 1)
