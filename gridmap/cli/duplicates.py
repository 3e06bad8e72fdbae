"""``gridmap duplicates``: records that may mean one person – find, list, merge, keep apart, take back."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer

from gridmap.areas.service import find_area
from gridmap.cli.frame import As, Db, Json, _, command, emit, out, say, words, working
from gridmap.cli.usage import Group
from gridmap.cli.voice import escape
from gridmap.duplicates import service
from gridmap.duplicates.service import APART, LATER, Pair, PairKey
from gridmap.duplicates.words import FIELDS, LIKELIHOODS, REASONS, REMARKS
from gridmap.errors import InvalidInputError
from gridmap.residents.views import PersonView

app = typer.Typer(
    help=_("Records that may mean one person: find, list, merge, keep apart, take back."),
    no_args_is_help=True,
    cls=Group,
)

PairText = Annotated[str, typer.Argument(metavar="PAIR", help=_("The pair as the list prints it."), show_default=False)]
MaybeArea = Annotated[
    str | None,
    typer.Option("--area", help=_("Only pairs with somebody in this area: a code or a name path."), show_default=False),
]


@command(app, "list")
def list_(
    db: Db,
    area: MaybeArea = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=500, help=_("At most so many pairs."))] = 50,
    as_: As = None,
    json_: Json = False,
) -> None:
    """List the pairs that wait for you, the likeliest first; masked, and logged."""
    with working(db, as_) as work, work.store.write() as unit:
        area_id = find_area(unit, area).id if area else None
        pairs, total = service.list_pairs(unit, work.actor, area_id=area_id, limit=limit)
    if json_:
        emit({"total": total, "pairs": [_machine(pair) for pair in pairs]})
        return
    for pair in pairs:
        _print(pair)
    say("{shown} of {total} pairs.", shown=len(pairs), total=total)


@command(app, "compare")
def compare(
    area: Annotated[str, typer.Option("--area", help=_("The area: a code or a unique name path."), show_default=False)],
    db: Db,
    as_: As = None,
    json_: Json = False,
) -> None:
    """Compare everybody in the sub-district of an area anew; what was decided stays decided."""
    with working(db, as_) as work, work.store.write() as unit:
        found = service.search_pairs(unit, work.actor, find_area(unit, area).id)
    if json_:
        emit({"pairs": found})
        return
    say("{count} pairs may mean one person.", count=found)


@command(app, "merge")
def merge(
    pair: PairText,
    db: Db,
    keep: Annotated[
        UUID | None,
        typer.Option("--keep", help=_("The record that survives; by default the more complete."), show_default=False),
    ] = None,
    take: Annotated[
        list[str] | None,
        typer.Option(
            "--take", help=_("A field whose value is taken from the other record, e.g. name."), show_default=False
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_("Say what would happen, write nothing."))] = False,
    as_: As = None,
    json_: Json = False,
) -> None:
    """Make one record of two; the other one leads to it from then on. Can be taken back."""
    key = _key(pair)
    choices = dict.fromkeys(take or [], "other")
    with working(db, as_) as work, work.store.write() as unit:
        shown = service.preview(unit, work.actor, key, keep, choices)
        change = None if dry_run else service.merge_pair(unit, work.actor, key, keep, choices)
    if json_:
        remarks = [{"code": code, "day": day.isoformat()} for code, day in shown.remarks]
        emit({"kept": str(shown.kept), "fields": list(shown.open), "remarks": remarks, "change": change})
        return
    text = words()
    for name in shown.open:
        taken = shown.chosen[name] == "other"
        label = text.gettext(FIELDS[name])
        say("{field}: taken from the other record." if taken else "{field}: kept.", field=label)
    for code, day in shown.remarks:
        out.print(escape(text.text(REMARKS[code], day=day.isoformat())))
    if change is not None:
        say("Merged. To take it back: gridmap duplicates undo {change}", change=change)


@command(app, "apart")
def apart(pair: PairText, db: Db, as_: As = None, json_: Json = False) -> None:
    """Say that a pair is two persons; it is not proposed again."""
    _decide(pair, APART, db, as_, as_json=json_)


@command(app, "later")
def later(pair: PairText, db: Db, as_: As = None, json_: Json = False) -> None:
    """Leave a pair for later; it moves to the end of the list."""
    _decide(pair, LATER, db, as_, as_json=json_)


@command(app, "undo")
def undo(
    db: Db,
    change: Annotated[
        UUID | None,
        typer.Argument(help=_("The change to take back; by default your last decision."), show_default=False),
    ] = None,
    as_: As = None,
    json_: Json = False,
) -> None:
    """Take a decision about a pair back: a merge exactly, or not at all."""
    with working(db, as_) as work, work.store.write() as unit:
        wanted = change or service.last_decision(unit, work.actor)
        if wanted is not None:
            service.take_back(unit, work.actor, wanted)
    if json_:
        emit({"undone": wanted})
        return
    say("Taken back." if wanted else "There is nothing to take back.")


def _decide(pair: str, decision: str, db: str, as_: str | None, *, as_json: bool) -> None:
    key = _key(pair)
    with working(db, as_) as work, work.store.write() as unit:
        change = service.decide(unit, work.actor, key, decision)
    if as_json:
        emit({"change": change})
        return
    say("Noted. To take it back: gridmap duplicates undo {change}", change=change)


def _key(text: str) -> PairKey:
    key = service.read_key(text)
    if key is None:
        raise InvalidInputError(field="Pair", reason="give it as the list prints it")
    return key


def _print(pair: Pair) -> None:
    text = words()
    word = text.gettext("left for later") if pair.put_off else text.gettext(LIKELIHOODS[pair.word])
    reasons = "、" if text.language == "zh-CN" else ", "
    said = reasons.join(text.gettext(REASONS[code]) for code in pair.reasons if code in REASONS)
    out.print(f"[bold]{escape(str(pair.key))}[/]")
    out.print(f"  {escape(word)}: {escape(said)}")
    for person in (pair.first, pair.second):
        out.print(f"  · {escape(_line(person))}")


def _line(person: PersonView) -> str:
    parts = (str(person.id), person.name, str(person.age or ""), person.id_number, person.phone, person.place)
    return "  ".join(part for part in parts if part)


def _machine(pair: Pair) -> dict[str, object]:
    return {
        "pair": str(pair.key),
        "likelihood": pair.word,
        "reasons": list(pair.reasons),
        "left_for_later": pair.put_off,
        "records": [
            {
                "id": str(person.id),
                "name": person.name,
                "age": person.age,
                "id_number": person.id_number,
                "phone": person.phone,
                "place": person.place,
            }
            for person in (pair.first, pair.second)
        ],
    }
