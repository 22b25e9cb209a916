"""Long modules, long functions and deep nests are found; what is allowed is let, up to the hard limit."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tools import check_sizes


def a_function(lines: int, docstring: int = 0) -> str:
    """Write a function of so many lines, ``def`` included, and a docstring of so many more."""
    text = '    """Say it.\n' + "\n" * (docstring - 2) + '    """\n' if docstring else ""
    return "def long() -> None:\n" + text + "    print()\n" * (lines - 1)


def found_in(tmp_path: Path, text: str) -> list[str]:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "one.py").write_text(text, encoding="utf-8")
    return check_sizes.complaints(tmp_path)


@pytest.mark.parametrize(("lines", "complaints"), [(400, 0), (401, 1), (601, 1)])
def test_a_module_has_at_most_400_lines(tmp_path: Path, lines: int, complaints: int) -> None:
    assert len(found_in(tmp_path, "x = 1\n" * lines)) == complaints


@pytest.mark.parametrize(("lines", "complaints"), [(40, 0), (41, 1)])
def test_a_function_has_at_most_40_lines(tmp_path: Path, lines: int, complaints: int) -> None:
    assert len(found_in(tmp_path, a_function(lines))) == complaints


def test_a_docstring_is_not_counted_because_it_is_meant_to_teach(tmp_path: Path) -> None:
    assert found_in(tmp_path, a_function(40, docstring=30)) == []


def test_a_reason_lets_a_function_pass_the_limit_and_never_the_hard_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(check_sizes.ALLOWED, "src/one.py:long", "a table of cases reads best in one piece")
    assert found_in(tmp_path, a_function(60)) == []
    (tmp_path / "src" / "one.py").write_text(a_function(61), encoding="utf-8")
    (complaint,) = check_sizes.complaints(tmp_path)
    assert "never allowed" in complaint


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        ("def f():\n  if a:\n    pass\n  elif b:\n    pass\n  elif c:\n    pass", 1),
        ("def f():\n  for a in b:\n    with c:\n      if d:\n        while e:\n          pass", 4),
        ("def f():\n  try:\n    pass\n  except E:\n    if a:\n      pass", 2),
        ("def f():\n  match a:\n    case 1:\n      if b:\n        pass", 2),
        ("def f():\n  if a:\n    pass\n  else:\n    if b:\n      pass\n    x = 1", 2),
        ("def f():\n  if a:\n    def g():\n      if b:\n        pass", 1),
    ],
)
def test_nesting_counts_the_blocks_a_statement_stands_in(text: str, depth: int) -> None:
    assert check_sizes.nesting(ast.parse(text).body[0]) == depth


def test_four_nested_blocks_are_too_many(tmp_path: Path) -> None:
    (complaint,) = found_in(
        tmp_path, "def f():\n  for a in b:\n    with c:\n      if d:\n        while e:\n          pass\n"
    )
    assert "nests 4 blocks" in complaint


def test_the_project_keeps_its_own_limits() -> None:
    assert check_sizes.complaints(check_sizes.ROOT) == []
    assert all(reason.strip() for reason in check_sizes.ALLOWED.values())
