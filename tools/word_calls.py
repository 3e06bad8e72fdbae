"""Find the messages of Python sources.

Where a call translates something else than a literal, the literals it can stand for are looked up: the values of a
table, both sides of a condition, what a loop runs over, the arguments of a function that passes its parameter on.
What cannot be looked up must be declared in :data:`DECLARED`, with where its messages come from.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tools.word_meanings import Function, Meanings, Module, arguments, assigned, called

PACKAGES: Final = ("geodata", "gridmap", "web")
TRANSLATING: Final = {"_", "say", "gettext", "translate"}
TRANSLATORS: Final = {"words", "text", "translator"}
SENTENCES: Final[Mapping[str, tuple[tuple[int | None, str], ...]]] = {
    "Phrase": ((0, "message"),),
    "Issue": ((1, "message"), (2, "hint")),
    "Finding": ((2, "message"), (3, "hint"), (4, "label")),
    "InvalidInputError": ((None, "reason"), (None, "field")),
    "StoreUnreachableError": ((None, "reason"),),
    "PermissionDeniedError": ((None, "action"),),
    "TableTypeError": ((None, "found"),),
    "TableTooLargeError": ((None, "what"),),
    "TableUnsafeError": ((None, "what"),),
    "TileGeometryError": ((None, "found"),),
    "ReportKind": ((1, "name"), (2, "about")),
    "gridmap.reports.kinds.Format": ((1, "name"),),
    "Column": ((4, "reason"),),
}
"""Which arguments of which constructors are messages."""

_SENTENCES_OF_ERRORS: Final = "classes of errors"
_FINDINGS: Final = "Issue(…) and Finding(…)"
_INDICATORS: Final = "gridmap/indicators/registry.toml"
_RULES: Final = "gridmap/compliance/rules.toml"
_REGISTRY: Final = "ReportKind(…) and Format(…)"
_FIELDS: Final = "gridmap/editing/fields.toml"
_NAMES: Final = "no message: names, codes or a text from outside"

DECLARED: Final[Mapping[str, str]] = {
    "error.message": _SENTENCES_OF_ERRORS,
    "error.hint": _SENTENCES_OF_ERRORS,
    "issue.message": _FINDINGS,
    "issue.hint": _FINDINGS,
    "finding.message": _FINDINGS,
    "finding.hint": _FINDINGS,
    "case.message": _FINDINGS,
    "c.reason": "Column(…) and gridmap/importing/headings.toml",
    "column.reason": "Column(…) and gridmap/importing/headings.toml",
    "_rules().ignored[field]": "gridmap/importing/headings.toml",
    "_rules().checks[chosen]": "gridmap/importing/headings.toml",
    "_rules().checks[field]": "gridmap/importing/headings.toml",
    "next((text for start, text in _reasons().items() if reason.startswith(start)), None)": "geodata/repair.toml",
    "people['population'].source": _INDICATORS,
    "people['households'].source": _INDICATORS,
    "indicator.name": _INDICATORS,
    "self.indicator(rule).source": _INDICATORS,
    "value.indicator.name": "gridmap/indicators/periods.toml",
    "value.indicator.unit": "gridmap/indicators/periods.toml",
    "indicators[criterion.indicator].name": _INDICATORS,
    "found.scheme.name": "gridmap/ranking/schemes.toml",
    "' | '.join(schemes())": _NAMES,
    "described[change.field].label": _FIELDS,
    "first.said": "Phrase(…) and sentences of gridmap/editing",
    "f\"--{first.field.replace('_', '-')}\"": _NAMES,
    "case.hint": _FINDINGS,
    "finding.label": _FINDINGS,
    "one.kind": "a decision without a word of its own",
    "taken.kind": "a decision without a word of its own",
    "*zip((choice.same_number, choice.same_birth_date, choice.same_household), AGREES, strict=True)[1]": "AGREES",
    "rule.name": _RULES,
    "result.rule.name": _RULES,
    "judgement.rule.name": _RULES,
    "result.action": _RULES,
    "kind.name": _REGISTRY,
    "entry.name": _REGISTRY,
    "function.__doc__": "docstrings of commands",
    "value.message": "Phrase(…)",
    "one.said.message": "Phrase(…)",
    "note.message": "Phrase(…)",
    "described.label": _FIELDS,
    "described[name].label": _FIELDS,
    "spec.label": _FIELDS,
    "spec.words[value]": _FIELDS,
    "*value": "parts of a list, each a message or a name",
    "name.replace('_', ' ').capitalize()": "a field without a word of its own",
    "summary.kind": "a kind of cell without a word of its own",
    "entry.action": "an action without a word of its own",
    "*audit.names_used(unit)[0]": "an action without a word of its own",
    "*audit.names_used(unit)[1]": "an action without a word of its own",
    "(entry.purpose or '').partition(': ')[0]": "a purpose without a word of its own",
    "f'{file}: {error.strerror}'": _NAMES,
    "path.name": _NAMES,
    "' | '.join(levels().names)": _NAMES,
    "_one_of([kind.code for kind in reports().values()])": _NAMES,
    "_one_of(list(formats()))": _NAMES,
    "str(error.orig).strip().splitlines()[0]": _NAMES,
    "[str(part) for part in first['loc']][-1]": _NAMES,
}
"""Expressions that are translated and cannot be looked up, and where their messages are found."""

_COMMAND: Final = re.compile(rf"(?:{'|'.join(PACKAGES)})(?:\.\w+)+:\w+")


@dataclass(frozen=True, slots=True)
class Message:
    """A message id, its plural form where it has one, and the first place it was found."""

    id: str
    plural: str | None
    place: str


Messages = dict[str, Message]


@dataclass
class Sources:
    """All modules, and the walk over their calls."""

    modules: dict[str, Module]
    messages: Messages = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)
    passing: dict[tuple[str, str], set[str]] = field(default_factory=dict)

    def collect(self) -> None:
        """Find messages until functions that pass a parameter on are all known."""
        known = -1
        while known != sum(map(len, self.passing.values())):
            known = sum(map(len, self.passing.values()))
            self.unknown.clear()
            for module in self.modules.values():
                _Walk(self, module).visit(module.tree)

    def add(self, text: str, place: str, plural: str | None = None) -> None:
        """Note a message."""
        if text.strip():
            self.messages.setdefault(text, Message(text, plural, place))

    def function(self, module: Module, node: ast.expr) -> tuple[Module, str] | None:
        """The function that an expression names, and its module."""
        if isinstance(node, ast.Name):
            if node.id in module.functions:
                return module, node.id
            origin, name = module.imports.get(node.id, ("", None))
            if name and origin in self.modules and name in self.modules[origin].functions:
                return self.modules[origin], name
        if isinstance(node, ast.Attribute):
            if isinstance(node.value, ast.Name) and node.value.id in module.imports:
                origin, name = module.imports[node.value.id]
                whole = origin if name is None else f"{origin}.{name}"
                if whole in self.modules and node.attr in self.modules[whole].functions:
                    return self.modules[whole], node.attr
            elif isinstance(node.value, ast.Name) and node.value.id == "self" and node.attr in module.functions:
                return module, node.attr
        return None


class _Walk(ast.NodeVisitor):
    """One pass over a module."""

    def __init__(self, sources: Sources, module: Module) -> None:
        self.sources = sources
        self.module = module
        self.around: list[Function] = []
        self.meanings = Meanings(sources.modules, module, self.around)

    def visit_FunctionDef(self, node: Function) -> None:
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Call) and called(decorator) == "command":
                self._docstring(node)
        self.around.append(node)
        self.generic_visit(node)
        self.around.pop()

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_FunctionDef(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        if any(isinstance(base, ast.Name) and base.id.endswith(("Error", "Exception")) for base in node.bases):
            found = assigned(node.body)
            for name in ("message", "hint"):
                for value in found.get(name, []):
                    self._take(value)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = called(node)
        if name == "ngettext":
            self._plural(node)
        elif self._translates(node, name) and node.args:
            self._take(node.args[0])
        else:
            whole = ".".join(part or "" for part in self.module.imports.get(name, ("", "")))
            for position, word in SENTENCES.get(name) or SENTENCES.get(whole) or ():
                self._argument(node, position, word)
        found = self.sources.function(self.module, node.func)
        if found is not None:
            self._passed_on(node, *found)
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        """A command is named by where it is: ``module:function``."""
        if isinstance(node.value, str) and _COMMAND.fullmatch(node.value):
            module, name = node.value.split(":")
            function = self.sources.modules[module].functions.get(name)
            if function is not None:
                self._docstring(function)

    def _translates(self, node: ast.Call, name: str) -> bool:
        if name in TRANSLATING:
            return True
        receiver = node.func.value if isinstance(node.func, ast.Attribute) else None
        if isinstance(receiver, ast.Call):
            receiver = receiver.func
        last = receiver.attr if isinstance(receiver, ast.Attribute) else getattr(receiver, "id", "")
        return name == "text" and last in TRANSLATORS

    def _plural(self, node: ast.Call) -> None:
        if isinstance(node.args[0], ast.Constant) and isinstance(node.args[1], ast.Constant):
            self.sources.add(str(node.args[0].value), self._place(node), str(node.args[1].value))
            return
        if isinstance(node.args[0], ast.Starred):
            for pair in self.meanings.nodes(node.args[0].value):
                if isinstance(pair, ast.Tuple):
                    one, many = (str(getattr(part, "value", "")) for part in pair.elts[:2])
                    self.sources.add(one, self._place(node), many)

    def _argument(self, node: ast.Call, position: int | None, word: str) -> None:
        for keyword in node.keywords:
            if keyword.arg == word:
                self._take(keyword.value)
        if (
            position is not None
            and len(node.args) > position
            and not any(isinstance(argument, ast.Starred) for argument in node.args)
        ):
            self._take(node.args[position])

    def _passed_on(self, node: ast.Call, module: Module, name: str) -> None:
        function = module.functions[name]
        names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
        if names[:1] == ["self"] and isinstance(node.func, ast.Attribute):
            names = names[1:]
        for parameter in self.sources.passing.get((module.name, name), ()):
            position = names.index(parameter) if parameter in names else None
            self._argument(node, position, parameter)

    def _docstring(self, node: Function) -> None:
        self.sources.add(inspect.cleandoc(ast.get_docstring(node, clean=False) or ""), self._place(node))

    def _take(self, node: ast.expr) -> None:
        for found in self.meanings.nodes(node):
            if isinstance(found, ast.Constant):
                if isinstance(found.value, str) and not found.value.startswith("--"):
                    self.sources.add(found.value, self._place(node))
            elif isinstance(found, ast.Name) and self._parameter(found):
                continue
            else:
                self.sources.unknown.setdefault(ast.unparse(found), self._place(node))

    def _parameter(self, node: ast.Name) -> bool:
        """A parameter of the function around: whoever calls it gives the message, or its default is one."""
        for function in reversed(self.around):
            given = arguments(function)
            if node.id in given:
                self.sources.passing.setdefault((self.module.name, function.name), set()).add(node.id)
                default = given[node.id]
                if isinstance(default, ast.Constant):
                    self._take(default)
                return True
        return False

    def _place(self, node: ast.AST) -> str:
        return f"{self.module.path.as_posix()}:{getattr(node, 'lineno', 0)}"


def python_sources(root: Path) -> Sources:
    """All Python sources below a checkout, with the messages in them."""
    modules: dict[str, Module] = {}
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            modules[name] = Module(name, path.relative_to(root), ast.parse(path.read_text(encoding="utf-8")))
    sources = Sources(modules)
    sources.collect()
    return sources
