"""Words for what the commands print by name: message ids."""

from __future__ import annotations

from typing import Final

COUNTS: Final = {
    "areas": "areas",
    "audit_entries": "entries of the audit log",
    "buildings": "buildings",
    "buildings_in_no_cell": "buildings in no cell",
    "buildings_moved": "buildings that changed their cell",
    "buildings_without_footprint": "buildings without a footprint",
    "cells": "cells",
    "dwellings": "dwellings",
    "ended": "cells that ended",
    "gaps": "gaps between cells",
    "orphans": "buildings in no cell",
    "overlaps": "overlaps of cells",
    "persons": "persons",
    "persons_counted_twice": "persons counted twice",
    "slivers": "slivers along borders of cells",
    "straddlers": "buildings in several cells",
}
"""What imports and the check of the register count."""
