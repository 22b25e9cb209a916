"""Rows that repeat each other, within a version and between two: small cases, real data, hostile rows."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from curiouser.data import DatasetNotFoundError, Dialect, open_rows
from curiouser.datachecks import Duplicates, NearDuplicates
from curiouser.kernel.configuration import Task, TaskKind
from curiouser.measure.duplicates import ALGORITHM, Likeness, Search
from tests.data.rows import a_store

ONE = Task(name="spam", kind=TaskKind.BINARY, inputs=("text",), label="label", classes=("no", "yes"))
TWO = Task(name="pairs", kind=TaskKind.BINARY, inputs=("want", "offer"), label="label", classes=("no", "yes"))
MIXED = Task(name="mixed", kind=TaskKind.BINARY, inputs=("text", "age"), label="label", classes=("no", "yes"))


def searcher(folder: Path, task: Task = ONE, **datasets: pl.DataFrame) -> NearDuplicates:
    store = a_store(folder, task=task)
    for name, rows in datasets.items():
        store.commit(name, upserts=rows, message="first", actor="ann")
    return NearDuplicates(store, task)


def texts(*said: str | None) -> pl.DataFrame:
    ids = [f"r{number:05}" for number in range(len(said))]
    return pl.DataFrame({"id": ids, "text": pl.Series(said, dtype=pl.String), "label": ["no"] * len(said)})


def told(found: Duplicates) -> list[tuple[str, str, str]]:
    return [(pair.id, pair.other, pair.likeness.value) for pair in found.pairs]


def test_each_way_of_repeating_is_told_apart(tmp_path: Path) -> None:
    rows = texts(
        "I offer cat sitting",
        "I offer cat sitting",
        " i OFFER  cat sitting",
        "I offer cat siting",
        "I offer cat breeding",
        "Piano lessons for children",
    )
    found = searcher(tmp_path, test=rows).within("test")
    assert told(found) == [
        ("r00001", "r00000", "exact"),
        ("r00002", "r00000", "normalised"),
        ("r00003", "r00000", "near"),
        ("r00004", "r00000", "template"),
        ("r00004", "r00003", "template"),
    ]
    assert found.counts == {Likeness.EXACT: 1, Likeness.NORMALISED: 1, Likeness.NEAR: 1}
    assert (found.rows, found.repeating, found.found, found.is_capped) == (6, 3, 3, False)
    assert found.templates >= 1
    assert found.algorithm == ALGORITHM
    near, template, _ = found.pairs[2:]
    assert [(change.left, change.right) for change in near.differing] == [("sitting", "siting")]
    assert [(change.left, change.right) for change in template.differing] == [("sitting", "breeding")]


def test_test_rows_that_stand_in_the_training_data_are_each_counted(tmp_path: Path) -> None:
    train = texts("I offer cat sitting", "Piano lessons for children", "Piano lessons for adults")
    test = texts("i offer cat sitting", "i offer cat siting", "I offer cat siting", "garden design", None)
    found = searcher(tmp_path, train=train, test=test).between("test", "train")
    assert found.counts == {Likeness.EXACT: 0, Likeness.NORMALISED: 1, Likeness.NEAR: 2}
    assert told(found) == [
        ("r00000", "r00000", "normalised"),
        ("r00001", "r00000", "near"),
        ("r00002", "r00000", "near"),
    ]
    assert (found.rows, found.others) == (5, 3)


def test_columns_are_compared_each_with_its_own(tmp_path: Path) -> None:
    rows = pl.DataFrame(
        {
            "id": ["a", "b", "c"],
            "want": ["a dog walker please", "someone to sit my cat", "a dog walker, please"],
            "offer": ["someone to sit my cat", "a dog walker please", "someone to sit my cat!"],
            "label": ["yes", "no", "yes"],
        }
    )
    found = searcher(tmp_path, TWO, test=rows).within("test")
    assert found.columns == ("want", "offer")
    assert told(found)[0] == ("c", "a", "near")
    assert ("b", "a", "near") not in told(found)


def test_a_near_text_with_another_number_is_a_template(tmp_path: Path) -> None:
    rows = pl.DataFrame(
        {
            "id": ["a", "b", "c", "d"],
            "text": ["fever since monday", "fever since mondey", "fever since mondai", "fever since monday"],
            "age": [3.0, 3.0, 30.0, 31.0],
            "label": ["yes"] * 4,
        }
    )
    found = searcher(tmp_path, MIXED, test=rows).within("test")
    assert told(found)[0] == ("b", "a", "near")
    assert {likeness for _, _, likeness in told(found)[1:]} <= {"template"}
    assert found.templates >= 2


def test_inputs_without_text_repeat_exactly_or_not_at_all(tmp_path: Path) -> None:
    task = Task(name="n", kind=TaskKind.BINARY, inputs=("x",), label="label", classes=("no", "yes"))
    rows = pl.DataFrame({"id": ["a", "b", "c"], "x": [1.0, 1.0, 1.5], "label": ["no"] * 3})
    found = searcher(tmp_path, task, test=rows).within("test")
    assert (found.columns, told(found), found.templates) == ((), [("b", "a", "exact")], 0)


def test_only_equals_are_looked_for_where_near_is_off(tmp_path: Path) -> None:
    found = searcher(tmp_path, test=texts("cat sitting", "cat siting", "cat sitting")).within("test", near=False)
    assert (told(found), found.compared) == ([("r00002", "r00000", "exact")], 0)


def test_the_list_has_a_limit_and_the_counts_have_none(tmp_path: Path) -> None:
    found = searcher(tmp_path, test=texts(*["the same text"] * 30)).within("test", limit=4)
    assert (len(found.pairs), found.found, found.counts[Likeness.EXACT]) == (4, 29, 29)


def test_what_is_not_there_is_an_error(tmp_path: Path) -> None:
    search = searcher(tmp_path, test=texts("a", "b"))
    with pytest.raises(DatasetNotFoundError):
        search.between("test", "train")


def test_a_text_repeated_fifty_thousand_times_is_one_text(tmp_path: Path) -> None:
    found = searcher(tmp_path, test=texts(*["call now to win a prize"] * 50_000)).within("test")
    assert found.counts[Likeness.EXACT] == 49_999
    assert (found.compared, found.not_looked_at, len(found.pairs)) == (0, 0, 100)


def test_a_text_with_a_number_in_it_repeated_many_times_meets_the_cap_and_says_so(tmp_path: Path) -> None:
    rows = texts(*(f"call now to win a prize worth {number} pounds" for number in range(3_000)))
    found = searcher(tmp_path, test=rows).within("test", search=Search(bucket=5))
    assert found.is_capped
    assert found.not_looked_at > 100_000
    assert found.counts[Likeness.NEAR] == 0


def test_hostile_rows_do_no_harm(tmp_path: Path) -> None:
    said = [
        None,
        "",
        " ",
        "a",
        "A",
        "\U0001f44d",
        "\U0001f44e",
        "e\u0301t\u00e9",
        "\u00e9t\u00e9",
        "\x1f",
        "\u202e\u202d",
        "x" * 1_000_000,
    ]
    found = searcher(tmp_path, test=texts(*said)).within("test")
    assert found.counts[Likeness.EXACT] == 0
    # An empty text, a blank one and a separator are the same text; a missing one is none.
    assert found.counts[Likeness.NORMALISED] == 4
    assert found.counts[Likeness.NEAR] == 0


class TestRealData:
    def test_sms_spam_has_403_rows_that_repeat_an_earlier_one(self, tmp_path: Path, shared_data: Path) -> None:
        rows = rows_of(shared_data / "sms_spam" / "sms.tsv.gz", Dialect(columns=("label", "text"), quotes=False))
        task = Task(name="sms", kind=TaskKind.BINARY, inputs=("text",), label="label", classes=("ham", "spam"))
        found = searcher(tmp_path, task, test=rows).within("test")
        assert found.counts[Likeness.EXACT] == 403
        assert found.counts[Likeness.NEAR] > 0
        assert not found.is_capped

    def test_banking77_leaks_6_test_texts_and_repeats_4_training_texts(self, tmp_path: Path, shared_data: Path) -> None:
        parts = {part: rows_of(shared_data / "banking77" / f"{part}.csv.gz") for part in ("train", "test")}
        classes = tuple(parts["train"]["category"].unique().sort())
        task = Task(name="b", kind=TaskKind.MULTICLASS, inputs=("text",), label="category", classes=classes)
        search = searcher(tmp_path, task, **parts)
        leaks = search.between("test", "train", near=False)
        repeats = search.within("train", near=False)
        lowered = {part: rows["text"].str.to_lowercase().str.strip_chars() for part, rows in parts.items()}
        assert lowered["test"].is_in(lowered["train"].implode()).sum() == 6
        # One more is the same but for two spaces within it.
        assert leaks.counts[Likeness.EXACT] + leaks.counts[Likeness.NORMALISED] == 7
        assert repeats.counts[Likeness.EXACT] + repeats.counts[Likeness.NORMALISED] == 4

    def test_er_abt_buy_leaks_19_test_pairs_and_repeats_27_training_pairs(
        self, tmp_path: Path, shared_data: Path
    ) -> None:
        task = Task(name="er", kind=TaskKind.BINARY, inputs=("left", "right"), label="match", classes=("0", "1"))
        dialect = Dialect(columns=("left", "right", "match"), quotes=False, delimiter="\t")
        parts = {part: rows_of(shared_data / "er_abt_buy" / f"{part}.txt.gz", dialect) for part in ("train", "test")}
        search = searcher(tmp_path, task, **parts)
        leaks = search.between("test", "train", near=False)
        repeats = search.within("train", near=False)
        assert len({pair.other for pair in leaks.pairs}) == 19
        assert leaks.counts[Likeness.EXACT] == 24  # rows: some of the 19 stand in the test set more than once
        assert repeats.counts[Likeness.EXACT] == 27


def rows_of(path: Path, dialect: Dialect | None = None) -> pl.DataFrame:
    frame = pl.concat([chunk.frame for chunk in open_rows(path, dialect).chunks()])
    return frame.with_columns(id=pl.int_range(pl.len()).cast(pl.String).str.zfill(6))
