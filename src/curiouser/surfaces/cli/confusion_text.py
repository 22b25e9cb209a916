"""A confusion matrix on a terminal: the grid where it fits, else the pairs confused most."""

from __future__ import annotations

from curiouser.evaluations import ConfusionMatrix
from curiouser.kernel.words import plural
from curiouser.surfaces.cli.show import table

_MOST_CLASSES = 8
"""A grid of more classes is wider than a terminal, and mostly empty."""
_MOST_PAIRS = 10


def confusion_text(one: ConfusionMatrix, model: str) -> str:
    """Show which classes a model takes for which."""
    if one.reason:
        return f"Confusion of {model}: {one.reason}"
    missing = f", {plural(one.missing, 'row')} without an answer left out" if one.missing else ""
    drawn = _grid(one) if len(one.classes) <= _MOST_CLASSES else _pairs(one)
    return f"Confusion of {model} on {plural(one.n, 'row')} drawn from users{missing}\n\n{drawn}"


def _grid(one: ConfusionMatrix) -> str:
    heads = ["Label", *(f"answered {name}" for name in one.classes)]
    rows = [[name, *(f"{count:,}" for count in counts)] for name, counts in zip(one.classes, one.counts, strict=True)]
    return table(heads, rows, right=range(1, len(heads)))


def _pairs(one: ConfusionMatrix) -> str:
    pairs = one.most_confused
    if not pairs:
        return f"None of {len(one.classes)} classes was taken for another."
    rows = [[pair.truth, pair.answer, f"{pair.count:,}", f"{pair.of:,}"] for pair in pairs[:_MOST_PAIRS]]
    shown = table(("Label", "Answered", "Rows", "Of"), rows, right=(2, 3))
    more = len(pairs) - len(rows)
    return shown + (f"\n… and {plural(more, 'more pair')}; --json has the whole grid" if more else "")
