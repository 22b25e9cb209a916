"""One of each part of the pages, with made-up numbers: what ``/components`` shows."""

from __future__ import annotations

from collections.abc import Mapping

from curiouser.measure import Measured
from curiouser.surfaces.web.charts import Chart, Point, Series, error_curve
from curiouser.surfaces.web.row_charts import (
    DifferenceLine,
    Factor,
    ScoreLine,
    difference_forest,
    impact_equation,
    leaderboard_strip,
)

_MODELS = ("words-1", "words-2", "linear-3", "linear-4", "forest-5", "forest-6")


def specimens() -> Mapping[str, object]:
    """Give ``components.html`` what it shows."""
    return {
        "measured": Measured(value=0.78, low=0.757, high=0.803, n=1248, missing=0, method="Wilson"),
        "incomplete": Measured(
            value=None, low=None, high=None, n=1238, missing=10, method="Wilson", reason="needs 10 predictions"
        ),
        "partly": Measured(value=0.781, low=0.75, high=0.81, n=900, missing=12, method="Wilson"),
        "curve": _curve(),
        "curves": _curves(),
        "many": _many(),
        "forest": _forest(),
        "strip": _strip(),
        "equation": _equation(),
    }


def _curve() -> Chart:
    ends = ((0.507, 0.744), (0.362, 0.607), (0.393, 0.638), (0.286, 0.526), (0.185, 0.408), (0.003, 0.089))
    points = [
        Point(value=wrong / 60, low=low, high=high, n=60, says="fixed" if wrong == 1 else "failing")
        for wrong, (low, high) in zip((38, 29, 31, 24, 17, 1), ends, strict=True)
    ]
    series = [Series(name="drugs-doctors-false-pos", points=points)]
    return error_curve(
        series, _MODELS, title="Error on the 60 patterns, model by model", tolerance=0.1, live="forest-5"
    )


def _curves() -> Chart:
    errors = {
        "drugs-doctors-false-pos": (0.63, 0.48, 0.52, 0.4, 0.28, 0.02),
        "politicians-false-neg": (0.62, 0.72, 0.7, 0.6, 0.65, 0.55),
        "health-more-specific": (0.38, 0.27, None, 0.1, 0.06, 0.27),
        "misspelt-trades": (0.34, 0.26, 0.11, 0.05, 0.03, 0.03),
    }
    series = [
        Series(name=name, points=[Point(value=value, n=60) for value in values]) for name, values in errors.items()
    ]
    return error_curve(series, _MODELS, title="Four problems together", tolerance=0.1, live="forest-5", width=200)


def _many() -> Chart:
    falling = [1 / (1 + i / 9) for i in range(60)]
    points = [
        Point(value=0.6 * error, low=0.5 * error, high=0.75 * error, n=80) if i % 17 else Point(value=None)
        for i, error in enumerate(falling)
    ]
    models = [f"a-model-with-quite-a-long-name-{i + 1}" for i in range(60)]
    return error_curve(
        [Series(name="sixty-models", points=points)],
        models,
        title="Sixty models",
        tolerance=0.05,
        live=models[40],
        width=340,
    )


def _forest() -> Chart:
    lines = [
        DifferenceLine(name="drugs-doctors-false-pos", value=0.267, low=0.155, high=0.379, n=60, verdict="better"),
        DifferenceLine(
            name="politicians-false-neg", value=0.1, low=-0.016, high=0.216, n=40, verdict="no_difference_shown"
        ),
        DifferenceLine(name="lawyers-for-tenants", value=None),
        DifferenceLine(name="health-more-specific", value=-0.203, low=-0.302, high=-0.105, n=64, verdict="worse"),
    ]
    return difference_forest(lines, title="forest-6 against forest-5, by problem")


def _strip() -> Chart:
    lines = [
        ScoreLine(name="forest-6", value=0.793, low=0.77, high=0.815, n=1248, then=0.79),
        ScoreLine(name="forest-5", value=0.78, low=0.757, high=0.803, n=1248, then=0.781, live=True),
        ScoreLine(name="words-2", value=0.72, low=0.695, high=0.745, n=1248, then=0.8),
        ScoreLine(name="words-1", value=None, then=0.74, note="needs 10 predictions"),
    ]
    return leaderboard_strip(lines, title="Accuracy, reported then and today")


def _equation() -> object:
    factors = [
        Factor(
            name="users affected",
            shown="3.1%",
            says=("2.8–3.4", "412 of 13,290"),
            value=3.1,
            low=2.8,
            high=3.4,
            most=20,
        ),
        Factor(
            name="error rate", shown="0.28", says=("0.19–0.41", "17 of 60 patterns"), value=0.283, low=0.185, high=0.408
        ),
        Factor(name="harm", shown="10", says=("dangerous", "set by Thandi, 12 Sep")),
    ]
    product = Factor(
        name="Impact", shown="8.8", says=("5.4–12.7", "rank 1 to 2"), value=8.8, low=5.4, high=12.7, most=14
    )
    return impact_equation(factors, product)
