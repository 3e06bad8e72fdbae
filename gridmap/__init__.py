"""Records and rules of a sub-district: areas, buildings, residents, and the figures made of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gridmap.notebook import OpenRegister

__all__ = ["open"]


def open(location: str | Path, *, user: str | None = None) -> OpenRegister:  # noqa: A001 - read as gridmap.open
    """Open a register for a notebook or a script; see :class:`gridmap.notebook.OpenRegister`.

    Args:
        location: a file, or a ``postgresql://`` address.
        user: whom to act as; by default the user mapped to the system account.

    Raises:
        StoreError: it cannot be opened; each says what to do.
        InvalidInputError: there is no such user.
    """
    from gridmap.notebook import OpenRegister  # noqa: PLC0415 - importing gridmap must stay quick

    return OpenRegister(location, user=user)
