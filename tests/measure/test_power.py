"""Power and the smallest difference, against brute force and simulation."""

import numpy as np
import pytest
from scipy import stats

from curiouser.measure.mcnemar import mcnemar_p_value
from curiouser.measure.power import mcnemar_power, smallest_accuracy_difference, smallest_from_error
from tests.measure.asking import known


def slow_power(difference: float, share: float, n: int) -> float:
    """Sum over every table of n rows whose exact test rejects."""
    share = max(share, difference)
    total = 0.0
    for discordant in range(n + 1):
        favour = stats.binom.pmf(np.arange(discordant + 1), discordant, (1 + difference / share) / 2)
        rejects = [mcnemar_p_value(discordant - b, b) < 0.05 for b in range(discordant + 1)]
        total += stats.binom.pmf(discordant, n, share) * favour[rejects].sum()
    return float(total)


@pytest.mark.parametrize(
    ("difference", "share", "n"), [(0.1, 0.2, 80), (0.2, 0.2, 40), (0.05, 0.3, 120), (0.3, 0.1, 30)]
)
def test_power_is_the_sum_over_every_table(difference: float, share: float, n: int) -> None:
    assert mcnemar_power(difference, share, n) == pytest.approx(slow_power(difference, share, n), abs=1e-6)


@pytest.mark.parametrize(("discordant", "n"), [(0, 50), (8, 100), (60, 300), (500, 10_000), (4000, 19_999)])
def test_the_smallest_difference_is_found_four_times_in_five(discordant: int, n: int) -> None:
    size = known(smallest_accuracy_difference(discordant, n))
    assert mcnemar_power(size, discordant / n, n) == pytest.approx(0.8, abs=0.005)


def test_the_normal_form_continues_the_exact_one() -> None:
    exact, normal = (known(smallest_accuracy_difference(n * 0.15, n)) for n in (20_000, 20_001))
    assert normal == pytest.approx(exact, rel=0.02)


def test_five_rows_cannot_show_a_difference() -> None:
    assert smallest_accuracy_difference(2, 5) is None


def test_few_users_need_a_larger_difference() -> None:
    assert known(smallest_from_error(0.01)) == pytest.approx(0.02802, abs=1e-5)
    assert known(smallest_from_error(0.01, 5)) > 0.034
    assert smallest_from_error(0.0) is None
