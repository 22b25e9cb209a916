"""The tables of one problem as files: its patterns on each model, its curve, its steps."""

from __future__ import annotations

from collections.abc import Mapping

from curiouser.kernel.canonical import Json
from curiouser.kernel.clock import as_text
from curiouser.problems import ShownPattern
from curiouser.surfaces.web.problem_page import ProblemView, step_words
from curiouser.surfaces.web.tables import Column, Table


def table_of(view: ProblemView) -> Table:
    """Give the table that was asked for, with all its rows."""
    if view.looked.table == "curve":
        return view.curve.table
    return _steps(view) if view.looked.table == "steps" else _patterns(view)


def _patterns(view: ProblemView) -> Table:
    rows = [_pattern(one, view.columns) for one in view.found]
    keys = list(dict.fromkeys(key for row in rows for key in row))
    caption = f"Patterns of {view.problem.name}"
    return Table(name="patterns", caption=caption, columns=[Column(key=key, title=key) for key in keys], rows=rows)


def _pattern(one: ShownPattern, models: tuple[str, ...]) -> Mapping[str, Json]:
    own: dict[str, Json] = {
        "id": one.pattern.example_id,
        "case": one.pattern.case,
        "place": one.pattern.place,
        "expectation": one.pattern.expectation.kind,
        "origin": one.origin,
    }
    # A column of the task may be called like one of ours.
    row = {f"input {name}" if name in own else name: value for name, value in (one.row or {}).items()}
    said: dict[str, Json] = {}
    for title in models:
        answer = one.answers[title]
        said |= {
            f"{title} answer": answer.answer,
            f"{title} score": answer.score,
            f"{title} outcome": answer.outcome,
            f"{title} confusion": answer.confusion,
            f"{title} memorised": answer.memorised,
        }
    return own | row | said


def _steps(view: ProblemView) -> Table:
    rows: list[Mapping[str, Json]] = [
        {
            "number": one.number,
            "kind": one.kind,
            "says": step_words(one),
            "patterns_added": len(one.gained),
            "patterns_removed": len(one.lost),
            "undoes": one.undoes,
            "actor": one.actor,
            "taken_at": as_text(one.taken_at),
        }
        for one in view.steps
    ]
    keys = ("number", "kind", "says", "patterns_added", "patterns_removed", "undoes", "actor", "taken_at")
    caption = f"What was done to {view.problem.name}"
    return Table(name="steps", caption=caption, columns=[Column(key=key, title=key) for key in keys], rows=rows)
