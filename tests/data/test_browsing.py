"""A page of rows by predicate, and one example followed through its versions."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from curiouser.data import Change, ExamplesNotFoundError, PredicateError, page_of_rows
from tests.evaluations.bench import Bench


def rows(count: int, label: str = "no") -> pl.DataFrame:
    ids = [f"r{i:02}" for i in range(count)]
    return pl.DataFrame({"id": ids, "text": [f"text {i % 3}" for i in range(count)], "label": label})


def test_pages_of_rows_join_to_the_whole_and_end(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(rows(23))
    seen: list[str] = []
    after = None
    for _ in range(3):
        page = page_of_rows(bench.data, "test", after=after, limit=10)
        seen += [str(row["id"]) for row in page.rows]
        after = page.next
    assert seen == [f"r{i:02}" for i in range(23)]
    assert after is None


def test_only_rows_that_satisfy_the_predicate_are_counted_for_a_page(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(rows(9))
    page = page_of_rows(bench.data, "test", where='text == "text 1"', limit=2)
    assert [row["id"] for row in page.rows] == ["r01", "r04"]
    assert page.next == "r04"
    assert [row["id"] for row in page_of_rows(bench.data, "test", where='text == "text 1"', after=page.next).rows] == [
        "r07"
    ]


def test_a_predicate_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(rows(3))
    with pytest.raises(PredicateError, match="character"):
        page_of_rows(bench.data, "test", where="text = 1")


def test_the_history_of_an_example_names_what_each_version_changed_newest_first(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(rows(3))
    bench.commit(rows(1, label="yes"))
    bench.commit(rows(3).tail(1))
    bench.commit(rows(3).tail(1), deletes=["r00"])
    found = bench.data.example_history("test", "r00")
    assert [step.change.change for step in found.steps] == [Change.REMOVED, Change.CHANGED, Change.ADDED]
    assert found.steps[1].change.fields == {"label": ("no", "yes")}
    assert found.row is None
    assert found.is_whole


def test_an_example_that_never_was_is_not_found(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(rows(3))
    with pytest.raises(ExamplesNotFoundError, match="r99"):
        bench.data.example_history("test", "r99")


def test_a_history_that_was_cut_says_so_and_claims_no_beginning(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(rows(3))
    for label in ("yes", "no", "yes"):
        bench.commit(rows(1, label=label))
    found = bench.data.example_history("test", "r00", versions=2)
    assert [step.change.change for step in found.steps] == [Change.CHANGED, Change.CHANGED]
    assert not found.is_whole
