"""A repair is told in the words of whoever reads it: no page speaks of options, no route of commands."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from curiouser.surfaces.bodies.wording import Words
from curiouser.surfaces.rest import every_route
from curiouser.surfaces.rest.wording import words_of
from curiouser.surfaces.web.wording import WORDS

SOURCE = Path(__file__).parents[2] / "src/curiouser"
REST = words_of(one for routes in every_route() for one in routes.declared)
ELSEWHERE = (
    "surfaces",
    "checklist",
    "triage.py",
    "postgresql.py",
    "cycle.py",
    "pytest_plugin.py",
    "curve_svg.py",
    "project.py",
)
"""Not errors: the command line itself, next steps that have a page of their own, a stylesheet, the name of a lock."""
AT_THE_MACHINE = {
    "curiouser fsck",
    "curiouser init",
    "curiouser workspace restore",
    "curiouser data gc",
    "curiouser compare",
    "curiouser problem import-checklist",
    "curiouser problem pattern import",
    "curiouser model ask",
    "--batch-rows",
    "--batch-seconds",
    "--memory-mb",
    "--trust",
    "--inputs",
    "--reads",
    "--writes",
    "--format",
    "--output",
    "--classes",
    "--labels",
    "--slice",
    "--from-report",
    "--tolerance",
    "--upgrade",
    "--help",
}
"""What only somebody at the machine does, or the command line asks for alone."""
FILES = {
    "--against",
    "--type",
    "--columns",
    "--decimal-comma",
    "--no-quotes",
    "--delimiter",
    "--raw",
    "--limit",
    "--input",
}
"""How a file is written: REST has parameters for these, the pages have no fields."""


def said() -> Iterator[str]:
    """Every text of the services that may tell somebody what to do."""
    for path in sorted(SOURCE.rglob("*.py")):
        if not set(path.relative_to(SOURCE).parts) & set(ELSEWHERE):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            passed = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
            passed |= {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
            for node in ast.walk(tree):
                if id(node) not in passed and isinstance(node, ast.Constant | ast.JoinedStr):
                    text = _text(node)
                    if "curiouser " in text or re.search(r"(?<![\w-])--[a-z]", text):
                        yield text


def _text(node: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    return "".join(_text(part) if isinstance(part, ast.Constant) else "x" for part in node.values)


def left(words: Words, text: str) -> set[str]:
    """Commands and options that a surface has no words for."""
    found = re.findall(r"`(--[a-z-]+|curiouser [a-z-]+(?: [a-z-]+)*)[^`]*` on the command line", words.say(text))
    return {" ".join(one.split()[:3]) for one in found}


def test_every_repair_of_the_services_can_be_told_on_a_page_and_over_rest() -> None:
    texts = list(said())
    assert len(texts) > 60
    for text in texts:
        assert left(WORDS, text) <= AT_THE_MACHINE | FILES, text
        assert left(REST, text) <= AT_THE_MACHINE, text


@pytest.mark.parametrize(
    ("text", "page", "rest"),
    [
        (
            "give them new ids, or pass --allow-input-changes (answers are then missing)",
            "give them new ids, or tick “Let known ids get another input” (answers are then missing)",
            "give them new ids, or pass `allow_input_changes` (answers are then missing)",
        ),
        ("see `curiouser job list`", "see the page Jobs", "call `GET /api/v1/jobs`"),
        (
            "ask an admin for another: curiouser user invite NAME",
            "ask an admin for another: “New one-time link” on the page Users",
            "ask an admin for another: `POST /api/v1/users/{name}/invite`",
        ),
        (
            "run `curiouser evaluate --on test` for models that can be asked",
            "use “Evaluate all models” on the page Jobs for models that can be asked",
            "call `POST /api/v1/evaluations` for models that can be asked",
        ),
        (
            "run `curiouser fsck`, then restore it",
            "run `curiouser fsck` on the command line, then restore it",
            "run `curiouser fsck` on the command line, then restore it",
        ),
        ("leave --unlabelled out", "leave “The dataset has no labels” out", "leave `unlabelled` out"),
        ("pip install 'curiouser[sklearn]'", "pip install 'curiouser[sklearn]'", "pip install 'curiouser[sklearn]'"),
        (
            "is too large; --type x=text keeps it, or say --threshold 0.5",
            "is too large; `--type x=text` on the command line keeps it, or fill in “Threshold” 0.5",
            "is too large; `type` x=text keeps it, or pass `threshold` 0.5",
        ),
        ("nothing of ours", "nothing of ours", "nothing of ours"),
    ],
)
def test_a_repair_is_told_in_the_words_of_its_reader(text: str, page: str, rest: str) -> None:
    assert WORDS.say(text) == page
    assert REST.say(text) == rest


def test_every_button_and_field_that_a_page_names_is_there() -> None:
    shown = "\n".join(
        path.read_text(encoding="utf-8")
        for path in (SOURCE / "surfaces/web").rglob("*")
        if path.suffix in {".html", ".py"} and path.name != "wording.py"
    )
    for words in (*WORDS.commands.values(), *WORDS.options.values()):
        for label in re.findall("“([^”]+)”", words):
            assert label in shown, label
