#!/usr/bin/env python3
"""Refuse modules and functions that have grown too long, and nests that are too deep.

A module may have 400 lines and a function 40, its docstring not counted, and
blocks may stand three deep. ``ALLOWED`` lets one grow further, with the
reason; past the hard limits (600 and 60) nothing is let. The number of
positional parameters is ruff's to count (PLR0917).
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHECKED = ("src", "tools", "benchmarks")
MODULE_LINES, MODULE_LINES_AT_MOST = 400, 600
FUNCTION_LINES, FUNCTION_LINES_AT_MOST = 40, 60
NESTING = 3

FROZEN = "versions"
"""Folder of the migrations: statements written once and never edited; they are not measured."""
ALLOWED: dict[str, str] = {}
"""``path`` or ``path:function`` of what may pass the first limit -> the reason."""

Function = ast.FunctionDef | ast.AsyncFunctionDef
BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)


def function_lines(function: Function) -> int:
    """Count a function's lines from its ``def`` on, without its docstring."""
    end = function.end_lineno or function.lineno
    first = function.body[0]
    has_docstring = ast.get_docstring(function, clean=False) is not None
    docstring = (first.end_lineno or first.lineno) - first.lineno + 1 if has_docstring else 0
    return end - function.lineno + 1 - docstring


def nesting(node: ast.AST) -> int:
    """Return how many blocks deep the deepest statement below a node stands; an ``elif`` is no deeper."""
    deepest = 0
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue  # measured as itself
        is_elif = isinstance(node, ast.If) and isinstance(child, ast.If) and node.orelse == [child]
        own = 1 if isinstance(child, BLOCKS) and not is_elif else 0
        deepest = max(deepest, own + nesting(child))
    return deepest


def verdict(key: str, what: str, lines: int, limit: int, at_most: int) -> Iterator[str]:
    """Yield a complaint when a length passes its limit and nothing allows it."""
    if lines > at_most:
        yield f"{key}: {what} has {lines} lines; more than {at_most} is never allowed: split it"
    elif lines > limit and key not in ALLOWED:
        yield f"{key}: {what} has {lines} lines, the limit is {limit}: split it, or say why in tools/check_sizes.py"


def complaints_about(path: Path, root: Path) -> Iterator[str]:
    """Yield what is too long or too deep in one file."""
    text = path.read_text(encoding="utf-8")
    name = path.relative_to(root).as_posix()
    yield from verdict(name, "the module", text.count("\n"), MODULE_LINES, MODULE_LINES_AT_MOST)
    for node in ast.walk(ast.parse(text, filename=name)):
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        key = f"{name}:{node.name}"
        yield from verdict(key, f"line {node.lineno}", function_lines(node), FUNCTION_LINES, FUNCTION_LINES_AT_MOST)
        depth = nesting(node)
        if depth > NESTING:
            yield f"{key}: line {node.lineno} nests {depth} blocks, the limit is {NESTING}: name the inner part"


def complaints(root: Path) -> list[str]:
    """List what is too long or too deep in a checkout."""
    files = sorted(path for part in CHECKED for path in (root / part).rglob("*.py") if FROZEN not in path.parts)
    return [complaint for path in files for complaint in complaints_about(path, root)]


def main() -> int:
    """Print the complaints and return the exit status."""
    found = complaints(ROOT)
    for complaint in found:
        print(complaint)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
