"""What requests may say: texts with a length, finite numbers, and no key that nobody reads.

A text is refused where a database could not keep it: with a NUL, or with half
of a surrogate pair. Bodies that name an unknown key are refused, so that a
misspelt setting is never silently ignored.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

MOST_TEXT = 20_000
"""Longest text of a body, characters."""
MOST_ROWS = 10_000
"""Longest list of a body."""
MOST_NAME = 100
"""Longest name, characters."""
MOST_COLUMNS = 1_000
"""Most columns of one row."""
_EXACT = 2**53
_MOST_NUMBER = 2**31 - 1


def storable(text: str) -> str:
    r"""Refuse a text that no database keeps.

    Raises:
        ValueError: It holds NUL.

    Examples:
        >>> storable("’n dokter")
        '’n dokter'
    """
    if "\0" in text:
        raise ValueError("holds a NUL character, which no text has")
    return text


_Storable = AfterValidator(storable)
Text = Annotated[str, StringConstraints(max_length=MOST_TEXT), _Storable]
"""Words of a person, or a predicate."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=MOST_NAME), _Storable]
"""A name; whether it can be one is the slice's to say."""
ModelRef = Annotated[str, StringConstraints(min_length=1, max_length=MOST_NAME + 20), _Storable]
"""A model's name, or ``name@2``."""
Ref = Annotated[str, StringConstraints(min_length=1, max_length=2 * MOST_NAME + 1), _Storable]
"""A dataset, or ``dataset@branch``, ``dataset@tag``, ``dataset@<commit prefix>``."""
Id = Annotated[str, StringConstraints(min_length=1, max_length=1_000), _Storable]
"""Id of an example."""
Number = Annotated[int, Field(ge=1, le=_MOST_NUMBER)]
"""Number of a report, job, token or audit entry."""
Finite = Annotated[float, Field(allow_inf_nan=False)]
"""A number; never NaN, never infinite."""
Whole = Annotated[int, Field(ge=-_EXACT, le=_EXACT)]
"""A whole number that a float holds exactly."""
Cell = Text | bool | Whole | Finite | None
"""One value of a row."""
Row = Annotated[dict[Name, Cell], Field(max_length=MOST_COLUMNS)]
"""One row: column -> value."""
Rows = Annotated[tuple[Row, ...], Field(max_length=MOST_ROWS)]
Ids = Annotated[tuple[Id, ...], Field(max_length=MOST_ROWS)]
Names = Annotated[tuple[ModelRef, ...], Field(max_length=500)]
Predicates = Annotated[tuple[Text, ...], Field(max_length=50)]
Models = Annotated[list[ModelRef] | None, Query(max_length=500, description="Repeat it for several.")]
"""Models named in a query."""


class Body(BaseModel):
    """A request's body; a key that it does not know is refused."""

    model_config = ConfigDict(extra="forbid")
