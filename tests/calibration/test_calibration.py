"""How often a verdict is wrong, through the command line: pairs of simulated models, and bounds that allow for chance.

Each count is held to what a true rate of 5 % (or 80 %) gives in all but one of 1,000 runs. With 30 pairs that is
at most 6 false verdicts, with 20 pairs 10 to 20 differences found; ``python -m benchmarks calibration`` draws 200.
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


@pytest.mark.parametrize("setting", EQUAL, ids=lambda one: one.name)
def test_equally_good_models_are_seldom_called_better_or_worse(setting: Setting) -> None:
    counts = equal_pairs(setting, 30, seed=1)
    assert sum(counts.values()) == 30
    assert counts["better"] + counts["worse"] <= upper_bound(0.05, 30)


def test_equally_good_models_seldom_regress_on_any_of_twenty_problems_of_six_patterns() -> None:
    counts = regressed_pairs(30, seed=1)
    assert counts["pairs regressed"] <= upper_bound(0.05, 30)
    assert counts["problems regressed"] <= upper_bound(0.01, 30 * PROBLEMS)
    assert counts["pairs slipped"] > 0


def test_a_real_difference_of_the_stated_smallest_size_is_found_four_times_of_five() -> None:
    counts = found_pairs(EQUAL[0], 20, seed=1)
    assert counts["worse"] == 0
    assert lower_bound(0.8, 20) <= counts["better"] <= upper_bound(0.8, 20)


def test_the_bounds_allow_for_chance_and_for_nothing_else() -> None:
    assert (upper_bound(0.05, 30), upper_bound(0.05, 200)) == (6, 21)
    assert (lower_bound(0.8, 20), upper_bound(0.8, 20)) == (10, 20)
    assert (lower_bound(0.8, 200), upper_bound(0.8, 200)) == (142, 177)
