"""DC20: the user's own checks, a predicate that must select nothing or a function of the project."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from curiouser.datachecks.ground import Check, Ground, Question
from curiouser.datachecks.records import MOST_ROWS, Finding, Offence, Outcome, Place, unknown
from curiouser.datachecks.verdicts import VERSION
from curiouser.kernel.check_settings import OwnRule
from curiouser.kernel.errors import BadInputError
from curiouser.kernel.ids import ExampleId
from curiouser.kernel.words import plural
from curiouser.models import ModelRunError


def _own(ground: Ground) -> Iterable[Question]:
    for own in ground.settings.own:
        yield _question(ground, own)


def _question(ground: Ground, own: OwnRule) -> Question:
    try:
        identity = ground.services.own.identity(own)
    except ModelRunError as error:
        failed = _failed(own, error, ground.commit.rows)
        return Question(answer=lambda: failed, name=own.name, rule=own.rule)
    return Question(
        answer=lambda: _must_be_empty(ground, own), depends={"identity": identity}, name=own.name, rule=own.rule
    )


def _failed(own: OwnRule, error: ModelRunError, n: int) -> Finding:
    return replace(_broken(f"{own.function} {error.reason_alone}", n), details={"printed": error.tail})


def _broken(reason: str, n: int) -> Finding:
    """Say that a check could not judge; not to be kept, because running it again may do better."""
    return Finding(outcome=Outcome.UNKNOWN, reason=reason, n=n, is_lasting=False)


def _must_be_empty(ground: Ground, own: OwnRule) -> Finding:
    n = ground.profile.rows
    if not n:
        return unknown("there are no rows")
    try:
        wrong = ground.services.own.wrong(own, ground.commit)
    except ModelRunError as error:
        return _failed(own, error, n)
    except BadInputError as error:
        return _broken(error.reason.replace("\n", " "), n)
    value = len(wrong) / n
    return Finding(
        outcome=Outcome.FAIL if value > own.threshold else Outcome.PASS,
        count=len(wrong),
        value=value,
        n=n,
        reason=f"{len(wrong):,} of {plural(n, 'row')} wrong" if wrong else "",
        rows=tuple(
            Offence(what=wrong[one] or own.where or own.name, at=Place(dataset=ground.dataset, id=ExampleId(one)))
            for one in sorted(wrong)[:MOST_ROWS]
        ),
        more=max(len(wrong) - MOST_ROWS, 0),
    )


OWN = Check(code="DC20", name="own", title="your own checks", version=VERSION, asks=_own)
