"""Every public verb says what it takes, what it gives back, and what it raises."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import pytest

SLICES = ("access", "data", "datachecks", "evaluations", "jobs", "measure", "models", "problems", "proposals")
SECTION = re.compile(r"^(Args|Returns|Yields|Raises|Source|Examples):$", re.MULTILINE)
ELSEWHERE = re.compile(r"\b[Aa]s (in )?:(meth|func):`|\b[Aa]s ``\w+``|those of :meth:`")
"""How a docstring says, before its sections, that another one has the rest."""

Function = Callable[..., Any]


def public_functions() -> Iterator[tuple[str, Function]]:
    """Every function that a slice gives out, and every public method of every class that it gives out."""
    for slice_ in SLICES:
        package = importlib.import_module(f"curiouser.{slice_}")
        for name in package.__all__:
            value = getattr(package, name)
            if inspect.isclass(value):
                yield from ((f"{slice_}.{name}.{key}", method) for key, method in methods_of(value))
            elif inspect.isfunction(value):
                yield f"{slice_}.{name}", value


def methods_of(kind: type) -> Iterator[tuple[str, Function]]:
    for home in kind.__mro__:
        if not home.__module__.startswith("curiouser."):
            continue
        for key, value in vars(home).items():
            made = value.__func__ if isinstance(value, classmethod | staticmethod) else value
            if inspect.isfunction(made) and not key.startswith("_") and made.__doc__ is not None:
                yield key, made


FUNCTIONS = dict(public_functions())


def sections_of(function: Function) -> dict[str, str]:
    """The sections of a docstring, by name; what comes before the first is the empty one's."""
    parts = SECTION.split(inspect.getdoc(function) or "")
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


@functools.cache
def tree_of(function: Function) -> ast.FunctionDef:
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    assert isinstance(tree, ast.FunctionDef)
    return tree


def own_nodes(tree: ast.FunctionDef) -> Iterator[ast.AST]:
    """The nodes of a function, without those of functions inside it."""
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            waiting.extend(ast.iter_child_nodes(node))


def raised_in(function: Function) -> set[str]:
    """The names of the classes that a function raises by itself."""
    found = set()
    for node in own_nodes(tree_of(function)):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and isinstance(node.exc.func, ast.Name):
            found.add(node.exc.func.id)
    return {each for each in found if each[0].isupper()}  # what is left is a function that makes the error


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_says_what_it_takes(name: str) -> None:
    function, sections = FUNCTIONS[name], sections_of(FUNCTIONS[name])
    takes = [each for each in inspect.signature(function).parameters if each not in {"self", "cls"}]
    if takes and not ELSEWHERE.search(sections[""]):
        said = set(re.findall(r"^    \*{0,2}(\w+):", sections.get("Args", ""), re.MULTILINE))
        assert [each for each in takes if each not in said] == []


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_names_what_it_raises(name: str) -> None:
    said = sections_of(FUNCTIONS[name]).get("Raises", "")
    assert [each for each in sorted(raised_in(FUNCTIONS[name])) if each not in said] == []


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name.startswith("measure.") and name.count(".") == 1])
def test_arithmetic_says_what_comes_out(name: str) -> None:
    assert "Returns" in sections_of(FUNCTIONS[name])
