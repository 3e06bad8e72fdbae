"""The invented register as frames."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl


@dataclass(frozen=True, slots=True)
class Population:
    """A register of invented residents over a synthetic city, with two years of history before ``as_of``.

    Intervals are half-open: a row holds on ``valid_from`` and no longer on ``valid_to`` (null: still open).
    Indices are positions: ``person`` and ``household`` into these frames, ``dwelling`` and ``building`` into the
    city's (-1: unknown).

    - ``persons``: person, name, male, sex (GB/T 2261.1), birth_date, id_number, phone, ethnic (GB 3304).
    - ``attributes``: person, valid_from, valid_to, marital_status (GB/T 2261.2), presence (registered_present,
      registered_away, floating), registered_address, phone, recorded_at.
    - ``households``: household, dwelling, building, area_code (community of unlocated ones, else null).
    - ``residences``: person, household (-1: none), dwelling, building, area_code, relationship (GB/T 4761), principal,
      valid_from, valid_to, cause_in (initial, birth, move_in, move_within), cause_out (death, move_out, move_within,
      null), recorded_at, closed_at (when the end was recorded; null while open).
    - ``dwelling_states``: dwelling, use (residential, commercial, office, mixed), tenure (owner, let, vacant, unknown),
      valid_from, valid_to, recorded_at.
    - ``verifications``: dwelling, date. ``organisations``: name, kind, building, dwelling, valid_from, valid_to.
    """

    as_of: date
    start: date
    persons: pl.DataFrame
    attributes: pl.DataFrame
    households: pl.DataFrame
    residences: pl.DataFrame
    dwelling_states: pl.DataFrame
    verifications: pl.DataFrame
    organisations: pl.DataFrame

    def __repr__(self) -> str:
        return f"Population(as_of={self.as_of}, persons={self.persons.height})"

    def present(self, day: date) -> pl.DataFrame:
        """The open principal residences of a date: the population, one row a person."""
        rows = self.residences
        return rows.filter(
            pl.col("principal")
            & (pl.col("valid_from") <= day)
            & (pl.col("valid_to").is_null() | (pl.col("valid_to") > day))
        )
