"""Test rows that a model may have seen in training are counted, once per pair of versions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curiouser.evaluations import Memorised
from curiouser.surfaces.bodies.evaluations import leaderboard_body, run_body
from tests.evaluations.bench import ACTOR, Bench


def rows(texts: list[str], origin: str = "sample", prefix: str = "r") -> pl.DataFrame:
    ids, labels = [f"{prefix}{i}" for i in range(len(texts))], ["yes"] * len(texts)
    return pl.DataFrame({"id": ids, "text": texts, "label": labels, "origin": [origin] * len(texts)})


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = Bench(tmp_path)
    made.commit(pl.concat([rows(["a doctor", "a nurse", "a poet"]), rows(["a lawyer"], "pattern", "p")]))
    for name in ("a", "b"):
        made.file_model(name, pl.DataFrame({"id": ["r0", "r1", "r2", "p0"], "prediction": ["yes"] * 4}))
    return made


def test_rows_of_users_are_counted_whatever_their_case_and_spaces_and_patterns_are_not(bench: Bench) -> None:
    head = bench.train(rows(["A  Doctor ", "a poet", "a lawyer", "a clown"]).drop("origin"))
    body: dict[str, Any] = run_body(bench.evaluate())
    assert [(one["memorised"], one["trained_on"]) for one in body["evaluations"]] == [(2, f"train@{head}")] * 2
    board: dict[str, Any] = leaderboard_body(bench.evaluations.leaderboard())
    assert [(one["memorised"], one["trained_on"]) for one in board["models"]] == [(2, f"train@{head}")] * 2
    said = (
        f"2 of 3 test rows stand in the training data of a, b (train@{head[:8]}): right answers to them prove nothing"
    )
    assert said in body["notes"]
    assert said in board["notes"]


def test_a_model_is_held_to_the_version_it_names(bench: Bench) -> None:
    first = bench.train(rows(["a doctor"]).drop("origin"))
    second = bench.train(rows(["a doctor", "a nurse"]).drop("origin"))
    bench.models.set_trained_on("a", f"train@{first}", actor=ACTOR)
    found = {one.model: one.memorised for one in bench.evaluate().evaluations}
    assert found == {
        "a": Memorised(rows=1, trained_on=f"train@{first}"),
        "b": Memorised(rows=2, trained_on=f"train@{second}"),
    }


def test_training_data_without_the_inputs_or_none_at_all_is_not_known(bench: Bench) -> None:
    assert {one.memorised for one in bench.evaluate().evaluations} == {Memorised(rows=None, trained_on=None)}
    assert not [note for note in bench.evaluate().notes if "training data" in note]


def test_no_shared_row_is_zero_and_needs_no_note(bench: Bench) -> None:
    head = bench.train(rows(["a clown"]).drop("origin"))
    run = bench.evaluate()
    assert {one.memorised for one in run.evaluations} == {Memorised(rows=0, trained_on=f"train@{head}")}
    assert not [note for note in run.notes if "training data" in note]


def test_a_model_of_which_only_scores_remain_answers_nothing_from_memory(bench: Bench) -> None:
    bench.train(rows(["a doctor"]).drop("origin"))
    bench.models.add_reported("lost", {"accuracy": 0.5}, actor=ACTOR)
    found = {row.model: row.memorised for row in bench.evaluations.leaderboard().models}
    assert found["lost"] == Memorised(rows=None, trained_on=None)
