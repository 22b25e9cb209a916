"""Charts: what is drawn is what was given, at every width, in words too."""

from __future__ import annotations

import itertools
import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curiouser.surfaces.web.charts import Chart, Point, Scale, Series, error_curve, interval_bar, spark
from curiouser.surfaces.web.curve_labels import spread
from curiouser.surfaces.web.row_charts import (
    DifferenceLine,
    Factor,
    ScoreLine,
    difference_forest,
    impact_equation,
    leaderboard_strip,
)

RATES = st.floats(0, 1)
NAMES = st.text(min_size=1, max_size=60)


def a_curve(values: list[float | None], *, models: list[str] | None = None, **more: Any) -> Chart:  # noqa: ANN401  options of error_curve
    points = [Point(value=value, low=value, high=value, n=60) for value in values]
    names = models or [f"model-{i + 1}" for i in range(len(values))]
    series = [Series(name="drugs-doctors-false-pos", points=points)]
    return error_curve(series, names, title="Error", **more)


def tree(chart: Chart) -> ET.Element:
    return ET.fromstring(str(chart.svg))  # noqa: S314  our own drawing


def texts(chart: Chart, only: str = "") -> list[str]:
    found = [element for element in tree(chart).iter("text") if only in (element.get("class") or "")]
    return ["".join(element.itertext()) for element in found]


def test_a_curve_has_a_point_per_model_and_a_line_through_them() -> None:
    chart = a_curve([0.6, 0.3, 0.0], tolerance=0.1)
    assert len(re.findall('class="at dot1"', chart.svg)) == 3
    assert re.findall(r'<polyline class="path path1" points="([^"]+)"', chart.svg) == [
        "5.00,0.0 46.50,100.0 88.00,200.0"
    ]
    assert "tolerance 0.1" in texts(chart)


def test_a_model_without_a_score_leaves_a_gap_and_is_named_in_words() -> None:
    chart = a_curve([0.6, 0.5, None, 0.2])
    assert chart.svg.count("<polyline") == 2
    assert chart.svg.count('class="at dot1"') == 3
    assert "model-3 not scored" in chart.svg
    assert [row["error"] for row in chart.table.rows] == [0.6, 0.5, None, 0.2]


def test_a_curve_without_any_score_still_says_so() -> None:
    for chart in (a_curve([None, None]), error_curve([], [], title="Error")):
        assert tree(chart).tag == "svg"
        assert "not scored" in chart.svg or "Nothing is scored yet." in chart.svg


def test_curves_that_share_a_chart_differ_in_dash_and_marker() -> None:
    series = [Series(name=f"problem-{i}", points=[Point(value=i / 10), Point(value=i / 5)]) for i in range(4)]
    chart = error_curve(series, ["a", "b"], title="Four")
    assert {f"path{i}" for i in (1, 2, 3, 4)} <= set(re.findall(r"path\d", chart.svg))
    markers = set(re.findall(r'class="at dot\d"[^>]*>(<(?:circle|path)[^>]*>)', chart.svg))
    assert len(markers) == 4
    assert [text for text in texts(chart, "only-wide ink") if text.startswith("problem-3")] == ["problem-3 0.60"]


def test_a_fifth_curve_could_not_be_told_apart() -> None:
    with pytest.raises(ValueError, match="at most 4"):
        error_curve([Series(name="x", points=())] * 5, [], title="Five")


def test_a_curve_with_a_point_too_few_is_refused() -> None:
    with pytest.raises(ValueError, match="one point per model"):
        error_curve([Series(name="x", points=())], ["a"], title="One")


def test_names_that_do_not_fit_become_numbers_and_the_key_says_so() -> None:
    models = [f"introductions-logistic-{i}" for i in range(6)]
    chart = a_curve([0.1] * 6, models=models, live=models[4])
    labels = [element for element in tree(chart).iter("text") if "only-narrow" in (element.get("class") or "")]
    assert [title.tail for element in labels for title in element.iter("title")] == [*"123456"]
    assert "numbered" in chart.marks
    assert [row["place"] for row in chart.table.rows] == [1, 2, 3, 4, 5, 6]


def test_labels_of_a_hundred_models_do_not_touch() -> None:
    chart = a_curve([0.2] * 100, live="model-51")
    for only, room in (("only-wide", 460), ("only-narrow", 260)):
        found = [e for e in tree(chart).iter("text") if only in (e.get("class") or "") and e.get("y") == "220.0"]
        at = sorted(float((element.get("x") or "0").rstrip("%")) * room / 100 for element in found)
        assert len(at) > 5
        assert min(b - a for a, b in itertools.pairwise(at)) >= 20


@given(st.lists(st.none() | RATES, max_size=30), st.none() | st.floats(0, 0.99), NAMES)
def test_any_curve_is_well_formed_and_inside_its_frame(
    values: list[float | None], tolerance: float | None, name: str
) -> None:
    models = [f"{name}{i}" for i in range(len(values))]
    points = [Point(value=value) for value in values]
    chart = error_curve([Series(name=name, points=points)], models, title=name, tolerance=tolerance)
    assert "style=" not in re.sub(r">[^<]*<", "><", chart.svg)
    for path in re.findall(r'points="([^"]*)"', chart.svg):
        for pair in path.split():
            x, y = map(float, pair.split(","))
            assert 0 <= x <= 100
            assert -0.05 <= y <= 200.05


def test_a_name_with_markup_in_it_stays_text() -> None:
    chart = a_curve([0.1, 0.2], models=["<b>&", 'a"b'])
    assert "<b>" not in chart.svg
    names = [title.text for title in tree(chart).iter("title")]
    assert any("<b>&" in (name or "") for name in names)


def test_charts_say_what_they_show_to_who_does_not_see_them() -> None:
    chart = a_curve([0.6, 0.02], tolerance=0.1)
    root = tree(chart)
    assert root.get("role") == "img"
    title, says = root.find("title"), root.find("desc")
    assert title is not None
    assert says is not None
    assert root.get("aria-labelledby") == title.get("id")
    assert root.get("aria-describedby") == says.get("id")
    assert "model-2 0.02, 0.02 to 0.02, n 60" in (says.text or "")


def test_a_bar_has_its_number_between_its_ends_and_nothing_without_a_number() -> None:
    bar = str(interval_bar(0.28, 0.185, 0.408, limit=0.1))
    low, high = re.findall(r'<line x1="([\d.]+)%" x2="([\d.]+)%"', bar)[0]
    (middle,) = re.findall(r'cx="([\d.]+)%"', bar)
    assert float(low) < float(middle) < float(high)
    assert interval_bar(None, None, None) == ""
    assert "<line x1" not in interval_bar(0.5, None, None)


@given(RATES, RATES)
def test_bars_of_one_column_keep_the_order_of_their_numbers(a: float, b: float) -> None:
    scale = Scale(least=0, most=1)
    places = [float(scale.at(value).rstrip("%")) for value in sorted((a, b))]
    assert places[0] <= places[1]
    assert 0 <= places[0] <= places[1] <= 100


@given(st.lists(st.floats(0, 200), max_size=4))
def test_labels_are_moved_apart_in_their_order(places: list[float]) -> None:
    moved = spread(sorted(places), 16)
    assert all(b - a >= 16 - 1e-6 for a, b in itertools.pairwise(moved))


def test_a_difference_is_filled_only_where_it_is_shown() -> None:
    chart = difference_forest(
        [
            DifferenceLine(name="a", value=0.2, low=0.1, high=0.3, n=60, verdict="better"),
            DifferenceLine(name="b", value=-0.2, low=-0.3, high=-0.1, n=60, verdict="worse"),
            DifferenceLine(name="c", value=0.4, low=-0.1, high=0.9, n=6, verdict="no_difference_shown"),
            DifferenceLine(name="d", value=None),
        ],
        title="Differences",
    )
    groups = [element.get("class") for element in tree(chart).iter("g")]
    assert groups == ["good", "bad", "hollow", "hollow"]
    assert "c: +40.0 points, −10.0 to +90.0, n 6, no difference shown." in chart.svg
    assert "not compared" in texts(chart)
    assert chart.table.rows[1]["difference"] == -20


def test_no_difference_at_all_can_be_drawn() -> None:
    assert tree(difference_forest([], title="None")).tag == "svg"
    flat = difference_forest([DifferenceLine(name="a", value=0.0, low=0.0, high=0.0)], title="Flat")
    assert 'cx="50.0%"' in flat.svg


def test_a_board_shows_then_beside_today_and_says_why_a_score_is_missing() -> None:
    chart = leaderboard_strip(
        [
            ScoreLine(name="words-2", value=0.72, low=0.695, high=0.745, n=1248, then=0.8),
            ScoreLine(name="words-1", value=None, then=0.74, note="needs 10 predictions"),
        ],
        title="Accuracy",
    )
    assert chart.svg.count('class="then"') == 2
    assert "needs 10 predictions" in texts(chart)
    assert "words-2: 0.720, 0.695–0.745, n 1,248, reported then as 0.800." in chart.svg
    assert chart.table.rows[1]["today"] is None


def test_an_equation_reads_as_a_product_and_a_missing_factor_is_no_number() -> None:
    shown = impact_equation(
        [Factor(name="users affected", shown=""), Factor(name="error rate", shown="0.28", value=0.28)],
        Factor(name="Impact", shown="", says=("a factor is missing",)),
    )
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", str(shown))).strip()
    assert words == "? users affected × 0.28 error rate = ? Impact a factor is missing"
    assert shown.count('class="value missing"') == 2


def test_a_trend_of_nothing_is_nothing() -> None:
    assert spark([None, None]) == ""
    assert spark([0.5], 0.1).count("<circle") == 1
