"""Comparing: a paired test with a verdict, on one data commit, of models that answered."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats
from sqlalchemy import text
from statsmodels.stats.contingency_tables import mcnemar

from curiouser.evaluations import (
    Comparison,
    IncompleteModelError,
    MetricNotFoundError,
    NothingToCompareError,
    SeveralTestSetsError,
)
from curiouser.kernel.configuration import Task, TaskKind
from curiouser.measure import Verdict, holm
from curiouser.models import ReportedOnlyError
from tests.evaluations.bench import ACTOR, MULTICLASS, REGRESSION, Bench

GROUPED = Task(
    name="meet",
    kind=TaskKind.BINARY,
    inputs=("text",),
    label="label",
    classes=("no", "yes"),
    user="user",
    groups=("language",),
)


def ids(n: int) -> list[str]:
    return [f"r{i:04}" for i in range(n)]


def rows(n: int, **more: Sequence[object]) -> pl.DataFrame:
    """All labels are "yes", so a score of 1 is right and of 0 wrong."""
    return pl.DataFrame({"id": ids(n), "text": ids(n), "label": ["yes"] * n, **more})


def right_where(right: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> pl.DataFrame:
    return pl.DataFrame({"id": ids(len(right)), "score": right.astype(float)})


def compared(bench: Bench, *names: str, metric: str | None = None, slices: tuple[str, ...] = ()) -> Comparison:
    return bench.evaluations.compare(names, metric=metric, slices=slices, actor=ACTOR)


def close(found: float | None, expected: float) -> bool:
    return found is not None and math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-12)


def test_accuracy_of_independent_rows_is_compared_by_exact_mcnemar(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.random(400) < 0.80, rng.random(400) < 0.88
    bench = Bench(tmp_path)
    bench.commit(rows(400))
    bench.file_model("a", right_where(a))
    bench.file_model("b", right_where(b))
    [pair] = compared(bench, "a", "b").pairs
    only_a, only_b = int((a & ~b).sum()), int((b & ~a).sum())
    assert (pair.paired.negative_flips, pair.paired.positive_flips) == (only_a, only_b)
    assert close(pair.paired.difference, (only_b - only_a) / 400)
    assert close(pair.paired.p_value, stats.binomtest(only_b, only_a + only_b).pvalue)
    assert close(pair.paired.p_value, mcnemar([[0, only_a], [only_b, 0]], exact=True).pvalue)
    assert pair.verdict is Verdict.BETTER
    assert pair.sentence.startswith("b is better than a: its accuracy is higher by")
    assert pair.paired.low is not None
    assert pair.paired.low > 0


def test_several_pairs_are_corrected_by_holm_within_the_call(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    bench = Bench(tmp_path)
    bench.commit(rows(300))
    for name, share in (("a", 0.7), ("b", 0.78), ("c", 0.9)):
        bench.file_model(name, right_where(rng.random(300) < share))
    made = compared(bench, "a", "b", "c")
    assert [(pair.a, pair.b) for pair in made.pairs] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert [pair.p_adjusted for pair in made.pairs] == holm([pair.paired.p_value for pair in made.pairs])
    for pair in made.pairs:
        assert pair.paired.low is not None
        assert pair.paired.high is not None
        assert pair.p_adjusted is not None
        assert (pair.paired.low > 0 or pair.paired.high < 0) == (pair.p_adjusted < 0.05)


def test_equal_models_show_no_difference_and_say_what_could_have_been_shown(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    bench = Bench(tmp_path)
    bench.commit(rows(200))
    for name in ("a", "b"):
        bench.file_model(name, right_where(rng.random(200) < 0.8))
    [pair] = compared(bench, "a", "b").pairs
    assert pair.verdict is Verdict.NO_DIFFERENCE_SHOWN
    assert pair.paired.smallest_difference is not None
    assert "four times in five" in pair.sentence


def test_a_worse_model_is_called_worse_also_where_lower_is_better(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    truth = rng.normal(size=120)
    bench = Bench(tmp_path, REGRESSION)
    bench.commit(pl.DataFrame({"id": ids(120), "text": ids(120), "label": truth}))
    for name, noise in (("sharp", 0.2), ("blunt", 2.0)):
        numbers = truth + rng.normal(size=120) * noise
        bench.file_model(name, pl.DataFrame({"id": ids(120), "prediction": numbers}))
    [pair] = compared(bench, "sharp", "blunt").pairs
    assert pair.paired.difference is not None
    assert pair.paired.difference > 0
    assert pair.verdict is Verdict.WORSE
    assert compared(bench, "sharp", "blunt", metric="within_tolerance").pairs[0].verdict is Verdict.WORSE


def test_models_of_several_classes_are_compared_by_right_and_wrong(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    truth = rng.integers(0, 3, 300)
    bench = Bench(tmp_path, MULTICLASS)
    bench.commit(pl.DataFrame({"id": ids(300), "text": ids(300), "label": [MULTICLASS.classes[one] for one in truth]}))
    for name, share in (("a", 0.6), ("b", 0.8)):
        answered = np.where(rng.random(300) < share, truth, (truth + 1) % 3)
        classes = [MULTICLASS.classes[one] for one in answered]
        bench.file_model(name, pl.DataFrame({"id": ids(300), "prediction": classes}))
    assert compared(bench, "a", "b").pairs[0].verdict is Verdict.BETTER
    assert compared(bench, "a", "b", metric="macro_f1").pairs[0].verdict is Verdict.BETTER


def test_where_users_repeat_the_test_is_by_user(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    lucky = np.repeat(rng.random(20) < 0.75, 10)
    bench = Bench(tmp_path, GROUPED)
    bench.commit(rows(200, user=[f"u{i // 10}" for i in range(200)], language=["zu"] * 200))
    bench.file_model("a", right_where(~lucky | (np.arange(200) % 10 == 0)))
    bench.file_model("b", right_where(lucky))
    [pair] = compared(bench, "a", "b").pairs
    assert "user" in pair.paired.method
    only_a, only_b = pair.paired.negative_flips or 0, pair.paired.positive_flips or 0
    assert pair.paired.p_value is not None
    assert pair.paired.p_value > stats.binomtest(only_b, only_a + only_b).pvalue


def test_slices_are_a_family_of_their_own(tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    languages = [("zu", "en", "af")[i % 3] for i in range(300)]
    bench = Bench(tmp_path, GROUPED)
    bench.commit(rows(300, language=languages, user=[None] * 300))
    bench.file_model("a", right_where(rng.random(300) < 0.7))
    bench.file_model("b", right_where(rng.random(300) < 0.8))
    alone = compared(bench, "a", "b")
    made = bench.evaluations.compare(["a", "b"], slices=None, actor=ACTOR)
    assert made.pairs == alone.pairs
    assert sorted(group.name for group in made.slices) == ["language=af", "language=en", "language=zu"]
    assert [group.n for group in made.slices] == [100, 100, 100]
    pairs = [group.pairs[0] for group in made.slices]
    assert [pair.p_adjusted for pair in pairs] == holm([pair.paired.p_value for pair in pairs])


def test_problems_are_compared_on_their_patterns(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    origins = ["sample"] * 10 + ["pattern"] * 10
    bench.commit(rows(20, origin=origins))
    bench.file_model("a", right_where(np.array([True] * 10 + [False] * 10)))
    bench.file_model("b", right_where(np.array([True] * 20)))
    made = bench.evaluations.compare(["a", "b"], problems={"drugs": ids(20)[10:]}, actor=ACTOR)
    assert made.pairs[0].verdict is Verdict.NO_DIFFERENCE_SHOWN
    [drugs] = made.problems
    assert (drugs.name, drugs.n, drugs.pairs[0].verdict) == ("drugs", 10, Verdict.BETTER)


def test_flipped_rows_are_listed_and_written(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    table = rows(3).with_columns(text=pl.Series(["=1+1", "plain", "x"]))
    bench.commit(table)
    bench.file_model("a", right_where(np.array([True, False, True])))
    bench.file_model("b", right_where(np.array([False, True, True])))
    made = compared(bench, "a", "b")
    assert [(one.id, one.kind) for one in made.flips] == [("r0000", "negative"), ("r0001", "positive")]
    target = tmp_path / "flips.csv"
    assert bench.evaluations.write_flips(made, target) == 2
    with target.open(encoding="utf-8", newline="") as file:
        written = list(csv.DictReader(file))
    assert [(row["id"], row["flip"], row["row_label"]) for row in written] == [
        ("r0000", "negative", "yes"),
        ("r0001", "positive", "yes"),
    ]
    assert written[0]["row_text"] == "'=1+1"  # no spreadsheet takes it for a formula


# --- what is refused ---


def test_two_data_commits_are_not_compared(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    first = bench.commit(rows(3))
    bench.file_model("a", right_where(np.array([True] * 3)))
    bench.file_model("b", right_where(np.array([False] * 3)))
    bench.commit(rows(3).with_columns(label=pl.lit("no")))
    with pytest.raises(SeveralTestSetsError, match="different data commits"):
        bench.evaluations.compare(["a", "b"], on=["test", first], actor=ACTOR)
    assert bench.evaluations.compare(["a", "b"], on=["test", "test@main"], actor=ACTOR).n == 3


def test_an_incomplete_model_is_not_compared_unless_on_the_common_rows(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(rows(10))
    bench.file_model("a", right_where(np.array([True] * 10)))
    bench.file_model("b", right_where(np.array([True] * 7)))
    with pytest.raises(IncompleteModelError, match="'b' needs 3 predictions"):
        compared(bench, "a", "b")
    made = bench.evaluations.compare(["a", "b"], common=True, actor=ACTOR)
    assert (made.n, made.left_out) == (7, 3)
    assert any("3 rows are left out" in note for note in made.notes)


def test_a_model_of_which_only_scores_remain_is_refused_with_the_reason(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(rows(3))
    bench.file_model("a", right_where(np.array([True] * 3)))
    bench.models.add_reported("lost", {"accuracy": 0.9}, actor=ACTOR)
    with pytest.raises(ReportedOnlyError, match="only reported scores"):
        compared(bench, "a", "lost")


@pytest.mark.parametrize("names", [("a",), ("a", "a")])
def test_a_comparison_needs_two_different_models(tmp_path: Path, names: tuple[str, ...]) -> None:
    bench = Bench(tmp_path)
    bench.commit(rows(3))
    bench.file_model("a", right_where(np.array([True] * 3)))
    with pytest.raises(NothingToCompareError):
        compared(bench, *names)


def test_an_unknown_metric_names_those_there_are(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(rows(3))
    for name in ("a", "b"):
        bench.file_model(name, right_where(np.array([True] * 3)))
    with pytest.raises(MetricNotFoundError, match="balanced_accuracy"):
        compared(bench, "a", "b", metric="accurracy")


# --- what is written down ---


def test_every_comparison_is_written_down_and_counted(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(rows(5))
    for name in ("a", "b"):
        bench.file_model(name, right_where(np.array([name == "b"] * 5)))
    bench.evaluate()
    assert compared(bench, "a", "b").seen.comparisons == 1
    made = compared(bench, "b", "a")
    assert (made.seen.models, made.seen.comparisons) == (2, 2)
    assert any("2 models and 2 comparisons" in note for note in made.notes)
    with bench.database.read() as connection:
        logged = connection.execute(text("SELECT created_by, metric FROM comparison")).all()
    assert [tuple(row) for row in logged] == [(ACTOR, "accuracy")] * 2


def test_a_refused_comparison_is_not_counted(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(rows(5))
    bench.file_model("a", right_where(np.array([True] * 5)))
    bench.file_model("b", right_where(np.array([True] * 4)))
    with pytest.raises(IncompleteModelError):
        compared(bench, "a", "b")
    assert bench.evaluations.compare(["a", "b"], common=True, actor=ACTOR).seen.comparisons == 1
