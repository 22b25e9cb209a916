"""The verbs of problems: describe, change, triage, follow, guard."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Unpack, cast

from curiouser.kernel.configuration import TaskKind
from curiouser.kernel.errors import UsageError
from curiouser.kernel.ids import ExampleId, problem_name
from curiouser.problems import stored
from curiouser.problems.affected import Counting
from curiouser.problems.checklist import label_mapping, read_directions, read_suite
from curiouser.problems.editing import Undone, chosen_patterns
from curiouser.problems.errors import BadFactorError, BadSuiteError
from curiouser.problems.following import TEST, Following
from curiouser.problems.pattern_files import template
from curiouser.problems.records import Affected, Pattern, Problem, ProblemStep, StepKind
from curiouser.problems.reports import count_reports
from curiouser.problems.results import (
    ListedProblem,
    PatternsChanged,
    SuiteImported,
)
from curiouser.problems.settings import CLEARABLE, Given, checked
from curiouser.problems.sources import Source, place
from curiouser.problems.suites import put_suite


class ProblemService(Following):
    """Describe problems by patterns, rank them, follow them over models, and guard what is fixed.

    Args:
        database: Where problems are kept.
        data: Where rows are kept.
        models: Which models there are.
        evaluations: What they answered.
        configuration: The task and the levels of harm.
        clock: Tells the time.
    """

    def add(
        self,
        name: str,
        *,
        patterns: Any = None,  # noqa: ANN401  a path, a Polars or pandas frame, or a list of rows
        ids: Path | str | Sequence[str] | None = None,
        where: str | None = None,
        from_report: int | None = None,
        expected: str | None = None,
        on: str = TEST,
        actor: str,
        **given: Unpack[Given],
    ) -> PatternsChanged:
        """Describe a problem by patterns, which become rows of the test dataset.

        Args:
            name: Kebab-case and new.
            patterns: A file, a frame, a list of rows, or ``Tables`` of these; committed with origin ``pattern``.
            ids: Ids of rows that stand in the test dataset, or a file of them.
            where: A predicate over the rows of the test dataset; its labelled rows as of now.
            from_report: Number of a user report; its input becomes the first pattern.
            expected: The right answer to that input, where the report does not say it.
            on: The test dataset, or a branch of it.
            actor: Who does it.
            **given: Settings; see :class:`Given`.

        Raises:
            ProblemExistsError: The name is taken.
            BadPatternsError: Rows cannot be patterns; all are named, and nothing was changed.
            PatternDisagreesError: A row stands there with another label; nothing was changed.
            BadFactorError: A setting cannot be right.
        """
        made = Problem(
            name=problem_name(name),
            dataset=on,
            selected_by=where or ("ids" if ids is not None else None),
            **self._settings(given),
        )
        self._editing.refuse_existing(name)
        source = self._source(patterns=patterns, ids=ids, where=where, report=from_report, expected=expected)
        placed = place(source, self._placing, self._task, on=on, message=f"patterns of problem {name}", actor=actor)
        return self._editing.add(made, placed, report=from_report, actor=actor)

    def edit(
        self,
        name: str,
        *,
        clear: Sequence[str] = (),
        expected: Problem | None = None,
        actor: str,
        **given: Unpack[Given],
    ) -> Problem:
        """Change settings of a problem; what is not given stays.

        Args:
            name: The problem.
            clear: Settings to empty.
            expected: What the problem was when it was read; another state is left alone.
            actor: Who does it.
            **given: Settings; see :class:`Given`.

        Raises:
            ProblemNotFoundError: There is no such problem.
            BadFactorError: A setting cannot be right.
            UsageError: Nothing is to be changed, or a setting cannot be emptied.
            ProblemMovedError: It is not as it was expected to be.
        """
        unknown = sorted(set(clear) - set(CLEARABLE))
        if unknown:
            raise UsageError(f"{', '.join(unknown)} cannot be emptied", f"one of: {', '.join(CLEARABLE)}")
        changes = dict.fromkeys(clear) | self._settings(given)
        if not changes:
            raise UsageError("nothing is to be changed", "see `curiouser problem edit --help`")
        if "description" in changes:
            changes["description"] = changes["description"] or ""
        return self._editing.edit(name, changes, kind=StepKind.EDITED, expected=expected, actor=actor)

    def close(self, name: str, *, actor: str) -> Problem:
        """Close a problem; it stays a regression test.

        Args:
            name: The problem.
            actor: Who does it.

        Raises:
            ProblemNotFoundError: There is no such problem.
            StepTakenError: It is closed already.
        """
        return self._editing.close(name, closed=True, actor=actor)

    def reopen(self, name: str, *, actor: str) -> Problem:
        """Reopen a problem.

        Args:
            name: The problem.
            actor: Who does it.

        Raises:
            ProblemNotFoundError: There is no such problem.
            StepTakenError: It is open already.
        """
        return self._editing.close(name, closed=False, actor=actor)

    def undo(self, name: str, *, actor: str) -> Undone:
        """Take the latest step back, and the rows it committed where nobody else uses them.

        Args:
            name: The problem.
            actor: Who does it.

        Raises:
            ProblemNotFoundError: There never was such a problem.
            NothingToUndoError: Every step was taken back already.
        """
        return self._editing.undo(name, actor=actor)

    def add_patterns(
        self,
        name: str,
        *,
        patterns: Any = None,  # noqa: ANN401  as in add
        ids: Path | str | Sequence[str] | None = None,
        where: str | None = None,
        from_report: int | None = None,
        expected: str | None = None,
        actor: str,
    ) -> PatternsChanged:
        """Add patterns to a problem; those it has already are left alone.

        Args:
            name: The problem.
            patterns: As in :meth:`add`.
            ids: As in :meth:`add`.
            where: As in :meth:`add`.
            from_report: Number of a user report; its input becomes a pattern.
            expected: The right answer to that input, where the report does not say it.
            actor: Who does it.

        Raises:
            ProblemNotFoundError: There is no such problem.
            BadPatternsError: Rows cannot be patterns; all are named, and nothing was changed.
            PatternDisagreesError: A row or a Case stands there and differs; nothing was changed.
        """
        problem = self.get(name)
        source = self._source(patterns=patterns, ids=ids, where=where, report=from_report, expected=expected)
        placed = place(
            source, self._placing, self._task, on=problem.dataset, message=f"patterns of problem {name}", actor=actor
        )
        return self._editing.add_patterns(name, placed, report=from_report, actor=actor)

    def remove_patterns(
        self, name: str, *, ids: Sequence[str] = (), cases: Sequence[str] = (), actor: str
    ) -> PatternsChanged:
        """Take patterns out of a problem, by id or by whole Cases; their rows stay in the test dataset.

        Args:
            name: The problem.
            ids: Ids of patterns that stand alone.
            cases: Names of Cases, each taken out whole.
            actor: Who does it.

        Raises:
            ProblemNotFoundError: There is no such problem.
            PatternNotFoundError: It has no such pattern or Case.
            PatternDisagreesError: An id belongs to a Case that compares its members.
        """
        lost = chosen_patterns(name, self.patterns(name), ids, cases)
        return self._editing.remove_patterns(name, lost, actor=actor)

    def import_checklist(
        self,
        path: Path | str,
        *,
        directions: Path | str | None = None,
        labels: str | None = None,
        column: str | None = None,
        on: str = TEST,
        actor: str,
    ) -> SuiteImported:
        """Import a suite of tests that others wrote: each test becomes a problem with Cases.

        Importing the same file again changes nothing.

        Args:
            path: JSON lines in CheckList's terms, plain or ``.gz``.
            directions: What must hold in each directional test, by its name.
            labels: ``0=negative,1=neutral``: class of the task by label of the suite.
            column: The input that the texts are; the task's only one by default.
            on: The test dataset, or a branch of it.
            actor: Who does it.

        Raises:
            BadSuiteError: The file cannot be read, or a label or direction is missing; all are named.
            PatternDisagreesError: A row stands there with another label; nothing was changed.
            ProblemExistsError: A name belongs to another problem; no problem was changed.
        """
        mapping = label_mapping(labels, self._task)
        rules = read_directions(Path(directions), mapping) if directions is not None else {}
        name = self._text_column(column)
        suite = read_suite(Path(path), task=self._task, column=name, labels=mapping, directions=rules)
        return put_suite(suite, self._placing, self._editing, on=on, actor=actor)

    def get(self, name: str) -> Problem:
        """Read one problem.

        Args:
            name: The problem.

        Raises:
            ProblemNotFoundError: There is no such problem.
        """
        with self._database.read() as connection:
            return stored.find_problem(connection, name)[1]

    def list(
        self, *, include_closed: bool = True, limit: int = 1000, after: str | None = None
    ) -> tuple[ListedProblem, ...]:
        """List problems by name.

        Args:
            include_closed: Closed ones, too.
            limit: At most this many.
            after: Cursor: only those whose name comes after this one.
        """
        with self._database.read() as connection:
            chosen = stored.listed_problems(connection, include_closed=include_closed, limit=limit, after=after)
            counted = stored.count_patterns(connection, builtins.list(chosen))
            reports = count_reports(connection)
        return tuple(
            ListedProblem(
                problem=one,
                patterns=counted.get(number, (0, 0))[0],
                cases=counted.get(number, (0, 0))[1],
                reports=reports.get(one.name, 0),
            )
            for number, one in chosen.items()
        )

    def patterns(self, name: str) -> tuple[Pattern, ...]:
        """Read the patterns of a problem, by case and place.

        Args:
            name: The problem.

        Raises:
            ProblemNotFoundError: There is no such problem.
        """
        with self._database.read() as connection:
            number, _ = stored.find_problem(connection, name)
            return stored.patterns_of(connection, [number])[number]

    def pattern_ids(self, on: str = TEST) -> dict[str, builtins.list[ExampleId]]:
        """Name the labelled patterns of every problem of a test dataset, for comparisons by problem.

        Args:
            on: The test dataset, or a ref of it.
        """
        with self._database.read() as connection:
            return stored.labelled_patterns(connection, on.partition("@")[0])

    def steps(self, name: str, *, limit: int = 100, before: int | None = None) -> tuple[ProblemStep, ...]:
        """Read what was done to a problem, newest first.

        Args:
            name: The problem, whether or not it is still there.
            limit: At most this many.
            before: Cursor: only steps with a number below this one.

        Raises:
            ProblemNotFoundError: There is no such problem, and never was.
        """
        with self._database.read() as connection:
            found = stored.steps_of(connection, name, limit, before)
            if not found and before is None:
                stored.find_problem(connection, name)
            return found

    def template(self, *, form: str = "csv") -> str:
        """Write a file of patterns to start from, ``csv`` or ``jsonl``.

        Args:
            form: ``csv`` or ``jsonl``.
        """
        return template(self._task, form=form)

    def count_open(self) -> int:
        """Count problems that are not closed."""
        with self._database.read() as connection:
            return stored.count_open_problems(connection)

    def count_unlinked_reports(self) -> int:
        """Count user reports that no problem answers yet."""
        return self.reports.count_unlinked()

    def _settings(self, given: Given) -> dict[str, Any]:
        made = checked(given, self._levels)
        if self._task.kind is not TaskKind.BINARY and {"harm_false_positive", "harm_false_negative"} & set(made):
            raise BadFactorError("only a binary task has false positives and false negatives", "set one --harm")
        if "affected" in made:
            Counting(self._data, self._task).check(cast("Affected", made["affected"]))
        return made

    def _source(self, *, report: int | None, **given: Any) -> Source:  # noqa: ANN401  as in add
        return Source(report=None if report is None else self.reports.get(report), **given)

    def _text_column(self, column: str | None) -> str:
        inputs = self._task.inputs
        if column is None and len(inputs) == 1:
            return inputs[0]
        if column not in inputs:
            raise BadSuiteError(
                f"the texts of the suite are one input of the task, and it has {', '.join(inputs)}",
                "say which with --input",
            )
        return column
