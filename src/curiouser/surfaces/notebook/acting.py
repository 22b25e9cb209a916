"""A service with who acts filled in, so that a notebook need not say it on every line."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from curiouser.surfaces.notebook.shown import shown


class Acting:
    """Stand in for a service: same verbs, same errors, actor filled in, tables that show themselves.

    Args:
        service: The service.
        actor: Who acts, where a verb asks for it and nobody is named.
    """

    def __init__(self, service: object, actor: str) -> None:
        self._service, self._actor = service, actor

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  whatever the service has
        if name.startswith("_"):
            raise AttributeError(name)
        found = getattr(self._service, name)
        return _acting(found, self._actor) if inspect.ismethod(found) else found

    def __dir__(self) -> list[str]:
        return sorted({*(n for n in dir(type(self)) if not n.startswith("_")), *_verbs(self._service)})

    def __repr__(self) -> str:
        return f"{type(self._service).__name__} as {self._actor!r}: {', '.join(_verbs(self._service))}"


def _verbs(service: object) -> list[str]:
    return [name for name, _ in inspect.getmembers(type(service), inspect.isfunction) if not name.startswith("_")]


def _acting(verb: Callable[..., object], actor: str) -> Callable[..., object]:
    asks = "actor" in inspect.signature(verb).parameters

    @functools.wraps(verb)
    def act(*args: object, **kwargs: object) -> object:
        if asks:
            kwargs.setdefault("actor", actor)
        return shown(verb(*args, **kwargs))

    return act
