"""Faults of the program in the log: kinds and lines of code, never a message, which may carry values of records."""

from __future__ import annotations

import logging

from gridmap.faults import trace

FAULTS = logging.getLogger("gridmap.faults")


def log_fault(fault_id: str, error: BaseException) -> None:
    """Write a fault under the id that its reader was given."""
    FAULTS.error("%s %s", fault_id, trace(error))
