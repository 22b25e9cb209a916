"""What the terminal says reads as a person would say it: once, in the right number, with what was missing beside."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from curiouser.kernel.words import agreeing
from tests.terminal import Terminal


class Typed(io.StringIO):
    """What somebody types at a terminal before they leave."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """Five rows, and a model that answered three of them, one wrongly."""
    made = Terminal.init(tmp_path / "task", "--id", "id")
    rows = made.text_file("rows.csv", "id,text,label\na,one,no\nb,two,yes\nc,three,yes\nd,four,no\ne,five,no\n")
    made.says("data", "import", rows, "--dataset", "test", "-m", "rows")
    made.says("model", "add", "some", "--predictions", made.text_file("some.csv", "id,score\na,.2\nb,.7\nc,.1\n"))
    made.says("problem", "add", "weak", "--ids", made.text_file("ids.txt", "a\nb\nc\nd\ne\n"))
    return made


def test_what_is_missing_stands_beside_n(terminal: Terminal) -> None:
    assert "0.333 n=3, 2 missing" in terminal.says("problem", "triage")
    history = terminal.says("problem", "history", "weak")
    assert "n=3, 2 missing" in history
    assert "0.33 (n=3, 2 missing), failing on some" in terminal.says("problem", "history")


def test_one_model_goes_from_nowhere_to_nowhere(terminal: Terminal) -> None:
    for number in range(7):
        terminal.says("problem", "add", f"weak-{number}", "--ids", str(terminal.root / "ids.txt"))
    many = terminal.says("problem", "history")
    assert "error on some" in many
    assert "->" not in many


def test_a_bad_number_is_told_once_and_without_a_hint_that_does_not_help(terminal: Terminal) -> None:
    said = terminal.run(
        "model", "add", "new", "--predictions", terminal.text_file("new.csv", "id,score\na,inf\nzz,.5\n")
    )
    assert "new.csv has 2 bad rows" in said.err
    assert "'inf' is no finite number" in said.err
    assert "column 'id': 'zz' is the id of no row of test" in said.err
    assert "--margins" not in said.err
    reported = terminal.run("model", "add", "old", "--reported", terminal.text_file("old.json", '{"accuracy": "good"}'))
    assert "old.json has 1 bad row;" in reported.err
    assert "- 'accuracy': the value 'good' is no finite number" in reported.err


def test_a_path_that_is_not_there_is_no_broken_disk(terminal: Terminal) -> None:
    said = terminal.run("problem", "history", "--svg", str(terminal.root / "nowhere" / "curve.svg"))
    assert said.status == 74
    assert "No such file or directory" in said.err
    assert "check the path" in said.err
    assert "fsck" not in said.err


def test_a_data_commit_is_called_what_the_user_called_it(terminal: Terminal) -> None:
    said = terminal.run("data", "revert", "zzz")
    assert said.status == 6
    assert "'zzz' names no data commit" in said.err


def test_reported_scores_alone_make_no_table(tmp_path: Path) -> None:
    terminal = Terminal.init(tmp_path)
    rows = terminal.text_file("rows.csv", "text,label\none,no\ntwo,yes\n")
    terminal.says("data", "import", rows, "--dataset", "test", "-m", "rows")
    terminal.says("model", "add", "old", "--reported", terminal.text_file("old.json", '{"accuracy": 0.8}'))
    said = terminal.says("evaluate")
    assert "No model was evaluated." in said
    assert "roc_auc" not in said


def test_a_module_that_is_not_there_says_where_it_was_looked_for(terminal: Terminal) -> None:
    said = terminal.run("model", "add", "new", "--python", "nowhere:predict")
    assert f"neither {terminal.root} nor the installed packages have a module 'nowhere'" in said.err
    assert "importlib" not in said.err
    terminal.text_file("scoring.py", "import nowhere\n")
    inner = terminal.run("model", "add", "new", "--python", "scoring:predict").err
    assert "No module named 'nowhere'" in inner
    assert 'scoring.py", line 1' in inner
    assert "importlib" not in inner


def test_an_input_that_ends_early_has_kept_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Typed("binary\n"))
    said = Terminal(tmp_path).run("init", str(tmp_path / "new"), inside=False)
    assert said.status == 2
    assert "The input ended where an answer was needed" in said.err
    assert "kept" not in said.err


@pytest.mark.parametrize(("count", "verb", "said"), [(0, "stops", "stop"), (1, "stops", "stops"), (2, "has", "have")])
def test_a_verb_agrees_with_what_is_counted(count: int, verb: str, said: str) -> None:
    assert agreeing(count, verb) == said
