"""What each check finds, row by row, and where it says unknown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from curiouser.datachecks import CheckResult, Outcome, Place
from curiouser.kernel.check_settings import DEFAULT_RULES, Rule, Severity
from curiouser.kernel.configuration import Task, TaskKind
from curiouser.kernel.ids import ExampleId
from tests.datachecks.bench import TASK, Bench, texts


def ids(result: CheckResult) -> list[str]:
    return [one.at.id for one in result.finding.rows if one.at is not None]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def different(n: int, word: str = "text") -> list[str]:
    return [f"{word} number {place}" for place in range(n)]


def test_a_repeated_input_is_found_with_the_row_that_it_repeats(bench: Bench) -> None:
    bench.commit(texts("win money", "hello", "win money", "Win  MONEY", "win money"))
    exact, near = bench.result("exact-duplicates"), bench.result("normalised-duplicates")
    assert (exact.finding.count, ids(exact)) == (2, ["r0002", "r0004"])
    assert exact.finding.rows[0].others[0].id == "r0000"
    assert (near.finding.count, ids(near)) == (3, ["r0002", "r0003", "r0004"])
    assert near.finding.value == pytest.approx(0.6)


def test_labels_contradict_where_equal_inputs_differ_in_them(bench: Bench) -> None:
    bench.commit(texts("win", "WIN", "hello", "hello", labels=["spam", "ham", "ham", "ham"]))
    found = bench.result("contradictory-labels")
    assert (found.finding.count, ids(found), found.outcome) == (1, ["r0000", "r0001"], Outcome.FAIL)
    assert "labelled spam" in found.finding.rows[0].what


def test_numbers_contradict_only_beyond_the_tolerance_of_the_task(tmp_path: Path) -> None:
    task = Task(name="p", kind=TaskKind.REGRESSION, inputs=("text",), label="label", tolerance=0.5)
    bench = Bench(tmp_path, task)
    rows = pl.DataFrame({"id": ["a", "b", "c", "d"], "text": ["x", "x", "y", "y"], "label": [1.0, 1.5, 1.0, 1.6]})
    bench.commit(rows)
    assert ids(bench.result("contradictory-labels")) == ["c", "d"]


def test_a_test_row_in_the_training_data_leaks_seen_from_either_side(bench: Bench) -> None:
    bench.commit(texts("win money", "hello", prefix="t"))
    bench.commit(texts("WIN money", "hello", "bye", prefix="l"), "train")
    assert ids(bench.result("exact-leakage")) == ["t0001"]
    assert ids(bench.result("normalised-leakage")) == ["t0000", "t0001"]
    train = bench.result("normalised-leakage", "train")
    assert (train.finding.count, ids(train)) == (2, ["l0000", "l0001"])
    assert train.finding.rows[0].others[0] == Place(dataset="test", id=ExampleId("t0000"))
    assert train.finding.value == 1.0


def test_a_pattern_that_was_trained_on_is_found_with_its_problem(bench: Bench) -> None:
    bench.commit(texts("win money", "hello", "bye", prefix="t"))
    bench.commit(texts("Hello ", prefix="l"), "train")
    bench.workspace.problems.add("greetings", ids=["t0001", "t0002"], on="test", actor="thandi")
    found = bench.result("pattern-leakage")
    assert (found.finding.count, found.finding.n, ids(found)) == (1, 2, ["t0001"])
    assert "greetings" in found.finding.rows[0].what
    assert ids(bench.result("pattern-leakage", "train")) == ["t0001"]


def test_a_column_of_the_task_that_is_missing_or_retyped_fails(bench: Bench) -> None:
    bench.commit(texts("a", "b").drop("label").with_columns(language=pl.lit("zu")), "other")
    bench.commit(texts("a", "b", language=["zu", "en"]))
    assert bench.result("schema").outcome is Outcome.PASS
    bench.set(columns={"age": "number", "language": "number"})
    found = bench.result("schema").finding
    assert sorted(one.what.partition(";")[0] for one in found.rows) == [
        "column 'age' is not there", "column 'language' is category, and must be number"
    ]  # fmt: skip


def test_missing_cells_are_counted_by_column(bench: Bench) -> None:
    labels = [None if place < 6 else "ham" for place in range(60)]
    bench.commit(texts(*different(60), labels=labels, language=["zu"] * 60))  # type: ignore[arg-type]  # a label may be missing; JSON is a list here
    found = bench.result("missing-values")
    assert (found.outcome, found.finding.value, found.finding.count) == (Outcome.FAIL, 0.1, 6)
    assert ids(found) == [f"r{place:04}" for place in range(6)]


def two_versions(bench: Bench, before: pl.DataFrame, after: pl.DataFrame) -> None:
    bench.commit(before, replace=True)
    bench.commit(after, replace=True)


def labelled(n: int, spam: int, word: str = "text") -> pl.DataFrame:
    return texts(*different(n, word), labels=["spam"] * spam + ["ham"] * (n - spam))


def test_a_large_shift_of_labels_fails_a_small_one_passes_and_few_rows_say_nothing(bench: Bench) -> None:
    two_versions(bench, labelled(400, 100), labelled(400, 200))
    assert bench.result("label-distribution").finding.value == pytest.approx(0.25 - 0.0273, abs=1e-3)
    assert bench.result("label-distribution").outcome is Outcome.FAIL
    two_versions(bench, labelled(400, 100), labelled(400, 120))
    assert bench.result("label-distribution").outcome is Outcome.PASS
    two_versions(bench, labelled(40, 10), labelled(40, 19))
    unsure = bench.result("label-distribution")
    assert (unsure.outcome, unsure.finding.value) == (Outcome.UNKNOWN, None)
    assert "may be chance" in unsure.finding.reason
    two_versions(bench, labelled(20, 10), labelled(20, 2))
    assert "too few" in bench.result("label-distribution").finding.reason


def test_patterns_shift_no_labels_because_they_were_picked(bench: Bench) -> None:
    bench.commit(labelled(400, 200))
    picked = texts(*different(300, "pattern"), labels="spam", prefix="p").with_columns(origin=pl.lit("pattern"))
    bench.commit(picked)
    found = bench.result("label-distribution")
    assert (found.outcome, found.finding.n) == (Outcome.PASS, 400)
    assert bench.result("class-balance").finding.n == 400


def test_patterns_have_no_users_words_or_groups_of_their_own_to_be_counted(bench: Bench) -> None:
    drawn = labelled(400, 200).with_columns(language=pl.lit("en"))
    bench.commit(drawn)
    picked = texts(*different(300, "strange"), labels="spam", prefix="p").with_columns(origin=pl.lit("pattern"))
    bench.commit(picked)
    for name in ("missing-values", "column-distribution", "vocabulary", "categories"):
        found = bench.result(name)
        assert (found.outcome, found.finding.count) == (Outcome.PASS, 0), name


def test_picked_patterns_make_no_group_labelled_unlike_all_others(bench: Bench) -> None:
    drawn = labelled(400, 200).with_columns(language=pl.Series(["en", "zu"] * 200))
    bench.commit(drawn)
    picked = texts(*different(300, "pattern"), labels="spam", prefix="p")
    bench.commit(picked.with_columns(origin=pl.lit("pattern"), language=pl.lit("zu")))
    found = bench.result("group-balance")
    assert (found.outcome, found.finding.n) == (Outcome.PASS, 400)


def test_a_first_version_has_nothing_to_be_compared_with(bench: Bench) -> None:
    bench.commit(labelled(100, 50))
    found = bench.result("label-distribution")
    assert (found.outcome, found.against) == (Outcome.UNKNOWN, None)


def test_numbers_text_lengths_and_missing_cells_shift(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    rng = np.random.default_rng(0)

    def rows(shift: float, words: int, missing: int) -> pl.DataFrame:
        note = [None if place < missing else "a" for place in range(300)]
        return texts(*[f"{place} " + "word " * words for place in range(300)], age=rng.normal(shift, 1, 300), note=note)

    two_versions(bench, rows(0, 3, 10), rows(1, 9, 150))
    found = bench.result("column-distribution")
    assert {one.what.split(":")[0].split(" is")[0] for one in found.finding.rows} == {"age", "length of text", "note"}
    two_versions(bench, rows(0, 3, 10), rows(0, 3, 12))
    assert bench.result("column-distribution").outcome is Outcome.PASS


def test_words_that_come_up_are_named(bench: Bench) -> None:
    two_versions(
        bench, texts(*[f"want a doctor {place}" for place in range(200)]),
        texts(*[f"want a {'lawyer' if place % 4 == 0 else 'doctor'} {place}" for place in range(200)]),
    )  # fmt: skip
    found = bench.result("vocabulary")
    assert found.outcome is Outcome.FAIL
    assert {one.what.split("'")[1] for one in found.finding.rows} == {"lawyer", "doctor"}


def test_a_category_that_nobody_had_before_is_new_and_a_rare_one_may_be_chance(bench: Bench) -> None:
    bench.commit(texts(*different(2_000), language=["zu", "en"] * 1_000))
    bench.commit(texts("new one", prefix="n", language=["xh"]))
    found = bench.result("categories")
    assert (found.outcome, ids(found)) == (Outcome.FAIL, ["n0000"])
    bench.commit(texts(*different(1_000), language=["zu"] * 1_000))
    gone = bench.result("categories", against="test@main")
    assert gone.outcome is Outcome.PASS
    two_versions(
        bench, texts(*different(60), language=["zu"] * 60), texts(*different(60, "b"), language=["zu"] * 59 + ["xh"])
    )
    rare = bench.result("categories")
    assert rare.outcome is Outcome.PASS
    assert "chance" in rare.finding.reason


def test_a_category_that_is_gone_is_found(bench: Bench) -> None:
    two_versions(
        bench, texts(*different(200), language=["zu", "en"] * 100), texts(*different(200), language=["zu"] * 200)
    )
    assert [one.what for one in bench.result("categories").finding.rows] == [
        "language: 'en' is gone; it stood in 100 rows"
    ]


def test_a_class_that_hardly_occurs_fails_and_too_few_labels_say_nothing(bench: Bench) -> None:
    bench.commit(labelled(1_000, 10), replace=True)
    assert bench.result("class-balance").outcome is Outcome.FAIL
    bench.commit(labelled(1_000, 300), replace=True)
    assert bench.result("class-balance").outcome is Outcome.PASS
    bench.commit(labelled(40, 1), replace=True)
    assert bench.result("class-balance").outcome is Outcome.UNKNOWN


def test_a_group_that_is_labelled_unlike_all_others_is_found(bench: Bench) -> None:
    rows = texts(
        *different(400), labels=["spam"] * 90 + ["ham"] * 10 + ["spam", "ham"] * 150,
        language=["zu"] * 100 + ["en"] * 290 + ["xh"] * 10,
    )  # fmt: skip
    bench.commit(rows)
    found = bench.result("group-balance")
    assert found.outcome is Outcome.FAIL
    assert any("language=zu: 90.0%" in one.what for one in found.finding.rows)
    assert found.finding.details["too_small"] == ["language=xh (10)"]


def test_labels_that_a_model_contradicts_are_suspected_unless_it_learnt_them(bench: Bench) -> None:
    bench.commit(labelled(300, 150))
    rows = bench.workspace.data.rows("test")
    right = (rows["label"] == "spam").cast(pl.Float64) * 0.9 + 0.05
    wrong = pl.Series(["r0003", "r0200"])
    score = pl.when(rows["id"].is_in(wrong.implode())).then(1 - right).otherwise(right)
    bench.workspace.models.add_predictions("v1", rows.select("id", score=score), on="test", actor="thandi")
    found = bench.result("label-errors")
    assert (sorted(ids(found)), found.outcome) == (["r0003", "r0200"], Outcome.PASS)
    bench.set(rules={**DEFAULT_RULES, "label-errors": Rule(severity=Severity.GATE, threshold=0.0)})
    assert bench.result("label-errors").outcome is Outcome.FAIL
    bench.workspace.models.set_trained_on("v1", "test", actor="thandi")
    assert bench.result("label-errors").outcome is Outcome.UNKNOWN


def test_without_a_model_nobody_can_suspect_a_label(bench: Bench) -> None:
    bench.commit(labelled(300, 150))
    assert bench.result("label-errors").outcome is Outcome.UNKNOWN


def test_production_without_labels_is_compared_by_columns_only(bench: Bench) -> None:
    bench.commit(labelled(200, 100))
    unlabelled = texts(*different(200, "another kind of longer text")).drop("label")
    bench.commit(unlabelled, "production")
    bench.set(production="production")
    found = {(one.name, one.against): one.outcome for one in bench.check().checks}
    assert found["label-distribution", "production"] is Outcome.UNKNOWN
    assert found["column-distribution", "production"] is Outcome.FAIL
    assert found["vocabulary", "production"] is Outcome.FAIL


def test_a_released_version_is_compared_with_too(bench: Bench) -> None:
    bench.commit(labelled(200, 100))
    bench.workspace.data.tag("test", "v1", actor="thandi")
    bench.commit(labelled(200, 180), replace=True)
    bench.commit(labelled(200, 181), replace=True)
    bench.set(releases=("test@v1",))
    found = {one.against: one.outcome for one in bench.check(only=["label-distribution"]).checks}
    assert found["test@v1"] is Outcome.FAIL
    assert Outcome.PASS in found.values()


def test_a_dataset_without_an_input_is_unknown_and_not_passed(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(texts("a", "a"))
    bench.reopen(task=replace(TASK, inputs=("text", "title")))
    checked = {one.name: one.outcome for one in bench.check().checks}
    assert checked["schema"] is Outcome.FAIL
    assert checked["exact-duplicates"] is checked["contradictory-labels"] is Outcome.UNKNOWN


def test_an_empty_version_passes_nothing_that_needs_rows(bench: Bench) -> None:
    bench.commit(texts("a"))
    bench.commit(texts("b"), deletes=[])
    bench.workspace.data.commit("test", message="m", actor="a", deletes=["r0000"])
    outcomes = {one.name: one.outcome for one in bench.check().checks}
    assert outcomes["exact-duplicates"] is outcomes["missing-values"] is outcomes["class-balance"] is Outcome.UNKNOWN


def test_rows_that_are_nearly_the_same_are_found_in_a_version_and_between_test_and_train(bench: Bench) -> None:
    text, typo = "i want to meet a doctor in the morning", "i want to meet a doctr in the morning"
    bench.commit(texts(text, typo, "please bring a ladder and some paint", labels=["spam", "ham", "ham"], prefix="t"))
    bench.commit(texts("please bring a laddder and some paint", prefix="l"), "train")
    assert ids(bench.result("near-duplicates")) == ["t0001"]
    leaks, seen = bench.result("near-leakage"), bench.result("near-leakage", "train")
    assert (ids(leaks), leaks.finding.rows[0].others[0].id) == (["t0002"], "l0000")
    assert (ids(seen), seen.finding.rows[0].others[0].id) == (["l0000"], "t0002")
    unlike = bench.result("near-contradictory-labels")
    assert (unlike.outcome, ids(unlike)) == (Outcome.FAIL, ["t0001"])
    assert "labelled ham; nearly the same input is labelled spam" in unlike.finding.rows[0].what


def test_one_word_that_turns_the_meaning_makes_no_near_duplicate(bench: Bench) -> None:
    bench.commit(texts("i can provide cat breeding", "i can provide cat sitting", labels=["spam", "ham"]))
    assert bench.result("near-duplicates").finding.count == 0
    assert bench.result("near-contradictory-labels").finding.count == 0
