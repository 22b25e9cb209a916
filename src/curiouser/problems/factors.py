"""Read the factors of Impact as people type them: percent affected, windows, harm, tolerance."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from curiouser.problems.errors import BadFactorError
from curiouser.problems.records import Affected, AffectedSource

_PERCENT = r"\s*(\d+(?:\.\d+)?|\.\d+)\s*%\s*"
_STATED = re.compile(rf"{_PERCENT}(?:\.\.{_PERCENT})?")
_WINDOW = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([hdw])\s*")
_DAYS = {"h": 1 / 24, "d": 1.0, "w": 7.0}


def stated_affected(text: str, because: str | None) -> Affected:
    """Read a typed percent of users affected: a value or a range, with its reason.

    Raises:
        BadFactorError: The percent sign or the reason is missing, or the range is none.

    Examples:
        >>> made = stated_affected("2%..6%", "support counted 40 calls")
        >>> made.low, made.high
        (2.0, 6.0)
    """
    found = _STATED.fullmatch(text)
    if found is None:
        raise BadFactorError(
            f"percent affected {text!r} cannot be read", "write it with its percent sign: 3% or 2%..6% (3% is not 0.03)"
        )
    low = float(found[1])
    high = float(found[2]) if found[2] is not None else low
    if not low <= high <= 100:
        raise BadFactorError(f"percent affected {text!r} must rise and stay within 0% and 100%", "write 2%..6%")
    if because is None or not because.strip():
        raise BadFactorError(
            f"percent affected {text!r} needs its reason", 'add --because "where the number comes from"'
        )
    return Affected(source=AffectedSource.STATED, low=low, high=high, because=because.strip())


def window_days(text: str) -> float:
    """Read a window such as ``28d``, ``4w`` or ``36h``.

    Returns:
        The window in days, > 0.

    Raises:
        BadFactorError: It is none.

    Examples:
        >>> window_days("4w"), window_days("36h")
        (28.0, 1.5)
    """
    found = _WINDOW.fullmatch(text)
    if found is None or float(found[1]) <= 0:
        raise BadFactorError(f"{text!r} is no window", "write days, weeks or hours: 28d, 4w, 36h")
    return float(found[1]) * _DAYS[found[2]]


def harm_value(text: str | None, levels: Mapping[str, float]) -> float | None:
    """Turn a harm, as it was set, into its number; None stays None.

    Args:
        text: A level of the configuration, or a number >= 0.
        levels: The configuration's levels.

    Raises:
        BadFactorError: It is neither.

    Examples:
        >>> harm_value("costly", {"costly": 3.0}), harm_value("2.5", {})
        (3.0, 2.5)
    """
    if text is None:
        return None
    if text in levels:
        return float(levels[text])
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if math.isfinite(value) and value >= 0:
        return value
    raise BadFactorError(
        f"harm {text!r} is neither a level nor a number >= 0",
        f"levels in curiouser.toml: {', '.join(f'{name} = {cost:g}' for name, cost in levels.items()) or 'none'}",
    )


def checked_tolerance(value: float) -> float:
    """Check a tolerance: the largest error rate that is still acceptable.

    Raises:
        BadFactorError: It is outside [0, 1).
    """
    if math.isfinite(value) and 0 <= value < 1:
        return value
    raise BadFactorError(f"tolerance {value:g} is no error rate", "choose at least 0 and below 1; 0.1 is 10 %")
