"""The weights of the evidence, read from the package's data."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import log2


@dataclass(frozen=True, slots=True)
class Weights:
    """Bits for or against, by group and observation; see ``weights.toml``."""

    groups: Mapping[str, Mapping[str, float]]

    def bits(self, group: str, observation: str) -> float:
        """What an observation is worth."""
        return self.groups[group][observation]

    def prior(self, records: int) -> float:
        """The bits against a pair drawn at random from so many records."""
        return log2(self.bits("prior", "share") / records)

    def population(self, records: int) -> int:
        """Of how many people the records are taken to be a part."""
        return max(records, int(self.bits("prior", "least")))

    def word(self, bits: float) -> str:
        """``certain``, ``likely`` or ``possible``; empty where two persons are likelier."""
        steps = self.groups["threshold"]
        return next((word for word in ("certain", "likely", "possible") if bits >= steps[word]), "")


@cache
def weights() -> Weights:
    """The weights that ship with the program."""
    return Weights(tomllib.loads(files("gridmap.duplicates").joinpath("weights.toml").read_text("utf-8")))
