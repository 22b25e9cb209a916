"""Lay problems out over a test set; what has not changed since is not read again.

Every change of a problem is a step with a number of its own, so (problem, latest step, data commit)
names all that a layout depends on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from curiouser.evaluations import TestSet
from curiouser.kernel.configuration import Task
from curiouser.kernel.ids import DataCommitId, ProblemName
from curiouser.kernel.remembered import Remembered
from curiouser.problems import stored
from curiouser.problems.records import Pattern, Problem
from curiouser.problems.scoring import Exam, lay_out
from curiouser.storage import Database

LaidKey = tuple[int, int, DataCommitId]
"""Number of the problem, number of its latest step, data commit of the test set."""
_KEPT_PROBLEMS = 4_096
"""Problems whose patterns are kept at hand: some 20 kB each with a hundred patterns."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Laid:
    """One problem over one test set."""

    key: LaidKey
    """Names all that it depends on."""
    problem: Problem
    """The problem."""
    exam: Exam
    """Its patterns over the rows."""


class Layouts:
    """Reads problems with their patterns and lays them out.

    Args:
        database: Where problems are kept.
        task: Gives the usual quantity of an expectation.
    """

    def __init__(self, database: Database, task: Task) -> None:
        self._database, self._task = database, task
        self._problems = Remembered[tuple[int, int], tuple[Problem, tuple[Pattern, ...]]](most=_KEPT_PROBLEMS)
        self._exams = Remembered[LaidKey, Exam](most=_KEPT_PROBLEMS)

    def of(self, test_set: TestSet, names: Sequence[str] | None = None) -> dict[ProblemName, Laid]:
        """Lay out the problems of a test dataset, or those named, in the order of their names or of the call.

        Raises:
            ProblemNotFoundError: A name is unknown.
        """
        read = self._read(names)
        dataset = test_set.commit.dataset
        chosen = {
            (*version, test_set.commit.id): one
            for version, one in read.items()
            if names is not None or one[0].dataset.partition("@")[0] == dataset
        }
        exams = self._laid_out(chosen, test_set)
        return {one[0].name: Laid(key=key, problem=one[0], exam=exams[key]) for key, one in chosen.items()}

    def _read(self, names: Sequence[str] | None) -> dict[tuple[int, int], tuple[Problem, tuple[Pattern, ...]]]:
        with self._database.read() as connection:
            versions = stored.versions(connection, names)
            found = {version: self._problems.peek(version) for version in versions}
            unknown = {version[0]: version for version, one in found.items() if one is None}
            problems = stored.problems_by_number(connection, list(unknown))
            patterns = stored.patterns_of(connection, list(unknown))
        for number, version in unknown.items():
            found[version] = problems[number], patterns[number]
            self._problems.put(version, (problems[number], patterns[number]))
        return {version: one for version, one in found.items() if one is not None}

    def _laid_out(
        self, chosen: dict[LaidKey, tuple[Problem, tuple[Pattern, ...]]], test_set: TestSet
    ) -> dict[LaidKey, Exam]:
        found = {key: self._exams.peek(key) for key in chosen}
        unknown = [key for key, exam in found.items() if exam is None]
        # One search for the rows of all patterns.
        rows = test_set.places([pattern.example_id for key in unknown for pattern in chosen[key][1]])
        start = 0
        for key in unknown:
            patterns = chosen[key][1]
            exam = lay_out(patterns, rows[start : start + len(patterns)], self._task)
            start += len(patterns)
            found[key] = exam
            self._exams.put(key, exam)
        return {key: exam for key, exam in found.items() if exam is not None}
