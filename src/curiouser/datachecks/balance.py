"""DC17, DC18: classes that hardly occur, and groups whose labels are unlike everybody else's."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from curiouser.datachecks.ground import Check, Ground, Question
from curiouser.datachecks.records import MOST_ROWS, Finding, Offence, Outcome, unknown
from curiouser.datachecks.shifting import Shift, judged
from curiouser.kernel.configuration import TaskKind
from curiouser.measure import homogeneity, imbalance, total_variation, upper_bound, variation_by_chance


def _classes(ground: Ground) -> list[Question]:
    if ground.task.kind is TaskKind.REGRESSION or ground.task.label not in ground.commit.schema:
        return []
    return [Question(answer=lambda: _class_balance(ground))]


def _class_balance(ground: Ground) -> Finding:
    column, classes = ground.profile.columns[ground.task.label], ground.task.classes
    counted = column.counted.counts if column.counted else {}
    counts = np.array([counted.get(name, 0) for name in classes], np.int64)
    n, k = int(counts.sum()), len(classes)
    least = ground.settings.min_rows
    if n < least:
        return unknown(f"too few labels to say: {n:,}, and {least} are needed", n)
    threshold = ground.rule("class-balance").threshold
    relative = imbalance(counts)
    low = [place for place in np.argsort(relative, kind="stable").tolist() if relative[place] < threshold]
    # One-sided, and all classes together wrong at most as often as the level says.
    confidence = 1 - ground.settings.level / k
    sure = [place for place in low if upper_bound(int(counts[place]), n, confidence=confidence) * k < threshold]
    rows = tuple(
        Offence(what=f"{classes[place]}: {counts[place]:,} of {n:,} labels, {relative[place]:.2g} of an even share")
        for place in (sure or low)[:MOST_ROWS]
    )
    outcome = Outcome.FAIL if sure else Outcome.UNKNOWN if low else Outcome.PASS
    reason = "" if not low else rows[0].what + ("" if sure else "; with so few rows that may be chance")
    return Finding(
        outcome=outcome, count=len(sure), value=float(relative.min()), n=n, reason=reason, rows=rows,
        details={"counts": dict(zip(classes, counts.tolist(), strict=True))},
    )  # fmt: skip


def _groups(ground: Ground) -> list[Question]:
    task, schema = ground.task, ground.commit.schema
    if task.kind is TaskKind.REGRESSION or not (task.label in schema and any(one in schema for one in task.groups)):
        return []
    return [Question(answer=lambda: _group_balance(ground))]


def _group_balance(ground: Ground) -> Finding:
    least, shifts, small, n = ground.settings.min_rows, list[Shift](), list[str](), 0
    for column in ground.task.groups:
        joint = ground.profile.joints.get(column, {})
        total = _total(joint)
        rows = sum(total.values())
        n = max(n, rows)
        for value, labels in sorted(joint.items()):
            size = sum(labels.values())
            if min(size, rows - size) < least:
                small += [f"{column}={value} ({size:,})"] if size < least else []
                continue
            shifts.append(_group_shift(f"{column}={value}", labels, total))
    if not shifts:
        return unknown(f"no two groups have {least} labelled rows each", n)
    found = judged(shifts, threshold=ground.rule("group-balance").threshold, level=ground.settings.level, n=n)
    details = {**found.details, "too_small": small[:MOST_ROWS]}
    return Finding(
        outcome=found.outcome, count=found.count, value=found.value, n=n, reason=found.reason, rows=found.rows,
        details=details,
    )  # fmt: skip


def _total(joint: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for labels in joint.values():
        for label, count in labels.items():
            total[label] = total.get(label, 0) + count
    return total


def _group_shift(group: str, labels: Mapping[str, int], total: Mapping[str, int]) -> Shift:
    names = sorted(total)
    own = np.array([labels.get(name, 0) for name in names], np.int64)
    rest = np.array([total[name] for name in names], np.int64) - own
    shares = own / own.sum() - rest / rest.sum()
    most = int(shares.argmax())
    what = (
        f"{group}: {own[most] / own.sum():.1%} of {own.sum():,} rows are labelled {names[most]}, "
        f"and {rest[most] / rest.sum():.1%} of all others"
    )
    return Shift(
        what=what,
        effect=max(0.0, total_variation(own, rest) - variation_by_chance(own, rest)),
        p_value=homogeneity(own, rest),
    )


CLASS_BALANCE = Check(code="DC17", name="class-balance", title="classes that hardly occur", version=2, asks=_classes)
GROUP_BALANCE = Check(
    code="DC18", name="group-balance", title="groups labelled unlike all others", version=2, asks=_groups
)
