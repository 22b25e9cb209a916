"""User reports: what somebody told us, waiting for the problem that answers it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from curiouser.kernel.canonical import Json, canonical_json
from curiouser.kernel.clock import Clock, from_text
from curiouser.kernel.configuration import Task
from curiouser.kernel.errors import BadInputError
from curiouser.kernel.ids import ProblemName
from curiouser.problems.errors import ReportNotFoundError, StepTakenError
from curiouser.problems.records import UserReport
from curiouser.problems.stored import find_problem
from curiouser.problems.tables import user_report
from curiouser.storage import Database, utc_text


class ReportService:
    """Write down what users told us, and link it to problems.

    Args:
        database: Where reports are kept.
        task: Says which columns an input may have.
        clock: Tells the time.
    """

    def __init__(self, database: Database, *, task: Task, clock: Clock) -> None:
        self._database, self._task, self._clock = database, task, clock

    def add(
        self,
        text: str,
        *,
        input: Mapping[str, Json] | None = None,  # noqa: A002  the noun of the command and of the body
        answered: str | None = None,
        expected: str | None = None,
        model: str | None = None,
        user: str | None = None,
        actor: str,
    ) -> UserReport:
        """Write a report down.

        Args:
            text: What the user said, in their words.
            input: What the model was given, by the name of the input.
            answered: What it answered.
            expected: What it should have answered.
            model: Which model it was.
            user: Whose complaint it is.
            actor: Who writes it down.

        Raises:
            BadInputError: It says nothing, or its input or answers are none of this task.
        """
        if not text.strip():
            raise BadInputError("a report without words helps nobody", "give the user's words as text")
        given = dict(input or {})
        self._check_input(given)
        for said, what in ((answered, "answered"), (expected, "expected")):
            self._check_answer(said, what)
        with self._database.write() as connection:
            number = connection.execute(
                insert(user_report)
                .values(
                    text=text,
                    input=canonical_json(given),
                    answered=answered,
                    expected=expected,
                    model=model,
                    user=user,
                    reported_at=utc_text(self._clock()),
                    reported_by=actor,
                )
                .returning(user_report.c.id)
            ).scalar_one()
            return find_report(connection, int(number))

    def get(self, number: int) -> UserReport:
        """Read one report.

        Args:
            number: Of the report.

        Raises:
            ReportNotFoundError: There is none of this number.
        """
        with self._database.read() as connection:
            return find_report(connection, number)

    def list(
        self,
        *,
        problem: str | None = None,
        waiting: bool = False,
        withdrawn: bool = False,
        limit: int = 100,
        before: int | None = None,
    ) -> tuple[UserReport, ...]:
        """List reports, newest first.

        Args:
            problem: Only those linked to this problem.
            waiting: Only those that no problem answers yet.
            withdrawn: Also those that were withdrawn.
            limit: At most this many.
            before: Cursor: only reports with a number below this one.
        """
        query = select(user_report).order_by(user_report.c.id.desc()).limit(limit)
        if problem is not None:
            query = query.where(user_report.c.problem == problem)
        if waiting:
            query = query.where(user_report.c.problem.is_(None))
        if before is not None:
            query = query.where(user_report.c.id < before)
        if not withdrawn:
            query = query.where(user_report.c.withdrawn_at.is_(None))
        with self._database.read() as connection:
            return tuple(_report_from_row(row) for row in connection.execute(query))

    def oldest_waiting(self) -> UserReport | None:
        """Find the report that has waited longest for a problem; None where none waits."""
        query = select(user_report).where(user_report.c.problem.is_(None), user_report.c.withdrawn_at.is_(None))
        with self._database.read() as connection:
            row = connection.execute(query.order_by(user_report.c.id).limit(1)).first()
        return None if row is None else _report_from_row(row)

    def count(self) -> int:
        """Count reports that stand."""
        query = select(func.count()).select_from(user_report).where(user_report.c.withdrawn_at.is_(None))
        with self._database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def count_unlinked(self) -> int:
        """Count reports that stand and that no problem answers yet."""
        query = select(func.count()).select_from(user_report)
        query = query.where(user_report.c.problem.is_(None), user_report.c.withdrawn_at.is_(None))
        with self._database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def link(self, number: int, problem: str | None) -> UserReport:
        """Say which problem answers a report; None takes the link away.

        Args:
            number: Of the report.
            problem: Its name; None for no problem.

        Raises:
            ReportNotFoundError: There is no such report.
            ProblemNotFoundError: There is no such problem.
        """
        with self._database.write() as connection:
            find_report(connection, number)
            if problem is not None:
                find_problem(connection, problem)
            link_report(connection, number, problem)
            return find_report(connection, number)

    def withdraw(self, number: int) -> UserReport:
        """Withdraw a report that was no report; it stays readable.

        Args:
            number: Of the report.

        Raises:
            ReportNotFoundError: There is no such report.
            StepTakenError: It is withdrawn already.
        """
        with self._database.write() as connection:
            if find_report(connection, number).withdrawn_at is not None:
                raise StepTakenError(f"user report {number} is withdrawn already", "nothing was changed")
            moment = utc_text(self._clock())
            connection.execute(update(user_report).where(user_report.c.id == number).values(withdrawn_at=moment))
            return find_report(connection, number)

    def restore(self, number: int) -> UserReport:
        """Take a withdrawn report back; it counts again, and waits for the problem it was linked to, if any.

        Args:
            number: Of the report.

        Raises:
            ReportNotFoundError: There is no such report.
            StepTakenError: It is not withdrawn.
        """
        with self._database.write() as connection:
            if find_report(connection, number).withdrawn_at is None:
                raise StepTakenError(f"user report {number} is not withdrawn", "nothing was changed")
            connection.execute(update(user_report).where(user_report.c.id == number).values(withdrawn_at=None))
            return find_report(connection, number)

    def _check_input(self, given: Mapping[str, Json]) -> None:
        unknown = sorted(set(given) - set(self._task.inputs))
        missing = [name for name in self._task.inputs if name not in given]
        if given and (unknown or missing):
            said = [f"unknown: {', '.join(unknown)}"] if unknown else []
            said += [f"missing: {', '.join(missing)}"] if missing else []
            raise BadInputError(
                f"the input of a report has the columns {', '.join(self._task.inputs)}; {'; '.join(said)}",
                'write it as \'{"column": "value", …}\'',
            )

    def _check_answer(self, said: str | None, what: str) -> None:
        if said is not None and self._task.classes and said not in self._task.classes:
            raise BadInputError(
                f"{what} {said!r} is no answer of this task", f"choose one of: {', '.join(self._task.classes)}"
            )


def find_report(connection: Connection, number: int) -> UserReport:
    """Read one report in the caller's transaction.

    Raises:
        ReportNotFoundError: There is none of this number.
    """
    row = connection.execute(select(user_report).where(user_report.c.id == number)).first()
    if row is None:
        raise ReportNotFoundError(number)
    return _report_from_row(row)


def link_report(connection: Connection, number: int, problem: str | None) -> None:
    """Set a report's problem in the caller's transaction."""
    connection.execute(update(user_report).where(user_report.c.id == number).values(problem=problem))


def unlink_reports(connection: Connection, problem: str) -> None:
    """Let the reports of a problem wait again."""
    connection.execute(update(user_report).where(user_report.c.problem == problem).values(problem=None))


def reporters(connection: Connection) -> dict[str, tuple[UserReport, ...]]:
    """Read the standing reports that say whose they are, oldest first, by the problem that answers them."""
    query = select(user_report).where(
        user_report.c.problem.is_not(None), user_report.c.withdrawn_at.is_(None), user_report.c.user.is_not(None)
    )
    found: dict[str, list[UserReport]] = {}
    for row in connection.execute(query.order_by(user_report.c.id)):
        found.setdefault(row.problem, []).append(_report_from_row(row))
    return {problem: tuple(several) for problem, several in found.items()}


def count_reports(connection: Connection) -> dict[str, int]:
    """Count the standing reports of each problem."""
    query = select(user_report.c.problem, func.count()).where(
        user_report.c.problem.is_not(None), user_report.c.withdrawn_at.is_(None)
    )
    return {str(name): int(n) for name, n in connection.execute(query.group_by(user_report.c.problem))}


def _report_from_row(row: Row[Any]) -> UserReport:
    return UserReport(
        number=row.id,
        text=row.text,
        input=json.loads(row.input),
        answered=row.answered,
        expected=row.expected,
        model=row.model,
        user=row.user,
        problem=ProblemName(row.problem) if row.problem is not None else None,
        withdrawn_at=from_text(row.withdrawn_at) if row.withdrawn_at else None,
        reported_at=from_text(row.reported_at),
        reported_by=row.reported_by,
    )
