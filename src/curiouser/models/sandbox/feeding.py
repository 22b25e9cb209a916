"""Finds a user's callable and gives it rows in the form it is annotated for."""

from __future__ import annotations

import importlib
import inspect
import sys
import typing
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

Callee = Callable[[Any], object]
"""A user's callable: rows in, answers out."""


def find(target: str) -> Callee:
    """Import ``module:function``.

    Raises:
        ModuleNotFoundError: There is no such module; says where it was looked for.
        AttributeError: The module has no such name.
        TypeError: It is there, and can't be called.
    """
    module_name, _, path = target.partition(":")
    try:
        found: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if not f"{module_name}.".startswith(f"{error.name}."):
            raise  # the module is there, and what it imports is not
        where = f"neither {Path.cwd()} nor the installed packages have a module {error.name!r}"
        raise ModuleNotFoundError(where, name=error.name) from None
    for part in path.split("."):
        found = getattr(found, part)
    if not callable(found):
        raise TypeError(f"{target} is {type(found).__name__} and can't be called")
    callee: Callee = found
    return callee


def wanted_form(callee: Callee) -> str:
    """Tell by the annotation of its first parameter what a callable wants: rows, polars or pandas."""
    try:
        parameters = list(inspect.signature(callee).parameters.values())
    except (TypeError, ValueError):
        return "rows"
    if not parameters or parameters[0].annotation is inspect.Parameter.empty:
        return "rows"
    annotation = parameters[0].annotation
    text = annotation if isinstance(annotation, str) else f"{getattr(annotation, '__module__', '')}.{annotation}"
    if isinstance(annotation, str):
        text = _resolved(callee, parameters[0].name) or text
    for library, alias in (("polars", "pl."), ("pandas", "pd.")):
        if "DataFrame" in text and (library in text or text.startswith(alias)):
            return library
    return "rows"


def _resolved(callee: Callee, parameter: str) -> str | None:
    try:
        found = typing.get_type_hints(callee).get(parameter)
    except (NameError, AttributeError, TypeError):
        return None  # a name that exists for type checkers only; its text decides
    return f"{getattr(found, '__module__', '')}.{found}"


def decode(header: dict[str, Any], body: bytes, form: str) -> object:
    """Build what the callable is called with.

    Args:
        header: Of the request: ``columns`` name -> values where rows are wanted; ``moments``: the columns of moments.
        body: Of the request: Arrow IPC where a frame is wanted.
        form: rows, polars, pandas, texts or matrix.
    """
    if form == "rows":
        return _rows(header["columns"], set(header["moments"]), int(header["rows"]))
    # The model itself asked for frames, by its annotation or by being a scikit-learn estimator.
    import polars as pl  # noqa: PLC0415  see above

    frame = pl.read_ipc(BytesIO(body))
    if form == "pandas":
        # Column by column: Polars' own conversion would need pyarrow.
        return sys.modules["pandas"].DataFrame(frame.to_dict(as_series=False))
    if form == "texts":
        return frame.to_series(0).to_list()
    return frame.to_numpy() if form == "matrix" else frame


def _rows(columns: dict[str, list[Any]], moments: set[str], count: int) -> list[dict[str, Any]]:
    values = [
        [None if value is None else datetime.fromisoformat(value) for value in column] if name in moments else column
        for name, column in columns.items()
    ]
    names = list(columns)
    made = [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]
    return made or [{} for _ in range(count)]
