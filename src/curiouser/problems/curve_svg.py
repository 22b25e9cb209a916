"""The same curves as SVG: readable in light and dark, in print, and by a screen reader."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from curiouser.kernel.canonical import digest_of
from curiouser.problems.results import History, ProblemHistory, Standing
from curiouser.storage.objects import disk_errors

MOST_TOGETHER = 4
"""More problems than this get a small chart each."""
_WIDTH, _HEIGHT, _SMALL_WIDTH, _SMALL_HEIGHT, _LINE = 720, 300, 350, 190, 18
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 16, 30, 34
_DASHES = ("", "6 3", "2 3", "8 3 2 3")
_STYLE = """
.cz{--paper:#fdfdfb;--ink:#1a1b1e;--muted:#595c62;--line:#e3e3dd;--band:#005b9e22;--warn:#6c4b00;
--s0:#005b9e;--s1:#a63f00;--s2:#00674e;--s3:#8a3a80;color-scheme:light dark;
font:13px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
@media (prefers-color-scheme:dark){.cz{--paper:#16171a;--ink:#e8e8e4;--muted:#a5a8af;--line:#2b2d32;
--band:#6db6f02e;--warn:#e3b65c;--s0:#6db6f0;--s1:#f59a5e;--s2:#4fc49d;--s3:#dd9ad4}}
.cz .paper{fill:var(--paper)}.cz text{fill:var(--ink)}
.cz .m{fill:var(--muted)}.cz .h{font-weight:600}.cz .g{stroke:var(--line)}
.cz .t{stroke:var(--warn);stroke-dasharray:1 4;stroke-linecap:round;stroke-width:2}.cz .b{fill:var(--band)}
.cz .p{fill:none;stroke-width:2}
""" + "".join(
    f".cz .l{i}{{stroke:var(--s{i}){f';stroke-dasharray:{dash}' if dash else ''}}}.cz .f{i}{{fill:var(--s{i})}}\n"
    for i, dash in enumerate(_DASHES)
)


def history_svg(history: History) -> str:
    """Draw error curves as one SVG image.

    Up to four problems share a chart, each with a colour, a dash and a marker of
    its own; more get a small chart each. A chart of one problem shows the 95 %
    interval as a band. The description says every number in words.

    Args:
        history: Standings of problems over models, oldest model first.

    Returns:
        An ``<svg>`` element; the same history gives the same bytes.
    """
    problems = history.problems
    if len(problems) <= MOST_TOGETHER:
        height = _HEIGHT + _LINE * max(len(problems), 1)
        body = _chart(problems, _WIDTH, _HEIGHT, title="Error", top=_top(problems)) + _legend(problems)
        return _image(history, _WIDTH, height, body)
    rows = -(-len(problems) // 2)
    # One scale for all, so that the small charts can be compared with each other.
    top = max(_top((line,)) for line in problems)
    panels = [
        f'<g transform="translate({(i % 2) * (_WIDTH - _SMALL_WIDTH)} {i // 2 * _SMALL_HEIGHT})">'
        + _chart((line,), _SMALL_WIDTH, _SMALL_HEIGHT, title=line.problem.name, top=top)
        + "</g>"
        for i, line in enumerate(problems)
    ]
    return _image(history, _WIDTH, rows * _SMALL_HEIGHT, "".join(panels))


def write_history_svg(history: History, path: Path) -> None:
    """Write the curves to a file, replacing what is there.

    Args:
        history: Standings of problems over models, oldest model first.
        path: The file.

    Raises:
        StorageError: The disk refused.
    """
    with disk_errors(f"writing {path}"):
        path.write_text(history_svg(history), encoding="utf-8")


def describe(history: History) -> str:
    """Say in words what the curves show.

    Args:
        history: Standings of problems over models, oldest model first.
    """
    return " ".join(describe_problem(line) for line in history.problems) or "There is no problem yet."


def _image(history: History, width: int, height: int, body: str) -> str:
    names = ", ".join(line.problem.name for line in history.problems[:MOST_TOGETHER])
    more = len(history.problems) - MOST_TOGETHER
    title = f"Error over candidate models: {names}" + (f" and {more} more" if more > 0 else "")
    words = describe(history)
    mark = "cz" + digest_of([title, words])[:12]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="cz" role="img" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" style="max-width:100%;height:auto" aria-labelledby="{mark}-t {mark}-d">'
        f'<title id="{mark}-t">{_safe(title)}</title><desc id="{mark}-d">{_safe(words)}</desc>'
        f'<style>{_STYLE}</style><rect class="paper" width="{width}" height="{height}"/>{body}</svg>\n'
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """Where a chart's numbers lie on the paper, in SVG units."""

    width: int
    height: int
    models: tuple[str, ...]
    top: float

    @property
    def right(self) -> int:
        return self.width - _RIGHT

    def x(self, model: int) -> float:
        return _LEFT + (self.right - _LEFT) * (model + 0.5) / len(self.models)

    def y(self, value: float) -> float:
        return _TOP + (self.height - _TOP - _BOTTOM) * (1 - value / self.top)


def _chart(lines: Sequence[ProblemHistory], width: int, height: int, *, title: str, top: float) -> str:
    made = [f'<text class="h" x="0" y="14">{_safe(title)}</text>']
    models = tuple(one.model for one in lines[0].standings) if lines else ()
    if not models:
        return made[0] + f'<text class="m" x="0" y="{_TOP + 14}">nothing to draw yet</text>'
    frame = _Frame(width=width, height=height, models=models, top=top)
    made += [*_grid(frame), *_model_names(frame)]
    if len(lines) == 1:
        made.append(_band(frame, lines[0].standings))
    for tolerance in sorted({line.problem.tolerance for line in lines}):
        at = frame.y(tolerance)
        made.append(
            f'<line class="t" x1="{_LEFT}" x2="{frame.right}" y1="{at:.1f}" y2="{at:.1f}"/>'
            f'<text class="m" x="{frame.right}" y="{at - 5:.1f}" text-anchor="end">tolerance {tolerance:g}</text>'
        )
    return "".join([*made, *(_series(frame, i, line.standings) for i, line in enumerate(lines))])


def _grid(frame: _Frame) -> Iterator[str]:
    for step in range(5):
        value = frame.top * step / 4
        at = frame.y(value)
        yield (
            f'<line class="g" x1="{_LEFT}" x2="{frame.right}" y1="{at:.1f}" y2="{at:.1f}"/>'
            f'<text class="m" x="{_LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{value:.2f}</text>'
        )


def _model_names(frame: _Frame) -> Iterator[str]:
    room = int((frame.right - _LEFT) / len(frame.models) / 7)
    every = -(-2 // max(room, 1)) if room < 2 else 1
    for i, name in enumerate(frame.models):
        if i % every:
            continue
        fits = len(name) <= room
        shown = name if fits else name[: room - 1] + "…" if room > 4 else str(i + 1)
        full = "" if fits else f"<title>{_safe(name)}</title>"
        at = frame.height - _BOTTOM + 20
        yield f'<text class="m" x="{frame.x(i):.1f}" y="{at}" text-anchor="middle">{full}{_safe(shown)}</text>'


def _band(frame: _Frame, standings: Sequence[Standing]) -> str:
    ends = [(i, one.error.low, one.error.high) for i, one in enumerate(standings)]
    upper = [f"{frame.x(i):.1f},{frame.y(high):.1f}" for i, _, high in ends if high is not None]
    lower = [f"{frame.x(i):.1f},{frame.y(low):.1f}" for i, low, _ in ends if low is not None]
    return f'<polygon class="b" points="{" ".join(upper + lower[::-1])}"/>' if len(upper) > 1 else ""


def _series(frame: _Frame, number: int, standings: Sequence[Standing]) -> str:
    scored = [
        (frame.x(i), frame.y(one.error.value), one) for i, one in enumerate(standings) if one.error.value is not None
    ]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in scored)
    marks = [
        f'<g class="f{number}">{_marker(number, x, y)}<title>{_safe(_point_in_words(one))}</title></g>'
        for x, y, one in scored
    ]
    return f'<polyline class="p l{number}" points="{path}"/>' + "".join(marks)


def _marker(number: int, x: float, y: float) -> str:
    if number == 0:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
    corners = {
        1: ((-4, -4), (4, -4), (4, 4), (-4, 4)),
        2: ((0, -5), (5, 4), (-5, 4)),
        3: ((0, -5.5), (5.5, 0), (0, 5.5), (-5.5, 0)),
    }[number]
    return f'<polygon points="{" ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in corners)}"/>'


def _legend(lines: Sequence[ProblemHistory]) -> str:
    made = []
    for i, line in enumerate(lines):
        y = _HEIGHT + _LINE * i + 6
        last = next((one for one in reversed(line.standings) if one.error.value is not None), None)
        said = f"{line.problem.name}: {_point_in_words(last)}" if last else f"{line.problem.name}: not scored yet"
        path = f'<line class="p l{i}" x1="{_LEFT}" x2="{_LEFT + 28}" y1="{y}" y2="{y}"/>'
        mark = f'<g class="f{i}">{_marker(i, _LEFT + 14, y)}</g>'
        made.append(f'{path}{mark}<text x="{_LEFT + 36}" y="{y + 4}">{_safe(said)}</text>')
    return "".join(made)


def describe_problem(line: ProblemHistory) -> str:
    """Say in words what one curve shows: every model with its error, interval, n and state.

    Args:
        line: Standings of one problem, oldest model first.
    """
    points = "; ".join(_point_in_words(one) for one in line.standings)
    return f"{line.problem.name}, tolerance {line.problem.tolerance:g}: {points or 'no model yet'}."


def _point_in_words(one: Standing) -> str:
    error = one.error
    if error.value is None:
        return f"{one.model} not scored"
    interval = f" [{error.low:.3f}, {error.high:.3f}]" if error.low is not None and error.high is not None else ""
    return f"{one.model} {error.value:.3f}{interval} n={error.n}, {one.state}"


def _top(lines: Sequence[ProblemHistory]) -> float:
    alone = len(lines) == 1
    values = [one.error.high if alone else one.error.value for line in lines for one in line.standings]
    highest = max([0.0, *(value for value in values if value is not None), *(line.problem.tolerance for line in lines)])
    return next((top for top in (0.2, 0.4, 0.6, 0.8) if highest <= top), 1.0)


def _safe(text: str) -> str:
    """Escape for XML, which has no word for control characters."""
    return escape("".join(letter if letter.isprintable() or letter == " " else "\ufffd" for letter in text))
