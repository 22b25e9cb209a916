"""What is remembered is never out of date: a service that lived through every change says what a fresh one says."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from curiouser.kernel.configuration import Configuration
from curiouser.kernel.remembered import Remembered
from curiouser.measure import rank_ranges
from curiouser.problems import ProblemService
from curiouser.workspace import Workspace
from tests.problems.bench import TASK, Bench, Clock, Row

Said = tuple[object, ...]


def said(problems: ProblemService) -> Said:
    """Everything that problems say on every page."""
    names = [one.problem.name for one in problems.list()]
    return (
        problems.list(),
        problems.triage(),
        problems.triage(include_closed=True),
        problems.check(),
        problems.history(),
        *(problems.show(name, limit=5) for name in names),
        *(problems.history(name, models=["one"]) for name in names),
    )


def said_afresh(bench: Bench) -> Said:
    fresh = Workspace(bench.workspace.root, Configuration(task=TASK), actor="thandi", clock=Clock())
    try:
        return said(fresh.problems)
    finally:
        fresh.close()


def guessing(seed: int, *, wrong: float) -> Callable[[Row], float | None]:
    rng = random.Random(seed)

    def rule(row: Row) -> float | None:
        right = (row["meet"] == "yes") != (rng.random() < wrong)
        return round(0.5 + 0.4 * rng.random() if right else 0.4 * rng.random(), 3)

    return rule


def pairs(prefix: str, n: int) -> list[dict[str, str]]:
    return [{"want": f"{prefix} {i}", "offer": f"o{i}", "meet": "yes" if i % 3 else "no"} for i in range(n)]


def scores(ids: list[str]) -> pl.DataFrame:
    return pl.DataFrame({"id": ids, "score": [0.7] * len(ids)})


def change_labels(bench: Bench) -> None:
    bench.workspace.data.commit(
        "test", upserts=pl.DataFrame({"id": ["s001", "s003"], "meet": ["no", "no"]}), message="relabel", actor="t"
    )


def learn(bench: Bench) -> None:
    rows = bench.test_rows().filter(pl.col("origin") == "pattern").head(4).select("id", "want", "offer", "meet")
    bench.workspace.data.commit("train", upserts=rows, message="train", actor="t")


def complete(bench: Bench, *names: str) -> None:
    for name in names:
        rows = bench.workspace.models.missing(name).select("id", pl.lit(0.9).alias("score"))
        if len(rows):
            bench.workspace.models.update(name, rows, on="test", actor="t")


CHANGES: dict[str, Callable[[Bench], object]] = {
    "an owner": lambda b: b.problems.edit("first", owner="lerato", actor="t"),
    "a harm": lambda b: b.problems.edit("second", harm="dangerous", actor="t"),
    "a percent": lambda b: b.problems.edit("second", affected="2%..6%", because="counted", actor="t"),
    "a tolerance": lambda b: b.problems.edit("first", tolerance=0.4, actor="t"),
    "more patterns": lambda b: b.problems.add_patterns("first", patterns=pairs("more", 7), actor="t"),
    "answers to them": lambda b: complete(b, "one"),
    "fewer patterns": lambda b: b.problems.remove_patterns(
        "first", ids=[b.problems.patterns("first")[0].example_id], actor="t"
    ),
    "taken back": lambda b: b.problems.undo("first", actor="t"),
    "closed": lambda b: b.problems.close("second", actor="t"),
    "reopened": lambda b: b.problems.reopen("second", actor="t"),
    "a threshold": lambda b: b.workspace.models.set_threshold("one", 0.7, actor="t"),
    "live": lambda b: b.live("two"),
    "another live": lambda b: b.live("one"),
    "labels": change_labels,
    "training data": learn,
    "all answers": lambda b: complete(b, "one", "two", "three"),
    "a model": lambda b: b.model("four", guessing(4, wrong=0.0)),
    "a retired model": lambda b: b.workspace.models.retire("three", actor="t"),
    "another name": lambda b: b.workspace.models.rename("four", "four-again", actor="t"),
    "a problem by slice": lambda b: b.problems.add("third", where='id < "s010"', harm=2, actor="t"),
    "a problem gone": lambda b: b.problems.undo("third", actor="t"),
    "the same name again": lambda b: b.problems.add("third", where='id >= "s010"', harm=2, actor="t"),
    "a report": lambda b: b.problems.reports.link(b.problems.reports.add("bad", user="u1", actor="t").number, "third"),
    "by reports": lambda b: b.problems.edit("third", affected_by_reports=True, users_in="test", actor="t"),
    "another report": lambda b: b.problems.reports.link(
        b.problems.reports.add("worse", user="u2", actor="t").number, "third"
    ),
}


def test_a_service_that_lived_through_every_change_says_what_a_fresh_one_says(tmp_path: Path) -> None:
    bench = Bench.make(tmp_path / "ws")
    bench.samples()
    bench.problems.add("first", patterns=pairs("first", 12), harm="costly", affected="3%", because="x", actor="t")
    bench.problems.add("second", patterns=pairs("second", 40), actor="t")
    for number, name in enumerate(("one", "two", "three")):
        bench.model(name, guessing(number, wrong=0.3 * number))
    assert said(bench.problems) == said_afresh(bench)
    before: Said = ()
    for name, change in CHANGES.items():
        change(bench)
        now = said(bench.problems)
        assert now == said_afresh(bench), f"after {name}"
        assert now == said(bench.problems), f"asked again after {name}"
        assert now != before, f"{name} changes nothing, so the test shows nothing"
        before = now


@pytest.mark.parametrize("seed", range(4))
def test_ranks_are_those_of_sorting_every_draw(seed: int) -> None:
    rng = np.random.default_rng(seed)
    drawn = rng.gamma(2.0, size=(1_000, 7)).round(1)  # rounded, so that draws tie
    drawn[:, 2] = 0.0
    drawn[:, 5] = 0.0
    drawn[:, 3] = np.nan
    known = [0, 1, 2, 4, 5, 6]
    ranks = np.array([[sorted(known, key=lambda p: -draw[p]).index(p) + 1 for p in known] for draw in drawn])
    by_hand = [(int(np.sort(ranks[:, i])[24]), int(np.sort(ranks[:, i])[974])) for i in range(len(known))]
    found = rank_ranges(drawn)
    assert found[3] is None
    assert [(one.best, one.worst) for one in found if one is not None] == by_hand


def test_the_value_that_was_used_longest_ago_is_let_go() -> None:
    kept = Remembered[str, int](most=2)
    kept.put("a", 1)
    kept.put("b", 2)
    assert kept.peek("a") == 1
    kept.put("c", 3)
    assert [kept.peek(name) for name in "abc"] == [1, None, 3]
    assert len(kept) == 2


def test_a_value_is_made_once_and_a_failure_is_not_kept() -> None:
    kept = Remembered[str, int](most=2)
    with pytest.raises(ZeroDivisionError):
        kept.get("a", lambda: 1 // 0)
    assert kept.get("a", lambda: 7) == 7
    assert kept.get("a", lambda: 8) == 7


def test_rows_are_found_by_id_wherever_they_lie(tmp_path: Path) -> None:
    bench = Bench.make(tmp_path / "ws")
    bench.rows([{"id": name, "want": name, "offer": "o", "meet": "yes"} for name in ("b", "ä", "B", "10", "9")])
    test_set = bench.workspace.evaluations.test_set("test")
    there = test_set.rows["id"].to_list()
    asked = ["ä", "a", "10", "1", "~", "", "b", "B", "b"]
    by_hand = [there.index(one) if one in there else -1 for one in asked]
    assert test_set.places(asked).tolist() == by_hand
    assert test_set.places([]).tolist() == []


def test_answers_of_many_models_are_read_as_those_of_each(tmp_path: Path) -> None:
    bench = Bench.make(tmp_path / "ws")
    bench.samples(50)
    for number, name in enumerate(("one", "two", "three")):
        bench.model(name, guessing(number, wrong=0.2))
    rows = bench.test_rows().head(20)
    classes = rows.select("id", pl.lit("yes").alias("prediction"))
    bench.workspace.models.add_predictions("few", classes, on="test", actor="t")
    test_set, store = bench.workspace.evaluations.test_set("test"), bench.workspace.predictions
    models = bench.workspace.models.list()
    keys = store.keys_for(test_set.commit.content_hash, models[0].columns, lambda: test_set.rows)[::3]
    digests = [model.digest for model in models]
    together = store.read_each([*digests, "nobody"], keys)
    for digest in [*digests, "nobody"]:
        alone = store.read(digest, keys)
        assert list(together[digest].columns) == list(alone.columns)
        np.testing.assert_array_equal(together[digest].valid, alone.valid)
        for name in alone.columns:
            np.testing.assert_array_equal(together[digest].columns[name], alone.columns[name])


def test_a_models_answers_have_another_name_as_soon_as_one_comes(tmp_path: Path) -> None:
    bench = Bench.make(tmp_path / "ws")
    bench.samples(50)
    ids = [row["id"] for row in bench.test_rows().iter_rows(named=True)]
    models, store = bench.workspace.models, bench.workspace.predictions
    some = [models.add_predictions("m", scores(ids[:20]), on="test", actor="t").model.digest]
    named = [store.fingerprints(some)[some[0]]]
    for until in (20, 21, 50):
        models.update("m", scores(ids[:until]), on="test", actor="t")
        named.append(store.fingerprints(some)[some[0]])
    assert named[0] == named[1]
    assert len(set(named)) == 3
