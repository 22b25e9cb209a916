"""Problems and user reports as bodies: exactly the keys of the contract, and some more."""

from __future__ import annotations

from collections.abc import Sequence

from curiouser.kernel.canonical import Json
from curiouser.kernel.clock import as_text
from curiouser.measure import Measured
from curiouser.problems import (
    Affected,
    AffectedShare,
    Check,
    Expectation,
    History,
    ImpactValue,
    ListedProblem,
    Pattern,
    PatternAnswer,
    PatternsChanged,
    Problem,
    ProblemHistory,
    ProblemStep,
    ShownPattern,
    ShownProblem,
    Standing,
    SuiteImported,
    Triage,
    TriagedProblem,
    Undone,
    UserReport,
)

Body = dict[str, Json]


def report_body(one: UserReport) -> Body:
    """Present a user report."""
    return {
        "number": one.number,
        "text": one.text,
        "input": dict(one.input),
        "answered": one.answered,
        "expected": one.expected,
        "model": one.model,
        "user": one.user,
        "problem": one.problem,
        "withdrawn_at": as_text(one.withdrawn_at) if one.withdrawn_at else None,
        "reported_at": as_text(one.reported_at),
        "reported_by": one.reported_by,
    }


def reports_body(several: Sequence[UserReport]) -> Body:
    """Present a list of user reports."""
    return {"reports": [report_body(one) for one in several]}


def problem_body(one: Problem) -> Body:
    """Present a problem's settings."""
    return {
        "name": one.name,
        "dataset": one.dataset,
        "description": one.description,
        "harm": one.harm,
        "harm_false_positive": one.harm_false_positive,
        "harm_false_negative": one.harm_false_negative,
        "affected": _affected(one.affected),
        "tolerance": one.tolerance,
        "owner": one.owner,
        "selected_by": one.selected_by,
        "suite": one.suite,
        "closed_at": as_text(one.closed_at) if one.closed_at else None,
    }


def problems_body(several: Sequence[ListedProblem]) -> Body:
    """Present a list of problems."""
    return {
        "problems": [
            problem_body(one.problem) | {"patterns": one.patterns, "cases": one.cases, "reports": one.reports}
            for one in several
        ]
    }


def changed_body(one: PatternsChanged) -> Body:
    """Present what a step did to a problem's patterns."""
    return problem_body(one.problem) | {
        "patterns": one.patterns,
        "cases": one.cases,
        "added": one.added,
        "removed": one.removed,
        "committed": one.committed,
        "reused": one.reused,
        "data_commit": one.data_commit,
        "notes": list(one.notes),
    }


def suite_body(one: SuiteImported) -> Body:
    """Present what importing a suite did."""
    return {
        "problems": [changed_body(each) for each in one.problems],
        "unchanged": list(one.unchanged),
        "skipped": dict(one.skipped),
        "committed": one.committed,
    }


def undone_body(one: Undone) -> Body:
    """Present a step that was taken back."""
    return {
        "undone": step_body(one.step),
        "problem": problem_body(one.problem) if one.problem else None,
        "rows_removed": one.rows_removed,
    }


def step_body(one: ProblemStep) -> Body:
    """Present one step in a problem's life."""
    return {
        "number": one.number,
        "problem": one.problem,
        "kind": one.kind,
        "before": dict(one.before),
        "after": dict(one.after),
        "patterns_added": len(one.gained),
        "patterns_removed": len(one.lost),
        "committed": len(one.committed),
        "undoes": one.undoes,
        "actor": one.actor,
        "taken_at": as_text(one.taken_at),
    }


def steps_body(several: Sequence[ProblemStep]) -> Body:
    """Present the steps of a problem, newest first."""
    return {"steps": [step_body(one) for one in several]}


def patterns_body(problem: str, several: Sequence[Pattern]) -> Body:
    """Present the patterns of a problem, without their rows."""
    return {"problem": problem, "patterns": [_pattern(one) for one in several]}


def shown_body(one: ShownProblem) -> Body:
    """Present one problem with its patterns on each model."""
    return problem_body(one.problem) | {
        "test_set": one.test_set,
        "reports": list(one.reports),
        "models": [standing_body(each) for each in one.standings],
        "patterns": [_shown_pattern(each) for each in one.patterns],
        "total": one.total,
        "truncated": one.total > len(one.patterns),
    }


def triage_body(one: Triage) -> Body:
    """Present a triage: ranked problems, then those with a missing factor."""
    return {
        "model": one.model,
        "live": one.live,
        "test_set": one.test_set,
        "problems": [_triaged(each) for each in one.problems],
    }


def history_body(one: History, name: str | None = None) -> Body:
    """Present the history of one problem, or of several."""
    head: Body = {"test_set": one.test_set, "live": one.live}
    if name is not None:
        return head | _history(one.problems[0])
    return head | {"problems": [_history(each) for each in one.problems]}


def check_body(one: Check) -> Body:
    """Present the gate."""
    return {
        "model": one.model,
        "live": one.live,
        "test_set": one.test_set,
        "passed": one.passed,
        "problems": [
            standing_body(each.standing)
            | {
                "name": each.problem.name,
                "closed": each.problem.closed_at is not None,
                "live_state": each.live_state,
                "blocks": each.blocks,
                "warns": each.warns,
            }
            for each in one.problems
        ],
    }


def standing_body(one: Standing) -> Body:
    """Present how a problem stands with a model."""
    confusion = one.confusion
    return {
        "model": one.model,
        "state": one.state,
        "error": _error(one.error),
        "failed": one.failed,
        "tolerance": one.tolerance,
        "lower_bound": one.lower_bound,
        "upper_bound": one.upper_bound,
        "more_needed": one.more_needed,
        "models_tried": one.models_tried,
        "true_positive": confusion.true_positive if confusion else None,
        "false_positive": confusion.false_positive if confusion else None,
        "true_negative": confusion.true_negative if confusion else None,
        "false_negative": confusion.false_negative if confusion else None,
        "cases": one.cases,
        "patterns": one.patterns,
        "memorised": one.memorised,
        "gone": one.gone,
        "failed_of_all": one.failed_of_all,
        "scored_of_all": one.scored_of_all,
        "flipped": list(one.flipped),
        "sentence": one.sentence,
    }


def _history(one: ProblemHistory) -> Body:
    return {
        "name": one.problem.name,
        "tolerance": one.problem.tolerance,
        "closed": one.problem.closed_at is not None,
        "models": [standing_body(each) for each in one.standings],
    }


def _triaged(one: TriagedProblem) -> Body:
    rank: Json = None if one.rank_best is None else {"best": one.rank_best, "worst": one.rank_worst}
    return {
        "name": one.problem.name,
        "state": one.standing.state,
        "impact": _impact(one.impact),
        "rank": rank,
        "affected": _share(one.affected),
        "harm": one.harm,
        "harm_false_positive": one.harm_false_positive,
        "harm_false_negative": one.harm_false_negative,
        "error": _error(one.standing.error),
        "memorised": one.standing.memorised,
        "fill": list(one.fill),
        "error_times_harm": one.error_times_harm,
        "owner": one.problem.owner,
        "closed": one.problem.closed_at is not None,
        "sentence": one.standing.sentence,
    }


def _impact(one: ImpactValue | None) -> Json:
    return None if one is None else {"value": one.value, "low": one.low, "high": one.high}


def _share(one: AffectedShare | None) -> Json:
    if one is None:
        return None
    return {
        "percent": one.percent,
        "low": one.low,
        "high": one.high,
        "source": one.source,
        "says": one.says,
        "users": one.users,
        "active": one.active,
    }


def _affected(one: Affected | None) -> Json:
    if one is None:
        return None
    return {
        "source": one.source,
        "low": one.low,
        "high": one.high,
        "because": one.because,
        "where": one.where,
        "dataset": one.dataset,
        "window_days": one.window_days,
    }


def _error(one: Measured) -> Body:
    return {
        "value": one.value,
        "low": one.low,
        "high": one.high,
        "n": one.n,
        "missing": one.missing,
        "method": one.method,
        "reason": one.reason,
    }


def _pattern(one: Pattern) -> Body:
    expects: Expectation = one.expectation
    return {
        "id": one.example_id,
        "case": one.case,
        "place": one.place,
        "expectation": expects.kind,
        "quantity": expects.quantity,
        "tolerance": expects.tolerance,
    }


def _shown_pattern(one: ShownPattern) -> Body:
    answers: Body = {title: _answer(each) for title, each in one.answers.items()}
    return _pattern(one.pattern) | {
        "row": dict(one.row) if one.row is not None else None,
        "origin": one.origin,
        "answers": answers,
    }


def _answer(one: PatternAnswer) -> Body:
    return {
        "outcome": one.outcome,
        "answer": one.answer,
        "score": one.score,
        "confusion": one.confusion,
        "memorised": one.memorised,
    }
