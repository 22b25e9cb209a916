"""From what the services say to charts: which number goes where, and nothing computed."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from curiouser.evaluations import Leaderboard, Pair, PairsOfGroup
from curiouser.kernel.words import plural
from curiouser.measure import Measured
from curiouser.problems import ProblemHistory, Standing, TriagedProblem, describe_problem
from curiouser.surfaces.web.charts import Chart, Point, Series, error_curve
from curiouser.surfaces.web.filters import interval, number, percent
from curiouser.surfaces.web.row_charts import (
    DifferenceLine,
    Factor,
    ScoreLine,
    difference_forest,
    impact_equation,
    leaderboard_strip,
)


def curve_of(histories: Sequence[ProblemHistory], *, title: str, live: str | None = None) -> Chart:
    """Draw the errors of up to four problems over the models; the tolerance where they share one."""
    series = [
        Series(name=one.problem.name, points=[_point(standing) for standing in one.standings]) for one in histories
    ]
    models = [standing.model for standing in histories[0].standings] if histories else []
    tolerances = {one.problem.tolerance for one in histories}
    tolerance = tolerances.pop() if len(tolerances) == 1 else None
    says = " ".join(describe_problem(one) for one in histories)
    return error_curve(series, models, title=title, tolerance=tolerance, live=live or "", says=says)


def forest_of(groups: Sequence[PairsOfGroup], *, title: str, pair: int = 0) -> Chart:
    """Draw how two models differ on slices or problems; ``pair`` is the place of the pair in each."""
    lines = [_difference(group.name, group.n, group.pairs[pair]) for group in groups if group.pairs]
    return difference_forest(lines, title=title)


def strip_of(board: Leaderboard, *, title: str) -> Chart:
    """Draw the leaderboard: today's score of each model, and what was reported of it."""
    today = board.test_sets[-1] if board.test_sets else None
    lines = []
    for row in board.models:
        score = next((one.measured for one in row.scores if one.test_set == today), None)
        then = row.reported.get(board.metric, {}).get("value")
        lines.append(_score(row.model, score, then, row.note, is_live=row.live))
    return leaderboard_strip(lines, title=title)


def equation_of(one: TriagedProblem, *, most: float | None = None) -> Markup:
    """Write the Impact of a problem as an equation; a missing factor is a question mark.

    Args:
        one: The problem, triaged.
        most: The largest Impact of the list, so that bars can be compared between problems.
    """
    impact, error = one.impact, one.standing.error
    rank = "" if one.rank_best is None else f"rank {one.rank_best}"
    if one.rank_worst is not None and one.rank_worst != one.rank_best:
        rank += f" to {one.rank_worst}"
    product = Factor(name="Impact", shown="", says=("a factor is missing",))
    if impact is not None:
        product = Factor(
            name="Impact", shown=number(impact.value, 1), says=(interval(impact, 1), rank), value=impact.value,
            low=impact.low, high=impact.high, most=max(most or 0, impact.high) or 1,
        )  # fmt: skip
    rate = Factor(name="error rate", shown="", says=(error.reason or "not scored",))
    if error.value is not None:
        counted = f"{number(one.standing.failed)} of {plural(error.n, 'pattern')}"
        rate = Factor(
            name="error rate", shown=number(error.value, 2), says=(interval(error, 2), counted), value=error.value,
            low=error.low, high=error.high,
        )  # fmt: skip
    return impact_equation([_affected(one), rate, _harm(one)], product)


def _point(standing: Standing) -> Point:
    error = standing.error
    return Point(value=error.value, low=error.low, high=error.high, n=error.n, says=str(standing.state))


def _difference(name: str, n: int, pair: Pair) -> DifferenceLine:
    paired = pair.paired
    verdict = None if pair.verdict is None else str(pair.verdict)
    return DifferenceLine(
        name=name, value=paired.difference, low=paired.low, high=paired.high, n=n, verdict=verdict
    )  # fmt: skip


def _score(name: str, score: Measured | None, then: object, note: str, *, is_live: bool) -> ScoreLine:
    reported = float(then) if isinstance(then, (int, float)) else None
    if score is None or score.value is None:
        return ScoreLine(name=name, value=None, then=reported, note=note, live=is_live)
    return ScoreLine(
        name=name, value=score.value, low=score.low, high=score.high, n=score.n, then=reported, live=is_live
    )  # fmt: skip


def _affected(one: TriagedProblem) -> Factor:
    share = one.affected
    if share is None:
        return Factor(name="users affected", shown="", says=("not known yet",))
    return Factor(
        name="users affected", shown=percent(share.percent), says=(interval(share, 1), share.says),
        value=share.percent, low=share.low, high=share.high, most=max(share.high, 10.0),
    )  # fmt: skip


def _harm(one: TriagedProblem) -> Factor:
    said = one.problem.harm
    if one.harm is not None:
        level = said if said is not None and not said.replace(".", "", 1).isdigit() else "a decision"
        return Factor(name="harm", shown=number(one.harm, 1).removesuffix(".0"), says=(level,))
    if one.harm_false_positive is None and one.harm_false_negative is None:
        return Factor(name="harm", shown="", says=("not set yet",))
    apart = f"{number(one.harm_false_positive, 1)} / {number(one.harm_false_negative, 1)}"
    return Factor(name="harm", shown=apart.replace(".0", ""), says=("false positive", "false negative"))
