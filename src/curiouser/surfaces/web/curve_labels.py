"""Which labels of a curve there is room for, at the narrowest page and at a wide one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from curiouser.surfaces.web.filters import number

NARROW: Final = 260.0
"""Pixels that a curve has at least below 720 px of page."""
_LETTER = 7.2
"""Width of a letter, pixels; few fonts are wider."""
_VALUE_ROOM: Final = 36.0
_NUMBER_ROOM: Final = 24.0
_HIGHEST, _LOWEST = 20.0, 190.0
"""Pixels from above: a point higher than the first has its label below; lower than the second, it is lifted."""
_SHORTEST = 5
"""A name cut shorter says less than its number in the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A text in a chart."""

    text: str
    """What it says."""
    x: float
    """Where it stands, percent."""
    y: float
    """Its baseline, pixels."""
    kind: str
    """Classes."""
    dx: int = 0
    """How far to the right of ``x`` it begins, pixels."""
    full: str = ""
    """The whole of it, where it had to be cut."""


class HasValue(Protocol):
    """A point of a curve."""

    @property
    def value(self) -> float | None:
        """Its number."""
        ...


def model_labels(models: Sequence[str], x: Callable[[int], float], live: str, *, y: float, wide: float) -> list[Label]:
    """Name the models below a curve: whole where there is room, cut where that tells them apart, else by number."""
    return [
        *_named(models, x, live, y=y, room=wide, only="only-wide"),
        *_named(models, x, live, y=y, room=NARROW, only="only-narrow"),
    ]


def is_numbered(models: Sequence[str], room: float) -> bool:
    """Tell whether models are shown by their number, so that the key must say so."""
    letters = _letters(models, room)
    shown = {_cut(name, letters) for name in models}
    return letters < _SHORTEST or len(shown) < len(models)


def value_labels(
    points: Sequence[HasValue], x: Callable[[int], float], y: Callable[[float], float], *, wide: float
) -> list[Label]:
    """Write numbers at their points, as many as fit; the last one always, behind its point."""
    made = []
    if_wide, if_narrow = (_every(len(points), room, _VALUE_ROOM) for room in (wide, NARROW))
    last = max((i for i, point in enumerate(points) if point.value is not None), default=0)
    for i, point in enumerate(points):
        if point.value is None or (last - i) % if_wide:
            continue
        text, at = number(point.value, 2), y(point.value)
        if i == last:
            made.append(Label(text=text, x=x(i), dx=9, y=at + (-2 if at > _LOWEST else 4), kind="strong"))
            continue
        above = at - 10 if at > _HIGHEST else at + 20
        kind = "to-middle ink" + (" only-wide" if (last - i) % if_narrow else "")
        made.append(Label(text=text, x=x(i), y=above, kind=kind))
    return made


def spread(places: Sequence[float], gap: float) -> list[float]:
    """Move labels apart, as little as needed, keeping their order.

    Examples:
        >>> spread([10, 12, 50], 16)
        [3.0, 19.0, 50.0]
    """
    moved = list(places)
    pairs = range(len(moved) - 1)
    for _ in moved:
        for i in pairs:
            lack = max(gap - (moved[i + 1] - moved[i]), 0)
            moved[i] -= lack / 2
            moved[i + 1] += lack / 2
    # Halving comes close to the gap and never reaches it; what is left goes one way.
    for i in pairs:
        moved[i + 1] = max(moved[i + 1], moved[i] + gap)
    return moved


def _named(
    models: Sequence[str], x: Callable[[int], float], live: str, *, y: float, room: float, only: str
) -> list[Label]:
    letters = _letters(models, room)
    by_number = is_numbered(models, room)
    every = _every(len(models), room, _NUMBER_ROOM) if by_number else 1
    at_live = models.index(live) if live in models else -every
    made = []
    for i, name in enumerate(models):
        # The live model keeps its label; those that would touch it give way.
        if i != at_live and (i % every or (at_live >= 0 and abs(i - at_live) < every)):
            continue
        text = str(i + 1) if by_number else _cut(name, letters)
        kind = f"to-middle {only}" + (" strong" if i == at_live else "")
        made.append(Label(text=text, x=x(i), y=y, kind=kind, full="" if text == name else name))
    return made


def _letters(models: Sequence[str], room: float) -> int:
    return int(room / max(len(models), 1) / _LETTER)


def _cut(name: str, letters: int) -> str:
    return name if len(name) <= letters else f"{name[: max(letters - 1, 1)]}…"


def _every(count: int, room: float, needed: float) -> int:
    """Say whether each label fits, each second, or each third."""
    return max(1, math.ceil(needed * max(count - 1, 1) / room))
