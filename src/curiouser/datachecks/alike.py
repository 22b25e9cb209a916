"""DC05, DC08, DC12: rows that are nearly the same, test rows that nearly stand in training, labels that contradict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from curiouser.data import ColumnType
from curiouser.datachecks.ground import Check, Ground, Question, Reference
from curiouser.datachecks.near_records import NearPair, NearRows
from curiouser.datachecks.records import MOST_ROWS, Finding, Offence, Outcome, Place, unknown
from curiouser.datachecks.repeats import LACKS_INPUT
from curiouser.kernel.configuration import TaskKind
from curiouser.kernel.ids import ExampleId
from curiouser.kernel.words import plural
from curiouser.measure.duplicates import ALGORITHM

_DEPENDS = {"algorithm": ALGORITHM}


def _within(ground: Ground) -> list[Question]:
    if not _has_texts(ground):
        return []
    return [Question(answer=lambda: _duplicates(ground), depends=_DEPENDS)]


def _has_texts(ground: Ground) -> bool:
    """Tell whether an input is a text; numbers are never nearly the same."""
    return ColumnType.TEXT in {ground.commit.schema.get(name) for name in ground.task.inputs}


def _lacks_input(ground: Ground, *others: Reference) -> bool:
    return any(not set(ground.task.inputs) <= set(one.commit.schema) for one in (ground.here, *others))


def _duplicates(ground: Ground) -> Finding:
    n = ground.commit.rows
    if not n or _lacks_input(ground):
        return unknown(LACKS_INPUT if n else "there are no rows", n)
    found = ground.services.near.within(ground.commit)
    count = found.rows
    return _judged(
        ground, "near-duplicates", found, count=count, value=count / n, n=n, pairs=found.pairs,
        reason=f"{count:,} of {plural(n, 'row')} nearly the same as an earlier one",
        rows=[_offence(ground.dataset, pair.id, ground.dataset, pair.other, pair) for pair in found.pairs[:MOST_ROWS]],
    )  # fmt: skip


def _leakage(ground: Ground) -> list[Question]:
    partner = ground.partner
    if partner is None or not _has_texts(ground):
        return []
    return [Question(answer=lambda: _leaks(ground, partner), against=partner, depends=_DEPENDS)]


def _leaks(ground: Ground, partner: Reference) -> Finding:
    if _lacks_input(ground, partner):
        return unknown(LACKS_INPUT, ground.commit.rows)
    is_test = ground.dataset == ground.settings.test
    test, train = (ground.here, partner) if is_test else (partner, ground.here)
    if not test.commit.rows:
        return unknown("there are no test rows")
    found = ground.services.near.between(test.commit, train.commit)
    count, n = found.rows, test.commit.rows
    rows = []
    for pair in found.pairs[:MOST_ROWS]:
        ends = [(test.commit.dataset, pair.id), (train.commit.dataset, pair.other)]
        (dataset, id_), (other, other_id) = ends if is_test else reversed(ends)
        rows.append(_offence(dataset, id_, other, other_id, pair))
    return _judged(
        ground, "near-leakage", found, count=count, value=count / n, n=n, pairs=found.pairs,
        reason=f"{count:,} of {plural(n, 'test row')} nearly the same as a row of {ground.settings.train}", rows=rows,
    )  # fmt: skip


def _contradictions(ground: Ground) -> list[Question]:
    if not _has_texts(ground) or ground.task.label not in ground.commit.schema:
        return []
    return [Question(answer=lambda: _contradictory(ground), depends=_DEPENDS)]


def _contradictory(ground: Ground) -> Finding:
    n = ground.commit.rows
    if not n or _lacks_input(ground):
        return unknown(LACKS_INPUT if n else "there are no rows", n)
    found = ground.services.near.within(ground.commit)
    differing = [pair for pair in found.pairs if _differ(ground, pair.label, pair.other_label)]
    rows = [
        Offence(
            what=f"labelled {pair.label}; nearly the same input is labelled {pair.other_label}",
            at=Place(dataset=ground.dataset, id=ExampleId(pair.id)),
            others=(Place(dataset=ground.dataset, id=ExampleId(pair.other)),),
        )
        for pair in differing[:MOST_ROWS]
    ]
    return _judged(
        ground, "near-contradictory-labels", found, count=len(differing), value=len(differing) / n, n=n,
        pairs=differing, reason=f"{plural(len(differing), 'row')} labelled otherwise than one that is nearly the same",
        rows=rows,
    )  # fmt: skip


def _differ(ground: Ground, one: str | None, other: str | None) -> bool:
    if one is None or other is None:
        return False
    if ground.task.kind is TaskKind.REGRESSION:
        return abs(float(one) - float(other)) > (ground.task.tolerance or 0.0)
    return one != other


def _offence(dataset: str, id_: str, other: str, other_id: str, pair: NearPair) -> Offence:
    changes = ", ".join(f"{one.left or '–'} / {one.right or '–'}" for one in pair.differing[:3])
    return Offence(
        what=f"{pair.similarity:.1%} the same" + (f", but for {changes}" if changes else ""),
        at=Place(dataset=dataset, id=ExampleId(id_)),
        others=(Place(dataset=other, id=ExampleId(other_id)),),
    )


def _judged(
    ground: Ground, name: str, found: NearRows, *, count: int, value: float, n: int,
    pairs: Sequence[NearPair], reason: str, rows: Iterable[Offence],
) -> Finding:  # fmt: skip
    """Hold a count against a threshold; a search that a cap has cut short never passes."""
    fails = value > ground.rule(name).threshold
    capped = f"{found.not_looked_at:,} meetings under too common keys were passed over" if found.not_looked_at else ""
    outcome = Outcome.FAIL if fails else Outcome.UNKNOWN if capped else Outcome.PASS
    shown = tuple(rows)
    return Finding(
        outcome=outcome,
        count=count,
        value=None if outcome is Outcome.UNKNOWN else value,
        n=n,
        reason="; ".join(part for part in (reason if count else "", capped) if part),
        rows=shown,
        more=len(pairs) - len(shown),
        details={"not_looked_at": found.not_looked_at, "words": found.words, "algorithm": ALGORITHM},
    )


NEAR_DUPLICATES = Check(
    code="DC05", name="near-duplicates", title="rows with nearly the same input", version=2, asks=_within
)
NEAR_LEAKAGE = Check(
    code="DC08", name="near-leakage", title="test inputs that nearly stand in the training data", version=2,
    asks=_leakage,
)  # fmt: skip
NEAR_CONTRADICTORY_LABELS = Check(
    code="DC12", name="near-contradictory-labels", title="nearly equal inputs with different labels", version=2,
    asks=_contradictions,
)  # fmt: skip
