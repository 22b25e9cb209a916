"""Curiouser: the issue tracker for what a model gets wrong, and the loop around it.

::

    import curiouser

    ws = curiouser.open(".")
    ws.problems.triage()

Names load when they are first used, so that ``import curiouser`` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from curiouser.cycle import CYCLE
    from curiouser.kernel.errors import CuriouserError
    from curiouser.surfaces.notebook import Session
    from curiouser.surfaces.notebook import open_session as open  # noqa: A004  curiouser.open() is the house's door
    from curiouser.workspace import Workspace

__version__ = "0.1.0"

_NAMES = {
    "CYCLE": ("curiouser.cycle", "CYCLE"),
    "CuriouserError": ("curiouser.kernel.errors", "CuriouserError"),
    "Session": ("curiouser.surfaces.notebook", "Session"),
    "Workspace": ("curiouser.workspace", "Workspace"),
    "open": ("curiouser.surfaces.notebook", "open_session"),
}

__all__ = ["CYCLE", "CuriouserError", "Session", "Workspace", "__version__", "open"]


def __getattr__(name: str) -> object:
    if name not in _NAMES:
        raise AttributeError(f"module 'curiouser' has no name {name!r}; it has {', '.join(__all__)}")
    module, attribute = _NAMES[name]
    return getattr(importlib.import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted(__all__)
