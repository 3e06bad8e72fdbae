"""``python -m benchmarks NAME [--size small|street|district|city] [--json]``."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from importlib import import_module

from benchmarks.harness import Result, Size

REGISTRY = {
    "duplicates": "benchmarks.duplicates:compared",
    "import": "benchmarks.registers:imported",
    "linking": "benchmarks.linking:linked",
    "reading": "benchmarks.reading:read",
    "stats": "benchmarks.stats:cells_at_a_date",
    "tiles": "benchmarks.tiles:served",
    "tiles-encode": "benchmarks.tiles:encoded",
    "tiles-warm": "benchmarks.tiles:warm",
}
"""Name → ``module:function``. The function takes a Size and returns a list of results; imported when asked for."""


def find(name: str) -> Callable[[Size], list[Result]]:
    """The function behind a name."""
    module, function = REGISTRY[name].split(":")
    found: Callable[[Size], list[Result]] = getattr(import_module(module), function)
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one benchmark and print its results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure gridmap beside its peers.")
    parser.add_argument("name", choices=sorted(REGISTRY))
    parser.add_argument("--size", type=Size, choices=list(Size), default=Size.SMALL)
    parser.add_argument("--json", action="store_true", help="print one JSON object, or a list of them")
    chosen = parser.parse_args(arguments)
    results = find(chosen.name)(chosen.size)
    if not chosen.json:
        print(*results, sep="\n")
        return
    plain = [result.as_json() for result in results]
    print(json.dumps(plain[0] if len(plain) == 1 else plain, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
