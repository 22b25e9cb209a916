"""How often a verdict is wrong, through the command line: pairs of simulated models, and bounds that allow for chance.

Each count is held to what a true rate of 5 % (or 80 %) gives in all but one of 1,000 runs. With 16 pairs that is
at most 4 false verdicts, with 12 pairs 5 to 12 differences found; at night, and in ``python -m benchmarks
calibration``, 200 are drawn.
"""

from __future__ import annotations

import pytest

from benchmarks.calibration import (
    EQUAL,
    PROBLEMS,
    Setting,
    equal_pairs,
    found_pairs,
    lower_bound,
    regressed_pairs,
    upper_bound,
)
from tests.nightly import examples

PAIRS, DIFFERENT = examples(16, nightly=200), examples(12, nightly=200)


@pytest.mark.parametrize("setting", EQUAL, ids=lambda one: one.name)
def test_equally_good_models_are_seldom_called_better_or_worse(setting: Setting) -> None:
    counts = equal_pairs(setting, PAIRS, seed=1)
    assert sum(counts.values()) == PAIRS
    assert counts["better"] + counts["worse"] <= upper_bound(0.05, PAIRS)


def test_equally_good_models_seldom_regress_on_any_of_twenty_problems_of_six_patterns() -> None:
    counts = regressed_pairs(PAIRS, seed=1)
    assert counts["pairs regressed"] <= upper_bound(0.05, PAIRS)
    assert counts["problems regressed"] <= upper_bound(0.01, PAIRS * PROBLEMS)
    assert counts["pairs slipped"] > 0


def test_a_real_difference_of_the_stated_smallest_size_is_found_four_times_of_five() -> None:
    counts = found_pairs(EQUAL[0], DIFFERENT, seed=1)
    assert counts["worse"] == 0
    assert lower_bound(0.8, DIFFERENT) <= counts["better"] <= upper_bound(0.8, DIFFERENT)


def test_the_bounds_allow_for_chance_and_for_nothing_else() -> None:
    assert (upper_bound(0.05, 16), upper_bound(0.05, 200)) == (4, 21)
    assert (lower_bound(0.8, 12), upper_bound(0.8, 12)) == (5, 12)
    assert (lower_bound(0.8, 200), upper_bound(0.8, 200)) == (142, 177)
