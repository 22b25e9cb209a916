"""Read and write problems, patterns and steps; every function works in the caller's transaction."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, case, delete, func, insert, select, update

from curiouser.kernel.canonical import Json, canonical_json
from curiouser.kernel.clock import from_text
from curiouser.kernel.ids import ExampleId, ProblemName
from curiouser.problems.errors import ProblemNotFoundError
from curiouser.problems.records import (
    Affected,
    AffectedSource,
    Expectation,
    ExpectationKind,
    Pattern,
    Problem,
    ProblemStep,
    StepKind,
)
from curiouser.problems.tables import pattern, problem, problem_event
from curiouser.storage import utc_text

Settings = dict[str, Json]
"""What can be set on a problem, as it stands in an event."""
_SETTINGS = tuple(field.name for field in dataclasses.fields(Problem))
_PATTERN = (
    pattern.c.example_id,
    pattern.c.case_name,
    pattern.c.place,
    pattern.c.expectation,
    pattern.c.quantity,
    pattern.c.tolerance,
)
# SQLite takes at most 32,766 values in one statement.
_BATCH = 2_000
_T = TypeVar("_T")


def settings_of(one: Problem) -> Settings:
    """Write a problem's settings as JSON values.

    Examples:
        >>> settings_of(Problem(name=ProblemName("tech-too-general"), dataset="test"))["tolerance"]
        0.1
    """
    affected = None
    if one.affected is not None:
        affected = {key: value for key, value in dataclasses.asdict(one.affected).items() if value is not None}
    made: Settings = {name: getattr(one, name) for name in _SETTINGS}
    return made | {"affected": affected, "closed_at": utc_text(one.closed_at) if one.closed_at else None}


def problem_from(settings: Mapping[str, Any]) -> Problem:
    """Read what :func:`settings_of` wrote."""
    affected = settings["affected"]
    made = dict(settings)
    made["affected"] = Affected(**(affected | {"source": AffectedSource(affected["source"])})) if affected else None
    made["closed_at"] = from_text(settings["closed_at"]) if settings["closed_at"] else None
    return Problem(**made)


def find_problem(connection: Connection, name: str) -> tuple[int, Problem]:
    """Find a problem by its name, with the number its patterns hang on.

    Raises:
        ProblemNotFoundError: There is none of this name.
    """
    row = connection.execute(select(problem).where(problem.c.name == name)).first()
    if row is None:
        raise ProblemNotFoundError(
            name, connection.execute(select(problem.c.name).order_by(problem.c.name)).scalars().all()
        )
    return row.id, _problem_from_row(row)


def versions(connection: Connection, names: Sequence[str] | None = None) -> list[tuple[int, int]]:
    """List (number, number of the latest step) of all problems by name, or of those named, in the order of the call.

    Every change of a problem is a step, so the pair names all that is kept of it.

    Raises:
        ProblemNotFoundError: There is none of a name.
    """
    latest = select(func.max(problem_event.c.id)).where(problem_event.c.problem == problem.c.name).scalar_subquery()
    query = select(problem.c.id, problem.c.name, latest.label("step")).order_by(problem.c.name)
    if names is None:
        return [(row.id, row.step or 0) for row in connection.execute(query)]
    found: dict[str, tuple[int, int]] = {}
    for batch in _batches(names):
        rows = connection.execute(query.where(problem.c.name.in_(batch)))
        found.update({row.name: (row.id, row.step or 0) for row in rows})
    for name in names:
        if name not in found:
            find_problem(connection, name)
    return [found[name] for name in dict.fromkeys(names)]


def problems_by_number(connection: Connection, numbers: Sequence[int]) -> dict[int, Problem]:
    """Read some problems."""
    found: dict[int, Problem] = {}
    for batch in _batches(numbers):
        rows = connection.execute(select(problem).where(problem.c.id.in_(batch)))
        found.update({row.id: _problem_from_row(row) for row in rows})
    return found


def labelled_patterns(connection: Connection, dataset: str) -> dict[str, list[ExampleId]]:
    """List the rows that are labelled patterns of each problem of a test dataset, in order of name and of id."""
    of_dataset = select(problem.c.id, problem.c.name, problem.c.dataset).order_by(problem.c.name)
    names = {row.id: row.name for row in connection.execute(of_dataset) if row.dataset.partition("@")[0] == dataset}
    found: dict[str, set[ExampleId]] = {name: set() for name in names.values()}
    query = select(pattern.c.problem_id, pattern.c.example_id).where(pattern.c.expectation == ExpectationKind.LABEL)
    for number, example_id in connection.execute(query):
        if number in names:
            found[names[number]].add(ExampleId(example_id))
    return {name: sorted(ids) for name, ids in found.items()}


def listed_problems(
    connection: Connection, *, include_closed: bool, limit: int, after: str | None
) -> dict[int, Problem]:
    """Read problems in order of name, from after a name."""
    query = select(problem).order_by(problem.c.name).limit(max(0, limit))
    if not include_closed:
        query = query.where(problem.c.closed_at.is_(None))
    if after is not None:
        query = query.where(problem.c.name > after)
    return {row.id: _problem_from_row(row) for row in connection.execute(query)}


def count_patterns(connection: Connection, numbers: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Count the patterns and the Cases of problems, by number; those without any are left out."""
    # A pattern without a Case is one of its own.
    alone = func.count(case((pattern.c.case_name == "", 1)))
    cases = func.count(func.nullif(pattern.c.case_name, "").distinct())
    query = select(pattern.c.problem_id, func.count(), alone, cases).group_by(pattern.c.problem_id)
    found: dict[int, tuple[int, int]] = {}
    for batch in _batches(numbers):
        rows = connection.execute(query.where(pattern.c.problem_id.in_(batch)))
        found.update({number: (every, plain + shared) for number, every, plain, shared in rows})
    return found


def has_problem(connection: Connection, name: str) -> bool:
    """Tell whether a problem of this name exists."""
    return connection.execute(select(problem.c.id).where(problem.c.name == name)).first() is not None


def insert_problem(connection: Connection, settings: Settings) -> int:
    """Write a new problem and return its number."""
    made = connection.execute(insert(problem).values(_columns(settings)).returning(problem.c.id))
    return int(made.scalar_one())


def update_problem(connection: Connection, number: int, settings: Settings) -> None:
    """Overwrite some settings of a problem."""
    if settings:
        connection.execute(update(problem).where(problem.c.id == number).values(_columns(settings)))


def delete_problem(connection: Connection, number: int) -> None:
    """Remove a problem and its patterns; its events stay."""
    connection.execute(delete(pattern).where(pattern.c.problem_id == number))
    connection.execute(delete(problem).where(problem.c.id == number))


def patterns_of(connection: Connection, numbers: Sequence[int]) -> dict[int, tuple[Pattern, ...]]:
    """Read the patterns of some problems, by case and place; plain ones first, by id."""
    found: dict[int, list[Pattern]] = {number: [] for number in numbers}
    order = (pattern.c.problem_id, pattern.c.case_name, pattern.c.place, pattern.c.example_id)
    for batch in _batches(numbers):
        query = select(pattern.c.problem_id, *_PATTERN).where(pattern.c.problem_id.in_(batch)).order_by(*order)
        for number, example_id, case_name, place, *expectation in connection.execute(query):
            found[number].append(_pattern(example_id, case_name, place, expectation))
    return {number: tuple(several) for number, several in found.items()}


def insert_patterns(connection: Connection, number: int, several: Iterable[Pattern]) -> None:
    """Write patterns of a problem."""
    rows = [{"problem_id": number, **_pattern_columns(one)} for one in several]
    if rows:
        connection.execute(insert(pattern), rows)


def delete_patterns(connection: Connection, number: int, several: Iterable[Pattern]) -> None:
    """Remove patterns of a problem."""
    for one in several:
        connection.execute(
            delete(pattern).where(
                pattern.c.problem_id == number,
                pattern.c.case_name == (one.case or ""),
                pattern.c.place == one.place,
                pattern.c.example_id == one.example_id,
            )
        )


def used_elsewhere(connection: Connection, number: int | None, ids: Sequence[ExampleId]) -> set[ExampleId]:
    """Tell which of these rows are patterns of another problem than this one."""
    used: set[ExampleId] = set()
    for batch in _batches(ids):
        query = select(pattern.c.example_id).where(pattern.c.example_id.in_(batch)).distinct()
        if number is not None:
            query = query.where(pattern.c.problem_id != number)
        used.update(connection.execute(query).scalars())
    return used


def insert_step(connection: Connection, taken: ProblemStep) -> None:
    """Append a step; its number is given by the database."""
    connection.execute(
        insert(problem_event).values(
            problem=taken.problem,
            kind=taken.kind,
            before=canonical_json(taken.before),
            after=canonical_json(taken.after),
            gained=canonical_json([_packed(one) for one in taken.gained]),
            lost=canonical_json([_packed(one) for one in taken.lost]),
            committed=canonical_json(taken.committed),
            undoes=taken.undoes,
            actor=taken.actor,
            taken_at=utc_text(taken.taken_at),
        )
    )


def steps_of(
    connection: Connection, name: str, limit: int | None = None, before: int | None = None
) -> tuple[ProblemStep, ...]:
    """Read the steps of a problem, newest first, from below a number."""
    query = select(problem_event).where(problem_event.c.problem == name).order_by(problem_event.c.id.desc())
    if before is not None:
        query = query.where(problem_event.c.id < before)
    return tuple(_step_from_row(row) for row in connection.execute(query.limit(limit)))


def count_open_problems(connection: Connection) -> int:
    """Count problems that are not closed."""
    query = select(func.count()).select_from(problem).where(problem.c.closed_at.is_(None))
    return int(connection.execute(query).scalar_one())


def _columns(settings: Mapping[str, Any]) -> dict[str, Any]:
    made = dict(settings)
    if "affected" in made:
        made["affected"] = canonical_json(made["affected"]) if made["affected"] else None
    return made


def _problem_from_row(row: Row[Any]) -> Problem:
    settings = {name: row._mapping[name] for name in _SETTINGS}  # noqa: SLF001  SQLAlchemy's public way to read by name
    return problem_from(settings | {"affected": json.loads(row.affected) if row.affected else None})


def _pattern_columns(one: Pattern) -> dict[str, Any]:
    return {
        "case_name": one.case or "",
        "place": one.place,
        "example_id": one.example_id,
        "expectation": one.expectation.kind,
        "quantity": one.expectation.quantity,
        "tolerance": one.expectation.tolerance,
    }


def _pattern(example_id: str, case_name: str, place: int, expectation: Sequence[Any]) -> Pattern:
    return Pattern(
        example_id=ExampleId(example_id), case=case_name or None, place=place, expectation=_expectation(*expectation)
    )


@lru_cache(maxsize=1_024)
def _expectation(kind: str, quantity: str | None, tolerance: float | None) -> Expectation:
    return Expectation(kind=ExpectationKind(kind), quantity=quantity, tolerance=tolerance)


def _packed(one: Pattern) -> Json:
    return [
        one.example_id,
        one.case or "",
        one.place,
        [one.expectation.kind, one.expectation.quantity, one.expectation.tolerance],
    ]


def _step_from_row(row: Row[Any]) -> ProblemStep:
    return ProblemStep(
        number=row.id,
        problem=ProblemName(row.problem),
        kind=StepKind(row.kind),
        before=json.loads(row.before),
        after=json.loads(row.after),
        gained=tuple(_pattern(*packed) for packed in json.loads(row.gained)),
        lost=tuple(_pattern(*packed) for packed in json.loads(row.lost)),
        committed=tuple(ExampleId(each) for each in json.loads(row.committed)),
        undoes=row.undoes,
        actor=row.actor,
        taken_at=from_text(row.taken_at),
    )


def _batches(items: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for start in range(0, len(items), _BATCH):
        yield items[start : start + _BATCH]
