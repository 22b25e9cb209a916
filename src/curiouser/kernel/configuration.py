"""``curiouser.toml``: the task, the scale of harm and where things are stored.

The file lives in the user's own git. It is checked whole, and every mistake is
reported at once.
"""

from __future__ import annotations

import difflib
import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

from curiouser.kernel.check_settings import CheckSettings, check_settings, checks_lines
from curiouser.kernel.errors import ConfigurationError

FILE_NAME = "curiouser.toml"
RESERVED_COLUMNS = ("origin", "weight")


class TaskKind(StrEnum):
    """What the model answers with."""

    BINARY = "binary"
    MULTICLASS = "multiclass"
    REGRESSION = "regression"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What the model is for: what it reads, what it answers, and whose row it is."""

    name: str
    """The task's name, for headings."""
    kind: TaskKind
    """Binary, multiclass or regression."""
    inputs: tuple[str, ...]
    """Columns the model reads, at least one."""
    label: str
    """Column that holds the right answer."""
    classes: tuple[str, ...] = ()
    """Answers by name, as text; binary: two, the last is the positive class; empty for regression."""
    id: str = "id"
    """Column that names an example; stored as ``id``."""
    user: str | None = None
    """Column that says whose row it is."""
    groups: tuple[str, ...] = ()
    """Columns for slices and fairness, never model inputs."""
    time: str | None = None
    """Column that says when, for windows over production rows."""
    tolerance: float | None = None
    """Regression: largest absolute error that still counts as right, >= 0."""
    top_k: tuple[int, ...] = (3, 5)
    """Multiclass: the k of top-k accuracy."""

    @property
    def positive(self) -> str | None:
        """The positive class of a binary task, else None."""
        return self.classes[-1] if self.kind is TaskKind.BINARY else None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """Where the workspace keeps things; the defaults are embedded."""

    database: str = "sqlite:///.curiouser/meta.db"
    objects: str = ".curiouser/objects"
    engine: str = "in-process"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSettings:
    """How changes of the data are agreed on."""

    self_approval: bool = False
    """Whether people may approve what they proposed or wrote; for a team of one."""
    approvals: int = 1
    """How many people must approve a proposal before it is merged, >= 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """All of ``curiouser.toml``, checked."""

    task: Task
    harm: Mapping[str, float] = field(default_factory=lambda: {"annoying": 1.0, "costly": 3.0, "dangerous": 10.0})
    """Cost of one wrong answer to one user, by name, >= 0."""
    store: StoreSettings = field(default_factory=StoreSettings)
    checks: CheckSettings = field(default_factory=CheckSettings)
    """Which checks on data gate a merge, and from where on."""
    data: DataSettings = field(default_factory=DataSettings)


def load_configuration(path: Path) -> Configuration:
    """Read and check a ``curiouser.toml``.

    Raises:
        ConfigurationError: It is no TOML, or something in it is wrong; every mistake is listed.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(path.name, [str(error)]) from error
    return configuration_from(raw, source=path.name)


def configuration_from(raw: Mapping[str, Any], *, source: str = FILE_NAME) -> Configuration:
    """Check a configuration that was read from TOML.

    Raises:
        ConfigurationError: Something in it is wrong; every mistake is listed.

    Examples:
        >>> made = configuration_from({"task": {"kind": "binary", "inputs": ["text"], "label": "spam",
        ...                                     "classes": ["ham", "spam"]}})
        >>> made.task.positive
        'spam'
    """
    mistakes: list[str] = []
    _unknown_keys(raw, ("task", "harm", "store", "checks", "data"), "", mistakes)
    task = _task(_table(raw, "task", mistakes), mistakes)
    harm = _harm(_table(raw, "harm", mistakes), mistakes)
    store = _store(_table(raw, "store", mistakes), mistakes)
    checks = check_settings(_table(raw, "checks", mistakes), mistakes)
    data = _data(_table(raw, "data", mistakes), mistakes)
    if mistakes or task is None:
        raise ConfigurationError(source, mistakes)
    return Configuration(task=task, store=store, checks=checks, data=data, **({"harm": harm} if harm else {}))


def configuration_text(configuration: Configuration) -> str:
    """Write a configuration as TOML, leaving out what is default.

    Examples:
        >>> task = Task(name="spam", kind=TaskKind.BINARY, inputs=("text",), label="spam", classes=("ham", "spam"))
        >>> configuration_from(tomllib.loads(configuration_text(Configuration(task=task)))).task == task
        True
    """
    task, lines = configuration.task, ["[task]"]
    for item in fields(Task):
        value = getattr(task, item.name)
        if value is None or (item.name not in {"id", "name"} and value == item.default):
            continue
        lines.append(f"{item.name} = {_toml(value)}")
    lines += [
        "",
        "[harm]  # cost of one wrong answer to one user",
        *(f"{_key(k)} = {v:g}" for k, v in configuration.harm.items()),
    ]
    changed = [f for f in fields(StoreSettings) if getattr(configuration.store, f.name) != f.default]
    if changed:
        lines += ["", "[store]", *(f"{f.name} = {_toml(getattr(configuration.store, f.name))}" for f in changed)]
    lines += checks_lines(configuration.checks)
    agreed = [f for f in fields(DataSettings) if getattr(configuration.data, f.name) != f.default]
    if agreed:
        lines += ["", "[data]", *(f"{f.name} = {_toml(getattr(configuration.data, f.name))}" for f in agreed)]
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    # JSON strings and numbers are TOML strings and numbers, but for DEL, which TOML wants escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(text: str) -> str:
    bare = text.isascii() and text.replace("_", "a").replace("-", "a").isalnum()
    return text if bare else _toml(text)


def _table(raw: Mapping[str, Any], name: str, mistakes: list[str]) -> Mapping[str, Any]:
    value = raw.get(name, {})
    if isinstance(value, Mapping):
        return value
    mistakes.append(f"[{name}] must be a table, not {value!r}")
    return {}


def _unknown_keys(table: Mapping[str, Any], known: tuple[str, ...], prefix: str, mistakes: list[str]) -> None:
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
            mistakes.append(f"{prefix}{key} is not a setting; {hint}")


def _task(raw: Mapping[str, Any], mistakes: list[str]) -> Task | None:
    before = len(mistakes)
    _unknown_keys(raw, tuple(f.name for f in fields(Task)), "task.", mistakes)
    kind = _kind(raw, mistakes)
    has_classes = kind in {TaskKind.BINARY, TaskKind.MULTICLASS}
    task = Task(
        name=_text(raw, "name", mistakes) or "task",
        kind=kind or TaskKind.BINARY,
        inputs=_texts(raw, "inputs", mistakes, required=True),
        label=_text(raw, "label", mistakes, required=True) or "",
        classes=_texts(raw, "classes", mistakes, required=has_classes),
        id=_text(raw, "id", mistakes) or "id",
        user=_text(raw, "user", mistakes),
        groups=_texts(raw, "groups", mistakes),
        time=_text(raw, "time", mistakes),
        tolerance=_tolerance(raw, kind, mistakes),
        top_k=_top_k(raw, mistakes),
    )
    if kind is not None:
        _classes_fit(kind, task.classes, mistakes)
    _columns_differ(task, mistakes)
    return task if len(mistakes) == before else None


def _kind(raw: Mapping[str, Any], mistakes: list[str]) -> TaskKind | None:
    value = raw.get("kind")
    if value in set(TaskKind):
        return TaskKind(value)
    said = "is missing" if value is None else f"is {value!r}"
    extra = " (multi-label is not supported)" if isinstance(value, str) and "label" in value else ""
    mistakes.append(f"task.kind {said}{extra}; choose binary, multiclass or regression")
    return None


def _text(raw: Mapping[str, Any], key: str, mistakes: list[str], *, required: bool = False) -> str | None:
    value = raw.get(key)
    if isinstance(value, str) and value.strip():
        return value
    if value is not None or required:
        said = "is missing" if value is None else f"must be text, not {value!r}"
        mistakes.append(f'task.{key} {said}; write {key} = "a column"')
    return None


def _texts(raw: Mapping[str, Any], key: str, mistakes: list[str], *, required: bool = False) -> tuple[str, ...]:
    value = raw.get(key)
    if value is None and not required:
        return ()
    if not isinstance(value, list) or not value or not all(isinstance(item, str) and item for item in value):
        said = "is missing" if value is None else f"must be a list of texts, not {value!r}"
        mistakes.append(f'task.{key} {said}; write {key} = ["a", "b"]')
        return ()
    twice = sorted({item for item in value if value.count(item) > 1})
    if twice:
        mistakes.append(f"task.{key} names {', '.join(map(repr, twice))} more than once")
    return tuple(value)


def _tolerance(raw: Mapping[str, Any], kind: TaskKind | None, mistakes: list[str]) -> float | None:
    value = raw.get("tolerance")
    if value is None:
        if kind is TaskKind.REGRESSION:
            mistakes.append("task.tolerance is missing; write the largest absolute error that is still right")
        return None
    if kind is not TaskKind.REGRESSION:
        mistakes.append("task.tolerance is for a regression; leave it out")
    if isinstance(value, bool) or not isinstance(value, int | float) or not (math.isfinite(value) and value >= 0):
        mistakes.append(f"task.tolerance must be a number >= 0, not {value!r}")
        return None
    return float(value)


def _top_k(raw: Mapping[str, Any], mistakes: list[str]) -> tuple[int, ...]:
    value = raw.get("top_k", [3, 5])
    if isinstance(value, list) and all(isinstance(k, int) and not isinstance(k, bool) and k > 0 for k in value):
        return tuple(value)
    mistakes.append(f"task.top_k must be a list of whole numbers > 0, not {value!r}")
    return ()


def _classes_fit(kind: TaskKind, classes: tuple[str, ...], mistakes: list[str]) -> None:
    if kind is TaskKind.BINARY and classes and len(classes) != 2:
        mistakes.append(
            f"task.classes must name two classes for a binary task (the last is the positive one), not {len(classes)}"
        )
    if kind is TaskKind.MULTICLASS and len(classes) == 1:
        mistakes.append("task.classes must name at least two classes")
    if kind is TaskKind.REGRESSION and classes:
        mistakes.append("task.classes has no meaning for a regression; leave it out")


def _columns_differ(task: Task, mistakes: list[str]) -> None:
    if task.label in task.inputs:
        mistakes.append(f"task.label {task.label!r} is also an input; the model would read the answer")
    mistakes.extend(
        f"task.groups {group!r} is also an input; a group is for slices, never for the model"
        for group in task.groups
        if group in task.inputs
    )
    roles = {*task.inputs, task.label, *task.groups, task.user or ""}
    mistakes.extend(
        f"{name!r} is a column of our own (origin: where a row comes from; weight: rows it stands for); rename yours"
        for name in sorted(roles & set(RESERVED_COLUMNS))
    )
    if task.id != "id" and "id" in roles:
        mistakes.append(f"task.id is {task.id!r}, so no other column may be called 'id'")
    if task.id in {*task.inputs, task.label}:
        mistakes.append(f"task.id {task.id!r} cannot be an input or the label as well")


def _harm(raw: Mapping[str, Any], mistakes: list[str]) -> dict[str, float]:
    levels: dict[str, float] = {}
    for name, value in raw.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not (math.isfinite(value) and value >= 0):
            mistakes.append(f"harm.{name} must be a finite number >= 0, not {value!r}")
        else:
            levels[name] = float(value)
    return levels


def _store(raw: Mapping[str, Any], mistakes: list[str]) -> StoreSettings:
    known = tuple(f.name for f in fields(StoreSettings))
    _unknown_keys(raw, known, "store.", mistakes)
    mistakes.extend(
        f"store.{key} must be text, not {raw[key]!r}"
        for key in known
        if key in raw and not (isinstance(raw[key], str) and raw[key])
    )
    if raw.get("engine", "in-process") != "in-process":
        mistakes.append(f"store.engine {raw['engine']!r} is not built yet; leave it out for 'in-process'")
    return StoreSettings(**{key: raw[key] for key in known if isinstance(raw.get(key), str)})


def _data(raw: Mapping[str, Any], mistakes: list[str]) -> DataSettings:
    _unknown_keys(raw, tuple(f.name for f in fields(DataSettings)), "data.", mistakes)
    value, approvals = raw.get("self_approval", False), raw.get("approvals", 1)
    if not isinstance(value, bool):
        mistakes.append(f"data.self_approval must be true or false, not {value!r}")
        value = False
    if type(approvals) is not int or approvals < 1:
        mistakes.append(f"data.approvals must be a whole number of people, at least 1, not {approvals!r}")
        approvals = 1
    return DataSettings(self_approval=value, approvals=approvals)
