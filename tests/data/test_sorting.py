"""Rows come out in the order of their ids' bytes, however alike the ids are."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curiouser.data import sorting
from curiouser.data.sorting import sorted_by

MANY = sorting.FEW + 1_000


def numbered(ids: pl.Series) -> pl.DataFrame:
    """Rows that know where they stood."""
    return pl.DataFrame({"place": pl.int_range(len(ids), eager=True), "id": ids})


def scattered(count: int) -> pl.Series:
    return pl.int_range(count, eager=True).sample(fraction=1, shuffle=True, seed=4)


@pytest.mark.parametrize(
    "ids",
    [
        pytest.param(scattered(MANY).cast(pl.String), id="differ early"),
        pytest.param("user-number-" + scattered(MANY).cast(pl.String), id="begin alike"),
        pytest.param(
            (scattered(MANY) % 7).cast(pl.String) + "-number-" + scattered(MANY).cast(pl.String), id="all tie"
        ),
        pytest.param((scattered(MANY) // 2).cast(pl.String).str.zfill(8) + scattered(MANY).cast(pl.String), id="pairs"),
        pytest.param(pl.Series(["", "a", "a\0", "é", "\U0001f600", None] + ["b"] * MANY), id="odd ones"),
        pytest.param(pl.Series(["same"] * MANY), id="one id"),
        pytest.param(pl.Series([None] * MANY, dtype=pl.String), id="no id"),
    ],
)
def test_many_rows_are_sorted_as_polars_sorts_texts(ids: pl.Series) -> None:
    rows = numbered(ids.alias("id"))
    found = sorted_by(rows, "id")
    assert found["id"].to_list() == rows["id"].sort().to_list()
    assert found["place"].sort().to_list() == rows["place"].to_list()
    assert rows["id"].gather(found["place"]).to_list() == found["id"].to_list()


@given(st.lists(st.text(max_size=12), max_size=30, unique=True))
def test_a_few_rows_are_sorted_by_their_bytes(ids: list[str]) -> None:
    found = sorted_by(numbered(pl.Series("id", ids, dtype=pl.String)), "id")["id"].to_list()
    assert found == sorted(ids, key=str.encode)


@given(st.lists(st.text(max_size=12), max_size=30, unique=True))
def test_the_order_of_any_texts_is_that_of_their_bytes(ids: list[str]) -> None:
    texts = pl.Series("id", ids, dtype=pl.String)
    assert texts.gather(sorting.order_of(texts)).to_list() == sorted(ids, key=str.encode)
