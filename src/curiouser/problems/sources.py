"""Where patterns come from: a file or a table, ids or a predicate, a user report."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from curiouser.kernel.configuration import Task, TaskKind
from curiouser.kernel.errors import UsageError
from curiouser.kernel.words import plural
from curiouser.problems.drafts import PatternDraft, where
from curiouser.problems.errors import BadPatternsError, PatternDisagreesError
from curiouser.problems.pattern_files import Row, drafts_from, read_ids, read_rows
from curiouser.problems.placing import Placed, Placing
from curiouser.problems.records import Pattern, UserReport

_LINE = re.compile(r"^line (\d+)")


@dataclass(frozen=True, slots=True)
class Tables:
    """Patterns that stand in several places and come as one: all of them or none."""

    several: tuple[Any, ...]
    """Files, frames or lists of rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a caller gave as patterns; exactly one of the first three, or a report, or a report and a table."""

    patterns: Any = None
    """A file, a Polars or pandas frame, a list of rows, or :class:`Tables` of these."""
    ids: Path | str | Sequence[str] | None = None
    """Ids of rows of the test dataset, or a file of them."""
    where: str | None = None
    """Predicate over the rows of the test dataset."""
    report: UserReport | None = None
    """A report whose input becomes the first pattern."""
    expected: str | None = None
    """Label of the report's input, where the report does not say it."""

    def __post_init__(self) -> None:
        given = [self.patterns is not None, self.ids is not None, self.where is not None]
        if sum(given) > 1 or not (any(given) or self.report):
            raise UsageError(
                "say where the patterns come from: one of --patterns, --ids, --slice, or --from-report",
                "`curiouser problem template` prints a file of patterns to start from",
            )


def place(source: Source, placing: Placing, task: Task, *, on: str, message: str, actor: str) -> Placed:
    """Turn what was given into patterns of rows in the test dataset.

    Raises:
        BadPatternsError: Rows cannot be patterns; all are named.
        PatternDisagreesError: A row stands there with another label or input.
        PatternNotFoundError: Ids are not there, or a predicate selects nothing.
    """
    drafts = [draft_of(source.report, source.expected, task)] if source.report else []
    if source.patterns is not None:
        drafts += drafts_of(source.patterns, task, placing.types(on))
    notes: tuple[str, ...] = ()
    existing: tuple[Pattern, ...] = ()
    if source.ids is not None:
        existing = placing.rows_by_id(read_ids(source.ids, task), on=on)
    if source.where is not None:
        existing, left_out = placing.rows_where(source.where, on=on)
        if left_out:
            said = plural(left_out, "selected row has no label and was", "selected rows have no label and were")
            notes = (f"{said} left out",)
    placed = placing.commit(drafts, on=on, message=message, actor=actor)
    return Placed(
        patterns=(*placed.patterns, *existing),
        committed=placed.committed,
        data_commit=placed.data_commit,
        notes=(*placed.notes, *notes),
    )


def drafts_of(given: Any, task: Task, types: Mapping[str, str]) -> list[PatternDraft]:  # noqa: ANN401  as in rows_of
    """Read patterns from one table or several; all mistakes are reported, with the file where there are several.

    Raises:
        BadPatternsError: Rows cannot be patterns.
    """
    if not isinstance(given, Tables):
        name, rows = rows_of(given)
        return list(drafts_from(rows, task=task, types=types, source=name))
    drafts, bad = list[PatternDraft](), list[BadPatternsError]()
    for table in given.several:
        source = Path(table).name if isinstance(table, str | Path) else ""
        try:
            name, rows = rows_of(table)
            found = drafts_from(rows, task=task, types=types, source=name)
        except BadPatternsError as error:
            said = [_LINE.sub(lambda match: where(int(match[1]), source), text) for text in error.problems]  # noqa: B023  used at once
            bad.append(BadPatternsError(error.source, said))
        else:
            drafts += [replace(draft, source=source) for draft in found]
    if bad:
        raise BadPatternsError(" and ".join(one.source for one in bad), [said for one in bad for said in one.problems])
    return drafts


def draft_of(report: UserReport, expected: str | None, task: Task) -> PatternDraft:
    """Make the first pattern out of a user report (slide 44, "add to your test set").

    Raises:
        PatternDisagreesError: The report has no input, or nobody said what the right answer is.
    """
    if not report.input:
        raise PatternDisagreesError(
            f"user report {report.number} has no input", "give patterns with --patterns instead"
        )
    label = expected or report.expected
    if label is None and task.kind is TaskKind.BINARY and report.answered is not None:
        # The user complained about one of two answers, so the other one is right.
        label = next(name for name in task.classes if name != report.answered)
    if label is None:
        raise PatternDisagreesError(
            f"user report {report.number} does not say what the right answer is", "add --expected ANSWER"
        )
    row: dict[str, object] = {**report.input, task.label: label}
    return drafts_from([(1, row)], task=task, types={}, source=f"user report {report.number}")[0]


def rows_of(given: Any) -> tuple[str, list[Row]]:  # noqa: ANN401  pandas is optional, so its type has no name here
    """Read rows from a file, a frame or a list; a name for errors comes first.

    Raises:
        BadInputError: The file cannot be read.
        BadPatternsError: It is no table.
    """
    if isinstance(given, str | Path):
        return Path(given).name, read_rows(Path(given))
    if hasattr(given, "to_dicts"):
        rows = given.to_dicts()
    elif hasattr(given, "to_dict"):
        rows = given.astype(object).where(given.notna(), None).to_dict("records")
    else:
        rows = list(given)
    if not all(isinstance(row, Mapping) for row in rows):
        raise BadPatternsError("the table of patterns", ["give a file, a frame, or a list of rows {column: value}"])
    return "the table of patterns", list(enumerate(rows, start=1))
