"""One address on its way to paper: what is known of the place, how it will be written, what was left out."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Parts:
    """The parts of an address as words. ``""`` is not written. ``building`` and ``unit`` are bare (``3``, ``A``).

    ``facts``: what of the place still stands there, in the oracle's words. ``typed``: the names that were misspelt.
    ``before`` and ``after`` are written around the address.
    """

    prefix: str = ""
    community: str = ""
    road: str = ""
    road_no: str = ""
    compound: str = ""
    building: str = ""
    unit: str = ""
    room: str = ""
    before: str = ""
    after: str = ""
    community_word: str = "社区"
    house_number: bool = False
    dashed: bool = False
    placed: bool = True
    facts: dict[str, str] = field(default_factory=dict)
    typed: dict[str, str] = field(default_factory=dict)

    @property
    def sided(self) -> bool:
        """Is the room named by its side (3楼东户)?"""
        return not self.room[-1:].isalnum() or self.room[-1:] == "户"

    @property
    def floor(self) -> str:
        """The floor, as the room's number says it."""
        return self.room[:-2] if self.room.isdigit() and len(self.room) >= 3 else ""
