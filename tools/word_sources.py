"""Find every message that can reach a reader, by reading the sources.

Where a call translates something else than a literal, the literals it can stand for are looked up: the values of a
table, both sides of a condition, what a loop runs over, the arguments of a function that passes its parameter on.
What cannot be looked up must be declared in :data:`DECLARED`, with where its messages come from.
"""

from __future__ import annotations

import ast
import inspect
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from babel.messages.extract import extract
from jinja2.ext import babel_extract

PACKAGES: Final = ("geodata", "gridmap", "web")
TEMPLATES: Final = ("web/templates", "gridmap/reports/templates")
TRANSLATING: Final = {"_", "say", "gettext", "translate"}
TRANSLATORS: Final = {"words", "text", "translator"}
SENTENCES: Final[Mapping[str, tuple[tuple[int | None, str], ...]]] = {
    "Phrase": ((0, "message"),),
    "Issue": ((1, "message"), (2, "hint")),
    "Finding": ((2, "message"), (3, "hint")),
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
_NAMES: Final = "no message: names, codes or a text from outside"

DECLARED: Final[Mapping[str, str]] = {
    "error.message": _SENTENCES_OF_ERRORS,
    "error.hint": _SENTENCES_OF_ERRORS,
    "issue.message": _FINDINGS,
    "issue.hint": _FINDINGS,
    "finding.message": _FINDINGS,
    "finding.hint": _FINDINGS,
    "case.message": _FINDINGS,
    "case.hint": _FINDINGS,
    "c.reason": "Column(…) and gridmap/importing/headings.toml",
    "column.reason": "Column(…) and gridmap/importing/headings.toml",
    "_rules().ignored[field]": "gridmap/importing/headings.toml",
    "next((text for start, text in _reasons().items() if reason.startswith(start)), None)": "geodata/repair.toml",
    "people['population'].source": _INDICATORS,
    "people['households'].source": _INDICATORS,
    "self.indicator(rule).source": _INDICATORS,
    "rule.name": _RULES,
    "result.rule.name": _RULES,
    "judgement.rule.name": _RULES,
    "result.action": _RULES,
    "kind.name": _REGISTRY,
    "kind.about": _REGISTRY,
    "entry.name": _REGISTRY,
    "function.__doc__": "docstrings of commands",
    "value.message": "Phrase(…)",
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

DATA: Final[Mapping[str, tuple[str, ...]]] = {
    "gridmap/indicators/registry.toml": ("indicator.*.name", "indicator.*.unit", "indicator.*.source"),
    "gridmap/compliance/rules.toml": ("rule.*.name", "rule.*.action", "rule.*.action_above"),
    "gridmap/importing/headings.toml": ("*.reason",),
    "gridmap/areas/levels.toml": ("level.*.name",),
    "geodata/repair.toml": ("reasons.*",),
}
"""Data files and where in them messages stand."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message id, its plural form where it has one, and the first place it was found."""

    id: str
    plural: str | None
    place: str


Messages = dict[str, Message]


@dataclass(frozen=True)
class Module:
    """A Python source."""

    name: str
    path: Path
    tree: ast.Module

    @cached_property
    def imports(self) -> dict[str, tuple[str, str | None]]:
        """Imported names: the module, and the name in it unless the name is the module itself."""
        found: dict[str, tuple[str, str | None]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                found |= {alias.asname or alias.name: (node.module, alias.name) for alias in node.names}
            elif isinstance(node, ast.Import):
                found |= {alias.asname or alias.name: (alias.name, None) for alias in node.names}
        return found

    @cached_property
    def constants(self) -> dict[str, list[ast.expr]]:
        """What names of the module stand for."""
        return _assigned(self.tree.body)

    @cached_property
    def functions(self) -> dict[str, ast.FunctionDef | ast.AsyncFunctionDef]:
        """Functions and methods by name; of several with one name the last."""
        return {
            node.name: node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }


def _assigned(body: list[ast.stmt]) -> dict[str, list[ast.expr]]:
    found: dict[str, list[ast.expr]] = {}
    for node in (inner for statement in body for inner in ast.walk(statement)):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                _bind(target, node.value, found)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            _bind(node.target, node.value, found)
        elif isinstance(node, ast.For | ast.comprehension):
            _bind(node.target, ast.Starred(node.iter), found)
        elif isinstance(node, ast.NamedExpr):
            _bind(node.target, node.value, found)
    return found


def _bind(target: ast.expr, value: ast.expr, found: dict[str, list[ast.expr]]) -> None:
    if isinstance(target, ast.Name):
        found.setdefault(target.id, []).append(value)
    elif isinstance(target, ast.Tuple | ast.List):
        for index, part in enumerate(target.elts):
            _bind(part, ast.Subscript(value, ast.Constant(index)), found)


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
        self.around: list[ast.FunctionDef | ast.AsyncFunctionDef] = []

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Call) and _called(decorator) == "command":
                self._docstring(node)
        self.around.append(node)
        self.generic_visit(node)
        self.around.pop()

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - ast's name

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        if any(isinstance(base, ast.Name) and base.id.endswith(("Error", "Exception")) for base in node.bases):
            found = _assigned(node.body)
            for name in ("message", "hint"):
                for value in found.get(name, []):
                    self._take(value)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = _called(node)
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
            for pair in self._nodes(node.args[0].value, 0):
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

    def _docstring(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.sources.add(inspect.cleandoc(ast.get_docstring(node, clean=False) or ""), self._place(node))

    def _take(self, node: ast.expr) -> None:
        for found in self._nodes(node, 0):
            if isinstance(found, ast.Constant):
                if isinstance(found.value, str) and not found.value.startswith("--"):
                    self.sources.add(found.value, self._place(node))
            elif isinstance(found, ast.Name) and self._parameter(found):
                continue
            else:
                self.sources.unknown.setdefault(ast.unparse(found), self._place(node))

    def _parameter(self, node: ast.Name) -> bool:
        """A parameter of the function around: whoever calls it gives the message."""
        for function in reversed(self.around):
            arguments = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
            if node.id in {argument.arg for argument in arguments}:
                self.sources.passing.setdefault((self.module.name, function.name), set()).add(node.id)
                self._default(function, node.id)
                return True
        return False

    def _default(self, function: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> None:
        positional = (*function.args.posonlyargs, *function.args.args)
        given = dict(
            zip((argument.arg for argument in reversed(positional)), reversed(function.args.defaults), strict=False)
        )
        given |= {
            a.arg: d for a, d in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True) if d is not None
        }
        if isinstance(given.get(name), ast.Constant):
            self._take(given[name])

    def _place(self, node: ast.AST) -> str:
        return f"{self.module.path.as_posix()}:{getattr(node, 'lineno', 0)}"

    # --- what an expression can stand for -----------------------------------------------------------------------------

    def _nodes(self, node: ast.expr, depth: int) -> list[ast.expr]:
        """The literals, or else the expressions, that an expression can stand for."""
        if depth > 12 or isinstance(node, ast.Constant | ast.JoinedStr | ast.Dict):
            return [node]
        if isinstance(node, ast.IfExp):
            return self._nodes(node.body, depth) + self._nodes(node.orelse, depth)
        if isinstance(node, ast.BoolOp):
            return [found for part in node.values for found in self._nodes(part, depth)]
        if isinstance(node, ast.Name):
            return self.named(node, depth)
        if isinstance(node, ast.Subscript):
            return self._picked(node.value, node.slice, depth)
        if isinstance(node, ast.Call):
            return self._called(node, depth)
        if isinstance(node, ast.Attribute):
            return self._attribute(node, depth)
        if isinstance(node, ast.Starred):
            return self._elements(node.value, depth)
        return [node]

    def named(self, node: ast.Name, depth: int) -> list[ast.expr]:
        for function in reversed(self.around):
            local = _assigned(function.body)
            if node.id in local:
                return [found for value in local[node.id] for found in self._nodes(value, depth + 1)]
            if self._is_argument(function, node.id):
                return [node]
        if node.id in self.module.constants:
            return [found for value in self.module.constants[node.id] for found in self._nodes(value, depth + 1)]
        origin, name = self.module.imports.get(node.id, ("", None))
        if name and origin in self.sources.modules:
            return _Walk(self.sources, self.sources.modules[origin]).named(ast.Name(name), depth + 1)
        return [node]

    @staticmethod
    def _is_argument(function: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> bool:
        arguments = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
        return name in {argument.arg for argument in arguments}

    def _attribute(self, node: ast.Attribute, depth: int) -> list[ast.expr]:
        if isinstance(node.value, ast.Name) and node.value.id in self.module.imports:
            origin, name = self.module.imports[node.value.id]
            whole = origin if name is None else f"{origin}.{name}"
            if whole in self.sources.modules:
                return _Walk(self.sources, self.sources.modules[whole]).named(ast.Name(node.attr), depth + 1)
        return [node]

    def _called(self, node: ast.Call, depth: int) -> list[ast.expr]:
        name = _called(node)
        if name in {"MappingProxyType", "frozenset", "tuple", "list", "dict", "cleandoc", "Phrase"} and node.args:
            return self._nodes(node.args[0], depth + 1)
        if isinstance(node.func, ast.Attribute):
            if name == "get":
                rest = [found for part in node.args[1:] for found in self._nodes(part, depth + 1)]
                return self._picked(node.func.value, node.args[0], depth) + rest
            if name in {"format", "replace", "strip"}:
                return self._nodes(node.func.value, depth + 1)
        return [node]

    def _picked(self, container: ast.expr, index: ast.expr, depth: int) -> list[ast.expr]:
        """What an index or a key takes out of what a container can stand for."""
        found: list[ast.expr] = []
        for holder in self._nodes(container, depth + 1):
            if isinstance(holder, ast.Dict):
                found += [value for value in holder.values if value is not None]
            elif isinstance(holder, ast.Tuple | ast.List):
                whole = isinstance(index, ast.Constant) and isinstance(index.value, int)
                found += [holder.elts[index.value]] if whole and len(holder.elts) > index.value else holder.elts  # type: ignore[attr-defined,misc]
            else:
                found.append(ast.Subscript(holder, index))
        return [
            inner
            for node in found
            for inner in ([node] if isinstance(node, ast.Subscript) else self._nodes(node, depth + 1))
        ]

    def _elements(self, node: ast.expr, depth: int) -> list[ast.expr]:
        """What a loop over an expression runs through; pairs of a table as tuples."""
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in {"items", "values"}
        ):
            holders = [holder for holder in self._nodes(node.func.value, depth + 1) if isinstance(holder, ast.Dict)]
            if node.func.attr == "values":
                return [
                    inner for holder in holders for value in holder.values for inner in self._nodes(value, depth + 1)
                ]
            return [
                ast.Tuple([key, value])
                for holder in holders
                for key, value in zip(holder.keys, holder.values, strict=True)
                if key is not None
            ]
        found: list[ast.expr] = []
        for holder in self._nodes(node, depth + 1):
            if isinstance(holder, ast.Tuple | ast.List | ast.Set):
                found += holder.elts
            elif isinstance(holder, ast.Dict):
                found += [key for key in holder.keys if key is not None]
            else:
                found.append(ast.Starred(holder) if not isinstance(holder, ast.Starred) else holder)
        return found


def _called(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


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


def template_messages(root: Path) -> Iterator[Message]:
    """The messages of the templates and of the scripts, which get theirs from a template."""
    options = {
        "extensions": "jinja2.ext.i18n",
        "trim_blocks": "true",
        "lstrip_blocks": "true",
        "newstyle_gettext": "true",
    }
    for folder in TEMPLATES:
        for path in sorted((root / folder).rglob("*.html")):
            with path.open("rb") as file:
                for line, text, _notes, _context in extract(babel_extract, file, options=options):
                    place = f"{path.relative_to(root).as_posix()}:{line}"
                    one, many = (text[0], text[1]) if isinstance(text, tuple) else (text, None)
                    yield Message(one, many, place)


def data_messages(root: Path) -> Iterator[Message]:
    """The messages of data files."""
    for name, paths in DATA.items():
        content = tomllib.loads((root / name).read_text(encoding="utf-8"))
        for path in paths:
            yield from (Message(text, None, name) for text in _at(content, path.split(".")))


def _at(value: Any, path: list[str]) -> Iterator[str]:
    if not path:
        if isinstance(value, str):
            yield value
        return
    head, rest = path[0], path[1:]
    if head == "*":
        for part in value.values() if isinstance(value, dict) else value:
            yield from _at(part, rest)
    elif isinstance(value, dict) and head in value:
        yield from _at(value[head], rest)


def every_message(root: Path) -> Messages:
    """Every message of the program by its id."""
    messages = python_sources(root).messages
    for message in (*template_messages(root), *data_messages(root)):
        known = messages.get(message.id)
        if known is None or (known.plural is None and message.plural is not None):
            messages[message.id] = message
    return messages
