"""Repairs in the words of REST: a route for every command, a parameter for every option."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from curiouser.surfaces.bodies.wording import Words
from curiouser.surfaces.serving.guard import SAFE
from curiouser.surfaces.serving.routes import Declared

_COMMAND: Final = re.compile(r"`curiouser ([a-z][a-z-]*(?: [a-z][a-z-]*)*)[^`]*`")
_SAME_NAME: Final = (
    "affected", "affected-by-reports", "affected-where", "against", "allow-input-changes", "because", "common",
    "decimal-comma", "delimiter", "each", "expected", "from-report", "harm", "ids", "input", "limit", "margins",
    "message", "no-quotes", "on", "owner", "patterns", "raw", "skip-bad", "threshold", "tolerance", "type",
    "unlabelled", "where",
)  # fmt: skip
_OTHER_NAME: Final = {"--case": "cases", "--columns": "column", "--slice": "where"}


def words_of(routes: Iterable[Declared]) -> Words:
    """Learn from the routes which one does what a command does: each says so itself."""
    commands: dict[str, str] = {}
    # Of a command that lists and makes, as `data branch` does, the route that makes is meant.
    for one in sorted(routes, key=lambda one: one.method in SAFE):
        for command in _COMMAND.findall(one.endpoint.__doc__ or ""):
            commands.setdefault(command, f"call|`{one.method} /api/v1{one.path}`")
    options = {f"--{name}": name.replace("-", "_") for name in _SAME_NAME} | _OTHER_NAME
    return Words(commands=commands, options={option: f"pass|`{name}`" for option, name in options.items()})
