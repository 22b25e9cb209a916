"""How a command speaks: data on stdout, progress and warnings on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self, TypeVar

import click

from curiouser.kernel.canonical import Json
from curiouser.kernel.words import counted
from curiouser.surfaces.bodies.text import json_text
from curiouser.surfaces.cli.context import Session

F = TypeVar("F", bound=Callable[..., Any])


class Tinted(str):
    """A cell in a colour; the colour is put on after the text has been made printable."""

    __slots__ = ("colour",)
    colour: str | None

    def __new__(cls, text: str, colour: str | None) -> Self:
        """Make a cell of a text and the name of a terminal colour (None: plain)."""
        made = super().__new__(cls, text)
        made.colour = colour
        return made


_UNKNOWN = "–"
_MOST_CELL = 60


def json_option(command: F) -> F:
    """Add ``--json``: print the body that REST answers."""
    return click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")(command)


def emit(body: Json, text: Callable[[], str], *, as_json: bool) -> None:
    """Print a body as JSON, or as the text a person reads (made only when needed)."""
    click.echo(json_text(body) if as_json else text())


def warn(text: str) -> None:
    """Say something on stderr that the reader should know."""
    click.secho("note: ", fg="yellow", nl=False, err=True)
    click.echo(text, err=True)


def table(heads: Sequence[str], rows: Sequence[Sequence[object]], *, right: Sequence[int] = ()) -> str:
    """Lay cells out in columns, two spaces apart, heads in bold.

    Args:
        heads: One head per column.
        rows: Cells; None shows as a dash, long text is cut with an ellipsis.
        right: Columns to align to the right, usually numbers.
    """
    cells = [[cell_text(cell) for cell in row] for row in rows]
    widths = [max([_width(head), *(_width(row[i]) for row in cells)]) for i, head in enumerate(heads)]
    lines = [click.style(_line(heads, widths, right), bold=True)]
    lines += [_line(row, widths, right) for row in cells]
    return "\n".join(lines)


def cell_text(value: object) -> str:
    """Show one value on one line, with control characters made visible."""
    if value is None:
        return _UNKNOWN
    if isinstance(value, float):
        return f"{value:.4g}"
    text = printable(str(value))
    text = text if len(text) <= _MOST_CELL else text[: _MOST_CELL - 1] + "…"
    return click.style(text, fg=value.colour) if isinstance(value, Tinted) and value.colour else text


def printable(text: str) -> str:
    r"""Make control characters visible: a stored text must not drive a terminal.

    Examples:
        >>> printable("red \x1b[31m")
        'red ␛[31m'
    """
    return "".join(_visible(letter) for letter in text)


def number(
    value: float | None,
    low: float | None = None,
    high: float | None = None,
    *,
    n: int | None = None,
    missing: int = 0,
) -> str:
    """Show a number with its interval, its n, and what was missing.

    Examples:
        >>> number(0.8421, 0.811, 0.869, n=600)
        '0.842 [0.811, 0.869] n=600'
        >>> number(0.588, n=34, missing=33)
        '0.588 n=34, 33 missing'
        >>> number(None)
        '–'
    """
    if value is None:
        return _UNKNOWN
    text = f"{value:.3f}"
    if low is not None and high is not None:
        text += f" [{low:.3f}, {high:.3f}]"
    return text if n is None else f"{text} {counted(n, missing)}"


@contextmanager
def progress(label: str) -> Iterator[Callable[[int, int | None], None]]:
    """Show how far long work is, on stderr.

    On a terminal this is a bar; elsewhere a line every ten seconds; nothing with ``--quiet``.

    Yields:
        A function to call with (done, total); total is None when unknown.
    """
    session = click.get_current_context().find_object(Session)
    if session is not None and session.quiet:
        yield lambda _done, _total: None
    elif sys.stderr.isatty():
        with _bar(label) as told:
            yield told
    else:
        yield _lines(label)


@contextmanager
def _bar(label: str) -> Iterator[Callable[[int, int | None], None]]:
    # Rich is loaded only when somebody is looking.
    from rich.console import Console  # noqa: PLC0415  see above
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _lines(label: str) -> Callable[[int, int | None], None]:
    every_s, last = 10.0, [time.monotonic()]

    def tell(done: int, total: int | None) -> None:
        if time.monotonic() - last[0] >= every_s:
            last[0] = time.monotonic()
            click.echo(f"{label}: {done:,}" + (f" of {total:,}" if total else ""), err=True)

    return tell


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[int]) -> str:
    padded = [
        " " * (width - _width(cell)) + cell if i in right else cell + " " * (width - _width(cell))
        for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(padded).rstrip()


def _width(text: str) -> int:
    """Count terminal columns; East Asian wide characters take two."""
    # Loaded with the first table; the names of all characters are not needed for `--help`.
    import unicodedata  # noqa: PLC0415  see above

    plain = click.unstyle(text)
    if plain.isascii():
        return len(plain)
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in plain
    )


def _visible(letter: str) -> str:
    if letter.isprintable() or letter in "\u200d\u200c":
        return letter
    code = ord(letter)
    if code < 0x20:  # the control characters have pictures from U+2400 on
        return chr(0x2400 + code)
    return f"\\u{code:04x}"
