"""Which labels of a curve there is room for, at the narrowest page and at a wide one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from curiouser.surfaces.web.filters import number

_NARROW, _WIDE, _LETTER = 270.0, 540.0, 7.2
"""Pixels that a curve has at least, below and above 720 px of page; and the width of a letter."""
_VALUE_ROOM: Final = 36.0
_SHORTEST = 5
"""A name cut shorter says less than its number in the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A text in a chart."""

    text: str
    """What it says."""
    x: float
    """Where its middle is, percent."""
    y: float
    """Its baseline, pixels."""
    kind: str
    """Classes."""
    full: str = ""
    """The whole of it, where it had to be cut."""


class HasValue(Protocol):
    """A point of a curve."""

    @property
    def value(self) -> float | None:
        """Its number."""
        ...


def model_labels(models: Sequence[str], x: Callable[[int], float], live: str, y: float) -> list[Label]:
    """Name the models below a curve: whole where there is room, else cut, else by number."""
    return [
        *_named(models, x, live, y, room=_WIDE, only="only-wide"),
        *_named(models, x, live, y, room=_NARROW, only="only-narrow"),
    ]


def value_labels(points: Sequence[HasValue], x: Callable[[int], float], y: Callable[[float], float]) -> list[Label]:
    """Write numbers at their points, as many as fit; the last one always."""
    made = []
    wide, narrow = _every(len(points), _WIDE, _VALUE_ROOM), _every(len(points), _NARROW, _VALUE_ROOM)
    last = next((i for i in reversed(range(len(points))) if points[i].value is not None), None)
    for i, point in enumerate(points):
        from_last = (last or 0) - i
        if point.value is None or from_last % wide:
            continue
        above = y(point.value) - 10
        kind = "to-middle strong" if i == last else "to-middle ink"
        kind += "" if from_last % narrow == 0 else " only-wide"
        made.append(Label(text=number(point.value, 2), x=x(i), y=above if above > 10 else above + 30, kind=kind))
    return made


def spread(places: Sequence[float], gap: float) -> list[float]:
    """Move labels apart, as little as needed, keeping their order.

    Examples:
        >>> spread([10, 12, 50], 16)
        [3.0, 19.0, 50]
    """
    moved = list(places)
    for _ in range(len(moved)):
        for i in range(len(moved) - 1):
            lack = gap - (moved[i + 1] - moved[i])
            if lack > 0:
                moved[i] -= lack / 2
                moved[i + 1] += lack / 2
    return moved


def _named(
    models: Sequence[str], x: Callable[[int], float], live: str, y: float, *, room: float, only: str
) -> list[Label]:
    letters = int(room / max(len(models), 1) / _LETTER)
    cut = all(len(name) > letters for name in models) or letters < _SHORTEST
    by_number = cut and letters < _SHORTEST
    every = _every(len(models), room, 24.0 if by_number else 0.0)
    made = []
    for i, name in enumerate(models):
        is_live = name == live
        if i % every and not is_live:
            continue
        fits = len(name) <= letters
        text = str(i + 1) if by_number else name if fits else f"{name[: max(letters - 1, 1)]}…"
        kind = f"to-middle {only} {'strong' if is_live else ''}".rstrip()
        made.append(Label(text=text, x=x(i), y=y, kind=kind, full="" if text == name else name))
    return made


def _every(count: int, room: float, needed: float) -> int:
    """Say that each, each second, each third … label fits."""
    each = room / max(count, 1)
    return max(1, -(-int(needed) // max(int(each), 1)))
