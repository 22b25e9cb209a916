"""Turn a suite that others wrote into problems of the workspace."""

from __future__ import annotations

from curiouser.problems.checklist import Suite
from curiouser.problems.editing import Editing
from curiouser.problems.placing import Placing
from curiouser.problems.records import Problem
from curiouser.problems.results import SuiteImported


def put_suite(suite: Suite, placing: Placing, editing: Editing, *, on: str, actor: str) -> SuiteImported:
    """Commit the rows of a suite at once, and write its tests as problems.

    Raises:
        PatternDisagreesError: A row stands there with another label; nothing was changed.
        ProblemExistsError: A name belongs to another problem; no problem was changed.
    """
    drafts = [draft for test in suite.tests for draft in test.drafts]
    placed = placing.commit(drafts, on=on, message=f"suite {suite.source}", actor=actor)
    made = iter(placed.patterns)
    problems = [
        (
            Problem(name=test.name, dataset=on, description=test.title, suite=test.title),
            tuple(next(made) for _ in test.drafts),
        )
        for test in suite.tests
    ]
    written, unchanged = editing.put_suite(problems, placed, actor=actor)
    return SuiteImported(
        problems=tuple(written),
        unchanged=tuple(unchanged),
        skipped={test.name: test.skipped for test in suite.tests if test.skipped},
        committed=len(placed.committed),
    )
