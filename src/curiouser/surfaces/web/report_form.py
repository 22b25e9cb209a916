"""A user report as people fill it in: their words first, then the input and the answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from curiouser.data import ColumnType, DatasetNotFoundError
from curiouser.kernel.canonical import Json
from curiouser.kernel.configuration import Task
from curiouser.kernel.errors import CuriouserError
from curiouser.surfaces.web.lineup import lineup
from curiouser.surfaces.web.posted import Posted
from curiouser.surfaces.web.problem_settings import said
from curiouser.workspace import Workspace

_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportForm:
    """The fields of a report, as they are filled."""

    task: Task
    """Names the inputs and the answers."""
    models: tuple[str, ...]
    """Models that may have answered, newest first."""
    kinds: Mapping[str, ColumnType]
    """Type of each column of the test set; empty where there is none yet."""
    values: Mapping[str, str]
    """Name of a field -> what is in it; inputs are ``i0``, ``i1`` …"""
    errors: Mapping[str, str] = field(default_factory=dict)
    """Name of a field -> what is wrong with it."""
    trouble: str = ""
    """What is wrong that belongs to no field."""

    @property
    def inputs(self) -> list[tuple[str, str, str]]:
        """Each input: name of its field, its own name, what is in it."""
        return [(f"i{at}", name, self.values[f"i{at}"]) for at, name in enumerate(self.task.inputs)]

    @property
    def answers(self) -> list[tuple[str, str]]:
        """Answers to choose from, by name."""
        return [(name, name) for name in self.task.classes]

    @property
    def titles(self) -> list[tuple[str, str]]:
        """Models to choose from."""
        return [(title, title) for title in self.models]

    def is_long(self, column: str) -> bool:
        """Whether an input may be a sentence."""
        return self.kinds.get(column, ColumnType.TEXT) is ColumnType.TEXT

    def given(self) -> dict[str, Any]:
        """List what the service takes; all inputs or none, in the types of the test set.

        Raises:
            ValueError: An input is not of its type; ``checked`` says which.
        """
        texts = {name: value for _, name, value in self.inputs}
        is_known = any(texts.values())
        return {
            "text": self.values["text"],
            "input": {name: _typed(text, self.kinds.get(name)) for name, text in texts.items()} if is_known else None,
            **{name: self.values[name] or None for name in ("answered", "expected", "model", "user")},
        }

    def checked(self) -> ReportForm:
        """Find what can be seen to be wrong before the service is asked."""
        found = {} if self.values["text"].strip() else {"text": "Write what happened, best in the user's own words."}
        for name, column, text in self.inputs:
            try:
                _typed(text, self.kinds.get(column))
            except ValueError:
                found[name] = f"This is no {self.kinds[column]}."
        if self.task.classes:
            known = {"", *self.task.classes}
            strange = [name for name in ("answered", "expected") if self.values[name] not in known]
            found |= {name: f"Choose one of: {', '.join(self.task.classes)}." for name in strange}
        return replace(self, errors=found)

    def blamed(self, error: CuriouserError) -> ReportForm:
        """Say what the service found wrong."""
        return replace(self, trouble=said(error))


def empty_report(workspace: Workspace) -> ReportForm:
    """Start a report; the live model is taken to have answered."""
    task, models = workspace.configuration.task, lineup(workspace)
    names = ("text", "answered", "expected", "model", "user", "problem")
    empty = dict.fromkeys((*names, *(f"i{at}" for at in range(len(task.inputs)))), "")
    try:
        kinds = workspace.data.resolve("test").schema
    except DatasetNotFoundError:
        kinds = {}
    values = empty | {"model": models.live or ""}
    return ReportForm(task=task, models=tuple(reversed(models.titles)), kinds=kinds, values=values)


def sent_report(workspace: Workspace, posted: Posted) -> ReportForm:
    """Read a report as it was sent, and find what can be seen to be wrong."""
    empty = empty_report(workspace)
    values = {
        name: posted.raw(name) if name == "text" or name[1:].isdigit() else posted.text(name) for name in empty.values
    }
    return replace(empty, values=values).checked()


def _typed(text: str, kind: ColumnType | None) -> Json:
    """Read an input as its column is typed; empty text stays text, else it is missing.

    Raises:
        ValueError: It is not of this type.
    """
    if kind is ColumnType.NUMBER:
        return float(text) if text.strip() else None
    if kind is ColumnType.BOOLEAN:
        if text.strip().lower() not in {"", *_TRUTHS}:
            raise ValueError(text)
        return _TRUTHS.get(text.strip().lower())
    return text
