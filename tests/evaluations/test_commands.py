"""evaluate, compare, leaderboard and slice from the command line, with the contract's keys."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner, Result

from curiouser.kernel.errors import CuriouserError
from curiouser.surfaces.cli.program import cli

TASK = ["--task", "binary", "--inputs", "text", "--label", "label", "--classes", "no,yes"]
FLAGS = [*TASK, "--groups", "language", "--yes"]


class Terminal:
    """Runs commands in one workspace."""

    def __init__(self, root: Path, flags: Sequence[str] = FLAGS) -> None:
        self.root = root
        self.says("init", str(root), *flags)

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(cli, ["-C", str(self.root), "--actor", "alice", *arguments], standalone_mode=False)

    def says(self, *arguments: str) -> str:
        done = self.run(*arguments)
        if done.exception is not None:
            raise done.exception
        return done.stdout

    def body(self, *arguments: str) -> Any:  # noqa: ANN401  a JSON body
        return json.loads(self.says(*arguments, "--json"))

    def file(self, name: str, frame: pl.DataFrame) -> str:
        frame.write_csv(self.root / name)
        return str(self.root / name)


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    made = Terminal(tmp_path / "ws")
    ids = [f"r{i:02}" for i in range(40)]
    labels = [("no", "yes")[i % 2] for i in range(40)]
    languages = [("zu", "en")[i % 4 == 0] for i in range(40)]
    rows = pl.DataFrame({"id": ids, "text": [f"t{i}" for i in range(40)], "label": labels, "language": languages})
    made.says("data", "import", made.file("rows.csv", rows), "--dataset", "test", "-m", "rows")
    for name, right in (("poor", 20), ("good", 38)):
        given = [label if i < right else ("yes" if label == "no" else "no") for i, label in enumerate(labels)]
        path = made.file(f"{name}.csv", pl.DataFrame({"id": ids, "prediction": given}))
        made.says("model", "add", name, "--predictions", path)
    return made


def test_evaluate_answers_with_the_keys_of_the_contract(terminal: Terminal) -> None:
    body = terminal.body("evaluate", "--on", "test")
    assert body["model_calls"] == 0
    assert [one["model"] for one in body["evaluations"]] == ["good", "poor"]
    good = body["evaluations"][0]
    assert {"threshold", "complete", "n", "missing", "scores", "all", "slices"} <= good.keys()
    assert good["complete"] is True
    accuracy = good["scores"]["accuracy"]
    assert accuracy["value"] == 38 / 40
    assert accuracy["n"] == 40
    assert accuracy["low"] < accuracy["value"] < accuracy["high"]
    assert accuracy["method"]
    assert set(good["slices"]) == {"language=zu", "language=en"}
    head = terminal.body("data", "log", "test")
    assert body["test_set"] in json.dumps(head)


def test_evaluate_shows_a_table_with_interval_and_n(terminal: Terminal) -> None:
    said = terminal.says("evaluate")
    assert "0.950 [0.835, 0.986] n=40" in said
    assert "language=zu" in said
    assert "0 model calls" in said


def test_evaluate_counts_which_classes_are_taken_for_which(terminal: Terminal) -> None:
    good, poor = terminal.body("evaluate")["evaluations"]
    assert good["confusion"]["classes"] == ["no", "yes"]
    assert good["confusion"]["counts"] == [[19, 1], [1, 19]]
    assert poor["confusion"]["counts"] == [[10, 10], [10, 10]]
    assert (good["confusion"]["n"], good["confusion"]["missing"]) == (40, 0)
    assert good["confusion"] == good["confusion_all"]
    said = terminal.says("evaluate", "good", "--confusion")
    lines = [line.split() for line in said.partition("Confusion of good on 40 rows drawn from users")[2].splitlines()]
    assert [line for line in lines if line] == [
        ["Label", "answered", "no", "answered", "yes"],
        ["no", "19", "1"],
        ["yes", "1", "19"],
    ]
    assert "Confusion" not in terminal.says("evaluate", "good")


def test_of_many_classes_the_pairs_confused_most_are_shown(tmp_path: Path) -> None:
    classes = [f"intent-{i:02}" for i in range(77)]
    root = tmp_path / "ws"
    flags = ["--task", "multiclass", "--inputs", "text", "--label", "label", "--classes", ",".join(classes), "--yes"]
    made = Terminal(root, flags)
    labels = [classes[i % 77] for i in range(154)]
    given = [classes[1] if label == classes[0] else label for label in labels]
    rows = pl.DataFrame({"id": range(154), "text": [f"t{i}" for i in range(154)], "label": labels})
    made.says("data", "import", made.file("rows.csv", rows), "--dataset", "test", "-m", "rows")
    predictions = made.file("m.csv", pl.DataFrame({"id": range(154), "prediction": given}))
    made.says("model", "add", "m", "--predictions", predictions)
    said = made.says("evaluate", "--confusion")
    assert [line.split() for line in said.splitlines()][-2:] == [
        ["Label", "Answered", "Rows", "Of"],
        ["intent-00", "intent-01", "2", "2"],
    ]
    [one] = made.body("evaluate")["evaluations"]
    assert one["confusion"]["most_confused"] == [{"truth": "intent-00", "answer": "intent-01", "count": 2, "of": 2}]
    assert len(one["confusion"]["counts"]) == 77


def test_compare_answers_with_the_keys_of_the_contract(terminal: Terminal) -> None:
    body = terminal.body("compare", "poor", "good", "--on", "test", "--slices")
    assert (body["n"], body["metric"]) == (40, "accuracy")
    [pair] = body["pairs"]
    assert (pair["a"], pair["b"]) == ("poor", "good")
    assert pair["difference"]["value"] == pytest.approx(18 / 40)
    assert pair["difference"]["low"] > 0
    assert (pair["negative_flips"], pair["positive_flips"], pair["verdict"]) == (0, 18, "better")
    assert {"method", "p_value", "p_adjusted", "smallest_difference"} <= pair.keys()
    assert {one["slice"] for one in body["slices"]} == {"language=zu", "language=en"}
    assert (len(body["flips"]), body["flips_total"]) == (18, 18)


def test_compare_says_the_verdict_in_words_and_writes_the_flips(terminal: Terminal, tmp_path: Path) -> None:
    said = terminal.says("compare", "poor", "good", "--flips", str(tmp_path / "flips.csv"))
    assert "good is better than poor: its accuracy is higher by 0.450" in said
    assert "0 rows got worse, 18 got better" in said
    with (tmp_path / "flips.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == 18


def test_leaderboard_answers_with_the_keys_of_the_contract(terminal: Terminal) -> None:
    terminal.says("evaluate")
    body = terminal.body("leaderboard", "--on", "test")
    assert len(body["test_sets"]) == 1
    good, poor = body["models"]
    assert (good["model"], good["rank"], poor["rank"]) == ("good", {"best": 1, "worst": 1}, {"best": 2, "worst": 2})
    [score] = good["scores"]
    assert score["test_set"] == body["test_sets"][0]
    assert {"value", "low", "high", "n", "missing"} <= score.keys()
    assert good["reported"] == {}
    assert "0.950" in terminal.says("leaderboard")


def test_new_rows_make_a_file_of_predictions_need_predictions(terminal: Terminal) -> None:
    more = pl.DataFrame({"id": ["n1", "n2"], "text": ["n1", "n2"], "label": ["no", "yes"], "language": ["zu", "zu"]})
    terminal.says("data", "import", terminal.file("more.csv", more), "--dataset", "test", "-m", "more")
    body = terminal.body("evaluate", "good")
    [good] = body["evaluations"]
    assert (good["complete"], good["missing"], good["scores"]["accuracy"]["value"]) == (False, 2, None)
    assert "needs 2 predictions" in terminal.says("leaderboard")
    refused = terminal.run("compare", "poor", "good")
    assert isinstance(refused.exception, CuriouserError)
    assert "--common" in str(refused.exception)
    assert terminal.body("compare", "poor", "good", "--common")["n"] == 40


def test_a_slice_is_named_listed_used_and_removed(terminal: Terminal) -> None:
    made = terminal.body("slice", "add", "short", "--where", "len(text) < 3")
    assert made["where"] == "len(text) < 3"
    listed = terminal.body("slice", "list")["slices"]
    assert [(one["name"], one["rows"]) for one in listed] == [("language=zu", 30), ("language=en", 10), ("short", 10)]
    assert "short" in terminal.body("evaluate", "good")["evaluations"][0]["slices"]
    assert "curiouser slice add short --where 'len(text) < 3'" in terminal.says("slice", "remove", "short")
    assert len(terminal.body("slice", "list")["slices"]) == 2


def test_a_broken_model_is_named_and_the_exit_status_is_1(terminal: Terminal) -> None:
    (terminal.root / "broken.py").write_text(
        "def predict(rows):\n    raise ValueError('no weights')\n", encoding="utf-8"
    )
    terminal.says("model", "add", "broken", "--python", "broken:predict")
    command = [sys.executable, "-m", "curiouser", "-C", str(terminal.root), "evaluate", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no weights" in done.stderr
    body = json.loads(done.stdout)
    assert [(one["model"], one["error"] is None) for one in body["evaluations"]] == [
        ("broken", False),
        ("good", True),
        ("poor", True),
    ]


def test_an_unknown_model_is_not_found(terminal: Terminal) -> None:
    command = [sys.executable, "-m", "curiouser", "-C", str(terminal.root), "compare", "good", "bad"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 6
    assert "good" in done.stderr


def test_a_metric_that_there_is_not_is_refused_before_any_model_is_asked(terminal: Terminal) -> None:
    done = terminal.run("evaluate", "--metric", "accuracy", "--metric", "acuracy")
    assert isinstance(done.exception, CuriouserError)
    assert done.exception.code == "CUR403"
    assert terminal.body("status")["models_behind"] == ["good", "poor"]


def test_what_a_file_of_predictions_lacks_is_said_and_hides_no_later_step(terminal: Terminal) -> None:
    more = pl.DataFrame({"id": ["x"], "text": ["t-x"], "label": ["no"], "language": ["zu"]})
    terminal.says("data", "import", terminal.file("more.csv", more), "--dataset", "test", "-m", "one more")
    terminal.says("evaluate")
    status = terminal.body("status")
    assert (status["models_behind"], status["missing_predictions"]) == ([], {"good": 1, "poor": 1})
    assert status["next"]["step"] == "problem"
    assert "good needs 1 prediction: curiouser model missing good --on test -o FILE.csv" in terminal.says("status")
