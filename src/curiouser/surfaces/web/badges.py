"""States as a shape and a word; a list has hundreds of them, so each is made once."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from markupsafe import Markup

from curiouser.surfaces.web.filters import MISSING

SHAPES: Final = {
    "better": "up",
    "cancelled": "slash",
    "closed": "done",
    "conflict": "diamond",
    "done": "done",
    "fail": "cross",
    "failed": "cross",
    "failing": "square",
    "filed": "tick",
    "abandoned": "slash",
    "approved": "tick",
    "merged": "done",
    "rejected": "cross",
    "fixed": "disc",
    "landed": "done",
    "no_difference_shown": "level",
    "open": "ring",
    "pass": "tick",
    "passing": "ring",
    "queued": "dashed",
    "regressed": "down",
    "right": "disc",
    "running": "half",
    "slipped": "down-hollow",
    "todo": "ring",
    "unknown": "ask",
    "unscored": "dashed",
    "waiting": "ring",
    "warning": "cross",
    "withdrawn": "slash",
    "worse": "down",
    "wrong": "cross",
}
"""State -> its shape in ``parts/shapes.html``; no two states of one kind share a shape."""
_WORDS = {"no_difference_shown": "not shown", "todo": "not yet"}
_ANY = "dashed"


@lru_cache(maxsize=256)
def mark(name: str) -> Markup:
    """Draw the shape of a state; the word must stand beside it."""
    return Markup('<svg class="mark" aria-hidden="true"><use href="#m-{}"/></svg>').format(SHAPES.get(name, _ANY))


@lru_cache(maxsize=1024)
def badge(name: str | None, title: str = "") -> Markup:
    """Write a state: its shape, its word, and what a pointer is told besides.

    Args:
        name: A state, a verdict, an outcome; None: there is none, and a dash stands for it.
        title: More about it.
    """
    if name is None:
        return Markup('<span class="muted">{}</span>').format(MISSING)
    word = _WORDS.get(name, str(name).replace("_", " "))
    about = Markup(' title="{}"').format(title) if title else Markup("")
    return Markup('<span class="state state-{}"{}>{}{}</span>').format(name, about, mark(name), word)
