"""Charts with a line for each thing: differences of pairs, scores of models, the factors of an Impact.

A line's name stands above its bar, so that both are as wide as the page and
nothing is cut on a phone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from curiouser.kernel.canonical import Json
from curiouser.surfaces.web.charts import Chart, Scale, interval_bar, picture
from curiouser.surfaces.web.filters import MISSING, interval, number, points
from curiouser.surfaces.web.tables import Column, Table

_LINE: Final = 40
_TONES: Final = {"better": "good", "worse": "bad"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceLine:
    """One difference, b minus a."""

    name: str
    """What it is on: a problem, a slice, all rows."""
    value: float | None
    """The difference in [-1, 1]; None: there is none."""
    low: float | None = None
    """Lower end of its interval."""
    high: float | None = None
    """Upper end."""
    n: int = 0
    """Rows it is on, >= 0."""
    verdict: str | None = None
    """``better``, ``worse``, or what is drawn hollow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreLine:
    """One model, on today's rows and when it was reported."""

    name: str
    """The model."""
    value: float | None
    """Its score on today's test set; None: it has none."""
    low: float | None = None
    """Lower end of its interval."""
    high: float | None = None
    """Upper end."""
    n: int = 0
    """Rows scored, >= 0."""
    then: float | None = None
    """What was reported, on the rows of that time."""
    note: str = ""
    """Why there is no score: ``needs 10 predictions``."""
    live: bool = False
    """Whether users meet it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """One factor of an Impact, or the Impact itself."""

    name: str
    """What it is: ``users affected``."""
    shown: str
    """The number as it is read: ``3.1%``; empty: missing."""
    says: Sequence[str] = ()
    """Where it comes from, a few short lines."""
    value: float | None = None
    """The number for its bar; None: no bar."""
    low: float | None = None
    """Lower end of its interval; None: it has none, as a decision has none."""
    high: float | None = None
    """Upper end."""
    most: float = 1.0
    """Where the bar's scale ends; it begins at 0."""


def difference_forest(lines: Sequence[DifferenceLine], *, title: str, unit: str = "points") -> Chart:
    """Draw differences around zero: filled where shown, hollow where not.

    Args:
        lines: From above.
        title: What the chart shows.
        unit: What a hundredth is called.
    """
    reach = max((abs(end) for line in lines for end in (line.value, line.low, line.high) if end is not None), default=0)
    scale = Scale(least=-(reach or 0.1), most=reach or 0.1)
    height = _LINE * len(lines) + 22
    parts = list(_axis(scale, height - 22, lambda value: points(value, 0)))
    parts.append(f'<line class="axis" x1="{scale.at(0)}" x2="{scale.at(0)}" y1="0" y2="{height - 22}"/>')
    for place, line in enumerate(lines):
        said = f"{points(line.value)}, {interval(line, 1, 100)}" if line.value is not None else "not compared"
        tone = _TONES.get(line.verdict or "", "hollow")
        parts += _line(scale, place, line, said=said, tone=tone)
    words = [f"{line.name}: {_in_words(line, unit)}." for line in lines]
    return Chart(
        title=title,
        svg=picture(title, " ".join(words) or "Nothing was compared.", height, parts),
        table=_difference_table(lines, title, unit),
        has_axes=False,
        marks=("hollow",) if any(line.verdict not in _TONES for line in lines) else (),
    )


def leaderboard_strip(lines: Sequence[ScoreLine], *, title: str) -> Chart:
    """Draw models on today's rows, each beside what was once reported of it.

    Args:
        lines: In the order of the board; those without a score say why.
        title: What the chart shows.
    """
    ends = [end for line in lines for end in (line.value, line.low, line.high, line.then) if end is not None]
    scale = Scale(least=min(ends, default=0), most=max(ends, default=1))
    height = _LINE * len(lines) + 22
    parts = list(_axis(scale, height - 22, lambda value: f"{value:g}"))
    for place, line in enumerate(lines):
        said = line.note or "no score"
        if line.value is not None:
            said = f"{number(line.value)}" + (f", {interval(line)}" if line.low is not None else "")
        parts += _then(scale, place, line)
        parts += _line(scale, place, line, said=said, tone="", strong=line.live)
    words = [_score_in_words(line) for line in lines]
    has_then = any(line.then is not None for line in lines)
    return Chart(
        title=title,
        svg=picture(title, " ".join(words) or "No model yet.", height, parts),
        table=_score_table(lines, title),
        has_axes=False,
        marks=("then",) if has_then else (),
    )


def impact_equation(factors: Sequence[Factor], product: Factor) -> Markup:
    """Write an Impact as the product that it is, each factor with its interval.

    Args:
        factors: Percent of users affected, error rate, harm.
        product: The Impact.
    """
    parts = [_factor(factor, "×" if place else "") for place, factor in enumerate(factors)]
    parts.append(_factor(product, "="))
    return Markup('<div class="equation">{}</div>').format(Markup("").join(parts))


def _factor(factor: Factor, sign: str) -> Markup:
    tone = "hollow" if factor.low is None else ""
    bar = interval_bar(factor.value, factor.low, factor.high, 0, factor.most, tone)
    before = Markup('<span class="sign">{}</span>').format(sign) if sign else Markup("")
    value = Markup('<p class="value{}">{}</p>').format("" if factor.shown else " missing", factor.shown or "?")
    about = Markup(" ").join([Markup("<span>{}</span>").format(line) for line in (factor.name, *factor.says) if line])
    return Markup('<div>{}{}{}<p class="about">{}</p></div>').format(before, value, bar, about)


def _axis(scale: Scale, bottom: int, write: Callable[[float], str]) -> Iterator[str]:
    for tick in scale.ticks():
        yield f'<line class="grid" x1="{scale.at(tick)}" x2="{scale.at(tick)}" y1="0" y2="{bottom}"/>'
        yield f'<text class="to-middle" x="{scale.at(tick)}" y="{bottom + 17}">{write(tick)}</text>'


def _line(
    scale: Scale, place: int, line: DifferenceLine | ScoreLine, *, said: str, tone: str, strong: bool = False
) -> Iterator[str]:
    top = place * _LINE
    made = Markup('<text class="{}" x="0" y="{}">{}</text><text class="said to-end" x="100%" y="{}">{}</text>')
    texts = made.format("strong" if strong else "ink", top + 13, line.name, top + 13, said)
    drawn = ""
    if line.low is not None and line.high is not None:
        drawn += (
            f'<line class="span" x1="{scale.at(line.low)}" x2="{scale.at(line.high)}" y1="{top + 26}" y2="{top + 26}"/>'
        )
    if line.value is not None:
        drawn += f'<circle class="dot1" cx="{scale.at(line.value)}" cy="{top + 26}" r="4"/>'
    yield f'<g class="{tone}">{texts}{drawn}</g>'


def _then(scale: Scale, place: int, line: ScoreLine) -> Iterator[str]:
    if line.then is None:
        return
    y = place * _LINE + 26
    if line.value is not None:
        yield f'<line class="moved" x1="{scale.at(line.then)}" x2="{scale.at(line.value)}" y1="{y}" y2="{y}"/>'
    yield f'<circle class="then" cx="{scale.at(line.then)}" cy="{y}" r="4"/>'


def _in_words(line: DifferenceLine, unit: str) -> str:
    if line.value is None:
        return "not compared"
    verdict = line.verdict if line.verdict in _TONES else "no difference shown"
    return f"{points(line.value)} {unit}, {interval(line, 1, 100)}, n {number(line.n)}, {verdict}"


def _score_in_words(line: ScoreLine) -> str:
    now = (
        line.note or "no score" if line.value is None else f"{number(line.value)}, {interval(line)}, n {number(line.n)}"
    )
    then = "" if line.then is None else f", reported then as {number(line.then)}"
    return f"{line.name}{', live' if line.live else ''}: {now}{then}."


def _difference_table(lines: Sequence[DifferenceLine], title: str, unit: str) -> Table:
    rows: list[dict[str, Json]] = [
        {
            "name": line.name, "n": line.n, "difference": _hundred(line.value), "low": _hundred(line.low),
            "high": _hundred(line.high), "verdict": line.verdict,
        }
        for line in lines
    ]  # fmt: skip
    columns = (
        Column(key="name", title="On"),
        Column(key="n", title="n", is_number=True),
        Column(key="difference", title=unit.capitalize(), digits=1, is_number=True),
        Column(key="low", title="95 % from", digits=1, is_number=True),
        Column(key="high", title="to", digits=1, is_number=True),
        Column(key="verdict", title="Verdict"),
    )
    return Table(name="differences", caption=title, columns=columns, rows=rows)


def _score_table(lines: Sequence[ScoreLine], title: str) -> Table:
    rows: list[dict[str, Json]] = [
        {
            "model": line.name, "then": line.then, "today": line.value, "low": line.low, "high": line.high,
            "n": line.n, "note": line.note or (MISSING if line.value is None else ""),
        }
        for line in lines
    ]  # fmt: skip
    columns = (
        Column(key="model", title="Model"),
        Column(key="then", title="Then", digits=3, is_number=True),
        Column(key="today", title="Today", digits=3, is_number=True),
        Column(key="low", title="95 % from", digits=3, is_number=True),
        Column(key="high", title="to", digits=3, is_number=True),
        Column(key="n", title="n", is_number=True),
        Column(key="note", title="Note"),
    )
    return Table(name="scores", caption=title, columns=columns, rows=rows)


def _hundred(value: float | None) -> float | None:
    return None if value is None else round(value * 100, 6)
