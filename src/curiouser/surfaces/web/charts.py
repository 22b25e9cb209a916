"""Charts as SVG, drawn on the server from numbers alone.

A chart is as wide as its place: x is in percent, y in pixels, and only paths
are stretched, so text has the size of all text. Colours come from classes and
the page's variables; nothing is told by colour alone. Each chart has a title
and a description for who does not see it, and a table of the same numbers.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from markupsafe import Markup

from curiouser.surfaces.web.curve_labels import NARROW, Label, is_numbered, model_labels, spread, value_labels
from curiouser.surfaces.web.filters import number
from curiouser.surfaces.web.tables import Column, Table

MOST_SERIES: Final = 4
"""More would share dashes and markers."""
_HEIGHT, _LABEL_GAP, _LONGEST = 200, 16, 26
_SHAPES = (
    '<circle r="4"/>',
    '<path d="M-4-4h8v8h-8z"/>',
    '<path d="M0-5l5 9h-10z"/>',
    '<path d="M0-5.5l5.5 5.5-5.5 5.5-5.5-5.5z"/>',
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One model's error."""

    value: float | None
    """Error rate in [0, 1]; None: not scored, and the curve has a gap."""
    low: float | None = None
    """Lower end of its interval."""
    high: float | None = None
    """Upper end of its interval."""
    n: int = 0
    """Patterns scored, >= 0."""
    says: str = ""
    """What can be said of it: ``fixed``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One curve."""

    name: str
    """What it is the error of."""
    points: Sequence[Point]
    """One per model, oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A drawing with the numbers behind it."""

    title: str
    """What it shows."""
    svg: Markup
    """The drawing."""
    table: Table
    """The same numbers."""
    names: Sequence[str] = ()
    """Curves, for the key."""
    has_axes: bool = True
    """Whether room for an axis is needed at the left and below."""
    marks: Sequence[str] = ()
    """What else the key explains: ``band``, ``limit``, ``then``, ``hollow``, ``numbered``, ``numbered-narrow``."""


def error_curve(
    series: Sequence[Series], models: Sequence[str], *, title: str, tolerance: float | None = None, live: str = "",
    width: float = 460, says: str = "",
) -> Chart:  # fmt: skip
    """Draw errors over models: one curve with its band, or up to four that differ in dash and marker.

    Args:
        series: Curves, each with one point per model.
        models: Names, oldest first.
        title: What the chart shows.
        tolerance: Largest acceptable error rate, drawn as a line.
        live: The model that users meet.
        width: Pixels that it has at least where the page has 720 or more; how many labels fit follows from it.
        says: What it shows in words; made of the numbers where nothing is given.

    Raises:
        ValueError: There are more than four curves, or one has not a point per model.
    """
    if len(series) > MOST_SERIES:
        raise ValueError(f"at most {MOST_SERIES} curves can be told apart, got {len(series)}")
    if any(len(one.points) != len(models) for one in series):
        raise ValueError("a curve needs one point per model")
    frame = _Frame(count=len(models), top=_top(series, tolerance))
    alone = len(series) == 1
    parts = [*_grid(frame), _paths(frame, series, band=alone)]
    if live in models:
        parts.append(_line("live", frame.x(models.index(live))))
    parts += _limit(frame, series, tolerance)
    for place, one in enumerate(series):
        parts += _dots(frame, place, one, models)
    parts += [_text(label) for label in model_labels(models, frame.x, live, y=_HEIGHT + 20, wide=width)]
    if alone:
        parts += [_text(label) for label in value_labels(series[0].points, frame.x, frame.y, wide=width)]
    else:
        parts += _names_at_end(frame, series)
    said = says or " ".join(_in_words(one, models) for one in series)
    svg = picture(title, said or "Nothing is scored yet.", _HEIGHT, parts)
    marks = [mark for mark, is_there in (("band", alone), ("limit", tolerance is not None)) if is_there]
    if is_numbered(models, NARROW):
        marks.append("numbered" if is_numbered(models, width) else "numbered-narrow")
    table = _curve_table(series, models, title)
    return Chart(title=title, svg=svg, table=table, names=[one.name for one in series], marks=marks)


def chart_shape(place: int) -> Markup:
    """Give the marker of a curve, for the key."""
    return Markup(_SHAPES[place])  # noqa: S704  one of four constants


def spark(values: Sequence[float | None], tolerance: float | None = None, *, top: float = 1.0) -> Markup:
    """Draw the errors of a row as a line of 64 x 20 pixels; the numbers stand on the problem's page."""
    known = [(i, value) for i, value in enumerate(values) if value is not None]
    if not known:
        return Markup("")
    step = 60 / max(len(values) - 1, 1)
    at = [(2 + i * step, 18 - 16 * min(value / top, 1)) for i, value in known]
    line = ""
    if tolerance is not None:
        y = 18 - 16 * min(tolerance / top, 1)
        line = f'<line x1="0" x2="64" y1="{y:.1f}" y2="{y:.1f}"/>'
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
    x, y = at[-1]
    drawn = f'{line}<polyline points="{path}"/><circle cx="{x:.1f}" cy="{y:.1f}" r="2.5"/>'
    return Markup(f'<svg class="spark" aria-hidden="true">{drawn}</svg>')  # noqa: S704  made of numbers alone


def interval_bar(  # noqa: PLR0917  a bar is called by place from tables, where words would hide the row
    value: float | None, low: float | None, high: float | None, least: float = 0, most: float = 1, tone: str = "",
    zero: float | None = None, limit: float | None = None,
) -> Markup:  # fmt: skip
    """Draw a number with its interval, to be compared with those above and below it.

    Args:
        value: The number; None draws nothing.
        low: Lower end; None: no interval, only a dot.
        high: Upper end.
        least: Where the scale of the whole column begins.
        most: Where it ends.
        tone: ``good``, ``bad``, ``hollow`` (not shown), or nothing.
        zero: Where to draw the line that means no difference.
        limit: Where to draw a tolerance.
    """
    if value is None:
        return Markup("")
    scale = Scale(least=least, most=most)
    drawn = ""
    if zero is not None:
        drawn += f'<line class="zero" x1="{scale.at(zero)}" x2="{scale.at(zero)}" y1="-6" y2="26"/>'
    if limit is not None:
        drawn += f'<line class="limit" x1="{scale.at(limit)}" x2="{scale.at(limit)}" y1="1" y2="19"/>'
    if low is not None and high is not None:
        drawn += f'<line x1="{scale.at(low)}" x2="{scale.at(high)}" y1="10" y2="10"/>'
    drawn += f'<circle cx="{scale.at(value)}" cy="10" r="3.5"/>'
    kind = f"bar bar-{tone}" if tone in {"good", "bad", "hollow"} else "bar"
    return Markup(f'<svg class="{kind}" aria-hidden="true">{drawn}</svg>')  # noqa: S704  made of numbers and our own words


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Where numbers lie between the left and the right."""

    least: float
    """The number at the left."""
    most: float
    """The number at the right."""

    def at(self, value: float) -> str:
        """Place a number, in percent; what lies outside stands at the edge.

        Examples:
            >>> Scale(least=0, most=1).at(0.5), Scale(least=0, most=1).at(7)
            ('50.0%', '98.0%')
        """
        span = self.most - self.least
        share = (value - self.least) / span if span > 0 else 0.5
        return f"{2 + 96 * min(max(share, 0), 1):.1f}%"

    def ticks(self, about: int = 4) -> list[float]:
        """Choose round numbers between the ends.

        Examples:
            >>> Scale(least=-0.3, most=0.3).ticks()
            [-0.2, 0.0, 0.2]
        """
        rough = (self.most - self.least) / about
        if rough <= 0:
            return [self.least]
        unit = 10.0 ** math.floor(math.log10(rough))
        step = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= rough * 0.999)
        first = math.ceil(self.least / step - 1e-9)
        last = math.floor(self.most / step + 1e-9)
        return [round(i * step, 10) for i in range(first, last + 1)]


def picture(title: str, says: str, height: int, parts: Sequence[str]) -> Markup:
    """Put the parts of a drawing together, with its words for who does not see it."""
    mark = "c" + hashlib.sha256(f"{title}\n{says}".encode()).hexdigest()[:8]
    words = Markup('<title id="{0}t">{1}</title><desc id="{0}d">{2}</desc>').format(mark, title, says)
    return Markup('<svg role="img" height="{}" aria-labelledby="{}t" aria-describedby="{}d">{}{}</svg>').format(
        height, mark, mark, words, Markup("").join(Markup(part) for part in parts)  # noqa: S704  escaped where it was made
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """Where a curve's numbers lie."""

    count: int
    top: float

    def x(self, place: int) -> float:
        return 50.0 if self.count == 1 else 5 + 83 * place / max(self.count - 1, 1)

    def y(self, value: float) -> float:
        return _HEIGHT * (1 - min(value / self.top, 1))


def _top(series: Sequence[Series], tolerance: float | None) -> float:
    alone = len(series) == 1
    drawn = [point.high if alone and point.high is not None else point.value for one in series for point in one.points]
    highest = max([tolerance or 0.0, *(value for value in drawn if value is not None)])
    return next((top for top in (0.2, 0.4, 0.6, 0.8) if highest <= top), 1.0)


def _grid(frame: _Frame) -> Iterator[str]:
    for step in range(5):
        value = frame.top * step / 4
        y = frame.y(value)
        yield f'<line class="{"grid" if step else "axis"}" x1="0" x2="100%" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text class="to-end" x="-8" y="{y + 4:.1f}">{value:.2f}</text>'


def _paths(frame: _Frame, series: Sequence[Series], *, band: bool) -> str:
    drawn = "".join(_bands(frame, series[0])) if band else ""
    for place, one in enumerate(series):
        for run in _runs(one.points):
            points = " ".join(f"{frame.x(i):.2f},{frame.y(value):.1f}" for i, value in run)
            drawn += f'<polyline class="path path{place + 1}" points="{points}"/>'
    return f'<svg width="100%" height="{_HEIGHT}" viewBox="0 0 100 {_HEIGHT}" preserveAspectRatio="none">{drawn}</svg>'


def _runs(points: Sequence[Point]) -> Iterator[list[tuple[int, float]]]:
    """Split a curve where a model was not scored: a line across would claim a number."""
    known = [(i, point.value) for i, point in enumerate(points)]
    for is_missing, run in groupby(known, key=lambda one: one[1] is None):
        if not is_missing:
            yield [(i, value) for i, value in run if value is not None]


def _bands(frame: _Frame, one: Series) -> Iterator[str]:
    ends = [(i, point.low, point.high) for i, point in enumerate(one.points)]
    for is_missing, run in groupby(ends, key=lambda end: end[1] is None or end[2] is None):
        if is_missing:
            continue
        known = [(i, low, high) for i, low, high in run if low is not None and high is not None]
        # A single model between gaps still has an interval: a sliver of one percent shows it.
        half = 0.5 if len(known) == 1 else 0.0
        upper = [f"{frame.x(i) + way:.2f},{frame.y(high):.1f}" for i, _, high in known for way in (-half, half)]
        lower = [f"{frame.x(i) + way:.2f},{frame.y(low):.1f}" for i, low, _ in reversed(known) for way in (half, -half)]
        yield f'<polygon class="band" points="{" ".join(upper + lower)}"/>'


def _line(kind: str, x: float) -> str:
    return f'<line class="{kind}" x1="{x:.2f}%" x2="{x:.2f}%" y1="0" y2="{_HEIGHT}"/>'


def _limit(frame: _Frame, series: Sequence[Series], tolerance: float | None) -> Iterator[str]:
    if tolerance is None:
        return
    y = frame.y(tolerance)
    yield f'<line class="limit" x1="0" x2="100%" y1="{y:.1f}" y2="{y:.1f}"/>'
    first = [abs(frame.y(one.points[0].value) - y) for one in series if one.points and one.points[0].value is not None]
    last = [abs(frame.y(one.points[-1].value) - y) for one in series if one.points and one.points[-1].value is not None]
    at_left = min(first, default=_HEIGHT) >= min(last, default=_HEIGHT)
    place = 'x="0"' if at_left else 'x="100%"'
    kind = "ink" if at_left else "ink to-end"
    below = y < _LABEL_GAP
    yield f'<text class="{kind}" {place} y="{y + 16 if below else y - 6:.1f}">tolerance {tolerance:g}</text>'


def _dots(frame: _Frame, place: int, one: Series, models: Sequence[str]) -> Iterator[str]:
    for i, point in enumerate(one.points):
        if point.value is None:
            continue
        said = Markup("<title>{}: {}</title>").format(one.name, _point_in_words(models[i], point))
        at = f'x="{frame.x(i):.2f}%" y="{frame.y(point.value):.1f}"'
        yield f'<svg class="at dot{place + 1}" {at} overflow="visible">{_SHAPES[place]}{said}</svg>'


def _names_at_end(frame: _Frame, series: Sequence[Series]) -> Iterator[str]:
    """Name each curve where it ends, so that no key must be looked up; below 720 px the key stays."""
    ends = []
    for place, one in enumerate(series):
        last = next((point.value for point in reversed(one.points) if point.value is not None), None)
        if last is not None:
            ends.append((frame.y(last), place, f"{one.name} {number(last, 2)}"))
    ends.sort()
    for y, (_, place, said) in zip(spread([end[0] for end in ends], _LABEL_GAP), ends, strict=True):
        shown = said if len(said) <= _LONGEST else f"{said[: _LONGEST - 6]}… {said.rpartition(' ')[2]}"
        mark = f'<svg class="at dot{place + 1}" x="100%" y="{y:.1f}" overflow="visible"><g transform="translate(10 0)">'
        yield f"{mark}{_SHAPES[place]}</g></svg>"
        yield str(Markup('<text class="only-wide ink" x="100%" dx="20" y="{}">{}</text>').format(f"{y + 4:.1f}", shown))


def _text(label: Label) -> str:
    full = Markup("<title>{}</title>").format(label.full) if label.full else Markup("")
    made = Markup('<text class="{}" x="{}%" dx="{}" y="{}">{}{}</text>')
    return str(made.format(label.kind, f"{label.x:.2f}", label.dx, f"{label.y:.1f}", full, label.text))


def _in_words(one: Series, models: Sequence[str]) -> str:
    said = "; ".join(_point_in_words(model, point) for model, point in zip(models, one.points, strict=True))
    return f"{one.name}: {said or 'no model yet'}."


def _point_in_words(model: str, point: Point) -> str:
    if point.value is None:
        return f"{model} not scored"
    ends = f", {point.low:.2f} to {point.high:.2f}" if point.low is not None and point.high is not None else ""
    return f"{model} {point.value:.2f}{ends}, n {point.n}" + (f", {point.says}" if point.says else "")


def _curve_table(series: Sequence[Series], models: Sequence[str], title: str) -> Table:
    several = len(series) > 1
    rows = [
        {
            "place": i + 1, "model": model, "series": one.name, "error": point.value, "low": point.low,
            "high": point.high, "n": point.n, "state": point.says,
        }
        for one in series
        for i, (model, point) in enumerate(zip(models, one.points, strict=True))
    ]  # fmt: skip
    return Table(
        name="curve",
        caption=title,
        columns=[
            Column(key="model", title="Model"),
            Column(key="place", title="Number", is_number=True),
            *([Column(key="series", title="Problem")] if several else []),
            Column(key="error", title="Error", digits=3, is_number=True),
            Column(key="low", title="95 % from", digits=3, is_number=True),
            Column(key="high", title="to", digits=3, is_number=True),
            Column(key="n", title="n", is_number=True),
            Column(key="state", title="State"),
        ],
        rows=rows,
    )
