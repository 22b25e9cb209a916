"""``curiouser model``: the contract's lines and keys, and what goes to which stream with which status."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from curiouser.kernel.errors import CuriouserError
from curiouser.surfaces.cli.program import cli
from tests.models.project import Project

TOML = """
[task]
name = "meet"
kind = "binary"
inputs = ["want", "offer"]
label = "meet"
classes = ["no", "yes"]
"""
Call = Callable[..., Result]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path / "project")
    made.write("curiouser.toml", TOML)
    made.write("scoring.py", "def score(rows):\n    return [0.6] * len(rows)\n")
    made.rows(4)
    made.file([{"id": "r00000", "score": 0.1}, {"id": "r00001", "score": 0.9}])
    return made


@pytest.fixture
def call(project: Project) -> Call:
    def called(*arguments: str, given: str | None = None) -> Result:
        folder = ["-C", str(project.root), "--actor", "bob", "model", *arguments]
        return CliRunner().invoke(cli, folder, input=given, catch_exceptions=True)

    return called


def body(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output + repr(result.exception)
    made: dict[str, Any] = json.loads(result.stdout)
    return made


def refused(result: Result) -> CuriouserError:
    assert isinstance(result.exception, CuriouserError), result.output
    return result.exception


def test_adding_says_model_digest_and_kind(project: Project, call: Call) -> None:
    added = body(call("add", "mine", "--predictions", str(project.root / "predictions.csv"), "--json"))
    assert (added["model"], added["kind"], added["missing"]) == ("mine", "predictions", 2)
    assert len(added["digest"]) == 64
    python = body(call("add", "py", "--python", "scoring:score", "--threshold", "0.7", "--json"))
    assert (python["kind"], python["threshold"], python["columns"]) == ("python", 0.7, ["want", "offer"])
    assert python["created_by"] == "bob"


def test_missing_rows_are_said_with_the_command_that_exports_them(project: Project, call: Call) -> None:
    said = call("add", "mine", "--predictions", str(project.root / "predictions.csv")).stdout
    assert "2 of 4 rows have no prediction" in said
    assert "curiouser model missing mine --on test" in said


def test_missing_goes_to_standard_output_or_a_file_and_back_through_update(project: Project, call: Call) -> None:
    call("add", "mine", "--predictions", str(project.root / "predictions.csv"))
    shown = call("missing", "mine")
    assert shown.stdout.splitlines() == [
        "id,want,offer",
        "r00002,want r00002,offer r00002",
        "r00003,want r00003,offer r00003",
    ]
    output = project.root / "missing.jsonl"
    said = body(call("missing", "mine", "--output", str(output), "--json"))
    assert (said["missing"], said["ids"]) == (2, ["r00002", "r00003"])
    rows = [json.loads(line) for line in output.read_text().splitlines()]
    assert rows[0] == {"id": "r00002", "want": "want r00002", "offer": "offer r00002"}
    answers = project.file([{**row, "score": 0.5} for row in rows], "answers.csv")
    updated = body(call("update", "mine", "--predictions", str(answers), "--json"))
    assert (updated["added"], updated["unchanged"], updated["missing"]) == (2, 0, 0)


def test_ask_reads_the_input_from_the_line_or_from_standard_input(call: Call) -> None:
    call("add", "py", "--python", "scoring:score")
    given = {"want": "a doctor", "offer": "a cure"}
    for result in (
        call("ask", "--input", json.dumps(given), "--json"),
        call("ask", "--input", "-", "--json", given=json.dumps(given)),
    ):
        said = body(result)
        assert said["input"] == given
        assert [(one["model"], one["answer"], one["score"]) for one in said["answers"]] == [("py", "yes", 0.6)]


def test_names_threshold_live_and_retirement_are_single_commands(call: Call) -> None:
    call("add", "py", "--python", "scoring:score")
    assert body(call("threshold", "py", "0.7", "--json"))["threshold"] == 0.7
    assert body(call("live", "py", "--json"))["live"] is True
    assert body(call("rename", "py", "modèle", "--json"))["model"] == "modèle"
    call("add", "next", "--python", "scoring:score")
    call("live", "next")
    assert body(call("retire", "modèle", "--json"))["retired"] is True
    assert [one["model"] for one in body(call("list", "--json"))["models"]] == ["next"]
    assert body(call("list", "--retired", "--limit", "2", "--json"))["truncated"] is False
    assert body(call("restore", "modèle", "--json"))["retired"] is False
    shown = body(call("show", "modèle", "--json"))
    assert [event["what"] for event in shown["history"]] == [
        "added",
        "threshold",
        "live",
        "renamed",
        "retired",
        "restored",
    ]
    assert "limits" in shown["sandbox"]


def test_reported_scores_are_added_one_by_one_or_all_at_once(project: Project, call: Call) -> None:
    project.write("one.json", '{"accuracy": 0.8}')
    project.write("each.csv", "model,metric,value\na,accuracy,0.8\nb,accuracy,0.7\n")
    assert body(call("add", "lost", "--reported", str(project.root / "one.json"), "--json"))["kind"] == "reported"
    both = body(call("add", "--each", "--reported", str(project.root / "each.csv"), "--json"))
    assert [one["model"] for one in both["models"]] == ["a", "b"]
    assert "reported accuracy 0.8" in call("show", "lost").stdout


@pytest.mark.parametrize(
    ("arguments", "status", "reason"),
    [
        (("add", "mine"), 2, "no source is given"),
        (("add", "mine", "--python", "a:b", "--reported", "x"), 2, "exclude each other"),
        (("add", "mine", "--reported", "x", "--threshold", "0.5"), 2, "--threshold has no meaning with --reported"),
        (("add", "--python", "scoring:score"), 2, "needs a name"),
        (("add", "mine", "--python", "scoring.py"), 1, "names no callable"),
        (("ask", "--input", "nonsense"), 2, "is no JSON"),
        (("ask", "--input", "[1]"), 2, "is no JSON object"),
        (("show", "nobody"), 6, "no model named 'nobody'"),
        (("add", "mine", "--predictions", "nowhere.csv"), 1, "nowhere.csv"),
    ],
)
def test_a_wrong_call_says_why_with_its_status(
    call: Call, arguments: tuple[str, ...], status: int, reason: str
) -> None:
    error = refused(call(*arguments))
    assert reason in str(error)
    assert error.exit_status == status


def test_a_taken_name_is_a_conflict(call: Call) -> None:
    call("add", "py", "--python", "scoring:score")
    assert refused(call("add", "py", "--python", "scoring:score")).exit_status == 5


def test_a_model_says_which_data_it_was_trained_on(project: Project, call: Call) -> None:
    file = str(project.root / "predictions.csv")
    added = body(call("add", "mine", "--predictions", file, "--trained-on", "test", "--json"))
    shown = body(call("show", "mine", "--json"))
    assert (shown["digest"], shown["source"]["trained_on"]) == (added["digest"], f"test@{project.data.head('test').id}")
    assert body(call("add", "other", "--predictions", file, "--json"))["model"] == "other"
    assert "trained_on" not in body(call("show", "other", "--json"))["source"]


def test_training_data_that_is_not_here_is_refused_before_anything_is_added(project: Project, call: Call) -> None:
    file = str(project.root / "predictions.csv")
    assert "train" in str(refused(call("add", "mine", "--predictions", file, "--trained-on", "train@v4")))
    assert body(call("list", "--json"))["models"] == []
    said = str(refused(call("add", "mine", "--reported", file, "--trained-on", "test")))
    assert "--trained-on has no meaning with --reported" in said
