"""The invented register of a synthetic city: who lives where, and two years of what happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from geodata.city import City
from gridmap.demo import composition as code
from gridmap.demo.composition import YEAR, Kind, compose, kinds_of
from gridmap.demo.history import PRESENCES, Lives, live
from gridmap.demo.housing import (
    CAUSES,
    FOREVER,
    HISTORY_DAYS,
    INITIAL,
    MOVE_WITHIN,
    OPEN,
    Bools,
    Households,
    Ints,
    Stock,
    house,
    paired_in_street,
    stock_of,
)
from gridmap.demo.identity import full_names, identity_numbers, phone_numbers
from gridmap.demo.model import Population
from gridmap.demo.premises import as_dates, dwelling_states, organisations, recorded
from gridmap.demo.quality import Grades, grade_cells, visits
from gridmap.demo.words import Words, demo_words, drawn

NO_ID_SHARE = 0.007
SECOND_HOME_SHARE = 0.012


@dataclass(frozen=True, slots=True)
class _World:
    city: City
    stock: Stock
    households: Households
    lives: Lives
    grades: Grades
    words: Words
    period: tuple[int, int]
    random: np.random.Generator

    @property
    def cell(self) -> Ints:
        """The cell of each person's household, -1 where unknown."""
        building = self.households.building[self.lives.people.household]
        return np.where(building >= 0, self.stock.building_cell[building], -1)


def make_population(city: City, *, as_of: date, seed: int = 29) -> Population:
    """Invent the residents of a city as the register holds them on ``as_of``, with the two years before.

    Deterministic: the same city, date and seed give the same rows on any machine. Nobody in it exists; identity numbers
    carry region codes of no province and phones a range that reaches nobody.
    """
    random = np.random.Generator(np.random.PCG64([seed, 77]))
    end = (as_of - date(1970, 1, 1)).days
    start = end - HISTORY_DAYS
    stock = stock_of(city, random)
    households = house(stock, len(city.communities), start, end, random)
    composed = int((households.moved_from < 0).sum())
    kind = kinds_of(households.tenant, random)
    kind[households.second] = np.where(random.random(int(households.second.sum())) < 0.6, Kind.ALONE, Kind.COUPLE)
    people = compose(kind[:composed], households.tenant[:composed], households.start[:composed], random)
    lives = live(people, households, kind, end, random)
    inhabited = np.bincount(stock.cell[stock.homes & (stock.cell >= 0)], minlength=len(city.cells)) > 0
    grades = grade_cells(inhabited, random)
    world = _World(city, stock, households, lives, grades, demo_words(), (start, end), random)
    visited, day = visits(stock.cell, grades, end, random)
    unseen = np.ones(len(stock.building), dtype=bool)
    unseen[visited] = False
    # Nobody has been there: in half of these dwellings nobody knows how they are held either.
    unknown = unseen & (random.random(len(unseen)) < 0.5)
    persons, attributes = _register(world)
    return Population(
        as_of=as_of,
        start=as_of - timedelta(days=HISTORY_DAYS),
        persons=persons,
        attributes=attributes,
        households=_household_frame(world),
        residences=_residence_frame(world),
        dwelling_states=dwelling_states(stock, households, _emptied(world), unknown, (start, end), random),
        verifications=pl.DataFrame({"dwelling": visited, "date": as_dates(day)}),
        organisations=organisations(city, stock, (start, end), world.words, random),
    )


def _emptied(world: _World) -> Ints:
    """The day on which each household's last member was gone."""
    last = np.zeros(len(world.households), dtype=np.int64)
    np.maximum.at(last, world.lives.people.household, world.lives.end)
    moved = world.households.moved_from >= 0
    return np.where(moved, world.households.end, last)


def _surnames(world: _World) -> np.ndarray:
    """Surnames by family line: the man's and the woman's lines of each household, others their own."""
    people, count = world.lives.people, len(world.households)
    line = np.stack([drawn(world.words.surnames, count, world.random) for _ in range(2)])
    own = drawn(world.words.surnames, len(people), world.random)
    inherited = line[np.minimum(people.line, 1), people.household]
    # A parent alone gives the children the only surname the household shows.
    mothers_only = np.zeros(count, dtype=bool)
    mothers_only[:] = True
    mothers_only[people.household[(people.line == 0) & (people.role != code.Role.CHILD)]] = False
    with_mother = mothers_only[people.household] & (people.role == code.Role.CHILD)
    inherited = np.where(with_mother, line[1][people.household], inherited)
    return np.where(people.line == 2, own, inherited)


def _register(world: _World) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The frames of persons and of their dated attributes."""
    random, people, words = world.random, world.lives.people, world.words
    count = len(people)
    floating = world.lives.presence == 2
    share = np.cumsum([row[2] for row in words.origins])
    origin = np.searchsorted(share / share[-1], random.random(len(world.households)), side="right")[people.household]
    region = np.where(floating, np.array([row[0] for row in words.origins])[origin], words.registered["region"])
    birth = people.birth.astype("datetime64[D]")
    missing = _missing(world)
    number = identity_numbers(region, birth, people.male)
    no_number = missing["id"] | (random.random(count) < NO_ID_SHARE)
    names = full_names(_surnames(world), people.male, people.birth < 3652, words, random)
    ethnic = drawn(words.ethnic, len(world.households), random)[people.household]
    ethnic = np.where(random.random(count) < 0.03, "01", ethnic)
    phone = _phones(world, missing["phone"])
    persons = pl.DataFrame(
        {
            "person": np.arange(count),
            "name": names,
            "male": people.male,
            "sex": np.where(people.male, "1", "2"),
            "birth_date": as_dates(people.birth),
            "id_number": number.set(pl.Series(no_number), None),
            "phone": phone,
            "ethnic": ethnic.astype(str),
        }
    )
    return persons, _attribute_frame(world, missing, phone, origin)


def _missing(world: _World) -> dict[str, Bools]:
    """Which persons lack which required entry; how many differs by cell."""
    random = world.random
    count = len(world.lives.people)
    cell = world.cell
    share = np.where(cell >= 0, world.grades.incomplete[np.maximum(cell, 0)], 0.06)
    lacking = random.random(count) < share
    which = random.random(count)
    return {
        "phone": lacking & (which < 0.45),
        "marital": lacking & (which >= 0.35) & (which < 0.7),
        "presence": lacking & (which >= 0.6) & (which < 0.88),
        "id": lacking & (which >= 0.82),
    }


def _phones(world: _World, missing: Bools) -> pl.Series:
    """Own phones for those above 13, the head's for children: one null where the household gave none."""
    people = world.lives.people
    own = phone_numbers(len(people), world.random)
    heads = np.full(len(world.households), 0, dtype=np.int64)
    head = np.flatnonzero(people.relation == code.HEAD)
    heads[people.household[head]] = head
    child = (world.period[1] - people.birth) / YEAR < 14
    holder = np.where(child, heads[people.household], np.arange(len(people)))
    return own.gather(holder).set(pl.Series(missing), None)


def _last_end(world: _World) -> Ints:
    """When each person left the register for good; moves within do not count."""
    lives = world.lives
    return np.where(lives.cause_out == MOVE_WITHIN, FOREVER, lives.end)


def _attribute_frame(world: _World, missing: dict[str, Bools], phone: pl.Series, origin: Ints) -> pl.DataFrame:
    """One row a state: the opening one, and one for each change of marital status or presence."""
    lives, people = world.lives, world.lives.people
    count = len(people)
    opening = (np.arange(count), lives.start, people.marital, lives.presence)
    married = [(who, day, value, np.full(len(who), -1)) for who, day, value in lives.marital_changes]
    moved = [(who, day, np.full(len(who), -1), value) for who, day, value in lives.presence_changes]
    columns = zip(opening, *married, *moved, strict=True)
    names = ("person", "day", "marital", "presence")
    rows = pl.DataFrame({name: np.concatenate(column) for name, column in zip(names, columns, strict=True)}).sort(
        "person", "day", maintain_order=True
    )
    rows = rows.with_columns(
        pl.when(pl.col(name) < 0).then(None).otherwise(pl.col(name)).forward_fill().over("person").alias(name)
        for name in ("marital", "presence")
    ).unique(["person", "day"], keep="last", maintain_order=True)
    who, since = rows["person"].to_numpy(), rows["day"].to_numpy()
    until = _last_end(world)[who].copy()
    same = who[1:] == who[:-1]
    until[:-1][same] = since[1:][same]
    now = rows["presence"].to_numpy()
    status = pl.Series(rows["marital"].to_numpy()).cast(pl.String)
    return pl.DataFrame(
        {
            "person": who,
            "valid_from": as_dates(since),
            "valid_to": as_dates(until),
            "marital_status": status.set(pl.Series(missing["marital"][who]), None),
            "presence": pl.Series(np.array(PRESENCES)[now]).set(pl.Series(missing["presence"][who]), None),
            "registered_address": _registered_addresses(world, who, now, origin),
            "phone": phone.gather(who),
            "recorded_at": recorded(since, world.period[1], world.random),
        }
    )


def _registered_addresses(world: _World, who: Ints, presence: Ints, origin: Ints) -> pl.Series:
    """Where each person is registered: the own dwelling, or a place elsewhere."""
    households = world.households
    home = world.city.dwellings.select("unit", "room", "building")
    building = world.city.buildings
    at = pl.Series(home["building"])
    compound = np.append(world.city.compounds["name"].to_numpy().astype(object), "")[building["compound"].to_numpy()]
    place = pl.Series(
        (
            world.words.registered["place"]
            + building["road"]
            + building["road_no"]
            + "号"
            + compound
            + building["number"]
        )
        .to_numpy()
        .astype(str)
    )
    unit = world.city.units["number"].gather(home["unit"])
    address = pl.select(pl.concat_str([place.gather(at), unit, pl.lit("单元"), home["room"], pl.lit("室")])).to_series()
    dwelling = households.dwelling[world.lives.people.household[who]]
    here = address.gather(np.maximum(dwelling, 0))
    elsewhere = pl.Series(np.array([row[1] for row in world.words.origins])[origin[who]])
    away = pl.Series(presence == 2)
    known = pl.Series(dwelling >= 0)
    return pl.select(
        pl.when(away).then(elsewhere).when(known).then(here).otherwise(pl.lit(None, pl.String))
    ).to_series()


def _community_codes(world: _World, community: Ints) -> pl.Series:
    codes = pl.Series(world.city.communities["code"].to_numpy().astype(str))
    return codes.gather(np.maximum(community, 0)).set(pl.Series(community < 0), None)


def _areas_of(world: _World, household: Ints) -> Ints:
    """The community a household is counted under where no cell can be told, else -1."""
    households = world.households
    return households.community[household]


def _household_frame(world: _World) -> pl.DataFrame:
    households = world.households
    every = np.arange(len(households))
    return pl.DataFrame(
        {
            "household": every,
            "dwelling": households.dwelling,
            "building": households.building,
            "area_code": _community_codes(world, _areas_of(world, every)),
        }
    )


def _residence_frame(world: _World) -> pl.DataFrame:
    """Stays of all persons: the first, the one after a move within, and second homes that do not count."""
    lives, households, random = world.lives, world.households, world.random
    people = lives.people
    everyone = np.arange(len(people))
    target = np.full(len(households), -1, dtype=np.int64)
    moved = np.flatnonzero(households.moved_from >= 0)
    target[households.moved_from[moved]] = moved
    movers = np.flatnonzero((lives.cause_out == MOVE_WITHIN) & (target[people.household] >= 0))
    after = target[people.household[movers]]
    homes = random.permutation(np.flatnonzero(world.stock.homes))
    mine = households.dwelling[people.household]
    extra, other = paired_in_street(world.stock, mine, _second_homes(world), homes)
    person = np.concatenate((everyone, movers, extra))
    household = np.concatenate((people.household, after, np.full(len(extra), -1)))
    start = np.concatenate((lives.start, households.start[after], lives.start[extra]))
    end = np.concatenate((lives.end, households.end[after], np.full(len(extra), FOREVER)))
    cause_in = np.concatenate((lives.cause_in, households.cause_in[after], np.full(len(extra), INITIAL)))
    cause_out = np.concatenate((lives.cause_out, households.cause_out[after], np.full(len(extra), OPEN)))
    principal = np.arange(len(person)) < len(everyone) + len(movers)
    latest = world.period[1]
    opened = recorded(start, latest, random)
    first = np.flatnonzero(cause_in == INITIAL)
    opened = opened.scatter(first, recorded(start[first], latest, random, campaign=True))
    closed = recorded(np.minimum(end, latest), latest, random).set(pl.Series(end >= FOREVER), None)
    relation = pl.Series(people.relation[person]).cast(pl.String).str.zfill(2)
    frame = pl.DataFrame(
        {
            "person": person,
            "household": household,
            "dwelling": np.where(principal, households.dwelling[household], 0),
            "building": np.where(principal, households.building[household], 0),
            "area_code": _community_codes(world, np.where(principal, _areas_of(world, household), -1)),
            "relationship": relation.set(pl.Series(~principal), None),
            "principal": principal,
            "valid_from": as_dates(start),
            "valid_to": as_dates(end),
            "cause_in": np.array(CAUSES[:-1])[cause_in],
            "cause_out": pl.Series([CAUSES[i] for i in range(7)]).gather(cause_out),
            "recorded_at": opened,
            "closed_at": pl.select(pl.max_horizontal(opened, closed)).to_series().set(pl.Series(end >= FOREVER), None),
        }
    )
    if not len(extra):
        return frame
    at = np.flatnonzero(~principal)
    return frame.with_columns(
        frame["dwelling"].scatter(at, other), frame["building"].scatter(at, world.stock.building[other])
    )


def _second_homes(world: _World) -> Ints:
    """Grown people who own another dwelling, related to it without living there."""
    lives = world.lives
    age = (world.period[1] - lives.people.birth) / YEAR
    fit = (lives.cause_out == OPEN) & (lives.cause_in == INITIAL) & (age > 28) & (lives.presence == 0)
    fit &= (lives.people.relation == code.HEAD) & (world.households.dwelling[lives.people.household] >= 0)
    return np.flatnonzero(fit & (world.random.random(len(age)) < SECOND_HOME_SHARE * 3))
