"""Compute how problems stand with models: error, state, what was memorised, what flipped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from curiouser.kernel.ids import ExampleId, ProblemName
from curiouser.kernel.words import agreeing, plural
from curiouser.measure import Measured, ProblemState, clopper_pearson, lower_bound, standing, upper_bound
from curiouser.models import Model, ModelKind
from curiouser.problems.judging import Judged, Session
from curiouser.problems.laying import Laid
from curiouser.problems.results import Standing
from curiouser.problems.scoring import Exam, Outcome

_SHOWN = 5
_TURNED = {ProblemState.SLIPPED, ProblemState.REGRESSED}


class Standings:
    """How problems stand with models.

    Args:
        session: The problems over a test set, and what models made of them.
        live: The live model, which a problem can regress from; None: no model is live.
        tried: All models that were tried, for what `fixed` has to say.
    """

    def __init__(self, session: Session, *, live: Model | None, tried: Sequence[Model]) -> None:
        self._session, self._live, self._tried = session, live, tried

    def of(self, model: Model) -> dict[ProblemName, Standing]:
        """Compute how every problem stands with one model."""
        return self.of_each([model])[0]

    def of_each(self, models: Sequence[Model]) -> list[dict[ProblemName, Standing]]:
        """Compute how every problem stands with each of several models."""
        live = self._live
        judged = self._session.judged_on([*models, *([live] if live else [])], self._session.laid)
        made = []
        for model in models:
            theirs = judged[live.id] if live is not None and live.title != model.title else {}
            made.append(
                {name: self._standing(name, model, mine, theirs.get(name)) for name, mine in judged[model.id].items()}
            )
        tried = self._count_tried({name for one in made for name, it in one.items() if it.state is ProblemState.FIXED})
        return [{name: _counted(one, tried.get(name)) for name, one in by_name.items()} for by_name in made]

    def _standing(self, name: ProblemName, model: Model, mine: Judged, live: Judged | None) -> Standing:
        laid, session = self._session.laid[name], self._session
        against = session.contestant(self._live).key if live is not None and self._live is not None else None
        key = (laid.key, session.contestant(model).key, model.title, against)
        found = session.standings.peek(key)
        if found is None:
            found = _standing(laid, model, mine, live)
            session.standings.put(key, found)
        return found

    def _count_tried(self, fixed: set[ProblemName]) -> dict[ProblemName, int]:
        """Count the models each problem was scored on; asked only where it is told, because it costs all models."""
        return self._session.count_scored(self._tried, sorted(fixed)) if fixed else {}


def _standing(laid: Laid, model: Model, mine: Judged, live: Judged | None) -> Standing:
    exam, problem = laid.exam, laid.problem
    found = standing(mine.errors, tolerance=problem.tolerance, live=None if live is None else live.errors)
    made = Standing(
        problem=problem.name,
        model=model.title,
        state=found.state,
        error=_error(model, mine, exam),
        failed=mine.failed,
        tolerance=problem.tolerance,
        lower_bound=lower_bound(mine.failed, mine.scored) if mine.scored else None,
        upper_bound=upper_bound(mine.failed, mine.scored) if mine.scored else None,
        more_needed=found.more_needed,
        models_tried=None,
        cases=exam.cases,
        patterns=len(exam.patterns),
        memorised=int(mine.memorised.sum()),
        gone=int((exam.row < 0).sum()),
        failed_of_all=mine.failed_of_all,
        scored_of_all=mine.scored_of_all,
        confusion=mine.confusion,
        flipped=_flipped(exam, mine, live) if found.state in _TURNED else (),
    )
    return replace(made, sentence=sentence(made, None))


def _counted(one: Standing, tried: int | None) -> Standing:
    if one.state is not ProblemState.FIXED:
        return one
    return replace(one, models_tried=tried, sentence=sentence(one, tried))


def _error(model: Model, mine: Judged, exam: Exam) -> Measured:
    if mine.scored:
        interval = clopper_pearson(mine.failed, mine.scored)
        return Measured(
            value=mine.failed / mine.scored,
            low=interval.low,
            high=interval.high,
            n=mine.scored,
            missing=mine.unscored,
            method=f"failed / scored cases, {interval.method}",
        )
    if model.kind is ModelKind.REPORTED:
        reason = "only reported scores of this model remain"
    elif mine.memorised.any():
        memorised, others = int(mine.memorised.sum()), int((~mine.memorised).sum())
        known = f"{memorised:,} of {plural(len(exam.patterns), 'pattern')} {agreeing(memorised, 'stands')}"
        reason = f"{known} in its training data" + (", and no other has an answer" if others else "")
    else:
        reason = "no pattern has an answer" if exam.cases else "there is no pattern"
    return Measured(
        value=None, low=None, high=None, n=0, missing=mine.unscored, method="failed / scored cases", reason=reason
    )


def sentence(one: Standing, models_tried: int | None) -> str:
    """Say a state in plain words, with what proves it and what does not.

    Args:
        one: The state.
        models_tried: Fixed: on how many models the problem was scored.

    Raises:
        KeyError: The state has no words; a new state needs them here.
    """
    error, counted = one.error, f"{one.failed:,} of {one.error.n:,} failed"
    flipped = ", ".join(one.flipped[:_SHOWN]) + (" …" if len(one.flipped) > _SHOWN else "")
    more = f"; {one.more_needed} more without error would prove it fixed" if one.more_needed else ""
    tried = f"{plural(models_tried or 0, 'model was', 'models were')} tried; written patterns are no random sample"
    bound = f"the upper bound {one.upper_bound or 0:.3f} is within the tolerance of {one.tolerance:g}"
    live = "not failing on the live model" + (f", which passes these: {flipped}" if flipped else "")
    words = {
        ProblemState.UNSCORED: f"unscored: {error.reason}",
        ProblemState.FAILING: f"failing: {counted}, more than the tolerance of {one.tolerance:g}",
        ProblemState.PASSING: f"passing: {counted}, which proves little{more}",
        ProblemState.FIXED: f"fixed: {counted}, {bound} ({tried})",
        ProblemState.REGRESSED: f"regressed: {counted}, beyond chance, and {live}",
        ProblemState.SLIPPED: f"slipped: {counted}, within chance, and {live}",
    }
    # An unscored state has said it already.
    seen = "" if one.state == ProblemState.UNSCORED else memorised_note(one)
    return words[one.state] + (f"; {seen}" if seen else "")


def memorised_note(one: Standing) -> str:
    """Say how many patterns stand in a model's training data; empty where none does.

    Args:
        one: How a problem stands with a model.
    """
    if not one.memorised:
        return ""
    stand, are = agreeing(one.memorised, "stands"), agreeing(one.memorised, "is")
    return f"{plural(one.memorised, 'pattern')} {stand} in its training data and {are} left out"


def _flipped(exam: Exam, mine: Judged, live: Judged | None) -> tuple[ExampleId, ...]:
    if live is None:
        return ()
    turned = (mine.outcome == Outcome.FAILED) & (live.outcome == Outcome.HELD) & ~mine.memorised
    return tuple(dict.fromkeys(exam.patterns[i].example_id for i in np.flatnonzero(turned)))
