"""Settings of a problem as people fill them in: what each field holds, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, cast

from curiouser.kernel.configuration import Configuration, Task, TaskKind
from curiouser.kernel.errors import CuriouserError, NotFoundError
from curiouser.problems import (
    AffectedSource,
    BadFactorError,
    Given,
    Problem,
    ProblemExistsError,
    checked_settings,
)
from curiouser.surfaces.web.posted import Posted
from curiouser.surfaces.web.wording import WORDS

UNKNOWN: Final = "unknown"
WAYS: Final = (
    (UNKNOWN, "not known yet"),
    (str(AffectedSource.STATED), "I know it"),
    (str(AffectedSource.ROWS), "count them in production"),
    (str(AffectedSource.REPORTS), "count who reported it, a lower bound"),
)
_PLAIN = ("name", "description", "owner", "harm", "harm_false_positive", "harm_false_negative", "tolerance")
_USERS = ("way", "affected", "because", "affected_where", "users_in", "window")
_HARMS = ("harm", "harm_false_positive", "harm_false_negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsForm:
    """The fields of a problem's settings, as they are filled."""

    task: Task
    """Says which settings there are."""
    values: Mapping[str, str]
    """Name of a field -> what is in it."""
    errors: Mapping[str, str] = field(default_factory=dict)
    """Name of a field -> what is wrong with it."""
    trouble: str = ""
    """What is wrong that belongs to no field."""

    @property
    def is_binary(self) -> bool:
        """Whether false positives and false negatives may differ in harm."""
        return self.task.kind is TaskKind.BINARY

    def given(self) -> dict[str, Any]:
        """List the settings that are filled, as the service takes them; see ``problems.Given``."""
        values = self.values
        plain = {name: values[name] for name in ("description", "owner", *_HARMS) if values[name]}
        return plain | {"tolerance": float(values["tolerance"] or "nan")} | self._users()

    def emptied(self) -> list[str]:
        """List the settings that are empty."""
        names = [name for name in ("description", "owner", *_HARMS) if not self.values[name]]
        return [*names, *(["affected"] if self.values["way"] == UNKNOWN else [])]

    def checked(self, levels: Mapping[str, float]) -> SettingsForm:
        """Find everything that can be seen to be wrong before a service is asked, all at once.

        Args:
            levels: Harm by level, from the configuration.
        """
        form = replace(self, errors=self._incomplete())
        harms = [{name: self.values[name]} for name in _HARMS if self.values[name]]
        tolerance = [] if "tolerance" in form.errors else [{"tolerance": float(self.values["tolerance"])}]
        users = [] if set(form.errors) & set(_USERS) else [self._users()]
        for part in (*harms, *tolerance, *users):
            try:
                checked_settings(cast("Given", part), levels)
            except BadFactorError as error:
                form = form.blamed(error)
        return form

    def blamed(self, error: CuriouserError) -> SettingsForm:
        """Put what a service found wrong beside the field that it is about."""
        name = self._field_of(error)
        if name is None:
            return replace(self, trouble=said(error))
        return replace(self, errors={**self.errors, name: said(error)})

    def _incomplete(self) -> dict[str, str]:
        values, found = self.values, dict[str, str]()
        try:
            float(values["tolerance"])
        except ValueError:
            found["tolerance"] = "Write a number from 0 to below 1; 0.1 is one wrong answer in ten."
        if values["way"] == AffectedSource.STATED:
            found |= {} if values["affected"] else {"affected": "Write a percent or a range: 3% or 2%..6%."}
            found |= {} if values["because"] else {"because": "Say where the number comes from."}
        if values["way"] == AffectedSource.ROWS and not values["affected_where"]:
            found["affected_where"] = "Write which rows of production they are."
        return found

    def _users(self) -> dict[str, Any]:
        values = self.values
        counted = {name: values[name] or None for name in ("users_in", "window")}
        if values["way"] == AffectedSource.STATED:
            return {"affected": values["affected"], "because": values["because"]}
        if values["way"] == AffectedSource.ROWS:
            return {"affected_where": values["affected_where"], **counted}
        return {"affected_by_reports": True, **counted} if values["way"] == AffectedSource.REPORTS else {}

    def _field_of(self, error: CuriouserError) -> str | None:
        reason = error.reason
        if isinstance(error, ProblemExistsError) or "is no name for a problem" in reason:
            return "name"
        if isinstance(error, BadFactorError):
            harm = (name for name in _HARMS if reason.startswith("harm ") and repr(self.values[name]) in reason)
            words = {"tolerance": "tolerance", "reason": "because", "percent affected": "affected", "window": "window"}
            named = (name for word, name in words.items() if word in reason)
            return next(harm, None) or next(named, None)
        if self.values["way"] in {AffectedSource.ROWS, AffectedSource.REPORTS}:
            is_dataset = isinstance(error, NotFoundError) or self.values["way"] == AffectedSource.REPORTS
            return "users_in" if is_dataset else "affected_where"
        return None


def said(error: CuriouserError) -> str:
    """Say what is wrong and what to do, in the words of the pages."""
    text = WORDS.say(f"{error.reason}; {error.repair}" if error.repair else error.reason)
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def settings_of(task: Task, problem: Problem) -> SettingsForm:
    """Fill the form with the settings that a problem has."""
    values = {name: str(getattr(problem, name) or "") for name in _PLAIN}
    values |= dict.fromkeys(_USERS, "") | {"tolerance": f"{problem.tolerance:g}", "way": UNKNOWN}
    affected = problem.affected
    if affected is not None:
        ends = dict.fromkeys((affected.low, affected.high))
        values |= {
            "way": str(affected.source),
            "affected": "..".join(f"{end:g}%" for end in ends if end is not None),
            "because": affected.because or "",
            "affected_where": affected.where or "",
            "users_in": affected.dataset or "",
            "window": f"{affected.window_days:g}d" if affected.window_days is not None else "",
        }
    return SettingsForm(task=task, values=values)


def settings_from(configuration: Configuration, posted: Posted) -> SettingsForm:
    """Read the form as it was sent, and find what can be seen to be wrong."""
    values = {name: posted.text(name) for name in (*_PLAIN, *_USERS)}
    if values["way"] not in {way for way, _ in WAYS}:
        values["way"] = UNKNOWN
    return SettingsForm(task=configuration.task, values=values).checked(configuration.harm)


def new_settings(task: Task, description: str = "") -> SettingsForm:
    """Start a form for a new problem."""
    empty = dict.fromkeys((*_PLAIN, *_USERS), "")
    return SettingsForm(task=task, values=empty | {"way": UNKNOWN, "tolerance": "0.1", "description": description})
