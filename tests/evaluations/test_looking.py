"""Comparisons that were made can be shown again, and showing them is no new look."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from tests.evaluations.bench import ACTOR, Bench


def rows(count: int) -> pl.DataFrame:
    return pl.DataFrame({"id": [f"r{i}" for i in range(count)], "text": [f"t{i}" for i in range(count)], "label": "no"})


def answers(count: int, right: int) -> pl.DataFrame:
    said = np.where(np.arange(count) < right, "no", "yes")
    return pl.DataFrame({"id": [f"r{i}" for i in range(count)], "prediction": said})


def two_models(root: Path) -> Bench:
    bench = Bench(root)
    bench.commit(rows(20))
    bench.file_model("a", answers(20, 8))
    bench.file_model("b", answers(20, 16))
    return bench


def test_what_nobody_compared_is_not_shown(tmp_path: Path) -> None:
    assert two_models(tmp_path).evaluations.recall(["a", "b"]) is None


def test_what_was_compared_is_shown_again_in_either_order_and_counts_once(tmp_path: Path) -> None:
    bench = two_models(tmp_path)
    made = bench.evaluations.compare(["a", "b"], actor=ACTOR)
    again, other_way = bench.evaluations.recall(["a", "b"]), bench.evaluations.recall(["b", "a"])
    assert again is not None
    assert other_way is not None
    assert again.pairs == made.pairs
    difference = made.pairs[0].paired.difference
    assert difference is not None
    assert other_way.pairs[0].paired.difference == -difference
    assert again.seen.comparisons == other_way.seen.comparisons == 1


def test_another_metric_threshold_or_row_is_another_look(tmp_path: Path) -> None:
    bench = two_models(tmp_path)
    bench.evaluations.compare(["a", "b"], actor=ACTOR)
    assert bench.evaluations.recall(["a", "b"], metric="recall") is None
    bench.models.set_threshold("b", 0.7, actor=ACTOR)
    assert bench.evaluations.recall(["a", "b"]) is None
    bench.models.set_threshold("b", 0.5, actor=ACTOR)
    assert bench.evaluations.recall(["a", "b"]) is not None
    bench.commit(rows(20).with_columns(label=pl.lit("yes")))
    assert bench.evaluations.recall(["a", "b"]) is None


def test_a_comparison_on_an_old_data_commit_stays_readable_when_the_branch_moves(tmp_path: Path) -> None:
    bench = two_models(tmp_path)
    made = bench.evaluations.compare(["a", "b"], actor=ACTOR)
    bench.commit(rows(20).with_columns(label=pl.lit("yes")))
    again = bench.evaluations.recall(["a", "b"], on=f"test@{made.test_set[:12]}")
    assert again is not None
    assert again.pairs == made.pairs


def test_answers_that_came_later_change_a_kept_score(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(rows(20))
    bench.file_model("a", answers(10, 10))
    test_set = bench.evaluations.test_set()
    assert bench.evaluations.score(bench.models.get("a"), test_set).value is None
    bench.models.update("a", answers(20, 10), actor=ACTOR)
    assert bench.evaluations.score(bench.models.get("a"), test_set).value == 0.5
    board = bench.evaluations.leaderboard()
    assert board.models[0].scores[-1].measured.value == 0.5


def test_the_scores_of_an_evaluation_can_be_read_again(tmp_path: Path) -> None:
    bench = two_models(tmp_path)
    test_set, model = bench.evaluations.test_set(), bench.models.get("a")
    assert bench.evaluations.kept(model, test_set) == {}
    bench.evaluate()
    assert bench.evaluations.kept(model, test_set)["sample"]["accuracy"].value == 0.4
