"""The talk's loop as data: each step, its slides and its command.

This is the one place where the loop closes. A complaint becomes patterns,
patterns a problem, the problem data, the data a model, the model an evaluation
that proves the problem fixed, or not, and guards it for ever (slides 39-61).
Steps are listed when they exist: labelling, runs, releases and the answer to
"why?" join the list with their rooms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from curiouser.kernel.words import plural


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the loop."""

    name: str
    """What the step is called, one word or two."""
    slides: str
    """Slides of the talk it serves."""
    does: str
    """What happens, in one sentence."""
    verb: tuple[str, ...]
    """The command: ``("problem", "triage")`` is ``curiouser problem triage``."""


CYCLE: tuple[Step, ...] = (
    Step(
        name="start",
        slides="15-18",
        does="Say what the model reads, what it answers, and what a wrong answer costs.",
        verb=("init",),
    ),
    Step(
        name="test set",
        slides="44, 54",
        does="Import labelled examples drawn from users; the test set lives, and every state of it has a name.",
        verb=("data", "import"),
    ),
    Step(
        name="model",
        slides="59",
        does="Add a model: a file of predictions, a function, a scikit-learn file, or scores somebody reported.",
        verb=("model", "add"),
    ),
    Step(
        name="evaluation",
        slides="54-55",
        does="Bring all models to today's test set; only rows that a model has not seen are asked.",
        verb=("evaluate",),
    ),
    Step(
        name="user report",
        slides="39-40",
        does="Write down what a user told us, with the input that misbehaved.",
        verb=("report", "add"),
    ),
    Step(
        name="reproduce",
        slides="43, 56",
        does="Ask every model the same question.",
        verb=("model", "ask"),
    ),
    Step(
        name="problem",
        slides="42-44",
        does="Describe the weakness by labelled test patterns, and add them to the test set.",
        verb=("problem", "add"),
    ),
    Step(
        name="triage",
        slides="48-50",
        does="Rank problems by percent of users affected x error x harm.",
        verb=("problem", "triage"),
    ),
    Step(
        name="more data",
        slides="61, 72-73",
        does="Change the data on a branch, row by row, with a message.",
        verb=("data", "branch"),
    ),
    Step(
        name="checked data",
        slides="70-73",
        does="Check the branch for leakage, duplicates, contradictions and shifts before anybody learns from it.",
        verb=("data", "check"),
    ),
    Step(
        name="review",
        slides="70-73",
        does="Propose the branch: its rows are checked, read as a difference, approved by somebody else, and merged.",
        verb=("data", "propose"),
    ),
    Step(
        name="comparison",
        slides="51-55",
        does="Ask whether the new model is better than the old one, on the same rows.",
        verb=("compare",),
    ),
    Step(
        name="leaderboard",
        slides="54-55",
        does="See what was scored then, and what the same models score on today's test set.",
        verb=("leaderboard",),
    ),
    Step(
        name="is it fixed?",
        slides="46-47",
        does="Follow the error of each problem over the candidate models.",
        verb=("problem", "history"),
    ),
    Step(
        name="live",
        slides="61",
        does="Say which model answers users; from then on a problem can regress.",
        verb=("model", "live"),
    ),
    Step(
        name="guard",
        slides="42, 61",
        does="Run every problem against a new model; a closed problem stays a regression test.",
        verb=("problem", "check"),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a workspace stands in the loop: counts, and the names of what calls for work."""

    test_rows: int
    """Rows of the test set."""
    models: int
    """Models that are not retired."""
    behind: Sequence[str]
    """Models without an evaluation on today's test set that can have one."""
    problems: int
    """Problems that are open."""
    unlinked_reports: int
    """User reports that no problem answers yet."""
    live: str | None
    """The live model, if one is named."""
    unpredicted: Mapping[str, int] = field(default_factory=dict)
    """Models that are files of predictions -> rows of today's test set they lack: evaluating again gives no score."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """The next step: why, and the command."""

    step: Step
    why: str
    command: str


def step(name: str) -> Step:
    """Find a step by its name.

    Raises:
        KeyError: No step has this name.
    """
    return {each.name: each for each in CYCLE}[name]


def next_step(standing: Standing) -> Advice:
    """Say which step of the loop is due.

    Examples:
        >>> empty = Standing(test_rows=0, models=0, behind=(), problems=0, unlinked_reports=0, live=None)
        >>> next_step(empty).step.name
        'test set'
    """
    if not standing.test_rows:
        return Advice(
            step=step("test set"),
            why="there is no test set yet",
            command='curiouser data import FILE.csv --dataset test -m "first test set"',
        )
    if not standing.models:
        return Advice(
            step=step("model"),
            why="there is no model yet",
            command="curiouser model add NAME --predictions FILE.csv",
        )
    if standing.behind:
        return Advice(
            step=step("evaluation"),
            why=f"not every model has an evaluation on today's test set: {', '.join(standing.behind[:3])}",
            command="curiouser evaluate --on test",
        )
    return _next_problem(standing)


def _next_problem(standing: Standing) -> Advice:
    if standing.unlinked_reports:
        return Advice(
            step=step("problem"),
            why=f"{plural(standing.unlinked_reports, 'user report waits', 'user reports wait')} for a problem",
            command="curiouser report list, then curiouser problem add NAME --from-report NUMBER",
        )
    if not standing.problems:
        return Advice(
            step=step("problem"),
            why="no problem is described yet",
            command="curiouser problem template, then curiouser problem add NAME --patterns FILE.csv --on test",
        )
    if standing.live is None:
        return Advice(
            step=step("live"),
            why="no model is live, so nothing can regress yet",
            command="curiouser model live NAME",
        )
    return Advice(step=step("triage"), why="pick the problem that hurts most", command="curiouser problem triage")
