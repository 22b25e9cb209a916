"""A comparison of two models in words, bars and rows: the verdict first, then where they differ, row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Self, TypedDict

from curiouser.data import Value
from curiouser.evaluations import Comparison, Flip, Pair, PairsOfGroup
from curiouser.kernel.canonical import Json
from curiouser.kernel.words import plural
from curiouser.measure import FloatArray, IntArray, Measured, Metric
from curiouser.models import Model
from curiouser.surfaces.bodies.data import value_body
from curiouser.surfaces.web.filters import number, signed
from curiouser.surfaces.web.tables import Column, Table
from curiouser.workspace import Workspace

FlipKind = Literal["positive", "negative"]
_NAMED = 3
"""Most problems that the first sentence names; the table has them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which comparison is meant; all of it stands in the address."""

    a: str
    """The first model; empty: not chosen."""
    b: str
    """The second model."""
    on: str
    """The test set, a ref."""
    metric: str
    """By what; empty: the task's first."""
    common: bool
    """Whether only rows that both answered count."""

    @property
    def is_complete(self) -> bool:
        """Whether two models are named."""
        return bool(self.a and self.b)

    @property
    def dataset(self) -> str:
        """The test set without its version."""
        return self.on.partition("@")[0]

    def made_on(self, made: Comparison) -> Self:
        """Pin the choice to the rows and the metric of what was made, so that its address shows the same for ever."""
        return replace(self, on=f"{self.dataset}@{made.test_set[:12]}", metric=made.metric)

    def filled(self, models: Sequence[str], live: Model | None) -> Self:
        """Offer the live model against the last of the others, where nobody chose."""
        a = self.a or (live.title if live is not None and live.title != self.b else "")
        b = self.b or next((one for one in reversed(models) if one != a), "")
        return replace(self, a=a or next((one for one in models if one != b), ""), b=b)

    def query(self, **more: str | int | None) -> dict[str, str | int]:
        """Write the choice as a query."""
        own: dict[str, str | int | None] = {
            "a": self.a, "b": self.b, "metric": self.metric, "on": self.on if self.on != "test" else None,
            "common": "yes" if self.common else None,
        }  # fmt: skip
        return {name: value for name, value in (own | more).items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class FlippedRow:
    """A row that one of the two got right and the other wrong."""

    id: str
    """The row."""
    now_right: bool
    """Whether the second model is the one that is right."""
    inputs: Mapping[str, Value]
    """What the models read."""
    label: Value
    """What should have been said."""
    answers: tuple[str | float | None, str | float | None]
    """What each said; None where its class is unknown."""
    scores: tuple[float | None, float | None]
    """Score of the positive class, where a model gives one."""
    problems: tuple[str, ...]
    """Problems it is a pattern of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flips:
    """Some of the rows that flipped."""

    rows: Sequence[FlippedRow]
    """Those asked for."""
    total: int
    """Rows of the kind asked for, >= 0."""
    counts: Mapping[str, int]
    """``positive`` and ``negative`` -> how many."""


class Shown(TypedDict):
    """What the page shows of a comparison."""

    pair: Pair
    says: str
    fixed: list[str]
    broken: list[str]
    models_shown: list[tuple[str, bool, Measured]]
    unit: float
    digits: int
    scale: tuple[float, float]
    reach: float
    groups: dict[str, dict[str, object]]
    is_today: bool
    tables: dict[str, Table]


def shown_comparison(workspace: Workspace, choice: Choice, made: Comparison) -> Shown:
    """Gather what the page of a comparison shows."""
    evaluations, pair = workspace.evaluations, made.pairs[0]
    test_set, metric = evaluations.test_set(made.test_set), evaluations.metrics()[made.metric]
    compared = [workspace.models.get(name) for name in made.models]
    models = [(one.title, one.live, evaluations.score(one, test_set, made.metric)) for one in compared]
    ends = [end for _, _, one in models for end in (one.value, one.low, one.high) if end is not None]
    states = _states(workspace, choice, made) if made.problems else {}
    is_points = (metric.low, metric.high) == (0.0, 1.0)
    return {
        "pair": pair,
        "says": verdict_words(pair, metric, is_points=is_points),
        "fixed": _named(made.problems, "better"),
        "broken": _named(made.problems, "worse"),
        "models_shown": models,
        "unit": 100.0 if is_points else 1.0,
        "digits": 1 if is_points else 3,
        "scale": (min(ends, default=0.0), max(ends, default=1.0)),
        "reach": _reach([pair]),
        "groups": {
            "problems": {"rows": _by_difference(made.problems), "reach": _reach_of(made.problems), "states": states},
            "slices": {"rows": made.slices, "reach": _reach_of(made.slices), "states": {}},
        },
        "is_today": workspace.data.resolve(choice.dataset).id == made.test_set,
        "tables": {
            "models": _table("models", [PairsOfGroup(name="all", n=made.n, pairs=made.pairs)], {}),
            "slices": _table("slices", made.slices, {}),
            "problems": _table("problems", made.problems, states),
        },
    }


def verdict_words(pair: Pair, metric: Metric, *, is_points: bool) -> str:
    """Say the verdict for people who do not build models."""
    paired, name = pair.paired, metric.name.replace("_", " ")
    if pair.verdict is None or paired.difference is None:
        return f"No verdict: {paired.reason or 'the test is undefined'}."
    unit, scale, digits = (" points", 100, 1) if is_points else ("", 1, 3)
    if str(pair.verdict) == "no_difference_shown":
        smallest = paired.smallest_difference
        could = f"; this test set could have shown {number(smallest * scale, digits)}{unit}" if smallest else ""
        return f"No difference shown in {name}{could}."
    by = signed(paired.difference * scale, digits)
    return f"{pair.b} is {pair.verdict} than {pair.a}: {name} {by}{unit} on {plural(paired.n, 'row')}."


def flip_rows(
    workspace: Workspace, choice: Choice, made: Comparison, *, kind: FlipKind | None, start: int, count: int
) -> Flips:
    """Read flipped rows with what both models said, from one place on."""
    counts = {name: sum(one.kind == name for one in made.flips) for name in ("positive", "negative")}
    wanted = [one for one in made.flips if kind is None or one.kind == kind]
    rows = _rows(workspace, choice, made, wanted[start : start + count])
    return Flips(rows=rows, total=len(wanted), counts=counts)


def flips_table(workspace: Workspace, choice: Choice, found: Flips) -> Table:
    """The flipped rows for CSV and JSON."""
    task = workspace.configuration.task
    keys = ("id", "flip", *(f"row_{name}" for name in task.inputs), "label", "a", "b", "answer_a", "answer_b",
            "score_a", "score_b", "problems")  # fmt: skip
    rows: list[dict[str, Json]] = [
        {
            "id": one.id, "flip": "positive" if one.now_right else "negative",
            **{f"row_{name}": value_body(value) for name, value in one.inputs.items()},
            "label": value_body(one.label), "a": choice.a, "b": choice.b,
            "answer_a": value_body(one.answers[0]), "answer_b": value_body(one.answers[1]),
            "score_a": one.scores[0], "score_b": one.scores[1], "problems": list(one.problems),
        }
        for one in found.rows
    ]  # fmt: skip
    return Table(
        name="flips", caption="Rows that flipped", columns=[Column(key=key, title=key) for key in keys], rows=rows
    )


def _rows(workspace: Workspace, choice: Choice, made: Comparison, flips: Sequence[Flip]) -> list[FlippedRow]:
    if not flips:
        return []
    evaluations, task = workspace.evaluations, workspace.configuration.task
    test_set = evaluations.test_set(made.test_set)
    places = test_set.places([one.id for one in flips])
    models = [workspace.models.get(name) for name in made.models]
    marked = [evaluations.marked(models, test_set, places)[one.id] for one in models]
    frame = test_set.rows[places.tolist()]
    of_row = _problems_by_row(workspace, choice)
    found = []
    for place, (flip, row) in enumerate(zip(flips, frame.iter_rows(named=True), strict=True)):
        answers = [_answer(one.classes, one.answers.numbers, place, task.classes) for one in marked]
        scores = [_at(one.answers.scores, place) for one in marked]
        found.append(
            FlippedRow(
                id=flip.id,
                now_right=flip.kind == "positive",
                inputs={name: row.get(name) for name in task.inputs},
                label=row[task.label],
                answers=(answers[0], answers[1]),
                scores=(scores[0], scores[1]),
                problems=tuple(of_row.get(flip.id, ())),
            )
        )
    return found


def _problems_by_row(workspace: Workspace, choice: Choice) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, ids in workspace.problems.pattern_ids(choice.on).items():
        for each in ids:
            found.setdefault(each, []).append(name)
    return found


def _answer(classes: IntArray, numbers: FloatArray | None, place: int, names: Sequence[str]) -> str | float | None:
    code = int(classes[place])
    if code >= 0:
        return names[code]
    return _at(numbers, place)


def _at(values: FloatArray | None, place: int) -> float | None:
    return None if values is None else float(values[place])


def _states(workspace: Workspace, choice: Choice, made: Comparison) -> dict[str, tuple[str, str]]:
    """State of each problem on both models: (before, after)."""
    history = workspace.problems.history(on=choice.on, models=list(made.models))
    found = {}
    for one in history.problems:
        by_model = {standing.model: str(standing.state) for standing in one.standings}
        if all(name in by_model for name in (choice.a, choice.b)):
            found[str(one.problem.name)] = (by_model[choice.a], by_model[choice.b])
    return found


def _named(groups: Sequence[PairsOfGroup], verdict: str) -> list[str]:
    return [group.name for group in groups if str(group.pairs[0].verdict) == verdict][:_NAMED]


def _by_difference(groups: Sequence[PairsOfGroup]) -> list[PairsOfGroup]:
    """Put the largest gain first and the largest loss last, and below them what could not be compared."""
    return sorted(
        groups, key=lambda one: (one.pairs[0].paired.difference is None, -(one.pairs[0].paired.difference or 0))
    )


def _reach_of(groups: Sequence[PairsOfGroup]) -> float:
    return _reach([group.pairs[0] for group in groups])


def _reach(pairs: Sequence[Pair]) -> float:
    ends = [end for one in pairs for end in (one.paired.difference, one.paired.low, one.paired.high) if end is not None]
    return max(map(abs, ends), default=0.0) or 0.1


def _table(name: str, groups: Sequence[PairsOfGroup], states: Mapping[str, tuple[str, str]]) -> Table:
    keys = ("name", "n", "a", "b", "difference", "low", "high", "p_value", "p_adjusted", "negative_flips",
            "positive_flips", "smallest_difference", "verdict", "reason", "state_a", "state_b")  # fmt: skip
    rows: list[dict[str, Json]] = []
    for group in groups:
        pair, paired = group.pairs[0], group.pairs[0].paired
        before, after = states.get(group.name, (None, None))
        rows.append(
            {
                "name": group.name, "n": group.n, "a": pair.a, "b": pair.b, "difference": paired.difference,
                "low": paired.low, "high": paired.high, "p_value": paired.p_value, "p_adjusted": pair.p_adjusted,
                "negative_flips": paired.negative_flips, "positive_flips": paired.positive_flips,
                "smallest_difference": paired.smallest_difference,
                "verdict": None if pair.verdict is None else str(pair.verdict), "reason": paired.reason,
                "method": paired.method, "state_a": before, "state_b": after,
            }
        )  # fmt: skip
    used = [key for key in keys if not key.startswith("state") or states]
    return Table(
        name=name, caption=f"Difference by {name}", columns=[Column(key=key, title=key) for key in used], rows=rows
    )
