"""What an expression of a Python source can stand for, as far as the sources say."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

DEEPEST: Final = 12
"""How far names are followed."""

Function = ast.FunctionDef | ast.AsyncFunctionDef
Expressions = list[ast.expr]


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
        return assigned(self.tree.body)

    @cached_property
    def functions(self) -> dict[str, Function]:
        """Functions and methods by name; of several with one name the last."""
        return {
            node.name: node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }


def assigned(body: list[ast.stmt]) -> dict[str, list[ast.expr]]:
    """What is assigned to names, or bound by loops, anywhere below some statements."""
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


@dataclass(frozen=True)
class Meanings:
    """The names of a module, seen from inside some functions, the innermost last."""

    modules: dict[str, Module]
    module: Module
    around: list[Function]

    def nodes(self, node: ast.expr, depth: int = 0) -> Expressions:
        """The literals, or else the expressions, that an expression can stand for."""
        ways: dict[type[ast.expr], Callable[..., Expressions]] = {
            ast.IfExp: self._either,
            ast.BoolOp: self._either,
            ast.Name: self.named,
            ast.Subscript: self._element,
            ast.Call: self._given,
            ast.Attribute: self._attribute,
            ast.Starred: self._elements,
        }
        look = ways.get(type(node))
        return [node] if look is None or depth > DEEPEST else look(node, depth)

    def _either(self, node: ast.IfExp | ast.BoolOp, depth: int) -> Expressions:
        parts = [node.body, node.orelse] if isinstance(node, ast.IfExp) else node.values
        return [found for part in parts for found in self.nodes(part, depth)]

    def _element(self, node: ast.Subscript, depth: int) -> Expressions:
        return self._picked(node.value, node.slice, depth)

    def named(self, node: ast.Name, depth: int) -> Expressions:
        """What a name stands for: of the functions around, of the module, or of the module it is imported from."""
        for function in reversed(self.around):
            local = assigned(function.body)
            if node.id in local:
                return [found for value in local[node.id] for found in self.nodes(value, depth + 1)]
            if node.id in arguments(function):
                return [node]
        if node.id in self.module.constants:
            return [found for value in self.module.constants[node.id] for found in self.nodes(value, depth + 1)]
        origin, name = self.module.imports.get(node.id, ("", None))
        if name and origin in self.modules:
            return Meanings(self.modules, self.modules[origin], []).named(ast.Name(name), depth + 1)
        return [node]

    def _attribute(self, node: ast.Attribute, depth: int) -> Expressions:
        if isinstance(node.value, ast.Name) and node.value.id in self.module.imports:
            origin, name = self.module.imports[node.value.id]
            whole = origin if name is None else f"{origin}.{name}"
            if whole in self.modules:
                return Meanings(self.modules, self.modules[whole], []).named(ast.Name(node.attr), depth + 1)
        return [node]

    def _given(self, node: ast.Call, depth: int) -> Expressions:
        name = called(node)
        if name in {"MappingProxyType", "frozenset", "tuple", "list", "dict", "cleandoc", "Phrase"} and node.args:
            return self.nodes(node.args[0], depth + 1)
        if isinstance(node.func, ast.Attribute):
            if name == "get":
                rest = [found for part in node.args[1:] for found in self.nodes(part, depth + 1)]
                return self._picked(node.func.value, node.args[0], depth) + rest
            if name in {"format", "replace", "strip"}:
                return self.nodes(node.func.value, depth + 1)
        return [node]

    def _picked(self, container: ast.expr, index: ast.expr, depth: int) -> Expressions:
        """What an index or a key takes out of what a container can stand for."""
        found: list[ast.expr] = []
        for holder in self.nodes(container, depth + 1):
            if isinstance(holder, ast.Dict):
                found += [value for value in holder.values if value is not None]
            elif isinstance(holder, ast.Tuple | ast.List):
                at = index.value if isinstance(index, ast.Constant) else None
                found += holder.elts[at : at + 1] if isinstance(at, int) else holder.elts
            else:
                found.append(ast.Subscript(holder, index))
        return [
            inner
            for node in found
            for inner in ([node] if isinstance(node, ast.Subscript) else self.nodes(node, depth + 1))
        ]

    def _elements(self, starred: ast.Starred, depth: int) -> Expressions:
        """What a loop over an expression runs through; pairs of a table as tuples."""
        node = starred.value
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in {"items", "values"}
        ):
            holders = [holder for holder in self.nodes(node.func.value, depth + 1) if isinstance(holder, ast.Dict)]
            if node.func.attr == "values":
                return [
                    inner for holder in holders for value in holder.values for inner in self.nodes(value, depth + 1)
                ]
            return [
                ast.Tuple([key, value])
                for holder in holders
                for key, value in zip(holder.keys, holder.values, strict=True)
                if key is not None
            ]
        found: list[ast.expr] = []
        for holder in self.nodes(node, depth + 1):
            if isinstance(holder, ast.Tuple | ast.List | ast.Set):
                found += holder.elts
            elif isinstance(holder, ast.Dict):
                found += [key for key in holder.keys if key is not None]
            else:
                found.append(ast.Starred(holder) if not isinstance(holder, ast.Starred) else holder)
        return found


def called(node: ast.Call) -> str:
    """The last name of what is called."""
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def arguments(function: Function) -> dict[str, ast.expr | None]:
    """Parameters and their defaults."""
    positional = [*function.args.posonlyargs, *function.args.args]
    defaults = [None] * (len(positional) - len(function.args.defaults)) + [*function.args.defaults]
    named = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
    return {argument.arg: default for argument, default in (*zip(positional, defaults, strict=True), *named)}
