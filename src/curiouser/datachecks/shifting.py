"""DC13 to DC16: labels, columns, words and categories that are not distributed as before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from curiouser.data import ColumnType
from curiouser.datachecks.columns import ColumnProfile
from curiouser.datachecks.ground import Check, Ground, Question, Reference, against_each
from curiouser.datachecks.records import MOST_ROWS, Finding, Offence, Outcome, unknown
from curiouser.datachecks.summaries import Counted, Spread, Words
from curiouser.kernel.canonical import Json
from curiouser.measure import (
    distance_by_chance,
    holm,
    homogeneity,
    smirnov,
    total_variation,
    two_shares,
    variation_by_chance,
)

NOTHING_BEFORE = unknown("there is nothing to compare with: this is the first version; name one with --against")
_LEAST_WORD = 5  # rows a word must occur in, in both samples together, to be compared
_MOST_RARE = 0.5  # a column in which more rows than this have a rare value names things and has no distribution


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """How far one thing moved, and whether chance would do that."""

    what: str
    """What moved, in words."""
    effect: float
    """How far beyond what chance gives on average, in [0, 1]."""
    p_value: float
    """Probability of as much by chance, before it is corrected for how many things were looked at."""


def judged(shifts: Sequence[Shift], *, threshold: float, level: float, n: int, looked_at: int | None = None) -> Finding:
    """Judge shifts that were looked at together: large ones that chance does not explain fail.

    Args:
        shifts: What moved.
        threshold: The largest effect that passes.
        level: How often chance alone may fail the whole.
        n: Rows that it was judged by.
        looked_at: How many things were looked at, where ``shifts`` are only the large ones among them; Holm's method
            among all of ``shifts`` where it is left out, Bonferroni's with this number otherwise.
    """
    if looked_at is None:
        adjusted = holm([one.p_value for one in shifts])
    else:
        adjusted = [min(1.0, one.p_value * looked_at) for one in shifts]
    large = sorted(
        ((one, p) for one, p in zip(shifts, adjusted, strict=True) if one.effect > threshold),
        key=lambda pair: -pair[0].effect,
    )
    shown = [one for one, p in large if p is not None and p < level]
    unclear = [one for one, p in large if p is None or not p < level]
    details: dict[str, Json] = {
        "largest_effect": max((one.effect for one in shifts), default=0.0),
        "looked_at": len(shifts) if looked_at is None else looked_at,
        "smallest_p": min((p for p in adjusted if p is not None), default=1.0),
    }
    if shown:
        return Finding(
            outcome=Outcome.FAIL, count=len(shown), value=shown[0].effect, n=n, reason=shown[0].what,
            rows=tuple(Offence(what=one.what) for one in shown[:MOST_ROWS]), details=details,
        )  # fmt: skip
    if unclear:
        reason = f"{unclear[0].what}; with so few rows that may be chance"
        rows = tuple(Offence(what=one.what) for one in unclear[:MOST_ROWS])
        return Finding(outcome=Outcome.UNKNOWN, n=n, reason=reason, rows=rows, details=details)
    value = max((one.effect for one in shifts), default=0.0)
    return Finding(outcome=Outcome.PASS, value=value, n=n, details=details)


def _labels(ground: Ground) -> list[Question]:
    if ground.task.label not in ground.commit.schema:
        return []
    return against_each(ground, _label_shift, NOTHING_BEFORE)


def _label_shift(ground: Ground, reference: Reference) -> Finding:
    label, least = ground.task.label, ground.settings.min_rows
    if label not in reference.profile.columns:
        return unknown(f"{reference.commit.dataset} has no labels")
    here, there = ground.profile.columns[label], reference.profile.columns[label]
    n, m = here.rows - here.missing, there.rows - there.missing
    if min(n, m) < least:
        return unknown(f"too few labels to compare: {min(n, m):,}, and {least} are needed on each side", n)
    shift = distribution_shift(label, there, here)
    if shift is None:
        return unknown(f"{label} has too many values to compare their shares", n)
    return judged([shift], threshold=ground.rule("label-distribution").threshold, level=ground.settings.level, n=n)


def distribution_shift(name: str, before: ColumnProfile, after: ColumnProfile) -> Shift | None:
    """Compare how the values of a column are distributed; None where that says nothing."""
    if before.counted is not None and after.counted is not None:
        return _category_shift(name, before.counted, after.counted)
    if before.spread is not None and after.spread is not None:
        unit = "length of " if after.kind is ColumnType.TEXT else ""
        return _number_shift(unit + name, before.spread, after.spread)
    return None


def _category_shift(name: str, before: Counted, after: Counted) -> Shift | None:
    if max(before.rare / max(before.n, 1), after.rare / max(after.n, 1)) > _MOST_RARE:
        return None
    whole = [one for one in (before, after) if one.is_whole]
    known = set(before.counts) | set(after.counts)
    # What only one side counts one by one is compared together.
    names = sorted(known if len(whole) == 2 else set(before.counts) & set(after.counts))
    a, b = (np.array([*(one.counts.get(each, 0) for each in names), 0], np.int64) for one in (before, after))
    a[-1], b[-1] = before.n - a.sum(), after.n - b.sum()
    shares = b / max(b.sum(), 1) - a / max(a.sum(), 1)
    most = int(np.abs(shares).argmax())
    told = names[most] if most < len(names) else "other values"
    effect = max(0.0, total_variation(a, b) - variation_by_chance(a, b))
    what = (
        f"{name}: {effect:.1%} of the rows would need another value, chance apart; most of all {told}, "
        f"{a[most] / max(a.sum(), 1):.1%} before and {b[most] / max(b.sum(), 1):.1%} now"
    )
    return Shift(what=what, effect=effect, p_value=homogeneity(a, b))


def _number_shift(name: str, before: Spread, after: Spread) -> Shift | None:
    if not (before.n and after.n):
        return None
    places = np.union1d(before.cuts, after.cuts)
    distance = float(np.abs(before.upto(places) - after.upto(places)).max())
    effect = max(0.0, distance - distance_by_chance(before.n, after.n))
    medians = f"median {before.median():.4g} before, {after.median():.4g} now"
    what = f"{name}: the distribution moved by {effect:.1%} ({medians})"
    return Shift(what=what, effect=effect, p_value=smirnov(distance, before.n, after.n))


def _columns(ground: Ground) -> list[Question]:
    return against_each(ground, _column_shifts, NOTHING_BEFORE)


def _column_shifts(ground: Ground, reference: Reference) -> Finding:
    too_few = _too_few(ground, reference)
    if too_few is not None:
        return too_few
    shifts = []
    for name in _compared(ground, reference):
        before, after = reference.profile.columns[name], ground.profile.columns[name]
        shifts.append(_missing_shift(name, before, after))
        if min(before.rows - before.missing, after.rows - after.missing) >= ground.settings.min_rows:
            found = distribution_shift(name, before, after)
            shifts += [found] if found is not None else []
    rule = ground.rule("column-distribution")
    return judged(shifts, threshold=rule.threshold, level=ground.settings.level, n=ground.profile.drawn)


def _missing_shift(name: str, before: ColumnProfile, after: ColumnProfile) -> Shift:
    return _share_shift(f"{name} is missing in", before.missing, before.rows, after.missing, after.rows)


def _share_shift(what: str, a: int, n: int, b: int, m: int) -> Shift:
    counts = np.array([a, n - a]), np.array([b, m - b])
    return Shift(
        what=f"{what} {a / n:.1%} of the rows before and {b / m:.1%} now",
        effect=max(0.0, total_variation(*counts) - variation_by_chance(*counts)),
        p_value=two_shares(a, n, b, m),
    )


def _too_few(ground: Ground, reference: Reference) -> Finding | None:
    fewest, least = min(ground.profile.drawn, reference.profile.drawn), ground.settings.min_rows
    if fewest >= least:
        return None
    return unknown(f"too few rows to compare: {fewest:,}, and {least} are needed on each side", ground.profile.drawn)


def _compared(ground: Ground, reference: Reference) -> Iterable[str]:
    """Name the columns that have a distribution: not the label, which has a check of its own, nor who and when."""
    left_out = {ground.task.label, ground.task.user}
    before, after = reference.profile.columns, ground.profile.columns
    return [
        name for name, one in after.items()
        if name in before and name not in left_out and before[name].kind == one.kind
        and one.kind is not ColumnType.TIMESTAMP
    ]  # fmt: skip


def _vocabulary(ground: Ground) -> list[Question]:
    if ColumnType.TEXT not in ground.commit.schema.values():
        return []
    return against_each(ground, _word_shifts, NOTHING_BEFORE)


def _word_shifts(ground: Ground, reference: Reference) -> Finding:
    threshold, least = ground.rule("vocabulary").threshold, ground.settings.min_rows
    shifts, looked_at, n = list[Shift](), 0, 0
    for name in _compared(ground, reference):
        before, after = reference.profile.columns[name].words, ground.profile.columns[name].words
        if before is None or after is None or min(before.rows, after.rows) < least:
            continue
        n = max(n, after.rows)
        found, words = _large_word_shifts(name, before, after, threshold)
        shifts, looked_at = [*shifts, *found], looked_at + words
    if not n:
        return unknown(f"there are too few texts to compare; {least} are needed on each side", ground.profile.drawn)
    return judged(shifts, threshold=threshold, level=ground.settings.level, n=n, looked_at=looked_at)


def _large_word_shifts(name: str, before: Words, after: Words, threshold: float) -> tuple[list[Shift], int]:
    """Find the words whose share of rows moved by more than a threshold; count the words compared."""
    words = [
        word for word in before.counts.keys() | after.counts.keys()
        if before.counts.get(word, 0) + after.counts.get(word, 0) >= _LEAST_WORD
    ]  # fmt: skip
    found = []
    for word in words:
        a, b = before.counts.get(word, 0), after.counts.get(word, 0)
        if abs(a / before.rows - b / after.rows) > threshold:
            found.append(_share_shift(f"{name}: {word!r} stands in", a, before.rows, b, after.rows))
    return found, len(words)


LABEL_DISTRIBUTION = Check(
    code="DC13", name="label-distribution", title="how labels are distributed", version=2, asks=_labels
)
COLUMN_DISTRIBUTION = Check(
    code="DC14", name="column-distribution", title="how values and text lengths are distributed", version=2,
    asks=_columns,
)  # fmt: skip
VOCABULARY = Check(
    code="DC15", name="vocabulary", title="which words stand in how many rows", version=2, asks=_vocabulary
)
