"""DC03, DC04, DC11: rows that repeat each other, and equal inputs with different labels."""

from __future__ import annotations

import polars as pl

from curiouser.datachecks.ground import Check, Ground, Question
from curiouser.datachecks.records import MOST_ROWS, Finding, Offence, Outcome, Place, unknown
from curiouser.kernel.configuration import TaskKind
from curiouser.kernel.ids import ExampleId
from curiouser.kernel.words import plural

LACKS_INPUT = "a column of the input is missing, so inputs can't be compared"


def _exact(ground: Ground) -> list[Question]:
    return [
        Question(
            answer=lambda: _duplicates(
                ground, "exact-duplicates", ["folded", "given"], "the same input as an earlier row"
            )
        )
    ]


def _normalised(ground: Ground) -> list[Question]:
    said = "but for case, width and white space the same input as an earlier row"
    return [Question(answer=lambda: _duplicates(ground, "normalised-duplicates", ["folded"], said))]


def _duplicates(ground: Ground, name: str, alike: list[str], said: str) -> Finding:
    index, n = ground.profile.index, ground.profile.rows
    if index is None:
        return unknown(LACKS_INPUT, n)
    if not n:
        return unknown("there are no rows")
    found = index.repeated.with_columns(pl.col("id").first().over(alike).alias("first"))
    again = found.filter(pl.col("id") != pl.col("first"))
    rows = tuple(
        Offence(what=said, at=_place(ground, row), others=(_place(ground, first),))
        for row, first in again.head(MOST_ROWS).select("id", "first").iter_rows()
    )
    value, groups = len(again) / n, again["first"].n_unique()
    return Finding(
        outcome=Outcome.FAIL if value > ground.rule(name).threshold else Outcome.PASS,
        count=len(again),
        value=value,
        n=n,
        reason=f"{len(again):,} of {plural(n, 'row')} repeat {plural(groups, 'earlier one')}" if len(again) else "",
        rows=rows,
        more=len(again) - len(rows),
        details={"inputs": groups},
    )


def _contradictions(ground: Ground) -> list[Question]:
    if ground.task.label not in ground.commit.schema:
        return []
    return [Question(answer=lambda: _contradictory(ground))]


def _contradictory(ground: Ground) -> Finding:
    index, n = ground.profile.index, ground.profile.rows
    if index is None:
        return unknown(LACKS_INPUT, n)
    labelled = index.repeated.drop_nulls("label")
    if not n - ground.profile.columns[ground.task.label].missing:
        return unknown("there are no labels", n)
    found = labelled.filter(_differ(ground))
    rows = tuple(_contradicts(ground, found))
    inputs, value = found["folded"].n_unique(), len(found) / n
    return Finding(
        outcome=Outcome.FAIL if value > ground.rule("contradictory-labels").threshold else Outcome.PASS,
        count=inputs,
        value=value,
        n=n,
        reason=f"different labels for {plural(inputs, 'input')}, in {plural(len(found), 'row')}" if inputs else "",
        rows=rows,
        more=len(found) - len(rows),
        details={"rows": len(found)},
    )


def _differ(ground: Ground) -> pl.Expr:
    if ground.task.kind is TaskKind.REGRESSION:
        numbers = pl.col("label").cast(pl.Float64)
        return (numbers.max() - numbers.min()).over("folded") > (ground.task.tolerance or 0.0)
    return pl.col("label").n_unique().over("folded") > 1


def _contradicts(ground: Ground, found: pl.DataFrame) -> list[Offence]:
    made: list[Offence] = []
    for _, group in found.head(MOST_ROWS).group_by("folded", maintain_order=True):
        labels = ", ".join(sorted(set(group["label"])))
        places = [_place(ground, one) for one in group["id"]]
        for label, place in zip(group["label"], places, strict=True):
            others = tuple(one for one in places if one != place)[:10]
            made.append(Offence(what=f"labelled {label}; the same input is labelled {labels}", at=place, others=others))
    return made


def _place(ground: Ground, id_: str) -> Place:
    return Place(dataset=ground.dataset, id=ExampleId(id_))


EXACT_DUPLICATES = Check(code="DC03", name="exact-duplicates", title="rows with the same input", version=1, asks=_exact)
NORMALISED_DUPLICATES = Check(
    code="DC04",
    name="normalised-duplicates",
    title="rows with the same input but for case, width and white space",
    version=1,
    asks=_normalised,
)
CONTRADICTORY_LABELS = Check(
    code="DC11",
    name="contradictory-labels",
    title="equal inputs with different labels",
    version=1,
    asks=_contradictions,
)
