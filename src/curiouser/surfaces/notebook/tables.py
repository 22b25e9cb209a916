"""A table that a notebook shows: chosen columns in words, as HTML and as text."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

Cell = str | int | None
_STYLE = "border-collapse:collapse;font-variant-numeric:tabular-nums"
_LEFT = ' style="text-align:left"'
_MOST_ROWS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What is shown of a record."""

    heads: Sequence[str]
    """One head per column."""
    rows: Sequence[Sequence[Cell]]
    """As many cells in each; None shows as a dash."""
    title: str = ""
    """What stands above it."""
    lines: Sequence[str] = ()
    """Sentences above the table."""
    notes: Sequence[str] = ()
    """Sentences below it."""

    def as_html(self) -> str:
        """Write it for a notebook; whatever it shows is text, never markup."""
        above = (f"<p><strong>{html.escape(self.title)}</strong></p>" if self.title else "") + _said(self.lines)
        if not self.rows:
            return f"{above}<p>Nothing yet.</p>{_said(self.notes)}"
        head = "".join(f"<th{_LEFT}>{html.escape(name)}</th>" for name in self.heads)
        body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in self.rows[:_MOST_ROWS])
        more = [f"… and {len(self.rows) - _MOST_ROWS:,} more rows"] if len(self.rows) > _MOST_ROWS else []
        table = f'<table style="{_STYLE}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
        return above + table + _said([*more, *self.notes])

    def as_text(self) -> str:
        """Write it for a terminal."""
        frame = pl.DataFrame(
            [["–" if cell is None else str(cell) for cell in row] for row in self.rows],
            schema=_distinct(self.heads),
            orient="row",
        )
        config = pl.Config(
            tbl_rows=_MOST_ROWS,
            tbl_cols=-1,
            tbl_hide_column_data_types=True,
            tbl_hide_dataframe_shape=True,
            fmt_str_lengths=80,
            tbl_width_chars=-1,
        )
        with config:
            drawn = str(frame) if self.rows else "nothing yet"
        return "\n".join([*([self.title] if self.title else []), *self.lines, drawn, *self.notes])


def _said(sentences: Sequence[str]) -> str:
    return "".join(f"<p>{html.escape(one)}</p>" for one in sentences)


def _cell(value: Cell) -> str:
    return f"<td{_LEFT}>{'–' if value is None else html.escape(str(value))}</td>"


def _distinct(heads: Sequence[str]) -> dict[str, type[pl.DataType]]:
    # A frame wants every column to have a name of its own; a table need not.
    named = [head + " " * list(heads[:place]).count(head) for place, head in enumerate(heads)]
    return dict.fromkeys(named, pl.String)
