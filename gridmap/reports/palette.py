"""The colours of reports."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any


@cache
def palette() -> dict[str, Any]:
    """The colours by use: ``status`` by word, ``population``, ``paper``."""
    return tomllib.loads(resources.files("gridmap.reports").joinpath("palette.toml").read_text("utf-8"))
