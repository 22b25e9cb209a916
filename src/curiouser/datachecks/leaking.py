"""DC06, DC07, DC09: test rows and patterns that stand in the training data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from curiouser.datachecks.ground import Check, Ground, Question, Reference
from curiouser.datachecks.indexes import HashArray, RowIndex, hashed
from curiouser.datachecks.records import MOST_ROWS, Finding, Offence, Outcome, Place, unknown
from curiouser.datachecks.repeats import LACKS_INPUT
from curiouser.kernel.canonical import digest_of
from curiouser.kernel.ids import ExampleId
from curiouser.kernel.words import plural


def _exact(ground: Ground) -> list[Question]:
    return _leakage(ground, "exact-leakage", "given")


def _normalised(ground: Ground) -> list[Question]:
    return _leakage(ground, "normalised-leakage", "folded")


def _leakage(ground: Ground, name: str, key: str) -> list[Question]:
    partner = ground.partner
    if partner is None:
        return []
    return [Question(answer=lambda: _leaks(ground, partner, name, key), against=partner)]


def _leaks(ground: Ground, partner: Reference, name: str, key: str) -> Finding:
    own, theirs = ground.profile.index, partner.profile.index
    if own is None or theirs is None:
        return unknown(LACKS_INPUT, ground.profile.rows)
    test = ground.here if ground.dataset == ground.settings.test else partner
    if not test.profile.rows:
        return unknown("there are no test rows")
    shared = own.shared(theirs)
    here, there = own.rows_at(shared), theirs.rows_at(shared)
    if key == "given":
        here, there = (one.filter(pl.col(key).is_in(two[key].implode())) for one, two in ((here, there), (there, here)))
    leaking = here if test is ground.here else there
    inputs, value = leaking[key].n_unique(), len(leaking) / test.profile.rows
    other = "test set" if test is partner else "training data"
    return Finding(
        outcome=Outcome.FAIL if value > ground.rule(name).threshold else Outcome.PASS,
        count=inputs,
        value=value,
        n=test.profile.rows,
        reason=f"{plural(inputs, 'input')} of the test set, in {len(leaking):,} of {plural(test.profile.rows, 'row')},"
        f" also in {ground.settings.train}" if inputs else "",
        rows=_offences(ground.dataset, here, partner, there, f"stands in the {other}, too"),
        more=max(len(here) - MOST_ROWS, 0),
        details={"test_rows": len(leaking)},
    )  # fmt: skip


def _offences(
    dataset: str, here: pl.DataFrame, partner: Reference, there: pl.DataFrame, what: str
) -> tuple[Offence, ...]:
    shown = here.head(MOST_ROWS)
    known = there.filter(pl.col("folded").is_in(shown["folded"].implode())).group_by("folded").agg(pl.col("id").sort())
    ids = dict(known.iter_rows())
    return tuple(
        Offence(
            what=what,
            at=Place(dataset=dataset, id=ExampleId(row["id"])),
            others=tuple(Place(dataset=partner.commit.dataset, id=ExampleId(one)) for one in ids[row["folded"]][:10]),
        )
        for row in shown.iter_rows(named=True)
    )


def _patterns(ground: Ground) -> list[Question]:
    settings, partner = ground.settings, ground.partner
    if partner is None:
        return []
    by_problem = ground.services.problems.pattern_ids(settings.test)
    problems: dict[str, list[str]] = {}
    for name, ids in sorted(by_problem.items()):
        for one in ids:
            problems.setdefault(one, []).append(name)
    if not problems:
        return []
    named = {"patterns": digest_of({one: list(names) for one, names in problems.items()})}
    return [Question(answer=lambda: _memorable(ground, partner, problems), against=partner, depends=named)]


def _memorable(ground: Ground, partner: Reference, problems: dict[str, list[str]]) -> Finding:
    is_test = ground.dataset == ground.settings.test
    test, train = (ground.here, partner) if is_test else (partner, ground.here)
    inputs = list(ground.task.inputs)
    index = train.profile.index
    if index is None or not set(inputs) <= set(test.commit.schema):
        return unknown(LACKS_INPUT)
    rows = ground.services.data.rows(test.commit.id, columns=["id", *inputs], ids=sorted(problems))
    patterns = hashed(rows, inputs, None)
    there = index.rows_at(np.unique(patterns["folded"].to_numpy()))
    leaking = patterns.filter(pl.col("folded").is_in(there["folded"].implode())).sort("id")
    value = len(leaking) / len(patterns) if len(patterns) else None
    if value is None:
        return unknown("none of the problems' patterns stands in the test set")
    return Finding(
        outcome=Outcome.FAIL if value > ground.rule("pattern-leakage").threshold else Outcome.PASS,
        count=len(leaking),
        value=value,
        n=len(patterns),
        reason=f"{len(leaking):,} of {plural(len(patterns), 'pattern')} also in {ground.settings.train}: a model that"
        " learnt them proves nothing" if len(leaking) else "",
        rows=_pattern_offences(test, train, leaking, index, problems),
        more=max(len(leaking) - MOST_ROWS, 0),
    )  # fmt: skip


def _pattern_offences(
    test: Reference, train: Reference, leaking: pl.DataFrame, index: RowIndex, problems: dict[str, list[str]]
) -> tuple[Offence, ...]:
    made = []
    for row in leaking.head(MOST_ROWS).iter_rows(named=True):
        found = index.rows_at(_one(row["folded"]))["id"].to_list()
        made.append(
            Offence(
                what=f"pattern of {_named(problems[row['id']])}; the training data holds it",
                at=Place(dataset=test.commit.dataset, id=ExampleId(row["id"])),
                others=tuple(Place(dataset=train.commit.dataset, id=ExampleId(one)) for one in found[:10]),
            )
        )
    return tuple(made)


def _one(value: int) -> HashArray:
    return np.array([value], np.uint64)


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


EXACT_LEAKAGE = Check(
    code="DC06", name="exact-leakage", title="test inputs in the training data", version=1, asks=_exact
)
NORMALISED_LEAKAGE = Check(
    code="DC07",
    name="normalised-leakage",
    title="test inputs in the training data, but for case, width and white space",
    version=1,
    asks=_normalised,
)
PATTERN_LEAKAGE = Check(
    code="DC09", name="pattern-leakage", title="problems' patterns in the training data", version=1, asks=_patterns
)
