"""Every command of the tutorial and the how-tos runs and prints what is shown; every example of the pages holds."""

from __future__ import annotations

import doctest
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.doc_pages import DOCS, Command, Pages, Printed, commands_of, complaint, filled
from tools.warm_curiouser import Warm

RUN = sorted(str(path.relative_to(DOCS)) for room in ("tutorial", "how-to") for path in (DOCS / room).glob("*.md"))
TOLD = sorted(str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md") if path.parent.name != "reference")
PYCON = re.compile(r"^```pycon\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Pages]:
    functions = [item for item in request.session.items if isinstance(item, pytest.Function)]
    chosen = {str(one.callspec.params["name"]) for one in functions if "pages" in one.fixturenames}
    with Warm() as warm:
        made = Pages(tmp_path_factory.mktemp("pages"), first=[warm.folder])
        made.begin(sorted(chosen, reverse=True))  # the tutorial first: the how-tos start from it
        yield made


@pytest.mark.timeout(1_800)  # a page waits for those it starts from, and a busy machine is no mistake of the page
@pytest.mark.xdist_group("pages")  # one process runs them all: each page starts from where another ended
@pytest.mark.parametrize("name", RUN)
def test_every_command_of_a_page_runs_and_prints_what_is_shown(name: str, pages: Pages) -> None:
    commands, printed = pages.outcome(name)
    wrong = [said for command, one in zip(commands, printed, strict=True) if (said := complaint(command, one))]
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.parametrize("name", TOLD)
def test_every_example_of_a_page_gives_what_is_shown(name: str) -> None:
    text = "\n".join(PYCON.findall((DOCS / name).read_text(encoding="utf-8")))
    said: list[str] = []
    example = doctest.DocTestParser().get_doctest(text, {}, name, name, 0)
    result = doctest.DocTestRunner(verbose=False).run(example, out=said.append)
    assert result.failed == 0, "".join(said)


def a_command(text: str, *shown: str, status: int = 0) -> Command:
    return Command(line=1, text=text, status=status, shown=shown, end=2)


def test_a_page_is_read_as_commands_with_what_they_print() -> None:
    page = "# Title\n\n```console\n$ one \\\n>   --more\nout\n$ two # exit 3\n```\n\n```\n$ not run\n```\n"
    first, second = commands_of(page)
    assert (first.text, first.shown, first.status) == ("one \\\n  --more", ("out",), 0)
    assert (second.text, second.shown, second.status) == ("two # exit 3", (), 3)


def test_a_command_with_another_status_is_a_complaint() -> None:
    printed = Printed(status=1, lines=("error: no",))
    assert complaint(a_command("false"), printed) is not None
    assert complaint(a_command("false", status=1), printed) is None


@pytest.mark.parametrize(
    ("shown", "holds"),
    [
        ("rows 600 from 7", True),
        ("rows 601 from 7", False),
        ("rows … 7", True),
        ("…", True),
        ("at 2019-10-01 12:00 commit 0123456789ab", True),
        ("rows 600", False),
    ],
)
def test_shown_lines_are_compared_but_for_hashes_moments_and_what_is_left_out(shown: str, *, holds: bool) -> None:
    printed = Printed(status=0, lines=("rows   600 from 7", "at 2026-11-23T10:11:12Z  commit fedcba9876543210"))
    assert (complaint(a_command("show", shown), printed) is None) == holds


def test_real_output_takes_the_place_of_what_is_no_longer_true() -> None:
    page = "```console\n$ echo one\ntwo\n$ echo three\n?\n$ echo four\n```"
    printed = [Printed(status=0, lines=(word,)) for word in ("one", "three", "four")]
    wanted = "```console\n$ echo one\none\n$ echo three\nthree\n$ echo four\n```"
    assert filled(page, commands_of(page), printed) == wanted


def test_only_what_is_no_longer_true_is_put_right_and_what_was_left_out_stays_so() -> None:
    page = "```console\n$ list\nv1  … 0.7\nv2  0.5  new\n…\n```"
    printed = [Printed(status=0, lines=("v1  a  b 0.7", "v2  0.6  new", "v3  0.5  new"))]
    assert filled(page, commands_of(page), printed) == page.replace("0.5", "0.6")
    printed = [Printed(status=0, lines=("v2  0.5  new", "v1  a  b  0.8"))]
    assert filled(page, commands_of(page), printed) == page.replace("… 0.7", "…  0.8")


def test_every_page_is_reached_from_the_index() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    linked = {str((DOCS / link).resolve()) for link in re.findall(r"\]\(([^)#]+)", index)}
    there = {str(path.resolve()) for path in DOCS.rglob("*.md") if path.name != "README.md"}
    missing = sorted(there - linked)
    assert missing == []


def test_what_the_readme_shows_stands_in_the_tutorial() -> None:
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```\n\$ curiouser [^\n]*\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)
    pages = [(DOCS / name).read_text(encoding="utf-8") for name in RUN if name.startswith("tutorial/")]
    there = Printed(status=0, lines=tuple(line for page in pages for line in page.split("\n")))
    assert len(blocks) == 6
    for block in blocks:
        assert complaint(a_command("the readme", *block.split("\n")), there) is None


def test_the_tutorial_starts_from_the_example() -> None:
    first = Path(DOCS / "tutorial" / "01-the-test-set.md")
    assert "<!-- starts from: the example -->" in first.read_text(encoding="utf-8")
