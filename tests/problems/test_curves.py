"""Error curves: in the terminal, in plain ASCII, and as SVG for every reader."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as ET

import pytest

from curiouser.kernel.ids import DataCommitId, problem_name
from curiouser.measure import Measured, ProblemState, clopper_pearson
from curiouser.problems import History, Problem, ProblemHistory, Standing, describe, draw_history, history_svg, spark

SVG = "{http://www.w3.org/2000/svg}"


def a_standing(problem: str, model: str, failed: int | None, n: int = 20) -> Standing:
    if failed is None:
        error = Measured(value=None, low=None, high=None, n=0, missing=n, method="m", reason="no answer")
    else:
        ends = clopper_pearson(failed, n)
        error = Measured(value=failed / n, low=ends.low, high=ends.high, n=n, missing=0, method="m")
    state = ProblemState.UNSCORED if failed is None else ProblemState.FAILING
    return Standing(
        problem=problem_name(problem), model=model, state=state,
        error=error, failed=failed or 0, tolerance=0.1, lower_bound=None, upper_bound=None, more_needed=None,
        models_tried=None, cases=n, patterns=n, memorised=0, gone=0, failed_of_all=0, scored_of_all=0, confusion=None,
    )  # fmt: skip


def a_history(lines: Mapping[str, Sequence[int | None]], models: list[str] | None = None) -> History:
    names = models or [f"model-{i}" for i in range(1, len(next(iter(lines.values()), [])) + 1)]
    problems = tuple(
        ProblemHistory(
            problem=Problem(name=problem_name(name), dataset="test"),
            standings=tuple(itertools.starmap(functools.partial(a_standing, name), zip(names, values, strict=True))),
        )
        for name, values in lines.items()
    )
    return History(test_set=DataCommitId("ab" * 32), live=None, problems=problems)


SLIDE_47: dict[str, list[int | None]] = {
    "drugs-doctors-false-pos": [12, 10, 6, 1],
    "politicians-false-neg": [8, 9, 3, 2],
    "tech-too-general": [4, None, 4, 4],
    "designers-too-general": [10, 2, 2, 1],
}


def test_the_chart_has_a_marker_at_the_row_and_column_of_each_error() -> None:
    drawn = draw_history(a_history({"x": [20, 10, 0]}), width=80).splitlines()
    rows = [i for i, line in enumerate(drawn[:13]) for letter in line[6:] if letter == "●"]
    columns = [line.index("●") for line in drawn[:13] if "●" in line]
    assert rows == [1, 6, 11]
    assert columns == sorted(columns)
    assert "error" in drawn[0]
    assert any("┄ tolerance 0.1" in line for line in drawn)
    assert any("x  1.00 -> 0.00 (n=20), failing on model-3" in line for line in drawn)


def test_the_chart_can_be_plain_ascii() -> None:
    several: list[dict[str, list[int | None]]] = [SLIDE_47, {"x": [1, None]}, {f"p-{i}": [i, i] for i in range(9)}]
    for lines in several:
        assert draw_history(a_history(lines), ascii_only=True).isascii()


@pytest.mark.parametrize("width", [40, 72, 200])
@pytest.mark.parametrize("models", [1, 2, 6, 14])
def test_the_chart_fits_the_terminal(width: int, models: int) -> None:
    drawn = draw_history(
        a_history({"x": [3] * models}, [f"m{i}" for i in range(models)]), width=max(width, 6 + 6 * models)
    )
    assert max(map(len, drawn.splitlines()[:14])) <= max(width, 6 + 6 * models)


def test_problems_that_share_a_place_are_told() -> None:
    drawn = draw_history(a_history({"a": [5, 1], "b": [5, 9]}))
    assert "◎" in drawn
    assert "◎ several of them" in drawn


def test_many_problems_get_a_small_line_each() -> None:
    drawn = draw_history(a_history({f"p-{i}": [20, 10, None, 0] for i in range(9)})).splitlines()
    assert len(drawn) == 10
    assert all("█" in line and "▁" in line for line in drawn[1:])


def test_a_spark_leaves_a_gap_where_nothing_was_scored() -> None:
    history = a_history({"x": [20, None, 0]})
    assert spark(history.problems[0].standings) == "█·▁"


def test_nothing_to_draw_is_said() -> None:
    empty = History(test_set=DataCommitId("ab" * 32), live=None, problems=())
    assert "no problem" in draw_history(empty)
    assert "no problem" in describe(empty)
    ET.fromstring(history_svg(empty))  # noqa: S314  our own text
    ET.fromstring(history_svg(a_history({"x": []})))  # noqa: S314  our own text


def test_the_image_is_described_in_words_for_those_who_do_not_see_it() -> None:
    root = ET.fromstring(history_svg(a_history(SLIDE_47)))  # noqa: S314  our own text
    title, words = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert words is not None
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == f"{title.get('id')} {words.get('id')}"
    assert "drugs-doctors-false-pos, tolerance 0.1: model-1 0.600 [0.361, 0.809] n=20, failing" in (words.text or "")
    assert "tech-too-general, tolerance 0.1: model-1 0.200 [0.057, 0.437] n=20, failing; model-2 not scored" in (
        words.text or ""
    )


def test_series_differ_by_dash_and_marker_and_not_by_colour_alone() -> None:
    text = history_svg(a_history(SLIDE_47))
    root = ET.fromstring(text)  # noqa: S314  our own text
    style = root.find(f"{SVG}style")
    assert style is not None
    assert "prefers-color-scheme:dark" in (style.text or "")
    lines = [element.get("class") for element in root.iter(f"{SVG}polyline")]
    assert lines == ["p l0", "p l1", "p l2", "p l3"]
    assert (style.text or "").count("stroke-dasharray") == 4  # three series and the tolerance
    shapes = {len((e.get("points") or "").split()) for e in root.iter(f"{SVG}polygon")} | {
        0 for _ in root.iter(f"{SVG}circle")
    }
    assert shapes == {0, 3, 4}
    assert "tolerance 0.1" in text


def test_one_problem_shows_its_interval_and_many_get_a_chart_each() -> None:
    assert 'class="b"' in history_svg(a_history({"x": [5, 3]}))
    assert 'class="b"' not in history_svg(a_history({"x": [5, 3], "y": [1, 1]}))
    many = ET.fromstring(history_svg(a_history({f"p-{i}": [5, 3] for i in range(7)})))  # noqa: S314  our own text
    assert len([g for g in many.iter(f"{SVG}g") if g.get("transform")]) == 7


def test_names_cannot_break_the_image_and_the_same_history_gives_the_same_bytes() -> None:
    names = ["<script>&\"'", "模型" * 20, "a\x1b[31m"]
    made = [history_svg(a_history({"x": [5, 3, 1]}, names)) for _ in range(2)]
    assert made[0] == made[1]
    root = ET.fromstring(made[0])  # noqa: S314  our own text
    assert "\x1b" not in made[0]
    assert not list(root.iter(f"{SVG}script"))
