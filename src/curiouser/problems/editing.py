"""Change problems: every change is one transaction and one step, and every step can be taken back."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from curiouser.kernel.canonical import Json
from curiouser.kernel.clock import Clock
from curiouser.kernel.errors import BadInputError
from curiouser.kernel.ids import ExampleId, ProblemName
from curiouser.problems import stored
from curiouser.problems.errors import (
    NothingToUndoError,
    PatternDisagreesError,
    PatternNotFoundError,
    ProblemExistsError,
    ProblemMovedError,
    StepTakenError,
)
from curiouser.problems.placing import Placed, Placing
from curiouser.problems.records import ExpectationKind, Pattern, Problem, ProblemStep, StepKind
from curiouser.problems.reports import link_report, unlink_reports
from curiouser.problems.results import PatternsChanged
from curiouser.storage import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What taking a step back did."""

    step: ProblemStep
    """The step that was taken back."""
    problem: Problem | None
    """The problem as it is now; None where the step had made it."""
    rows_removed: int
    """Rows taken out of the test dataset again, >= 0."""


class Editing:
    """Writes problems, their patterns and their steps.

    Args:
        database: Where they are kept.
        placing: Brings rows into the test dataset, and takes them back.
        clock: Tells the time.
    """

    def __init__(self, database: Database, placing: Placing, clock: Clock) -> None:
        self._database, self._placing, self._clock = database, placing, clock

    def refuse_existing(self, name: str) -> None:
        """Make sure a name is free, before rows are committed for it.

        Raises:
            ProblemExistsError: It is not.
        """
        with self._database.read() as connection:
            if stored.has_problem(connection, name):
                raise ProblemExistsError(name)

    def add(self, made: Problem, placed: Placed, *, report: int | None, actor: str) -> PatternsChanged:
        """Write a new problem with its patterns; rows committed for it go again if the name was taken meanwhile.

        Raises:
            ProblemExistsError: Another process took the name.
            BadInputError: There is no pattern.
        """
        if not placed.patterns:
            raise BadInputError(f"problem {made.name!r} needs at least one pattern", "see `curiouser problem template`")
        patterns = tuple(dict.fromkeys(placed.patterns))
        try:
            with self._database.write() as connection:
                if stored.has_problem(connection, made.name):
                    raise ProblemExistsError(made.name)
                self._insert(connection, made, patterns, placed.committed, actor=actor)
                if report is not None:
                    link_report(connection, report, made.name)
        except ProblemExistsError:
            self._take_back(placed.committed, None, made.dataset, made.name, actor)
            raise
        return changed(made, patterns, added=patterns, placed=placed)

    def edit(
        self,
        name: str,
        changes: Mapping[str, Any],
        *,
        kind: StepKind,
        expected: Problem | None = None,
        actor: str,
    ) -> Problem:
        """Overwrite settings of a problem; nothing is written where nothing differs.

        Raises:
            ProblemNotFoundError: There is no such problem.
            ProblemMovedError: It is not as it was expected to be; nothing was changed.
        """
        with self._database.write() as connection:
            number, before = stored.find_problem(connection, name)
            if expected is not None and before != expected:
                raise ProblemMovedError(
                    f"somebody has changed problem {name!r} since it was read", "read it again, and edit that"
                )
            after = dataclasses.replace(before, **changes)
            old, new = stored.settings_of(before), stored.settings_of(after)
            differing = [key for key in old if old[key] != new[key]]
            if differing:
                was, now = {key: old[key] for key in differing}, {key: new[key] for key in differing}
                stored.update_problem(connection, number, now)
                stored.insert_step(connection, self._step(after.name, kind, actor, before=was, after=now))
            return after

    def close(self, name: str, *, closed: bool, actor: str) -> Problem:
        """Close or reopen a problem.

        Raises:
            ProblemNotFoundError: There is no such problem.
            StepTakenError: It is closed, or open, already.
            ProblemMovedError: Somebody changed it at the same moment; nothing was changed.
        """
        with self._database.read() as connection:
            _, problem = stored.find_problem(connection, name)
        if (problem.closed_at is not None) == closed:
            raise StepTakenError(f"problem {name!r} is {'closed' if closed else 'open'} already", "nothing was changed")
        kind = StepKind.CLOSED if closed else StepKind.REOPENED
        # Two that close it at once both read it open: the second must not write a step that changes nothing.
        moved = {"closed_at": self._clock() if closed else None}
        return self.edit(name, moved, kind=kind, expected=problem, actor=actor)

    def add_patterns(self, name: str, placed: Placed, *, report: int | None, actor: str) -> PatternsChanged:
        """Add patterns to a problem; those it has already are left alone.

        Raises:
            ProblemNotFoundError: There is no such problem.
            PatternDisagreesError: A Case of that name is there with other members.
        """
        with self._database.write() as connection:
            number, problem = stored.find_problem(connection, name)
            before = stored.patterns_of(connection, [number])[number]
            gained = _gained(before, placed.patterns, name)
            if gained:
                self._change(connection, number, problem, gained=gained, committed=placed.committed, actor=actor)
            if report is not None:
                link_report(connection, report, problem.name)
        return changed(problem, (*before, *gained), added=gained, placed=placed)

    def remove_patterns(self, name: str, lost: Sequence[Pattern], *, actor: str) -> PatternsChanged:
        """Take patterns out of a problem; their rows stay in the test dataset.

        Raises:
            ProblemNotFoundError: There is no such problem.
            BadInputError: No pattern would be left.
        """
        with self._database.write() as connection:
            number, problem = stored.find_problem(connection, name)
            before = stored.patterns_of(connection, [number])[number]
            going = set(lost)
            left = tuple(one for one in before if one not in going)
            if not left:
                raise BadInputError(
                    f"problem {name!r} would have no pattern left", f"close it: curiouser problem close {name}"
                )
            self._change(connection, number, problem, lost=lost, actor=actor)
        return changed(problem, left, removed=lost)

    def put_suite(
        self, problems: Sequence[tuple[Problem, tuple[Pattern, ...]]], placed: Placed, *, actor: str
    ) -> tuple[list[PatternsChanged], list[ProblemName]]:
        """Write the problems of a suite at once; a test that has not changed is left alone.

        Returns:
            What was written, and the names of the tests that had not changed.

        Raises:
            ProblemExistsError: A name belongs to a problem that is no test of this suite.
        """
        written: list[PatternsChanged] = []
        unchanged: list[ProblemName] = []
        committed = set(placed.committed)
        with self._database.write() as connection:
            for made, patterns in problems:
                own = [one.example_id for one in patterns if one.example_id in committed]
                result = self._put_test(connection, made, patterns, own, actor=actor)
                if result is None:
                    unchanged.append(made.name)
                else:
                    written.append(dataclasses.replace(result, data_commit=placed.data_commit))
        return written, unchanged

    def undo(self, name: str, *, actor: str) -> Undone:
        """Take the latest step of a problem back, also out of the test dataset.

        Rows that the step committed are removed where no other problem uses
        them and they are still patterns.

        Raises:
            ProblemNotFoundError: There never was such a problem.
            NothingToUndoError: Every step was taken back already.
        """
        with self._database.write() as connection:
            taken = self._latest(connection, name)
            created = "name" in taken.after and not taken.before
            number, problem = stored.find_problem(connection, taken.problem)
            step = self._step(
                taken.problem, StepKind.UNDONE, actor, before=taken.after, after=taken.before,
                gained=taken.lost, lost=taken.gained, undoes=taken.number,
            )  # fmt: skip
            stored.insert_step(connection, step)
            if created:
                stored.delete_problem(connection, number)
                unlink_reports(connection, taken.problem)
            else:
                stored.update_problem(connection, number, dict(taken.before))
                stored.delete_patterns(connection, number, taken.gained)
                stored.insert_patterns(connection, number, taken.lost)
                problem = stored.find_problem(connection, taken.problem)[1]
            free = self._unused(connection, taken.committed)
        removed = self._take_back(free, taken.number, problem.dataset, taken.problem, actor)
        return Undone(step=taken, problem=None if created else problem, rows_removed=removed)

    def _put_test(
        self,
        connection: Connection,
        made: Problem,
        patterns: tuple[Pattern, ...],
        own: Sequence[ExampleId],
        *,
        actor: str,
    ) -> PatternsChanged | None:
        if not stored.has_problem(connection, made.name):
            self._insert(connection, made, patterns, own, actor=actor, kind=StepKind.IMPORTED)
            return changed(made, patterns, added=patterns, committed=len(set(own)))
        number, there = stored.find_problem(connection, made.name)
        if there.suite != made.suite:
            raise ProblemExistsError(made.name)
        before = stored.patterns_of(connection, [number])[number]
        had, has = set(before), set(patterns)
        gained = [one for one in patterns if one not in had]
        lost = [one for one in before if one not in has]
        if not gained and not lost:
            return None
        self._change(
            connection, number, there, gained=gained, lost=lost, committed=own, actor=actor, kind=StepKind.IMPORTED
        )
        return changed(there, patterns, added=gained, removed=lost, committed=len(set(own)))

    def _insert(
        self,
        connection: Connection,
        made: Problem,
        patterns: Sequence[Pattern],
        committed: Sequence[ExampleId],
        *,
        actor: str,
        kind: StepKind = StepKind.ADDED,
    ) -> None:
        settings = stored.settings_of(made)
        stored.insert_patterns(connection, stored.insert_problem(connection, settings), patterns)
        step = self._step(made.name, kind, actor, after=settings, gained=patterns, committed=committed)
        stored.insert_step(connection, step)

    def _change(
        self,
        connection: Connection,
        number: int,
        problem: Problem,
        *,
        actor: str,
        gained: Sequence[Pattern] = (),
        lost: Sequence[Pattern] = (),
        committed: Sequence[ExampleId] = (),
        kind: StepKind | None = None,
    ) -> None:
        stored.delete_patterns(connection, number, lost)
        stored.insert_patterns(connection, number, gained)
        what = kind or (StepKind.PATTERNS_ADDED if gained else StepKind.PATTERNS_REMOVED)
        step = self._step(problem.name, what, actor, gained=gained, lost=lost, committed=committed)
        stored.insert_step(connection, step)

    def _latest(self, connection: Connection, name: str) -> ProblemStep:
        steps = stored.steps_of(connection, name)
        if not steps:
            stored.find_problem(connection, name)
        undone = {one.undoes for one in steps}
        for one in steps:
            if one.kind is not StepKind.UNDONE and one.number not in undone:
                return one
        raise NothingToUndoError(f"every step of problem {name!r} has been taken back", "see `curiouser problem list`")

    def _unused(self, connection: Connection, ids: Sequence[ExampleId]) -> tuple[ExampleId, ...]:
        used = stored.used_elsewhere(connection, None, ids)
        return tuple(each for each in ids if each not in used)

    def _take_back(self, ids: Sequence[ExampleId], number: int | None, dataset: str, name: str, actor: str) -> int:
        if not ids:
            return 0
        said = f"step {number} of" if number is not None else "adding"
        return self._placing.take_back(ids, on=dataset, message=f"undo {said} problem {name}", actor=actor)

    def _step(
        self,
        name: ProblemName,
        kind: StepKind,
        actor: str,
        *,
        before: Mapping[str, Json] | None = None,
        after: Mapping[str, Json] | None = None,
        gained: Sequence[Pattern] = (),
        lost: Sequence[Pattern] = (),
        committed: Sequence[ExampleId] = (),
        undoes: int | None = None,
    ) -> ProblemStep:
        return ProblemStep(
            number=0,
            problem=name,
            kind=kind,
            before=before or {},
            after=after or {},
            gained=tuple(gained),
            lost=tuple(lost),
            committed=tuple(committed),
            undoes=undoes,
            actor=actor,
            taken_at=self._clock(),
        )


def changed(
    problem: Problem,
    now: Sequence[Pattern],
    *,
    added: Sequence[Pattern] = (),
    removed: Sequence[Pattern] = (),
    placed: Placed | None = None,
    committed: int | None = None,
) -> PatternsChanged:
    """Sum up what a step did to a problem's patterns."""
    fresh = set(placed.committed) if placed else set()
    return PatternsChanged(
        problem=problem,
        patterns=len(now),
        cases=count_cases(now),
        added=len(added),
        removed=len(removed),
        committed=len(fresh) if committed is None else committed,
        reused=sum(one.example_id not in fresh for one in added) if committed is None else 0,
        data_commit=placed.data_commit if placed else None,
        notes=placed.notes if placed else (),
    )


def chosen_patterns(name: str, several: Sequence[Pattern], ids: Sequence[str], cases: Sequence[str]) -> list[Pattern]:
    """Choose patterns of a problem by id or by whole Cases.

    Raises:
        PatternNotFoundError: It has no such pattern or Case.
        PatternDisagreesError: An id belongs to a Case that compares its members.
    """
    comparing = {one.case for one in several if one.expectation.kind is not ExpectationKind.LABEL}
    wanted, wanted_cases = set(ids), set(cases)
    missing = sorted(wanted - {one.example_id for one in several})
    missing += [f"case {each}" for each in sorted(wanted_cases - {str(one.case) for one in several})]
    if missing:
        said = f"problem {name!r} has no pattern {', '.join(missing)}"
        raise PatternNotFoundError(said, f"see `curiouser problem pattern list {name}`")
    bound = sorted({str(one.case) for one in several if one.example_id in wanted and one.case in comparing})
    if bound:
        said = f"members of case {', '.join(bound)} are compared with one another"
        raise PatternDisagreesError(said, "remove the whole case with --case")
    return [one for one in several if one.example_id in wanted or (one.case is not None and one.case in wanted_cases)]


def count_cases(patterns: Sequence[Pattern]) -> int:
    """Count Cases; a pattern without one is a Case of its own."""
    return len({(one.case, "" if one.case is not None else one.example_id) for one in patterns})


def _gained(before: Sequence[Pattern], placed: Sequence[Pattern], name: str) -> list[Pattern]:
    has = set(before)
    gained = [one for one in dict.fromkeys(placed) if one not in has]
    cases = {one.case for one in before} - {None}
    clash = sorted({str(one.case) for one in gained if one.case in cases})
    if clash:
        raise PatternDisagreesError(
            f"problem {name!r} has a case {', '.join(map(repr, clash[:5]))} with other members",
            "give the case another name, or remove it first with `curiouser problem pattern remove --case`",
        )
    return gained
