"""``[checks]`` of ``curiouser.toml``: which checks on data gate a merge, which only warn, and from where on.

The names, defaults and meanings of all checks stand here, so that a mistake in
the file is told before anything is checked. What a check does is in
``curiouser.datachecks``; a test holds the two together.
"""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

_COLUMN_TYPES = ("text", "number", "category", "boolean", "timestamp", "file")
_OWN_NAME = re.compile(r"[^\W_]+(-[^\W_]+)*")
_TARGET = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")


class Severity(StrEnum):
    """What a failed check stops."""

    GATE = "gate"
    WARN = "warn"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How one check is to be taken."""

    severity: Severity
    """Whether it gates, warns, or is left out."""
    threshold: float
    """The largest value that passes (for class-balance: the smallest), >= 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRule:
    """A check of the user's own: a predicate that must select nothing, or a function of the project."""

    name: str
    """Kebab-case, unique among the own checks."""
    where: str | None = None
    """A predicate, as for slices; the rows it selects are wrong."""
    function: str | None = None
    """``module:function`` of the project; it is given rows and says which are wrong."""
    whole: bool = False
    """Whether the function must see all rows at once; otherwise it judges each row alone, and only new rows."""
    severity: Severity = Severity.GATE
    """As for the others."""
    threshold: float = 0.0
    """The largest share of wrong rows that passes, in [0, 1]."""

    @property
    def rule(self) -> Rule:
        """The same in the form of the other checks."""
        return Rule(severity=self.severity, threshold=self.threshold)


def _gate(threshold: float) -> Rule:
    return Rule(severity=Severity.GATE, threshold=threshold)


def _warn(threshold: float) -> Rule:
    return Rule(severity=Severity.WARN, threshold=threshold)


DEFAULT_RULES: Mapping[str, Rule] = {
    "schema": _gate(0),
    "missing-values": _warn(0.05),
    "exact-duplicates": _warn(0.01),
    "normalised-duplicates": _warn(0.01),
    "near-duplicates": _warn(0.05),
    "exact-leakage": _gate(0),
    "normalised-leakage": _gate(0),
    "near-leakage": _warn(0),
    "pattern-leakage": _gate(0),
    "contradictory-labels": _gate(0),
    "near-contradictory-labels": _warn(0),
    "label-distribution": _gate(0.1),
    "column-distribution": _warn(0.1),
    "vocabulary": _warn(0.1),
    "categories": _warn(0),
    "class-balance": _warn(0.1),
    "group-balance": _warn(0.2),
    "label-errors": _warn(0.05),
}
"""Every check, in the order of their codes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSettings:
    """All of ``[checks]``."""

    train: str = "train"
    """The dataset that models learn from; checked for leakage against the test set, and the other way round."""
    test: str = "test"
    """The dataset that models are scored on."""
    releases: tuple[str, ...] = ()
    """Versions that were released, one per dataset (``test@v1``); labels and columns are compared with them, too."""
    production: str | None = None
    """A dataset of what users send (may be unlabelled); columns are compared with it, too."""
    model: str | None = None
    """Whose answers tell suspected label errors; the live model when left out."""
    level: float = 0.01
    """How often a check that compares two samples may alarm where nothing differs, in (0, 0.5]."""
    min_rows: int = 30
    """Rows below which a check that estimates says unknown, >= 1."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Column -> the type it must have, besides those the task fixes."""
    rules: Mapping[str, Rule] = field(default_factory=lambda: dict(DEFAULT_RULES))
    """Severity and threshold of every check, by name."""
    own: tuple[OwnRule, ...] = ()
    """The user's own checks, by name."""


def check_settings(raw: Mapping[str, Any], mistakes: list[str]) -> CheckSettings:
    """Read ``[checks]``, and say all that is wrong in it.

    Args:
        raw: The table.
        mistakes: Gets one line per mistake.

    Examples:
        >>> mistakes = []
        >>> made = check_settings({"schema": {"severity": "warn"}, "levle": 0.05}, mistakes)
        >>> made.rules["schema"].severity.value, mistakes
        ('warn', ["checks.levle is not a setting; did you mean 'level'?"])
    """
    plain = tuple(item.name for item in fields(CheckSettings) if item.name != "rules")
    _known(raw, (*plain, *DEFAULT_RULES), "checks.", mistakes)
    texts = {name: found for name in ("train", "test", "production", "model") if (found := _text(raw, name, mistakes))}
    rules = {name: _rule(name, raw[name], rule, mistakes) if name in raw else rule
             for name, rule in DEFAULT_RULES.items()}  # fmt: skip
    return CheckSettings(
        **texts,
        releases=_releases(raw.get("releases", []), mistakes),
        level=_number(raw.get("level", 0.01), "checks.level", 0.5, mistakes, positive=True),
        min_rows=_count(raw.get("min_rows", 30), mistakes),
        columns=_columns(raw.get("columns", {}), mistakes),
        rules=rules,
        own=_every_own(raw.get("own", {}), mistakes),
    )


def checks_lines(made: CheckSettings) -> list[str]:
    """Write ``[checks]`` as lines of TOML, leaving out what is default; empty where all is.

    Examples:
        >>> checks_lines(CheckSettings(level=0.05))
        ['', '[checks]', 'level = 0.05']
    """
    default, lines = CheckSettings(), list[str]()
    for item in fields(CheckSettings):
        value = getattr(made, item.name)
        if item.name not in {"rules", "own", "columns"} and value != getattr(default, item.name):
            lines.append(f"{item.name} = {json.dumps(value, ensure_ascii=False)}")
    if made.columns:
        pairs = ", ".join(f"{json.dumps(name, ensure_ascii=False)} = {json.dumps(kind)}"
                          for name, kind in made.columns.items())  # fmt: skip
        lines.append(f"columns = {{ {pairs} }}")
    for name, rule in made.rules.items():
        if rule != DEFAULT_RULES[name]:
            lines += ["", f"[checks.{name}]", *_rule_lines(rule)]
    for own in made.own:
        lines += ["", f"[checks.own.{json.dumps(own.name, ensure_ascii=False)}]"]
        lines += [f"{name} = {json.dumps(text, ensure_ascii=False)}"
                  for name, text in (("where", own.where), ("function", own.function)) if text is not None]  # fmt: skip
        lines += [*(["whole = true"] if own.whole else []), *_rule_lines(own.rule)]
    return ["", "[checks]", *lines] if lines else []


def _rule_lines(rule: Rule) -> list[str]:
    return [f'severity = "{rule.severity}"', f"threshold = {rule.threshold!r}"]


def _known(table: Mapping[str, Any], known: tuple[str, ...], prefix: str, mistakes: list[str]) -> None:
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
            mistakes.append(f"{prefix}{key} is not a setting; {hint}")


def _text(raw: Mapping[str, Any], name: str, mistakes: list[str]) -> str | None:
    value = raw.get(name)
    if value is None or (isinstance(value, str) and value.strip()):
        return value
    mistakes.append(f"checks.{name} must be text, not {value!r}")
    return None


def _releases(value: object, mistakes: list[str]) -> tuple[str, ...]:
    if isinstance(value, list) and all(isinstance(ref, str) and "@" in ref for ref in value):
        datasets = [ref.partition("@")[0] for ref in value]
        if len(set(datasets)) == len(datasets):
            return tuple(value)
        mistakes.append("checks.releases names a dataset twice; one released version of each is compared with")
        return ()
    mistakes.append(f'checks.releases must be a list of versions, as in ["test@v1"], not {value!r}')
    return ()


def _rule(name: str, value: object, default: Rule, mistakes: list[str]) -> Rule:
    if not isinstance(value, Mapping):
        mistakes.append(f"[checks.{name}] must be a table, not {value!r}")
        return default
    _known(value, ("severity", "threshold"), f"checks.{name}.", mistakes)
    return Rule(
        severity=_severity(value, default.severity, f"checks.{name}", mistakes),
        threshold=_number(value.get("threshold", default.threshold), f"checks.{name}.threshold", 1, mistakes),
    )


def _severity(table: Mapping[str, Any], default: Severity, where: str, mistakes: list[str]) -> Severity:
    value = table.get("severity", default.value)
    if value in set(Severity):
        return Severity(value)
    mistakes.append(f"{where}.severity is {value!r}; choose gate, warn or off")
    return default


def _number(value: object, where: str, most: float, mistakes: list[str], *, positive: bool = False) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if is_number and 0 <= value <= most and not (positive and value == 0):  # type: ignore[operator]  # it is a number
        return float(value)  # type: ignore[arg-type]  # as above
    mistakes.append(f"{where} must be a number {'above 0 and' if positive else 'from 0'} up to {most:g}, not {value!r}")
    return most


def _count(value: object, mistakes: list[str]) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return value
    mistakes.append(f"checks.min_rows must be a whole number >= 1, not {value!r}")
    return 1


def _columns(value: object, mistakes: list[str]) -> dict[str, str]:
    if not isinstance(value, Mapping):
        mistakes.append(f'checks.columns must be a table, as in {{ age = "number" }}, not {value!r}')
        return {}
    mistakes.extend(
        f"checks.columns.{name} is {kind!r}; choose {', '.join(_COLUMN_TYPES)}"
        for name, kind in value.items()
        if kind not in _COLUMN_TYPES
    )
    return {name: kind for name, kind in value.items() if kind in _COLUMN_TYPES}


def _every_own(value: object, mistakes: list[str]) -> tuple[OwnRule, ...]:
    if not isinstance(value, Mapping):
        mistakes.append(f"[checks.own] must be a table of checks, not {value!r}")
        return ()
    found = [_own(name, table, mistakes) for name, table in sorted(value.items())]
    return tuple(one for one in found if one is not None)


def _own(name: str, table: object, mistakes: list[str]) -> OwnRule | None:
    where = f"checks.own.{name}"
    if not isinstance(table, Mapping):
        mistakes.append(f"[{where}] must be a table, not {table!r}")
        return None
    if not _OWN_NAME.fullmatch(name) or name in DEFAULT_RULES:
        mistakes.append(f"{where}: write letters, digits and single hyphens, and no name of a built-in check")
    _known(table, tuple(item.name for item in fields(OwnRule) if item.name != "name"), f"{where}.", mistakes)
    condition, function, whole = table.get("where"), table.get("function"), table.get("whole", False)
    if (condition is None) == (function is None):
        mistakes.append(f"{where} needs either where = a predicate or function = a module:function")
    if condition is not None and not (isinstance(condition, str) and condition.strip()):
        mistakes.append(f"{where}.where must be a predicate in text, not {condition!r}")
    if function is not None and not (isinstance(function, str) and _TARGET.fullmatch(function)):
        mistakes.append(f"{where}.function must be module:function, not {function!r}")
    if not isinstance(whole, bool) or (whole and function is None):
        mistakes.append(f"{where}.whole must be true or false, and goes with a function")
    return OwnRule(
        name=name,
        where=condition if isinstance(condition, str) else None,
        function=function if isinstance(function, str) else None,
        whole=bool(whole),
        severity=_severity(table, Severity.GATE, where, mistakes),
        threshold=_number(table.get("threshold", 0), f"{where}.threshold", 1, mistakes),
    )
