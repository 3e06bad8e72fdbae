"""The reference says what the program does: commands and columns."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from gridmap.indicators.cells import count_names
from gridmap.indicators.dates import BANDS
from gridmap.indicators.registry import shipped_registry
from gridmap.indicators.words import STATE_WORDS, Marital

ROOT = Path(__file__).resolve().parent.parent
BESIDE_COUNTS = {
    "as_of", "code", "name", "name_en", "level", "parent_code", "kind", "area_km2", "status", "failing",
}  # fmt: skip


def test_the_commands_are_documented_as_they_are() -> None:
    """After changing a command run ``python -m tools.cli_reference``."""
    done = subprocess.run(
        [sys.executable, "-m", "tools.cli_reference", "--check"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (
        f"docs/en/reference/cli.md is out of step: run 'python -m tools.cli_reference'\n{done.stderr}"
    )


def documented() -> set[str]:
    """Every column the page names, with the words in brackets spelled out."""
    page = (ROOT / "docs" / "en" / "reference" / "figures.md").read_text("utf-8")
    indicators = re.search(r"- ‹indicator›: (.*?), and those", page, re.DOTALL)
    assert indicators is not None
    words = {
        "band": [*BANDS, "unknown"],
        "marital": [word.name.lower() for word in Marital],
        "days": ["90", "180"],
        "state": list(STATE_WORDS),
        "indicator": re.findall(r"`(\w+)`", indicators[1]),
    }
    found = set()
    for line in page.splitlines():
        if line.startswith("| `"):
            for name in re.findall(r"`([^`]+)`", line.split("|")[1]):
                key = re.search(r"‹(\w+)›", name)
                found |= {name.replace(key[0], word) for word in words[key[1]]} if key else {name}
    return found


def test_every_column_of_figures_is_documented() -> None:
    """And no column that is not there."""
    registry = shipped_registry()
    counts = set(count_names(registry.terms()))
    rates = {name for name in registry.indicators if name not in counts}
    assert documented() == BESIDE_COUNTS | counts | rates
