"""How pages write numbers, dates and names.

Missing is a dash, never a zero; minus is a minus sign; a number that stands in
a table has as many digits as its neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, Protocol

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from curiouser.kernel.clock import from_text
from curiouser.kernel.words import plural
from curiouser.surfaces.web.datacheck_views import lead_words
from curiouser.surfaces.web.wording import WORDS

MISSING: Final = "–"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class HasEnds(Protocol):
    """Anything with an interval: a measured number, an Impact, a share of users."""

    @property
    def low(self) -> float | None:
        """Lower end."""
        ...

    @property
    def high(self) -> float | None:
        """Upper end."""
        ...


def number(value: float | None, digits: int = 3) -> str:
    """Write a number; whole ones with their thousands apart.

    Examples:
        >>> number(1248), number(0.78), number(-1.25, 1), number(None)
        ('1,248', '0.780', '−1.2', '–')
    """
    if value is None:
        return MISSING
    text = f"{value:,}" if isinstance(value, int) else f"{value:,.{digits}f}"
    return _zero_has_no_sign(text).replace("-", "−")


def signed(value: float | None, digits: int = 1) -> str:
    """Write a difference with its sign.

    Examples:
        >>> signed(1.26), signed(-0.2), signed(-0.01)
        ('+1.3', '−0.2', '0.0')
    """
    if value is None:
        return MISSING
    text = number(value, digits)
    return text if text[0] == "−" or not text.strip("0.,") else f"+{text}"


def points(value: float | None, digits: int = 1) -> str:
    """Write a difference of shares in percentage points.

    Examples:
        >>> points(0.267)
        '+26.7'
    """
    return signed(None if value is None else value * 100, digits)


def percent(value: float | None, digits: int = 1) -> str:
    """Write a number that counts percent already.

    Examples:
        >>> percent(3.1), percent(None)
        ('3.1%', '–')
    """
    return MISSING if value is None else f"{number(float(value), digits)}%"


def interval(value: HasEnds | Mapping[str, float | None] | None, digits: int = 3, scale: float = 1) -> str:
    """Write both ends of an interval.

    Args:
        value: What has ``low`` and ``high``.
        digits: Behind the point.
        scale: What to multiply by: 100 for points.

    Examples:
        >>> interval({"low": 0.757, "high": 0.803}), interval({"low": -0.002, "high": 0.028}, 1, 100)
        ('0.757–0.803', '−0.2 to +2.8')
    """
    low, high = _ends(value)
    if low is None or high is None:
        return MISSING
    if low < 0:
        return f"{signed(low * scale, digits)} to {signed(high * scale, digits)}"
    return f"{number(low * scale, digits)}–{number(high * scale, digits)}"


def short(value: str | None, length: int = 7) -> str:
    """Shorten a hash to what people compare by eye.

    Examples:
        >>> short("ea2541d0c4f3")
        'ea2541d'
    """
    return MISSING if value is None else value[:length]


@pass_context
def date(context: Context, value: datetime | str | None) -> str:
    """Write a day; its title says it in full, and to the minute."""
    return _time(context, value, clock=False)


@pass_context
def moment(context: Context, value: datetime | str | None) -> str:
    """Write a day and the minute, UTC."""
    return _time(context, value, clock=True)


FILTERS = {
    "number": number,
    "signed": signed,
    "points": points,
    "percent": percent,
    "interval": interval,
    "short": short,
    "plural": plural,
    "date": date,
    "moment": moment,
    "check_words": lead_words,
    "in_page_words": WORDS.say,
}
"""What templates know them as."""


def _time(context: Context, value: datetime | str | None, *, clock: bool) -> str:
    if not value:
        return MISSING
    when = (from_text(value) if isinstance(value, str) else value).astimezone(UTC)
    now: datetime = context["now"]
    shown = f"{when.day} {_MONTHS[when.month - 1]}"
    shown += f" {when.year}" if when.year != now.year else ""
    shown += f"{when: %H:%M}" if clock else ""
    full = f"{when.day} {_MONTHS[when.month - 1]} {when:%Y, %H:%M} UTC"
    text = Markup('<time datetime="{}" title="{}">{}</time>')
    return text.format(f"{when:%Y-%m-%dT%H:%M:%SZ}", full, shown)


def _ends(value: HasEnds | Mapping[str, float | None] | None) -> tuple[float | None, float | None]:
    if value is None:
        return None, None
    if isinstance(value, Mapping):
        return value["low"], value["high"]
    return value.low, value.high


def _zero_has_no_sign(text: str) -> str:
    return text.lstrip("-") if not text.strip("-0.,") else text
