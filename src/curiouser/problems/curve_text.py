"""The error of problems over candidate models, drawn in the terminal (slide 47)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from curiouser.kernel.words import counted
from curiouser.problems.results import History, ProblemHistory, Standing

MOST_LINES = 6
"""More problems than this are drawn as one small line each."""
_HEIGHT, _MARGIN, _NARROWEST, _WIDEST = 11, 6, 6, 14


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ink:
    markers: str
    several: str
    path: str
    interval: str
    tolerance: str
    axis: str
    corner: str
    floor: str
    sparks: str
    gap: str


_UNICODE = _Ink(
    markers="●■▲◆○□", several="◎", path="·", interval="│", tolerance="┄", axis="┤", corner="└", floor="─",
    sparks="▁▂▃▄▅▆▇█", gap="·",
)  # fmt: skip
_ASCII = _Ink(
    markers="ox#*%=", several="&", path=".", interval="|", tolerance="-", axis="+", corner="+", floor="-",
    sparks="_.:-=+*#", gap=" ",
)  # fmt: skip


def draw_history(history: History, *, width: int = 100, ascii_only: bool = False) -> str:
    """Draw error curves: one chart for a few problems, a small line each for many.

    Args:
        history: Standings of problems over models, oldest model first.
        width: Columns of the terminal, >= 40.
        ascii_only: Use no character beyond ASCII (but in names).

    Returns:
        Lines of text without colour; the interval is drawn where there is one problem.
    """
    ink = _ASCII if ascii_only else _UNICODE
    if not history.problems or not history.problems[0].standings:
        return "There is no problem with a model to draw yet."
    if len(history.problems) > MOST_LINES:
        return "\n".join(_spark_lines(history.problems, ink))
    return "\n".join(_Chart(history.problems, ink, width).lines())


def spark(standings: Sequence[Standing], *, ascii_only: bool = False) -> str:
    """Draw errors as one character per model, from 0 to 1; a gap where nothing was scored.

    Args:
        standings: How one problem stands with models, oldest first.
        ascii_only: Use no character beyond ASCII.
    """
    ink = _ASCII if ascii_only else _UNICODE
    return "".join(_spark(one.error.value, ink) for one in standings)


class _Chart:
    """A grid of characters: models from left to right, error from bottom to top."""

    def __init__(self, lines: Sequence[ProblemHistory], ink: _Ink, width: int) -> None:
        self._lines, self._ink = lines, ink
        self._models = [standing.model for standing in lines[0].standings]
        room = (max(width, 40) - _MARGIN) // len(self._models)
        self._step = max(_NARROWEST if len(self._models) < 16 else 2, min(_WIDEST, room))
        self._top = _round_up(
            max(
                *(_highest(line, alone=len(lines) == 1) for line in lines),
                *(line.problem.tolerance for line in lines),
                0.1,
            )
        )
        self._grid = [[" "] * (self._step * len(self._models)) for _ in range(_HEIGHT)]

    def lines(self) -> list[str]:
        tolerances = {line.problem.tolerance for line in self._lines}
        if len(tolerances) == 1:
            row = self._row(min(tolerances))
            self._grid[row] = [self._ink.tolerance] * len(self._grid[row])
        if len(self._lines) == 1:
            self._draw_interval(self._lines[0])
        for line in self._lines:
            self._draw_path(line)
        shared = [self._draw_markers(i, line) for i, line in enumerate(self._lines)]
        made = ["error"]
        for row, cells in enumerate(self._grid):
            label = f"{self._top * (1 - row / (_HEIGHT - 1)):.2f}" if row % 2 == 0 else ""
            made.append(f"{label:>4} {self._ink.axis if label else ' '}" + "".join(cells).rstrip())
        made.append(" " * (_MARGIN - 1) + self._ink.corner + self._ink.floor * len(self._grid[0]))
        return made + self._names() + ["", *self._legend(tolerances, several=any(shared))]

    def _row(self, value: float) -> int:
        return round((1 - min(value, self._top) / self._top) * (_HEIGHT - 1))

    def _column(self, model: int) -> int:
        return model * self._step + self._step // 2

    def _draw_interval(self, line: ProblemHistory) -> None:
        for i, standing in enumerate(line.standings):
            if standing.error.low is not None and standing.error.high is not None:
                for row in range(self._row(standing.error.high), self._row(standing.error.low) + 1):
                    self._grid[row][self._column(i)] = self._ink.interval

    def _draw_path(self, line: ProblemHistory) -> None:
        scored = [(i, one.error.value) for i, one in enumerate(line.standings) if one.error.value is not None]
        for (i, start), (j, end) in itertools.pairwise(scored):
            left, right = self._column(i), self._column(j)
            for column in range(left + 1, right):
                row = self._row(start + (end - start) * (column - left) / (right - left))
                if self._grid[row][column] in {" ", self._ink.tolerance}:
                    self._grid[row][column] = self._ink.path

    def _draw_markers(self, number: int, line: ProblemHistory) -> bool:
        shared = False
        for i, standing in enumerate(line.standings):
            if standing.error.value is None:
                continue
            row, column = self._row(standing.error.value), self._column(i)
            taken = self._grid[row][column] in {*self._ink.markers[:number], self._ink.several} and number > 0
            self._grid[row][column] = self._ink.several if taken else self._ink.markers[number]
            shared = shared or taken
        return shared

    def _names(self) -> list[str]:
        if max(map(len, self._models)) < self._step:
            return [" " * _MARGIN + "".join(name.center(self._step) for name in self._models).rstrip()]
        numbers = "".join(str(i).center(self._step) for i in range(1, len(self._models) + 1))
        named = ", ".join(f"{i} {name}" for i, name in enumerate(self._models, start=1))
        return [" " * _MARGIN + numbers.rstrip(), " " * _MARGIN + named]

    def _legend(self, tolerances: set[float], *, several: bool) -> list[str]:
        widest = max(len(line.problem.name) for line in self._lines)
        made = [
            f"  {self._ink.markers[i]} {line.problem.name:<{widest}}  {_last(line)}"
            for i, line in enumerate(self._lines)
        ]
        if several:
            made.append(f"  {self._ink.several} several of them")
        if len(self._lines) == 1:
            made.append(f"  {self._ink.interval} 95 % interval")
        if len(tolerances) == 1:
            made.append(f"  {self._ink.tolerance} tolerance {min(tolerances):g}")
        return made


def _spark_lines(lines: Sequence[ProblemHistory], ink: _Ink) -> list[str]:
    models = [standing.model for standing in lines[0].standings]
    widest = max(len(line.problem.name) for line in lines)
    over = f"over {len(models)} models: {models[0]} to {models[-1]}" if len(models) > 1 else f"on {models[0]}"
    head = f"error {over}"
    made = []
    for line in lines:
        sparks = "".join(_spark(one.error.value, ink) for one in line.standings)
        made.append(f"{line.problem.name:<{widest}}  {sparks}  {_last(line)}")
    return [head, *made]


def _spark(value: float | None, ink: _Ink) -> str:
    return ink.gap if value is None else ink.sparks[min(len(ink.sparks) - 1, round(value * (len(ink.sparks) - 1)))]


def _last(line: ProblemHistory) -> str:
    scored = [one for one in line.standings if one.error.value is not None]
    if not scored:
        return "not scored yet"
    first, last = scored[0], scored[-1]
    since = f"{first.error.value:.2f} -> " if len(scored) > 1 else ""
    beside = counted(last.error.n, last.error.missing)
    return f"{since}{last.error.value:.2f} ({beside}), {last.state} on {last.model}"


def _highest(line: ProblemHistory, *, alone: bool) -> float:
    values = [one.error.high if alone else one.error.value for one in line.standings]
    return max((value for value in values if value is not None), default=0.0)


def _round_up(value: float) -> float:
    return next(top for top in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0) if value <= top)
