"""Columns of the register as frames, as `gridmap.store.frames` reads them, for the modules of this slice."""

from __future__ import annotations

from gridmap.store.frames import MANY_VALUES, Attribute, fetch, fetch_in

__all__ = ["MANY_VALUES", "Attribute", "fetch", "fetch_in"]
