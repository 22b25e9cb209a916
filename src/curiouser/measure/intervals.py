"""The interval of each form of metric, by the rule of its rows."""

import math

import numpy as np
from scipy import special

from curiouser.measure.forms import (
    Binned,
    Counted,
    Form,
    Mean,
    Quantile,
    Rate,
    Scale,
    Smooth,
    Undefined,
)
from curiouser.measure.rates import effective_rate, wilson
from curiouser.measure.records import FloatArray, IntArray, Interval, Measured
from curiouser.measure.resampling import BOOTSTRAP_DRAWS, bootstrap, normal_draws
from curiouser.measure.rows import Rows

_TAIL = (0.025, 0.975)
_ONE_USER = "no interval: all rows belong to one user"


def measured(form: Form, rows: Rows, *, rng: np.random.Generator, missing: int = 0) -> Measured:
    """Turn a metric's form into the number with its interval.

    Args:
        form: The metric on these rows.
        rows: Weights and users of the scored rows.
        rng: Source of randomness, for the forms that resample.
        missing: Rows without an answer.

    Returns:
        The number; undefined with a reason where there are no rows or the form is undefined.

    Source:
        DESIGN §7: Wilson for rates, DeLong for AUC, multinomial bootstrap for other count
        metrics, t for means; whole users where they repeat.

    Examples:
        >>> form = Mean(values=np.array([1.0, 2.0, 3.0]))
        >>> number = measured(form, Rows.of(3), rng=np.random.default_rng(0))
        >>> number.value, round(number.low, 3), number.method
        (2.0, 0.578, 't interval of a mean loss, log scale')
    """
    if rows.n == 0:
        form = Undefined(reason="no rows were scored")
    if isinstance(form, Undefined):
        return _record(None, form.reason, rows, missing)
    if isinstance(form, Rate):
        return _measured_rate(form, rows, missing)
    if isinstance(form, Mean):
        value, interval = mean_interval(form, rows)
    elif isinstance(form, Smooth):
        value, interval = form.value, smooth_interval(form, rows)
    elif isinstance(form, Quantile):
        value, interval = quantile_interval(form, rows)
    elif isinstance(form, Binned):
        value, interval = binned_interval(form, rows, rng)
    else:
        value, interval = _counted_interval(form, rows, rng)
    return _record(value, interval, rows, missing)


def _record(
    value: float | None, interval: Interval | str, rows: Rows, missing: int, denominator: int | None = None
) -> Measured:
    shown = interval if isinstance(interval, Interval) else None
    return Measured(
        value=value,
        low=shown.low if shown else None,
        high=shown.high if shown else None,
        n=rows.n,
        missing=missing,
        method=shown.method if shown else "no interval",
        reason=None if isinstance(interval, Interval) else interval,
        denominator=denominator,
    )


def _measured_rate(form: Rate, rows: Rows, missing: int) -> Measured:
    counts = np.bincount(form.summed.codes, minlength=len(form.summed.columns))
    hit_rows, below = (int(part) for part in counts @ form.summed.columns)
    if below == 0:
        return _record(None, f"there are no {form.what}", rows, missing, 0)
    share = hit_rows / below
    interval: Interval | str = wilson(hit_rows, below)
    if not rows.independent:
        counted = (form.summed.columns[:, 1] > 0)[form.summed.codes]
        hits = form.summed.columns[:, 0][form.summed.codes][counted]
        chosen = rows.among(counted)
        share, interval = min(1.0, chosen.mean(hits)), rate_interval(hits, chosen)
    value = share
    if form.of_share:
        value = float(form.of_share(np.array(share)))
        if isinstance(interval, Interval):
            low, high = (float(form.of_share(np.array(end))) for end in (interval.low, interval.high))
            interval = Interval(low=low, high=high, method=f"{interval.method} of Jaccard's index, as F1")
    return _record(value, interval, rows, missing, None if below == rows.n else below)


def rate_interval(hits: FloatArray, rows: Rows) -> Interval | str:
    """Interval of a share of rows; the reason where there is none.

    Args:
        hits: ``(n,)``, 1 where the row counts, else 0; n > 0.
        rows: Weights and users.

    Returns:
        Wilson's interval, on effective rows where they share users or carry weights.

    Source:
        Wilson (1927); Korn and Graubard (1998) for effective rows.

    Examples:
        >>> rate_interval(np.array([1.0] + [0.0] * 9), Rows.of(10)).high
        0.4041500267952385
    """
    if rows.independent:
        return wilson(float(hits.sum()), rows.n)
    if rows.groups < 2:
        return _ONE_USER
    share = rows.mean(hits)
    variance = rows.variance_of_mean(hits - share)
    kish = rows.effective if 0 < share < 1 else rows.effective_groups
    interval = effective_rate(share, variance, kish=kish, degrees=rows.degrees)
    return Interval(low=interval.low, high=interval.high, method=interval.method + _why(rows))


def _why(rows: Rows) -> str:
    words = [
        word for word, given in (("clustered by user", rows.clusters), ("weighted", rows.weights)) if given is not None
    ]
    return f", {' and '.join(words)}" if words else ""


def mean_interval(form: Mean, rows: Rows) -> tuple[float, Interval | str]:
    """Value and interval of a mean, or of its square root.

    Args:
        form: The values; n > 0.
        rows: Weights and users.

    Returns:
        The value with Student's t interval (on the log scale for a loss, which is never
        negative and often skewed), or the reason where the rows show no spread.

    Source:
        Student (1908), Biometrika 6; users as a ratio of means: Cochran (1977), Sampling
        Techniques, section 6.4; log scale by the delta method.

    Examples:
        >>> value, interval = mean_interval(Mean(values=np.array([1.0, 2.0, 3.0])), Rows.of(3))
        >>> value, round(interval.low, 3), round(interval.high, 3)
        (2.0, 0.578, 6.926)
    """
    mean = rows.mean(form.values)
    value = math.sqrt(mean) if form.root else mean
    if rows.groups < 2:
        return value, _ONE_USER if rows.n > 1 else "no interval: one row shows no spread"
    error = math.sqrt(rows.variance_of_mean(form.values - mean))
    if error == 0:
        return value, "no interval: every row has the same value, so the spread is unknown"
    reach = float(special.stdtrit(rows.degrees, 0.975)) * error
    label = f", {form.label}" if form.label else ""
    if form.root or not form.magnitude:
        factor = math.exp(min(reach / mean / (2 if form.root else 1), 500.0))
        method = f"t interval of a {'root mean square' if form.root else 'mean loss'}, log scale{_why(rows)}{label}"
        return value, Interval(low=value / factor, high=value * factor, method=method)
    method = "t interval of a mean" + _why(rows) + label
    return value, Interval(low=mean - reach, high=mean + reach, method=method)


def smooth_variance(form: Smooth, rows: Rows) -> float:
    """Variance of a smooth metric from the rows' influence on it.

    Args:
        form: The metric and its influence.
        rows: Weights and users; two groups or more.

    Returns:
        The variance, >= 0; for the AUC of independent rows, DeLong's.

    Source:
        DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44; with users, Obuchowski
        (1997), Biometrics 53:567-578; others by the infinitesimal jackknife.

    Examples:
        >>> form = Smooth(value=0.5, influence=np.array([1.0, -1.0]), scale=Scale.PLAIN, label="")
        >>> smooth_variance(form, Rows.of(2))
        1.0
    """
    if form.positives is None or not form.within_class or not rows.independent:
        return rows.variance_of_mean(form.influence)
    total = 0.0
    for part in (form.influence[form.positives], form.influence[~form.positives]):
        total += float((part**2).sum()) * len(part) / (len(part) - 1)
    return total / rows.n**2


def smooth_interval(form: Smooth, rows: Rows) -> Interval | str:
    """Interval of a smooth metric, symmetric on its own scale.

    Args:
        form: The metric and its influence.
        rows: Weights and users.

    Returns:
        The interval; where the metric is 0 or 1, or a class has one member, Wilson's for
        the smaller class, whose size bounds the variance; a reason where nothing helps.

    Source:
        Logit scale: Pepe (2003), The Statistical Evaluation of Medical Tests, section
        5.2.2; the bound: Birnbaum and Klose (1957), Annals of Mathematical Statistics 28.

    Examples:
        >>> form = Smooth(value=0.8, influence=np.tile([0.3, -0.3], 50), scale=Scale.LOGIT, label="influence")
        >>> interval = smooth_interval(form, Rows.of(100))
        >>> round(interval.low, 3), round(interval.high, 3)
        (0.734, 0.853)
    """
    smallest = _smallest_part(form, rows)
    if rows.groups < 2:
        return _ONE_USER if rows.n > 1 else "no interval: one row shows no spread"
    at_end = form.scale == Scale.LOGIT and not 0 < form.value < 1
    if smallest is not None and (at_end or smallest < 2):
        interval = wilson(form.value * smallest, smallest)
        return Interval(low=interval.low, high=interval.high, method="Wilson score interval for the smaller class")
    variance = smooth_variance(form, rows)
    if variance == 0 or (form.scale == Scale.LOG and form.value >= 1):
        return "no interval: the rows show no spread"
    quantile = float(special.ndtri(0.975) if rows.independent else special.stdtrit(rows.degrees, 0.975))
    reach = quantile * math.sqrt(variance)
    method = f"{form.label}, {form.scale} scale{_why(rows)}"
    if form.scale == Scale.LOGIT:
        slope = form.value * (1 - form.value)
        low, high = (float(special.expit(special.logit(form.value) + side * reach / slope)) for side in (-1, 1))
        return Interval(low=low, high=high, method=method)
    if form.scale == Scale.LOG:
        rest = 1 - form.value
        return Interval(
            low=1 - rest * math.exp(min(reach / rest, 500.0)), high=1 - rest * math.exp(-reach / rest), method=method
        )
    return Interval(low=form.value - reach, high=form.value + reach, method=method)


def _smallest_part(form: Smooth, rows: Rows) -> float | None:
    if form.positives is None:
        return None
    parts = [rows.among(chosen) for chosen in (form.positives, ~form.positives) if chosen.any()]
    return min(part.effective_groups for part in parts)


def quantile_interval(form: Quantile, rows: Rows) -> tuple[float, Interval | str]:
    """Value and interval of a quantile, through the share of rows below it.

    Args:
        form: The values and the level; n > 0.
        rows: Weights and users.

    Returns:
        The quantile (linear between rows; with weights, the smallest value that reaches
        the level) and the values at the ends of the interval of the level.

    Source:
        Woodruff (1952), JASA 47:635-646.

    Examples:
        >>> value, interval = quantile_interval(Quantile(values=np.arange(1.0, 100.0), level=0.5), Rows.of(99))
        >>> value, interval.low, interval.high
        (50.0, 40.0, 60.0)
    """
    value, order = quantile_of(form, rows)
    if rows.groups < 2:
        return value, _ONE_USER if rows.n > 1 else "no interval: one row shows no spread"
    level = form.level
    below = (form.values <= value).astype(np.float64)
    kish = rows.effective
    variance = level * (1 - level) / kish
    if not rows.independent:
        variance = max(rows.variance_of_mean(below - rows.mean(below)), variance if rows.clusters is None else 0.0)
        kish = max(1.0, min(kish, level * (1 - level) / variance)) if variance > 0 else rows.effective_groups
    quantile = float(special.ndtri(0.975) if rows.independent else special.stdtrit(rows.degrees, 0.975))
    shares = wilson(level * kish, kish, quantile=quantile)
    ends = [_value_at(form.values[order], rows, order, share) for share in (shares.low, shares.high)]
    low, high = min(ends[0], value), max(ends[1], value)
    return value, Interval(low=low, high=high, method=f"Woodruff's interval of a quantile{_why(rows)}")


def quantile_of(form: Quantile, rows: Rows) -> tuple[float, IntArray]:
    """The quantile, and the order that sorts the values.

    Source:
        Hyndman and Fan (1996), The American Statistician 50: type 7, or type 1 with weights.

    Examples:
        >>> quantile_of(Quantile(values=np.array([3.0, 1.0]), level=0.5), Rows.of(2))[0]
        2.0
    """
    order = np.argsort(form.values)
    if rows.weights is None:
        return float(np.quantile(form.values, form.level)), order
    return _value_at(form.values[order], rows, order, form.level), order


def _value_at(ordered: FloatArray, rows: Rows, order: IntArray, share: float) -> float:
    weights = np.ones(rows.n) if rows.weights is None else rows.weights[order]
    reached = np.cumsum(weights)
    place = int(np.searchsorted(reached, share * reached[-1] * (1 - 1e-12)))
    return float(ordered[min(place, rows.n - 1)])


def binned_interval(form: Binned, rows: Rows, rng: np.random.Generator) -> tuple[float, Interval | str]:
    """Value and interval of a calibration error, which noise alone makes larger than 0.

    With Z the noise of the bins' gaps, the error of the true gaps is at least the measured
    one minus the sum of |Z|, and at most the measured one plus one signed sum of Z; the
    ends take the 97.5 % quantiles of the two.

    Args:
        form: Bins and gaps; n > 0.
        rows: Weights and users.
        rng: Source of randomness for the quantile of the sum of |Z|.

    Returns:
        The value and an interval that covers at least 95 %; the reason where there is none.

    Source:
        Union-intersection bound on a maximum of signed sums: Roy (1953), Annals of
        Mathematical Statistics 24:220-238; that plug-in errors are biased upwards: Kumar,
        Liang and Ma (2019), NeurIPS.

    Examples:
        >>> from curiouser.measure.calibration import binary_ece
        >>> scores = np.tile([0.25, 0.75], 50)
        >>> form = binary_ece(np.arange(100) % 4 > 1, scores, Rows.of(100))
        >>> value, interval = binned_interval(form, Rows.of(100), np.random.default_rng(0))
        >>> value, round(interval.low, 2), round(interval.high, 2)
        (0.25, 0.12, 0.36)
    """
    totals = form.summed.totals(rows)
    value = float(form.summed.of_sums(totals))
    if rows.groups < 2:
        return value, _ONE_USER if rows.n > 1 else "no interval: one row shows no spread"
    groups = form.summed.group_sums(rows)
    covariance = (groups.T @ groups - np.outer(totals, totals) / rows.groups) * rows.groups / (rows.groups - 1)
    noise = form.summed.of_sums(normal_draws(covariance, rng, BOOTSTRAP_DRAWS))
    stretch = float(special.stdtrit(rows.degrees, 0.975)) if rows.clusters is not None else float(special.ndtri(0.975))
    below = float(np.quantile(noise, 0.975)) * stretch / float(special.ndtri(0.975))
    above = stretch * math.sqrt(float(np.abs(covariance).sum())) / rows.total
    method = f"{form.label}; simultaneous bound on the bins' gaps{_why(rows)}"
    return value, Interval(low=max(0.0, value - below), high=min(1.0, value + above), method=method)


def _counted_interval(form: Counted, rows: Rows, rng: np.random.Generator) -> tuple[float, Interval | str]:
    totals = form.summed.totals(rows)
    value = float(form.summed.of_sums(totals))
    if rows.groups < 2:
        return value, _ONE_USER if rows.n > 1 else "no interval: one row shows no spread"
    drawn = bootstrap(form.summed, rows, rng)
    defined = drawn[np.isfinite(drawn)]
    if len(defined) < len(drawn) / 2:
        return value, "no interval: most resamples leave the metric undefined"
    low, high = np.quantile(defined, _TAIL)
    name = "multinomial bootstrap on cells" if rows.clusters is None else "cluster bootstrap"
    label = f"{form.label}; " if form.label else ""
    method = f"{label}{name}, {len(drawn):,} draws{_why(rows)}"
    return value, Interval(low=min(float(low), value), high=max(float(high), value), method=method)
