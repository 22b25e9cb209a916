"""Forms as they were sent: every text by its name, and files as the text in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import UploadFile

from curiouser.kernel.errors import BadInputError

_LONGEST = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What somebody typed; an absent field is an empty one."""

    texts: Mapping[str, Sequence[str]]
    """Name of a field -> what it was filled with, once or more often."""
    files: Mapping[str, UploadedText] = field(default_factory=dict)
    """Name of a field -> the file chosen in it, where one was."""

    def text(self, name: str) -> str:
        """Give a field's text, trimmed."""
        return self.raw(name).strip()

    def raw(self, name: str) -> str:
        """Give a field's text as it was typed; browsers end lines with two signs, we with one."""
        several = self.texts.get(name, ())
        return several[-1].replace("\r\n", "\n") if several else ""

    def maybe(self, name: str) -> str | None:
        """Give a field's text, trimmed; None where it is empty."""
        return self.text(name) or None

    def every(self, name: str) -> list[str]:
        """Give all that was chosen under one name."""
        return list(self.texts.get(name, ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadedText:
    """A text file that was chosen in a form."""

    name: str
    """As its owner calls it."""
    text: str
    """What is in it."""


async def read_form(request: Request) -> Posted:
    """Read a form that was sent; its size was bounded before.

    Raises:
        BadInputError: A text holds what no database keeps, or a file is no text.
    """
    form = await request.form(max_fields=2_000)
    texts: dict[str, list[str]] = {}
    files: dict[str, UploadedText] = {}
    for name, value in form.multi_items():
        if not isinstance(value, UploadFile):
            texts.setdefault(name, []).append(_checked(name, value))
            continue
        content = await value.read()
        await value.close()
        if value.filename:
            files[name] = UploadedText(name=value.filename, text=_decoded(value.filename, content))
    return Posted(texts=texts, files=files)


Form = Annotated[Posted, Depends(read_form)]
"""The parameter by which a handler takes a form."""


def _checked(name: str, value: str) -> str:
    if "\0" in value:
        raise BadInputError(f"the field {name!r} holds a NUL character, which no text has", "take it out")
    if len(value) > _LONGEST:
        raise BadInputError(f"the field {name!r} has more than {_LONGEST:,} characters", "say it shorter")
    return value


def _decoded(name: str, content: bytes) -> str:
    try:
        return _checked(name, content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadInputError(
            f"{name} is not UTF-8 ({error.reason} at byte {error.start})", "save it as UTF-8"
        ) from error
