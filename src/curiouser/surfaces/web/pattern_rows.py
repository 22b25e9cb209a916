"""Patterns as people type them: a small table of inputs and right answers, or text pasted from elsewhere."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from curiouser.kernel.configuration import Task
from curiouser.kernel.errors import BadRowsError, CuriouserError
from curiouser.problems import PatternDisagreesError, Tables, UserReport
from curiouser.surfaces.web.errors import NoPatternError
from curiouser.surfaces.web.posted import Posted

FEWEST: Final = 6
MOST: Final = 200
PASTED: Final = "what you pasted"
"""What the text is called where its lines are spoken of."""
_MORE = 12
_NAME = re.compile(r"r(\d{1,4})\.(\d{1,4})")
_MISTAKE = re.compile(r"line (\d+)(, [^:;]+)?: (.+?)(?=; line \d+[,:]|$)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedRows:
    """The patterns in a form: full rows first, then empty ones to go on with."""

    task: Task
    """Names the columns."""
    full: tuple[tuple[str, ...], ...] = ()
    """Rows with something in them: the inputs in their order, then the right answer."""
    places: int = FEWEST
    """Rows that the table has, the empty ones counted."""
    pasted: str = ""
    """Text of a CSV or JSON lines file."""
    mistakes: Mapping[int, Sequence[str]] = field(default_factory=dict)
    """Row, from 1 -> what is wrong with it."""
    trouble: Sequence[str] = ()
    """What is wrong that belongs to no row."""

    @property
    def heads(self) -> tuple[str, ...]:
        """Names of the columns."""
        return (*self.task.inputs, self.task.label)

    @property
    def rows(self) -> list[tuple[str, ...]]:
        """Every row of the table."""
        empty = ("",) * (len(self.task.inputs) + 1)
        return [*self.full, *[empty] * max(self.places - len(self.full), 0)]

    @contextmanager
    def given(self) -> Iterator[Path | list[dict[str, str]] | Tables]:
        """Give the patterns as a service takes them: rows that were typed, a file that is gone afterwards, or both.

        Raises:
            NoPatternError: There is none.
        """
        if not self.full and not self.pasted.strip():
            raise NoPatternError("there is no pattern yet", "type at least one row, or paste some")
        typed = [dict(zip(self.heads, row, strict=True)) for row in self.full]
        if not self.pasted.strip():
            yield typed
            return
        with tempfile.TemporaryDirectory(prefix="curiouser-") as folder:
            ending = "jsonl" if self.pasted.lstrip().startswith("{") else "csv"
            path = Path(folder) / f"{PASTED}.{ending}"
            path.write_text(self.pasted, encoding="utf-8")
            yield Tables((typed, path)) if typed else path

    def blamed(self, error: CuriouserError) -> TypedRows:
        """Put what is wrong beside the rows that it is about."""
        if isinstance(error, BadRowsError):
            said = list(error.problems)
        elif isinstance(error, PatternDisagreesError | NoPatternError):
            said = [error.reason]
        else:
            return self
        # Where there are both, a row that was pasted is said to stand in another place.
        typed = [text for text in said if self.full and PASTED not in text]
        found = [match for text in typed for match in _MISTAKE.finditer(text)]
        if not found:
            return replace(self, trouble=tuple(said))
        mistakes, others = dict[int, list[str]](), tuple(text for text in said if text not in typed)
        for match in found:
            mistakes.setdefault(int(match[1]), []).append((match[2] or "").removeprefix(", ") + f" {match[3]}")
        stripped = {line: [text.strip() for text in texts] for line, texts in mistakes.items()}
        return replace(self, mistakes=stripped, trouble=others)


def empty_rows(task: Task, places: int = FEWEST, report: UserReport | None = None) -> TypedRows:
    """Start a table of patterns, with what a report says as its first row."""
    full: tuple[tuple[str, ...], ...] = ()
    if report is not None and report.input:
        cells = [report.input.get(name) for name in task.inputs]
        full = ((*("" if cell is None else str(cell) for cell in cells), right_answer(task, report)),)
    return TypedRows(task=task, full=full, places=min(max(places, FEWEST), MOST))


def right_answer(task: Task, report: UserReport) -> str:
    """Say what a report's answer should have been: what it says, else the other one of two."""
    if report.expected is not None:
        return report.expected
    others = [name for name in task.classes if name != report.answered]
    return others[0] if report.answered is not None and len(task.classes) == 2 else ""


def typed_rows(task: Task, posted: Posted) -> TypedRows:
    """Read a table of patterns from a form; rows without anything are left out."""
    width, cells, places = len(task.inputs) + 1, dict[int, dict[int, str]](), FEWEST
    for name in posted.texts:
        found = _NAME.fullmatch(name)
        if found is not None and int(found[1]) < MOST and int(found[2]) < width:
            cells.setdefault(int(found[1]), {})[int(found[2])] = posted.raw(name)
            places = max(places, int(found[1]) + 1)
    rows = [tuple(cells[i].get(j, "") for j in range(width)) for i in sorted(cells)]
    file = posted.files.get("file")
    return TypedRows(
        task=task,
        full=tuple(row for row in rows if any(cell.strip() for cell in row)),
        places=min(places + _MORE, MOST) if posted.text("more") else places,
        pasted=file.text if file is not None else posted.raw("pasted"),
    )
