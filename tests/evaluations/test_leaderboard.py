"""The leaderboard: then and now, ranked by today's rows only, and ties are ties."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from curiouser.evaluations import LeaderboardRow
from tests.evaluations.bench import ACTOR, REGRESSION, Bench


def rows(labels: list[str]) -> pl.DataFrame:
    n = len(labels)
    return pl.DataFrame({"id": [f"r{i}" for i in range(n)], "text": [f"t{i}" for i in range(n)], "label": labels})


def answers(classes: list[str]) -> pl.DataFrame:
    return pl.DataFrame({"id": [f"r{i}" for i in range(len(classes))], "prediction": classes})


def by_name(bench: Bench, metric: str | None = None) -> dict[str, LeaderboardRow]:
    return {row.model: row for row in bench.evaluations.leaderboard(metric=metric).models}


def test_then_and_now_the_old_winner_may_lose_on_the_grown_test_set(tmp_path: Path) -> None:
    """Slides 54-55: 0.8 then, 0.72 now, against 0.75."""
    bench = Bench(tmp_path)
    then = bench.commit(rows(["yes"] * 10))
    bench.file_model("old", answers(["yes"] * 8 + ["no"] * 2))
    bench.file_model("new", answers(["yes"] * 7 + ["no"] * 3))
    bench.evaluate()
    now = bench.commit(rows(["yes"] * 10 + ["no"] * 10))
    both = bench.evaluations.leaderboard()
    assert [row.rank_best for row in both.models] == [None, None]
    for name, wrong in (("old", 8), ("new", 1)):
        later = [f"r{i}" for i in range(10, 20)]
        given = ["yes"] * wrong + ["no"] * (10 - wrong)
        bench.models.update(name, pl.DataFrame({"id": later, "prediction": given}), actor=ACTOR)
    bench.evaluate()
    board = bench.evaluations.leaderboard()
    assert list(board.test_sets) == [then, now]
    assert [(row.model, row.rank_best) for row in board.models] == [("new", 1), ("old", 2)]
    scores = {row.model: [(one.test_set, one.measured.value) for one in row.scores] for row in board.models}
    assert scores == {"new": [(then, 0.7), (now, 0.8)], "old": [(then, 0.8), (now, 0.5)]}


def test_equal_scores_share_their_ranks(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(rows(["yes"] * 4))
    for name, right in (("a", 2), ("b", 3), ("c", 3), ("d", 4)):
        bench.file_model(name, answers(["yes"] * right + ["no"] * (4 - right)))
    found = by_name(bench)
    assert {name: (row.rank_best, row.rank_worst) for name, row in found.items()} == {
        "d": (1, 1),
        "b": (2, 3),
        "c": (2, 3),
        "a": (4, 4),
    }
    assert found["a"].level_with_best is True  # four rows show nothing


def test_a_model_shown_to_be_worse_than_the_best_is_not_level_with_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(rows(["yes"] * 40))
    bench.file_model("good", answers(["yes"] * 40))
    bench.file_model("poor", answers(["yes"] * 20 + ["no"] * 20))
    found = by_name(bench)
    assert (found["good"].level_with_best, found["poor"].level_with_best) == (True, False)


def test_where_lower_is_better_the_lowest_is_first(tmp_path: Path) -> None:
    bench = Bench(tmp_path, REGRESSION)
    ids = [f"r{i}" for i in range(6)]
    bench.commit(pl.DataFrame({"id": ids, "text": ids, "label": [float(i) for i in range(6)]}))
    for name, shift in (("far", 2.0), ("near", 0.25)):
        bench.file_model(name, pl.DataFrame({"id": ids, "prediction": [i + shift for i in range(6)]}))
    board = bench.evaluations.leaderboard()
    assert board.metric == "mae"
    assert [row.model for row in board.models] == ["near", "far"]


def test_what_is_missing_is_said_instead_of_a_score(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(rows(["yes"] * 12))
    bench.file_model("partial", answers(["yes"] * 2))
    bench.models.add_reported("lost", {"accuracy": {"value": 0.93, "n": 500}, "f1": 0.9}, actor=ACTOR)
    bench.python_model("callable", "def predict(rows):\n    return ['yes' for row in rows]\n")
    found = by_name(bench)
    assert found["partial"].note == "needs 10 predictions"
    assert found["partial"].scores[-1].measured.value is None
    assert found["lost"].note == "reported"
    assert found["lost"].scores == ()
    assert found["lost"].reported["accuracy"]["value"] == 0.93
    assert found["lost"].reported["accuracy"]["n"] == 500
    assert "curiouser evaluate" in found["callable"].note
    bench.evaluate("callable")
    assert by_name(bench)["callable"].rank_best == 1


def test_the_board_asks_no_model_and_shows_as_many_as_asked_for(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(rows(["yes"] * 4))
    for number in range(4):
        bench.file_model(f"m{number}", answers(["yes"] * number + ["no"] * (4 - number)))
    board = bench.evaluations.leaderboard(limit=2)
    assert [row.model for row in board.models] == ["m3", "m2"]
    assert any("2 more models" in note for note in board.notes)


def test_the_number_on_the_board_is_the_number_of_the_evaluation(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(rows(["yes", "no"] * 20))
    frame = pl.DataFrame({"id": [f"r{i}" for i in range(40)], "score": [(i * 7 % 40) / 40 for i in range(40)]})
    bench.file_model("m", frame)
    before = {
        metric: by_name(bench, metric)["m"].scores[-1].measured for metric in ("accuracy", "f1", "roc_auc", "ece")
    }
    one = bench.evaluation("m")
    assert before == {metric: one.scores[metric] for metric in before}


def test_a_model_that_is_retired_leaves_the_board(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(rows(["yes"] * 3))
    bench.file_model("m", answers(["yes"] * 3))
    assert [row.model for row in bench.evaluations.leaderboard().models] == ["m"]
    assert bench.evaluations.evaluated_models() == frozenset()
    bench.evaluate()
    assert bench.evaluations.evaluated_models() == {bench.models.get("m").id}
    bench.models.retire("m", actor=ACTOR)
    assert bench.evaluations.leaderboard().models == ()
