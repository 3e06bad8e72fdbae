"""Words for what the commands print by name: message ids."""

from __future__ import annotations

from typing import Final

COUNTS: Final = {
    "areas": "Areas",
    "audit_entries": "Entries of the audit log",
    "buildings": "Buildings",
    "buildings_in_no_cell": "Buildings in no cell",
    "buildings_moved": "Buildings that changed their cell",
    "buildings_without_footprint": "Buildings without a footprint",
    "cells": "Cells",
    "dwellings": "Dwellings",
    "ended": "Cells that ended",
    "gaps": "Gaps between cells",
    "orphans": "Buildings in no cell",
    "overlaps": "Overlaps of cells",
    "overlaps_with_others": "Overlaps with existing cells",
    "persons": "Persons",
    "persons_counted_twice": "Persons counted twice",
    "slivers": "Slivers along borders of cells",
    "straddlers": "Buildings in several cells",
}
"""What imports and the check of the register count."""
