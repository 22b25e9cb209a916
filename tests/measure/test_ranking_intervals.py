"""ROC AUC and average precision: variances against slow definitions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special
from sklearn import metrics as sk

from curiouser.measure.forms import Smooth
from curiouser.measure.intervals import measured, smooth_variance
from curiouser.measure.ranking import average_precision, ranked, roc_auc
from curiouser.measure.records import BoolArray, FloatArray, IntArray
from curiouser.measure.resampling import seeded
from curiouser.measure.rows import Rows
from tests.measure.asking import known


def a_ranking(n: int, seed: int, *, steps: int = 12) -> tuple[BoolArray, FloatArray]:
    rng = np.random.default_rng(seed)
    truth = rng.random(n) < 0.4
    truth[:2] = [True, False]
    return truth, np.round((truth * 0.3 + rng.random(n)) * steps) / steps


def slow_placements(truth: BoolArray, scores: FloatArray) -> tuple[float, FloatArray, FloatArray]:
    """AUC and DeLong's structural components by comparing every pair."""
    pairs = scores[truth][:, None] - scores[~truth][None, :]
    wins = (pairs > 0) + 0.5 * (pairs == 0)
    return float(wins.mean()), wins.mean(axis=1), wins.mean(axis=0)


def as_smooth(form: object) -> Smooth:
    assert isinstance(form, Smooth)
    return form


@given(st.integers(4, 60), st.integers(0, 10_000))
@settings(max_examples=60)
def test_delong_variance_agrees_with_comparing_every_pair(n: int, seed: int) -> None:
    truth, scores = a_ranking(n, seed)
    if truth.sum() < 2 or (~truth).sum() < 2:
        return
    area, for_positive, for_negative = slow_placements(truth, scores)
    form = as_smooth(roc_auc(ranked(truth, scores)))
    slow = for_positive.var(ddof=1) / len(for_positive) + for_negative.var(ddof=1) / len(for_negative)
    assert form.value == pytest.approx(area, abs=1e-12)
    assert smooth_variance(form, Rows.of(n)) == pytest.approx(slow, abs=1e-12)


def test_the_variance_with_users_is_obuchowskis() -> None:
    truth, scores = a_ranking(120, 3)
    users: IntArray = np.arange(120) // 4
    area, for_positive, for_negative = slow_placements(truth, scores)
    of_rows = np.zeros(120)
    of_rows[truth] = (for_positive - area) / truth.sum()
    of_rows[~truth] = (for_negative - area) / (~truth).sum()
    slow = 30 / 29 * sum(of_rows[users == user].sum() ** 2 for user in range(30))
    form = as_smooth(roc_auc(ranked(truth, scores)))
    assert smooth_variance(form, Rows.of(120, clusters=users)) == pytest.approx(slow, rel=1e-12)


@pytest.mark.parametrize("metric", ["roc_auc", "average_precision"])
def test_influence_is_the_derivative_by_each_rows_weight(metric: str) -> None:
    truth, scores = a_ranking(40, 5)
    weights = np.random.default_rng(1).uniform(0.5, 2, size=40)
    fast = {"roc_auc": roc_auc, "average_precision": average_precision}[metric]
    slow = {"roc_auc": sk.roc_auc_score, "average_precision": sk.average_precision_score}[metric]
    form = as_smooth(fast(ranked(truth, scores, weights)))
    assert form.value == pytest.approx(slow(truth, scores, sample_weight=weights), abs=1e-12)
    for row in range(40):
        up, down = weights.copy(), weights.copy()
        up[row] += 1e-5
        down[row] -= 1e-5
        slope = (slow(truth, scores, sample_weight=up) - slow(truth, scores, sample_weight=down)) / 2e-5
        assert form.influence[row] / weights.sum() == pytest.approx(slope, abs=1e-7)
    assert float(weights @ form.influence) == pytest.approx(0.0, abs=1e-9)


def test_the_error_of_average_precision_agrees_with_resampling_rows() -> None:
    truth, scores = a_ranking(400, 8, steps=1000)
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(300):
        rows = rng.integers(0, 400, 400)
        drawn.append(sk.average_precision_score(truth[rows], scores[rows]))
    form = as_smooth(average_precision(ranked(truth, scores)))
    assert smooth_variance(form, Rows.of(400)) ** 0.5 == pytest.approx(float(np.std(drawn)), rel=0.15)


def test_the_interval_is_symmetric_on_the_logit_scale_and_names_its_method() -> None:
    truth, scores = a_ranking(200, 2)
    number = measured(roc_auc(ranked(truth, scores)), Rows.of(200), rng=seeded("x"))
    below = special.logit(known(number.value)) - special.logit(known(number.low))
    above = special.logit(known(number.high)) - special.logit(known(number.value))
    assert below == pytest.approx(above)
    assert number.method == "DeLong interval, logit scale"


def test_a_perfect_ranking_of_few_rows_is_no_proof() -> None:
    truth = np.array([True] * 5 + [False] * 100)
    number = measured(roc_auc(ranked(truth, truth * 1.0)), Rows.of(105), rng=seeded("x"))
    assert number.value == 1.0
    assert known(number.low) < 0.6
    assert "smaller class" in number.method


def test_one_positive_row_gives_an_honest_wide_interval() -> None:
    truth = np.array([True] + [False] * 50)
    number = measured(roc_auc(ranked(truth, np.arange(51.0)[::-1] % 40)), Rows.of(51), rng=seeded("x"))
    assert known(number.high) - known(number.low) > 0.5
