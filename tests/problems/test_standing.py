"""States, confusion kinds, memorised patterns, histories and the gate, computed and never typed in."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from curiouser.kernel.errors import BadInputError
from curiouser.measure import clopper_pearson
from curiouser.models import ModelNotFoundError
from curiouser.problems import Confusion, Standing
from tests.problems.bench import SLIDE_44, SLIDE_44_SCORES, Bench, Row, right, slide_44, talks_model

NAME = "drugs-doctors-false-pos"


def many(n: int) -> list[dict[str, str]]:
    return [{"want": f"a doctor {i}", "offer": "drugs", "meet": "no"} for i in range(n)]


def failing_on(wrong: int) -> Callable[[Row], float]:
    """Answer as a model that is wrong on the first patterns of `many`."""
    wants = {f"a doctor {i}" for i in range(wrong)}
    return lambda row: 0.9 if row["want"] in wants else right(row)


def standing(bench: Bench, model: str, name: str = "x") -> Standing:
    return bench.problems.history(name, models=[model]).problems[0].standings[0]


def test_slide_44_has_three_false_positives_and_one_false_negative(bench: Bench) -> None:
    bench.problems.add(NAME, patterns=slide_44(), actor="thandi")
    bench.model("first", talks_model)
    one = standing(bench, "first", NAME)
    assert one.confusion == Confusion(true_positive=2, false_positive=3, true_negative=1, false_negative=1)
    assert (one.failed, one.error.n, one.state) == (4, 7, "failing")
    interval = clopper_pearson(4, 7)
    assert (one.error.value, one.error.low, one.error.high) == (4 / 7, interval.low, interval.high)


def test_the_confusion_kind_of_each_pattern_is_shown_per_model(bench: Bench) -> None:
    bench.problems.add(NAME, patterns=slide_44(), actor="thandi")
    bench.model("first", talks_model)
    bench.model("second", right)
    shown = bench.problems.show(NAME)
    kinds = {
        str((one.row or {})["want"]) + str((one.row or {})["offer"]): (
            one.answers["first"].confusion,
            one.answers["first"].score,
        )
        for one in shown.patterns
    }
    expected = {
        want + offer: (("T" if (score > 0.5) == (meet == "yes") else "F") + ("P" if score > 0.5 else "N"), score)
        for (want, offer, meet), score in zip(SLIDE_44, SLIDE_44_SCORES, strict=True)
    }
    assert kinds == expected
    assert {one.answers["second"].confusion for one in shown.patterns} == {"TP", "TN"}


def test_a_limit_shows_fewer_patterns_and_counts_all(bench: Bench) -> None:
    bench.problems.add(NAME, patterns=slide_44(), actor="thandi")
    shown = bench.problems.show(NAME, limit=3)
    assert (len(shown.patterns), shown.total) == (3, 7)


@pytest.mark.parametrize(
    ("n", "wrong", "state", "more"),
    [(28, 0, "passing", 1), (29, 0, "fixed", None), (46, 1, "fixed", None), (6, 1, "failing", None)],
)
def test_fixed_needs_proof(bench: Bench, n: int, wrong: int, state: str, more: int | None) -> None:
    bench.problems.add("x", patterns=many(n), actor="thandi")
    bench.model("m", failing_on(wrong))
    one = standing(bench, "m")
    assert (one.state, one.more_needed) == (state, more)
    assert one.models_tried == (1 if state == "fixed" else None)


@pytest.mark.parametrize(("wrong", "state"), [(2, "slipped"), (3, "regressed")])
def test_a_problem_regresses_only_beyond_chance(bench: Bench, wrong: int, state: str) -> None:
    bench.problems.add("x", patterns=many(6), actor="thandi")
    bench.model("old", right)
    bench.model("new", failing_on(wrong))
    assert standing(bench, "new").state == "failing"
    bench.live("old")
    one = standing(bench, "new")
    assert one.state == state
    wants = dict(bench.test_rows().select("id", "want").iter_rows())
    assert {wants[each] for each in one.flipped} == {f"a doctor {i}" for i in range(wrong)}


def test_what_fails_on_the_live_model_too_does_not_regress(bench: Bench) -> None:
    bench.problems.add("x", patterns=many(6), actor="thandi")
    bench.model("old", failing_on(6))
    bench.model("new", failing_on(5))
    bench.live("old")
    assert standing(bench, "new").state == "failing"


def test_patterns_without_a_prediction_are_unscored_and_counted(bench: Bench) -> None:
    bench.model("old", right)
    bench.problems.add("x", patterns=many(6), actor="thandi")
    one = standing(bench, "old")
    assert (one.state, one.error.value, one.error.missing, one.error.reason) == (
        "unscored",
        None,
        6,
        "no pattern has an answer",
    )
    bench.model("old", right)
    assert standing(bench, "old").error.n == 6


def test_a_model_of_which_only_scores_remain_is_unscored(bench: Bench) -> None:
    bench.problems.add("x", patterns=many(6), actor="thandi")
    bench.workspace.models.add_reported("lost", {"accuracy": 0.9}, actor="thandi")
    one = bench.problems.history("x").problems[0].standings[0]
    assert (one.model, one.state, one.error.reason) == ("lost", "unscored", "only reported scores of this model remain")


def test_a_pattern_in_the_training_data_is_memorised_whatever_its_case_and_spaces(bench: Bench) -> None:
    bench.problems.add("x", patterns=many(6), actor="thandi")
    bench.model("m", failing_on(2))
    bench.rows([{"id": "t1", "want": "A  Doctor 0", "offer": "drugs ", "meet": "no"}], dataset="train")
    one = standing(bench, "m")
    assert (one.memorised, one.failed, one.error.n) == (1, 1, 5)
    assert (one.failed_of_all, one.scored_of_all) == (2, 6)
    assert one.confusion == Confusion(true_positive=0, false_positive=1, true_negative=4, false_negative=0)
    assert [each.answers["m"].memorised for each in bench.problems.show("x").patterns].count(True) == 1


def test_a_problem_whose_patterns_are_all_memorised_is_not_fixed(bench: Bench) -> None:
    bench.problems.add("x", patterns=many(30), actor="thandi")
    bench.model("m", right)
    assert standing(bench, "m").state == "fixed"
    bench.rows([{"id": f"t{i}", **row} for i, row in enumerate(many(30))], dataset="train")
    one = standing(bench, "m")
    assert (one.state, one.memorised) == ("unscored", 30)
    assert "30 of 30 patterns stand in its training data" in one.sentence


def test_a_pattern_whose_row_was_deleted_is_gone_and_unscored(bench: Bench) -> None:
    bench.problems.add("x", patterns=[{"id": "p1", **many(1)[0]}], actor="thandi")
    bench.model("m", right)
    bench.workspace.data.commit("test", deletes=["p1"], message="gone", actor="thandi")
    one = standing(bench, "m")
    assert (one.gone, one.state) == (1, "unscored")
    assert bench.problems.show("x").patterns[0].row is None


def test_history_follows_the_models_in_the_order_they_came(bench: Bench) -> None:
    bench.problems.add("x", patterns=many(10), actor="thandi")
    bench.problems.add("y", patterns=slide_44(), actor="thandi")
    for name, wrong in [("zeta", 8), ("alpha", 4), ("mid", 0)]:
        bench.model(name, failing_on(wrong))
    history = bench.problems.history()
    assert [line.problem.name for line in history.problems] == ["x", "y"]
    assert [(one.model, one.error.value) for one in history.problems[0].standings] == [
        ("zeta", 0.8),
        ("alpha", 0.4),
        ("mid", 0.0),
    ]


def test_the_gate_stops_on_a_regression_and_on_a_closed_problem_beyond_its_bound(bench: Bench) -> None:
    bench.problems.add("x", patterns=many(6), actor="thandi")
    bench.problems.add("y", patterns=slide_44(), actor="thandi")
    bench.model("old", failing_on(6))
    bench.model("new", failing_on(3))
    open_check = bench.problems.check(model="new")
    assert open_check.passed
    bench.problems.close("x", actor="thandi")
    closed_check = bench.problems.check(model="new")
    assert [(one.problem.name, one.blocks) for one in closed_check.problems] == [("x", True), ("y", False)]
    bench.problems.reopen("x", actor="thandi")
    bench.model("good", right)
    bench.live("good")
    assert not bench.problems.check(model="new").passed


def test_the_gate_warns_where_a_closed_problem_fails_within_chance(bench: Bench) -> None:
    bench.problems.add("x", patterns=many(6), actor="thandi")
    bench.model("m", failing_on(2))
    bench.problems.close("x", actor="thandi")
    (one,) = bench.problems.check().problems
    assert (one.blocks, one.warns) == (False, True)


def test_a_check_without_a_model_says_how_to_add_one(bench: Bench) -> None:
    with pytest.raises(BadInputError, match="model add"):
        bench.problems.check()
    with pytest.raises(ModelNotFoundError):
        bench.problems.check(model="nobody")


def test_an_unlabelled_row_in_a_list_of_ids_is_unscored(bench: Bench) -> None:
    bench.rows([{"id": "s900", "want": "w", "offer": "o", "meet": None}])
    bench.problems.add("x", ids=["s900", "s001"], actor="thandi")
    bench.model("m", lambda _row: 0.9)
    one = standing(bench, "m")
    assert (one.error.n, one.error.missing) == (1, 1)


def test_only_a_model_that_was_trained_on_the_patterns_has_memorised_them(bench: Bench) -> None:
    bench.problems.add("x", patterns=many(30), actor="thandi")
    for name in ("honest", "by-heart"):
        bench.model(name, right)
    bench.rows([{"id": "t", "want": "a chef", "offer": "chef lessons", "meet": "yes"}], dataset="train")
    bench.rows([{"id": f"t{i}", **row} for i, row in enumerate(many(30))], dataset="other-train")
    bench.workspace.models.set_trained_on("by-heart", "other-train", actor="thandi")
    assert (standing(bench, "honest").state, standing(bench, "by-heart").memorised) == ("fixed", 30)
