"""The paired test of each form of metric, by the rule of its rows."""

import math

import numpy as np
from scipy import special

from curiouser.measure.forms import Binned, Counted, Form, Mean, OfSums, Quantile, Rate, Smooth, Summed, Undefined
from curiouser.measure.intervals import quantile_interval, quantile_of, smooth_variance
from curiouser.measure.mcnemar import mcnemar
from curiouser.measure.power import smallest_accuracy_difference, smallest_from_error
from curiouser.measure.rates import wilson
from curiouser.measure.records import FloatArray, Interval, Paired
from curiouser.measure.rows import Rows
from curiouser.measure.swapping import Swapped, swap_test

_FEW = 6
"""Users that differ, below which a standard error says too little."""


def paired(a: Form, b: Form, rows: Rows, *, rng: np.random.Generator, confidence: float = 0.95) -> Paired:
    """Compare one metric of two models on the same rows, b minus a.

    Args:
        a: The metric of model a.
        b: The same metric of model b.
        rows: Weights and users of the shared rows.
        rng: Source of randomness, where swaps cannot be enumerated.
        confidence: Coverage of the interval, in (0, 1).

    Returns:
        The comparison, without flips unless the test is McNemar's.

    Raises:
        TypeError: The two are not the same metric.

    Source:
        DESIGN §4: exact McNemar for rates and DeLong for the AUC of independent rows;
        swapped answers for all else, whole users where they repeat.

    Examples:
        >>> a, b = (Mean(values=np.array(values)) for values in ([1.0] * 8, [0.0, 0.5] * 4))
        >>> outcome = paired(a, b, Rows.of(8), rng=np.random.default_rng(0))
        >>> outcome.difference, outcome.p_value
        (-0.75, 0.0078125)
    """
    for form in (a, b):
        if isinstance(form, Undefined) or rows.n == 0:
            reason = form.reason if isinstance(form, Undefined) else "the two models share no row"
            return undefined(reason, rows.n)
    if isinstance(a, Smooth) and isinstance(b, Smooth) and a.loss is None and rows.independent and a.within_class:
        return _delong(a, b, rows, confidence)
    if isinstance(a, Rate) and isinstance(b, Rate) and a.fixed_rows and rows.independent:
        return _mcnemar(a, b, confidence)
    rate = isinstance(a, Rate) and a.fixed_rows
    swapped = swap_test(summed_of(a, rows), summed_of(b, rows), rows, rng, alpha=1 - confidence)
    if swapped is None:
        return undefined("the metric is undefined for one of the two models", rows.n)
    chosen = rows
    if isinstance(a, Rate) and a.fixed_rows:
        chosen = rows.among(a.summed.columns[a.summed.codes, 1] > 0)
    return _of_swaps(swapped, chosen, rows.n, rate=rate)


def undefined(reason: str, n: int, missing: int = 0) -> Paired:
    """Say why two models cannot be compared on these rows.

    Source:
        DESIGN §7: what is undefined is null with the reason.

    Examples:
        >>> undefined("the two models share no row", 0).difference is None
        True
    """
    return Paired(
        difference=None, low=None, high=None, p_value=None, method="not compared", n=n, missing=missing, reason=reason
    )


def _mcnemar(a: Rate, b: Rate, confidence: float) -> Paired:
    counted = a.summed.columns[a.summed.codes, 1] > 0
    right_a = a.summed.columns[a.summed.codes, 0] > 0
    right_b = b.summed.columns[b.summed.codes, 0] > 0
    n = int(np.count_nonzero(counted))
    if n == 0:
        return undefined(f"there are no {a.what}", len(counted))
    only_a = int(np.count_nonzero(right_a & ~right_b))
    only_b = int(np.count_nonzero(right_b & ~right_a))
    return mcnemar(only_a, only_b, n, confidence=confidence)


def _delong(a: Smooth, b: Smooth, rows: Rows, confidence: float) -> Paired:
    difference = b.value - a.value
    both = Smooth(
        value=difference,
        influence=b.influence - a.influence,
        scale=a.scale,
        label=a.label,
        positives=a.positives,
        within_class=True,
    )
    method = "DeLong test and interval for paired areas"
    positives = 0 if a.positives is None else int(np.count_nonzero(a.positives))
    if min(positives, rows.n - positives) < 2:
        return undefined("DeLong's test needs two rows or more of each class", rows.n)
    error = math.sqrt(smooth_variance(both, rows))
    if error <= 1e-12:
        p_value, reach = (1.0 if abs(difference) < 1e-12 else 0.0), 0.0
    else:
        p_value = min(1.0, 2 * float(special.ndtr(-abs(difference) / error)))
        reach = float(special.ndtri(0.5 + confidence / 2)) * error
    smallest = smallest_from_error(error)
    return Paired(
        difference=difference,
        low=max(-1.0, difference - reach),
        high=min(1.0, difference + reach),
        p_value=p_value,
        method=method,
        n=rows.n,
        smallest_difference=smallest,
        reason=None if smallest else "the two models rank every row alike",
    )


def summed_of(form: Form, rows: Rows) -> Summed:
    """Write any metric as a function of sums over rows, so that answers can be swapped.

    Args:
        form: The metric of one model.
        rows: Weights and users.

    Returns:
        Its sums: cells for count metrics, losses for means, and for ranking metrics and
        quantiles each row's pseudo-value (the metric plus the row's influence).

    Raises:
        TypeError: The form is undefined.

    Source:
        Pseudo-values: Efron (1982), The Jackknife, the Bootstrap and Other Resampling
        Plans, chapter 6.

    Examples:
        >>> summed = summed_of(Mean(values=np.array([1.0, 2.0])), Rows.of(2))
        >>> float(summed.of_sums(summed.totals(Rows.of(2))))
        1.5
    """
    if isinstance(form, Rate):
        return _rate_sums(form)
    if isinstance(form, Counted | Binned):
        return form.summed
    total = rows.total
    if isinstance(form, Mean):
        return _one_sum(form.values, _mean_of(form, total))
    if isinstance(form, Smooth):
        if form.loss is not None and form.of_loss is not None:
            of_loss = form.of_loss
            return _one_sum(form.loss.values, lambda sums: of_loss(sums / total))
        return _one_sum(form.value + form.influence, lambda sums: sums / total)
    if isinstance(form, Quantile):
        return _one_sum(_quantile_pseudo_values(form, rows), lambda sums: sums / total)
    raise TypeError(f"no sums for {type(form).__name__}")


def _mean_of(form: Mean, total: float) -> OfSums:
    if form.root:
        return lambda sums: np.sqrt(np.maximum(sums, 0.0) / total)
    if form.magnitude:
        return lambda sums: np.abs(sums) / total
    return lambda sums: sums / total


def _rate_sums(form: Rate) -> Summed:
    of_share = form.of_share
    if of_share is None:
        return form.summed
    of_sums = form.summed.of_sums
    return Summed(
        codes=form.summed.codes,
        columns=form.summed.columns,
        values=None,
        of_sums=lambda sums: of_share(of_sums(sums)),
    )


def _one_sum(values: FloatArray, of_sum: OfSums) -> Summed:
    return Summed(
        codes=np.zeros(len(values), dtype=np.int64),
        columns=np.ones((1, 1)),
        values=values,
        of_sums=lambda sums: of_sum(np.asarray(sums[..., 0])),
    )


def _quantile_pseudo_values(form: Quantile, rows: Rows) -> FloatArray:
    """The quantile plus each row's influence; the density comes from Woodruff's interval."""
    value, _ = quantile_of(form, rows)
    _, interval = quantile_interval(form, rows)
    if not isinstance(interval, Interval) or interval.high == interval.low:
        return np.full(rows.n, value)
    within = (form.values >= interval.low) & (form.values <= interval.high)
    density = rows.mean(within.astype(np.float64)) / (interval.high - interval.low)
    below = (form.values <= value).astype(np.float64)
    return value + (rows.mean(below) - below) / density


def _of_swaps(swapped: Swapped, chosen: Rows, n: int, *, rate: bool) -> Paired:
    parts = "users" if chosen.clusters is not None else "rows"
    method = f"sign-flip test: the two models' answers swapped by {parts}"
    if chosen.weights is not None:
        method += ", weighted"
    method += f", {swapped.method}; interval: difference plus and minus their reach"
    reach = swapped.reach
    if reach is None and rate:
        reach = wilson(0, chosen.effective_groups).high
    if rate and swapped.differing < chosen.groups and swapped.differing < _FEW:
        smallest = smallest_accuracy_difference(swapped.differing, int(chosen.effective_groups))
    else:
        smallest = smallest_from_error(swapped.error, swapped.differing - 1)
    reason = None
    if reach is None:
        reason = "no interval: the two models answered every row alike"
    elif smallest is None:
        reason = f"too few {parts} differ to say which difference could be shown"
    return Paired(
        difference=swapped.difference,
        low=None if reach is None else swapped.difference - reach,
        high=None if reach is None else swapped.difference + reach,
        p_value=swapped.p_value,
        method=method,
        n=n,
        smallest_difference=smallest,
        reason=reason,
    )
