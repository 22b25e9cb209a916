"""``curiouser data check`` as typed: its table, its body, its exit status."""

from __future__ import annotations

from pathlib import Path

import polars as pl

import curiouser
from tests.terminal import Terminal


def rows(*given: tuple[str, str]) -> pl.DataFrame:
    return pl.DataFrame(given, schema=["text", "label"], orient="row").with_row_index("id")


def test_a_failing_gate_ends_with_3_and_says_what_to_do(tmp_path: Path) -> None:
    terminal = Terminal.init(tmp_path / "w")
    terminal.imports("first", rows(("a doctor", "yes"), ("A  doctor", "no"), ("\x1b[31m a nurse", "no")))
    said = terminal.run("data", "check", "test")
    assert said.status == 3
    assert "DC11  contradictory-labels" in said.out
    assert "FAIL" in said.out
    assert "labelled yes; the same input is labelled no, yes" in said.out
    assert "Not fit to be merged: DC11" in said.out
    body = terminal.run("data", "check", "test", "--json")
    assert body.status == 3
    [failed] = [one for one in body.body["checks"] if one["outcome"] == "fail" and one["severity"] == "gate"]
    assert (failed["code"], failed["count"], failed["threshold"]) == ("DC11", 1, 0.0)
    assert failed["rows"][0]["id"] == "0"
    assert failed["rows"][0]["with"] == [{"dataset": "test", "id": "1"}]


def test_only_a_warning_ends_with_0_and_what_is_known_is_said(tmp_path: Path) -> None:
    terminal = Terminal.init(tmp_path / "w")
    terminal.imports("first", rows(("a doctor", "yes"), ("a doctor", "yes")))
    first = terminal.run("data", "check")
    assert first.status == 0
    assert "warning" in first.out
    assert "known from before" not in first.out
    assert "known from before" in terminal.says("data", "check")
    history = terminal.says("data", "checks", "test")
    assert len(history.splitlines()) == 2


def test_a_wrong_name_or_ref_is_refused(tmp_path: Path) -> None:
    terminal = Terminal.init(tmp_path / "w")
    assert terminal.refuses(6, "data", "check", "test")["code"] == "CUR204"
    terminal.imports("first", rows(("a doctor", "yes")))
    assert terminal.refuses(6, "data", "check", "--only", "nothing")["code"] == "CUR801"
    assert "Nothing was checked yet" in terminal.says("data", "checks")


def test_a_notebook_shows_the_checks_as_a_table(tmp_path: Path) -> None:
    terminal = Terminal.init(tmp_path / "w")
    terminal.imports("first", rows(("a doctor", "yes"), ("a doctor", "no")))
    with curiouser.open(terminal.root) as ws:
        table = ws.datachecks.check("test").to_polars()
        assert table.filter(pl.col("code") == "DC11").select("outcome", "count").row(0) == ("fail", 1)
        assert ws.datachecks.gate("test").outcome == "fail"
