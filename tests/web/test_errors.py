"""Every error has a sentence, a remedy and a status; unknown ones give nothing away."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import pytest

import geodata
import gridmap
import web
from geodata.errors import ExplainedError
from web.errors import STATUS, status_of


def all_errors() -> list[type[ExplainedError]]:
    """Every error class of the three packages."""
    for package in (geodata, gridmap, web):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in module.name:
                importlib.import_module(module.name)
    return sorted(set(_below(ExplainedError)), key=lambda kind: (kind.__module__, kind.__qualname__))


def _below(kind: type[ExplainedError]) -> Iterator[type[ExplainedError]]:
    for sub in kind.__subclasses__():
        if sub.__module__.split(".")[0] in {"geodata", "gridmap", "web"}:
            yield sub
            yield from _below(sub)


@pytest.mark.parametrize("kind", all_errors(), ids=lambda kind: kind.__qualname__)
def test_every_error_has_its_own_words_and_a_status_below_the_root(kind: type[ExplainedError]) -> None:
    """A class without its own hint would tell its readers what another one means."""
    own = {name: value for above in kind.__mro__ if above is not ExplainedError for name, value in vars(above).items()}
    assert own.get("code"), "no code"
    assert kind.hint.strip()
    assert kind.message.strip()
    assert any(above in STATUS for above in kind.__mro__), "the table has no status for it"
    assert 400 <= status_of(kind) < 600


def test_codes_are_unique_among_errors_that_say_something() -> None:
    """Programs tell errors apart by their codes."""
    said = [kind for kind in all_errors() if "message" in vars(kind)]
    codes = [kind.code for kind in said]
    assert sorted(codes) == sorted(set(codes))


def test_an_error_that_is_not_in_the_table_takes_the_status_of_the_class_above() -> None:
    """A new error needs no entry unless it differs."""

    class NewError(gridmap.errors.StoreError):
        code = "new"

    assert status_of(NewError) == 503
    assert status_of(NewError()) == 503
