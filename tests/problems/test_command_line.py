"""`curiouser problem` and `curiouser report`: the contract's keys, exit statuses, and what people read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import polars as pl
import pytest

from curiouser.kernel.errors import UsageError
from tests.problems.bench import Bench, right, slide_44, talks_model
from tests.problems.test_standing import failing_on, many

NAME = "drugs-doctors-false-pos"


@pytest.fixture
def patterns(tmp_path: Path) -> str:
    pl.DataFrame(slide_44()).write_csv(tmp_path / "patterns.csv")
    return str(tmp_path / "patterns.csv")


@pytest.fixture
def described(bench: Bench, patterns: str) -> Bench:
    bench.cli("problem", "add", NAME, "--patterns", patterns, "--harm", "dangerous", "--affected", "2%..6%",
              "--because", "forty calls", "--on", "test", "--owner", "lerato")  # fmt: skip
    bench.model("first", talks_model)
    bench.model("second", right)
    return bench


def test_triage_prints_the_keys_of_the_contract(described: Bench) -> None:
    body = described.json("problem", "triage", "--model", "first", "--on", "test")
    assert body["model"] == "first"
    assert len(body["test_set"]) == 64
    (one,) = body["problems"]
    assert (one["name"], one["state"], one["harm"], one["memorised"]) == (NAME, "failing", 10.0, 0)
    assert set(one["impact"]) == {"value", "low", "high"}
    assert one["impact"]["value"] == pytest.approx(4 * 4 / 7 * 10)
    assert one["rank"] == {"best": 1, "worst": 1}
    assert {key: one["affected"][key] for key in ("percent", "low", "high", "source")} == {
        "percent": 4.0, "low": 2.0, "high": 6.0, "source": "stated",
    }  # fmt: skip
    assert {"value", "low", "high", "n"} <= set(one["error"])
    assert one["error"]["n"] == 7


def test_history_prints_the_keys_of_the_contract_and_writes_the_curve(described: Bench, tmp_path: Path) -> None:
    svg = tmp_path / "curve.svg"
    body = described.json("problem", "history", NAME, "--on", "test", "--svg", str(svg))
    first, second = body["models"]
    assert (first["model"], first["state"], second["model"], second["state"]) == (
        "first",
        "failing",
        "second",
        "passing",
    )
    cells = ("true_positive", "false_positive", "true_negative", "false_negative")
    assert [first[cell] for cell in cells] == [2, 3, 1, 1]
    assert [second[cell] for cell in cells] == [3, 0, 4, 0]
    assert first["error"]["value"] == 4 / 7
    ET.parse(svg)  # noqa: S314  our own file
    every = described.json("problem", "history")
    assert [one["name"] for one in every["problems"]] == [NAME]


def test_people_read_a_table_a_curve_and_the_confusion_kinds(described: Bench) -> None:
    triage = described.cli("problem", "triage", "--model", "first").output
    assert NAME in triage
    assert "22.9 [" in triage
    assert "●" in described.cli("problem", "history", NAME).output
    plain = described.cli("problem", "history", NAME, "--ascii").output
    assert "●" not in plain
    shown = described.cli("problem", "show", NAME, "--model", "first").output
    for said in ("FP yes 0.90", "FN no 0.30", "TN no 0.20", "TP yes 0.70", "owner     lerato", "2%..6% of users"):
        assert said in shown, shown


def test_show_prints_each_pattern_with_its_confusion_kind_per_model(described: Bench) -> None:
    body = described.json("problem", "show", NAME)
    assert [one["model"] for one in body["models"]] == ["first", "second"]
    kinds = sorted(one["answers"]["first"]["confusion"] for one in body["patterns"])
    assert kinds == ["FN", "FP", "FP", "FP", "TN", "TP", "TP"]
    assert {one["origin"] for one in body["patterns"]} == {"pattern"}
    assert not body["truncated"]


def test_a_missing_factor_is_named_with_its_command_and_null_in_json(bench: Bench, patterns: str) -> None:
    bench.cli("problem", "add", NAME, "--patterns", patterns)
    bench.model("m", talks_model)
    (one,) = bench.json("problem", "triage")["problems"]
    assert (one["impact"], one["rank"], one["affected"], one["harm"]) == (None, None, None, None)
    said = bench.cli("problem", "triage").output
    assert "Not ranked, a factor is missing" in said
    assert f"curiouser problem edit {NAME} --harm annoying" in said
    assert f"curiouser problem edit {NAME} --affected 3% --because" in said


def test_the_gate_exits_with_3_and_says_what_stops_the_model(bench: Bench) -> None:
    bench.problems.add("x", patterns=many(6), actor="t")
    bench.model("old", right)
    bench.model("new", failing_on(6))
    bench.cli("problem", "check", "--model", "new")
    bench.live("old")
    said = bench.cli("problem", "check", status=3).output
    assert "STOP  x: regressed: 6 of 6 failed" in said
    assert "new: 1 of 1 problem stops it" in said
    body = bench.json("problem", "check", "--model", "new", status=3)
    assert (body["passed"], body["problems"][0]["blocks"], body["problems"][0]["live_state"]) == (
        False,
        True,
        "passing",
    )
    assert bench.json("problem", "check", "--model", "old")["passed"] is True


def test_a_problem_goes_through_its_life(described: Bench, tmp_path: Path) -> None:
    described.cli(
        "problem", "edit", NAME, "--tolerance", "0.05", "--description", "doctors get dealers", "--clear", "owner"
    )
    extra = tmp_path / "extra.jsonl"
    extra.write_text(json.dumps({"want": "a nurse", "offer": "herbs", "meet": "no"}) + "\n", encoding="utf-8")
    assert "1 added" in described.cli("problem", "pattern", "import", NAME, str(extra)).output
    assert "0 added" in described.cli("problem", "pattern", "add", NAME, "--patterns", str(extra)).output
    listed = described.json("problem", "pattern", "list", NAME)["patterns"]
    assert len(listed) == 8
    described.cli("problem", "pattern", "remove", NAME, listed[0]["id"])
    described.cli("problem", "close", NAME)
    assert described.json("problem", "list", "--open")["problems"] == []
    described.cli("problem", "reopen", NAME)
    kinds = [one["kind"] for one in described.json("problem", "log", NAME)["steps"]]
    assert kinds == ["reopened", "closed", "patterns removed", "patterns added", "edited", "added"]
    for kind in kinds:
        assert f"took back: {kind}" in described.cli("problem", "undo", NAME).output
    assert described.json("problem", "list")["problems"] == []


def test_a_report_is_told_linked_and_made_a_problem(bench: Bench) -> None:
    given = json.dumps({"want": "a doctor", "offer": "weed"})
    made = bench.json("report", "add", "My mother saw it.", "--input", given, "--answered", "yes", "--user", "u1")
    assert (made["number"], made["input"]["offer"]) == (1, "weed")
    bench.cli("problem", "add", "weed", "--from-report", "1")
    assert bench.json("report", "show", "1")["problem"] == "weed"
    bench.cli("report", "link", "1", "--none")
    assert [one["number"] for one in bench.json("report", "list", "--waiting")["reports"]] == [1]
    bench.cli("report", "link", "1", "weed")
    assert "My mother saw it." in bench.cli("report", "list").output
    bench.cli("report", "withdraw", "1")
    assert "There is no report." in bench.cli("report", "list").output
    with pytest.raises(UsageError, match="no JSON"):
        bench.cli("report", "add", "x", "--input", "{want:")
    with pytest.raises(UsageError, match="--none"):
        bench.cli("report", "link", "1")


def test_the_template_is_a_file_that_can_be_read(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(bench.cli("problem", "template").output, encoding="utf-8")
    assert bench.json("problem", "add", "x", "--patterns", str(path))["cases"] == 2


def test_a_suite_is_imported_with_one_command(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "suite.jsonl"
    path.write_text(
        '{"test": "Typos?", "type": "INV", "case": 1, "data": ["a doctor", "a doctr"]}\n'
        '{"test": "Bad", "type": "MFT", "case": 1, "data": "spam", "label": 0}\n'
        '{"test": "Bad", "type": "MFT", "case": 2, "data": "hm", "label": null}\n',
        encoding="utf-8",
    )
    arguments = ("problem", "import-checklist", str(path), "--labels", "0=no,1=yes", "--input", "want", "--on", "test")
    body = bench.json(*arguments)
    assert ([one["name"] for one in body["problems"]], body["skipped"]) == (["typos", "bad"], {"bad": 1})
    again = bench.cli(*arguments)
    assert "0 problems written, 2 unchanged" in again.output
    with pytest.raises(Exception, match="--input"):
        bench.cli("problem", "import-checklist", str(path), "--labels", "0=no")


def test_the_program_itself_exits_with_the_status_of_the_error(bench: Bench) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from curiouser.surfaces.cli.main import main; main()", *arguments]
        return subprocess.run(
            command,
            cwd=bench.workspace.root,
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"LC_ALL": "C"},
        )

    bench.problems.add("x", patterns=many(6), actor="t")
    bench.model("old", right)
    bench.model("new", failing_on(6))
    bench.live("old")
    assert run("problem", "check").returncode == 3
    missing = run("problem", "show", "y", "--json")
    assert (missing.returncode, json.loads(missing.stderr)["code"]) == (6, "CUR101")
    assert run("problem", "add", "y").returncode == 2
    assert run("problem", "add", "x", "--ids", "nothing.txt").returncode == 5
    assert run("problem", "history").returncode == 0
