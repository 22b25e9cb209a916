"""Impact = percent of users affected x error x harm, with what is missing left missing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curiouser.kernel.configuration import Task, TaskKind
from curiouser.kernel.errors import NotFoundError
from curiouser.problems import BadFactorError, Triage, TriagedProblem
from tests.problems.bench import MONDAY, Bench, right, slide_44, talks_model
from tests.problems.test_standing import failing_on, many


def lines(triage: Triage) -> dict[str, TriagedProblem]:
    return {one.problem.name: one for one in triage.problems}


def production(bench: Bench, rows: list[tuple[str, str, int]]) -> None:
    """User, want, and how many days before Monday."""
    made: list[dict[str, Any]] = [
        {"id": f"o{i}", "want": want, "offer": "x", "user": user, "at": MONDAY - timedelta(days=days)}
        for i, (user, want, days) in enumerate(rows)
    ]
    bench.rows(made, dataset="production")


def test_impact_is_the_product_of_its_three_factors(bench: Bench) -> None:
    bench.problems.add("x", patterns=many(10), harm="costly", affected="4%", because="support", actor="t")
    bench.model("m", failing_on(5))
    (one,) = bench.problems.triage().problems
    assert one.impact is not None
    assert one.impact.value == pytest.approx(4 * 0.5 * 3)
    assert one.impact.low < one.impact.value < one.impact.high
    assert (one.rank_best, one.rank_worst, one.harm) == (1, 1, 3.0)


def test_problems_are_ranked_by_impact_and_those_with_a_missing_factor_follow(bench: Bench) -> None:
    bench.problems.add("small", patterns=many(4), harm="annoying", affected="1%", because="x", actor="t")
    bench.problems.add("large", patterns=many(10), harm="dangerous", affected="9%", because="x", actor="t")
    bench.problems.add("no-share", patterns=many(5), harm="dangerous", actor="t")
    bench.problems.add("no-share-small", patterns=many(5), harm="annoying", actor="t")
    bench.problems.add("no-harm", patterns=many(6), affected="50%", because="x", actor="t")
    bench.model("m", failing_on(3))
    bench.problems.add("no-error", patterns=slide_44(), harm="dangerous", affected="90%", because="x", actor="t")
    triage = bench.problems.triage()
    names = [one.problem.name for one in triage.problems]
    assert names == ["large", "small", "no-share", "no-share-small", "no-error", "no-harm"]
    found = lines(triage)
    assert (found["large"].rank_best, found["small"].rank_worst) == (1, 2)
    for name, command in [
        ("no-share", "curiouser problem edit no-share --affected"),
        ("no-harm", "curiouser problem edit no-harm --harm"),
        ("no-error", "curiouser model missing m"),
    ]:
        assert found[name].impact is None
        assert any(command in said for said in found[name].fill), found[name].fill


def test_harm_of_false_positives_and_of_false_negatives_count_apart(bench: Bench) -> None:
    bench.problems.add(
        "x", patterns=slide_44(), harm_false_positive=10, harm_false_negative=1, affected="2%", because="x", actor="t"
    )
    bench.model("m", talks_model)
    (one,) = bench.problems.triage().problems
    assert one.impact is not None
    assert one.impact.value == pytest.approx(2 * (3 * 10 + 1 * 1) / 7)


def test_one_harm_alone_leaves_the_other_kind_of_error_without_one(bench: Bench) -> None:
    bench.problems.add("x", patterns=slide_44(), harm_false_positive=10, affected="2%", because="x", actor="t")
    bench.model("m", talks_model)
    (one,) = bench.problems.triage().problems
    assert (one.impact, "both kinds of error" in one.fill[0]) == (None, True)
    bench.problems.edit("x", harm=1, actor="t")
    (one,) = bench.problems.triage().problems
    assert one.impact is not None
    assert one.impact.value == pytest.approx(2 * (3 * 10 + 1 * 1) / 7)


def test_cases_that_compare_answers_need_one_harm(bench: Bench) -> None:
    case = [
        {"want": "a doctor 0", "offer": "a GP", "case": "c"},
        {"want": "a doctr", "offer": "a GP", "case": "c", "expectation": "same_as"},
    ]
    bench.problems.add(
        "x", patterns=case, harm_false_positive=3, harm_false_negative=1, affected="2%", because="x", actor="t"
    )
    bench.model("m", lambda row: 0.9 if row["want"] == "a doctor 0" else 0.1)
    (one,) = bench.problems.triage().problems
    assert (one.impact, "need one harm" in one.fill[0]) == (None, True)
    bench.problems.edit("x", harm=2, actor="t")
    (one,) = bench.problems.triage().problems
    assert one.impact is not None
    assert one.impact.value == pytest.approx(2 * 1.0 * 2)


def test_percent_affected_counts_distinct_users_with_a_matching_row_in_the_window(bench: Bench) -> None:
    production(
        bench,
        [
            ("u1", "a doctor", 0),
            ("u1", "a doctor", 1),
            ("u2", "a chef", 2),
            ("u3", "a doctor", 3),
            ("u4", "x", 3),
            ("u5", "a doctor", 30),
            ("u6", "x", 40),
        ],
    )
    where = 'want == "a doctor"'
    bench.problems.add("all", patterns=many(4), harm=1, affected_where=where, actor="t")
    bench.problems.add("week", patterns=many(4), harm=1, affected_where=where, window="7d", actor="t")
    bench.model("m", failing_on(2))
    found = lines(bench.problems.triage())
    shares = {name: one.affected for name, one in found.items()}
    assert shares["all"] is not None
    assert shares["week"] is not None
    assert (shares["all"].users, shares["all"].active) == (3, 6)
    assert (shares["week"].users, shares["week"].active) == (2, 4)
    assert shares["week"].percent == 50.0
    assert "the last 7 days of production" in shares["week"].says
    assert all(one.impact is not None for one in found.values())


def test_reports_are_a_lower_bound_of_the_users_affected(bench: Bench) -> None:
    production(bench, [(f"u{i}", "x", i) for i in range(9)])
    bench.problems.add("x", patterns=many(4), harm=1, affected_by_reports=True, actor="t")
    for user in ("u1", "u1", "new"):
        told = bench.problems.reports.add("Bad.", user=user, actor="t")
        bench.problems.reports.link(told.number, "x")
    gone = bench.problems.reports.add("Bad.", user="u2", actor="t")
    bench.problems.reports.link(gone.number, "x")
    bench.problems.reports.withdraw(gone.number)
    bench.model("m", failing_on(2))
    (one,) = bench.problems.triage().problems
    assert one.affected is not None
    assert (one.affected.users, one.affected.active, one.affected.source) == (2, 10, "reports")
    assert "lower bound" in one.affected.says


def test_a_way_to_count_users_is_tried_before_it_is_kept(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="production"):
        bench.problems.add("x", patterns=many(4), affected_where='want == "a"', actor="t")
    production(bench, [("u1", "a doctor", 0)])
    with pytest.raises(Exception, match="wnt"):
        bench.problems.add("x", patterns=many(4), affected_where='wnt == "a"', actor="t")
    task = Task(name="t", kind=TaskKind.BINARY, inputs=("want", "offer"), label="meet", classes=("no", "yes"))
    other = Bench.make(tmp_path / "other", task)
    other.samples()
    other.rows([{"id": "1", "want": "a", "offer": "b", "user": "u"}], dataset="production")
    with pytest.raises(BadFactorError, match="names no user"):
        other.problems.add("x", patterns=many(4), affected_where='want == "a"', actor="t")
    other.workspace.close()


def test_a_window_without_a_time_is_refused(tmp_path: Path) -> None:
    task = Task(
        name="t", kind=TaskKind.BINARY, inputs=("want", "offer"), label="meet", classes=("no", "yes"), user="user"
    )
    bench = Bench.make(tmp_path / "w", task)
    bench.samples()
    bench.rows([{"id": "1", "want": "a", "offer": "b", "user": "u"}], dataset="production")
    with pytest.raises(BadFactorError, match="names no time"):
        bench.problems.add("x", patterns=many(4), affected_where='want == "a"', window="28d", actor="t")
    bench.workspace.close()


def test_triage_looks_at_the_live_model_else_at_the_newest(bench: Bench) -> None:
    bench.problems.add("x", patterns=many(4), harm=1, actor="t")
    bench.model("old", right)
    bench.model("new", failing_on(2))
    assert bench.problems.triage().model == "new"
    bench.live("old")
    assert (bench.problems.triage().model, bench.problems.triage(model="new").model) == ("old", "new")


def test_closed_problems_and_other_datasets_stay_out_of_the_triage(bench: Bench) -> None:
    bench.problems.add("x", patterns=many(4), actor="t")
    bench.problems.add("closed", patterns=many(3), actor="t")
    bench.problems.close("closed", actor="t")
    bench.rows([{"id": "1", "want": "a", "offer": "b", "meet": "no"}], dataset="other")
    bench.problems.add("elsewhere", ids=["1"], on="other", actor="t")
    bench.model("m", right)
    assert set(lines(bench.problems.triage())) == {"x"}
    assert set(lines(bench.problems.triage(include_closed=True))) == {"x", "closed"}


def test_what_happens_to_one_problem_never_moves_another(bench: Bench) -> None:
    bench.problems.add("x", patterns=many(10), harm="costly", affected="2%..6%", because="x", actor="t")
    bench.model("m", failing_on(3))
    (before,) = bench.problems.triage().problems
    bench.problems.add("a-first", patterns=slide_44(), harm="costly", affected="1%..9%", because="x", actor="t")
    bench.problems.add_patterns("a-first", patterns=[{"want": "q", "offer": "r", "meet": "no"}], actor="t")
    bench.model("m", failing_on(3))
    after = lines(bench.problems.triage())["x"]
    assert (after.impact, after.standing) == (before.impact, before.standing)


def test_a_level_of_harm_that_left_the_configuration_is_a_missing_factor(bench: Bench) -> None:
    bench.problems.add("x", patterns=many(4), harm="dangerous", affected="1%", because="x", actor="t")
    bench.model("m", failing_on(2))
    bench.problems._levels = {"grave": 5.0}  # noqa: SLF001  as after an edit of curiouser.toml
    (one,) = bench.problems.triage().problems
    assert one.impact is None
    assert "'dangerous' is neither a level" in one.fill[0]


def test_a_task_without_positives_has_no_harm_of_false_positives(tmp_path: Path) -> None:
    task = Task(name="t", kind=TaskKind.REGRESSION, inputs=("x",), label="y", tolerance=0.5)
    bench = Bench.make(tmp_path / "w", task)
    bench.rows([{"id": str(i), "x": f"text {i}", "y": float(i)} for i in range(6)])
    with pytest.raises(BadFactorError, match="only a binary task"):
        bench.problems.add("p", ids=["1"], harm_false_positive=3, actor="t")
    bench.problems.add("p", ids=["1", "2", "3"], harm=3, affected="1%", because="x", actor="t")
    frame = pl.DataFrame({"id": [str(i) for i in range(6)], "prediction": [0.0, 1.4, 2.6, 3.0, 4.0, 5.0]})
    bench.workspace.models.add_predictions("m", frame, on="test", actor="t")
    (one,) = bench.problems.triage().problems
    assert one.impact is not None
    assert one.impact.value == pytest.approx(1 * (1 / 3) * 3)
    assert one.standing.confusion is None
    bench.workspace.close()
