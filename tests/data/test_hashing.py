"""The bytes that rows hash to are frozen; hashes ignore order, history and empty columns."""

from __future__ import annotations

import hashlib
import struct
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curiouser.data import content_hash_of, input_hash, normalised_hash, row_hashes, value_hashes
from curiouser.data.hashing import MODULUS, content_hash, encoded_rows, total_of
from curiouser.data.stored import MOMENT

FROZEN = pl.DataFrame(
    {
        "id": ["7", "é", ""],
        "label": ["yes", None, "a,b:1"],
        "score": [0.5, 0.0, -1e300],
        "ok": [True, None, False],
        "at": [datetime(2019, 10, 10, tzinfo=UTC), None, datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)],
    },
    schema_overrides={"at": MOMENT},
)
BYTES = [
    b"2:at,s16:1570665600000000,2:id,t1:7,5:label,t3:yes,2:ok,b1:1,5:score,n19:4602678819172646912,",
    "2:id,t2:é,5:score,n1:0,".encode(),
    b"2:at,s8:-1000000,2:id,t0:,5:label,t5:a,b:1,2:ok,b1:0,5:score,n20:18318360957983683996,",
]


def encoded_slowly(row: dict[str, object]) -> bytes:
    """The format, as its description says it."""
    cells = b""
    for name in sorted(row):
        value = row[name]
        if value is None:
            continue
        if isinstance(value, bool):
            tag, text = b"b", b"1" if value else b"0"
        elif isinstance(value, float):
            tag, text = b"n", str(struct.unpack("<Q", struct.pack("<d", value))[0]).encode()
        elif isinstance(value, datetime):
            since = value - datetime(1970, 1, 1, tzinfo=UTC)
            tag, text = b"s", str((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds).encode()
        else:
            tag, text = b"t", str(value).encode()
        key = name.encode()
        cells += b"%d:%s,%s%d:%s," % (len(key), key, tag, len(text), text)
    return cells


VALUES = st.fixed_dictionaries(
    {
        "id": st.text(max_size=5),
        "naïve, name": st.none() | st.text(max_size=5),
        "number": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        "flag": st.none() | st.booleans(),
        "at": st.none() | st.datetimes(datetime(1000, 1, 1), datetime(3000, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  zones come with it
    }
)
TYPES: dict[str, pl.DataType | type[pl.DataType]] = {
    "id": pl.String,
    "naïve, name": pl.String,
    "number": pl.Float64,
    "flag": pl.Boolean,
    "at": MOMENT,
}


def test_the_bytes_of_a_row_never_change() -> None:
    assert encoded_rows(FROZEN).to_list() == BYTES


def test_the_hashes_of_known_rows_never_change() -> None:
    assert content_hash_of(FROZEN) == "280e9731ce10a45fe355bc65de0ebfa0d0ef35de007725dbf78f98606416eaa6"
    assert input_hash(FROZEN, ["label", "score"]).to_list()[0] == "0ea229baa5e65555c3b33929a2b013b7"
    assert normalised_hash(FROZEN, ["label"]).to_list()[0] == "38f74c7fbff2f7cd9bf3a6657149123d"


@given(st.lists(VALUES, max_size=20))
def test_rows_are_written_as_the_description_says(rows: list[dict[str, object]]) -> None:
    frame = pl.DataFrame(rows, schema=TYPES)
    assert encoded_rows(frame).to_list() == [encoded_slowly(row) for row in rows]
    digests = [hashlib.sha256(encoded_slowly(row)).digest() for row in rows]
    assert [bytes(row) for row in row_hashes(frame)] == digests
    assert content_hash_of(frame) == f"{sum(int.from_bytes(each) for each in digests) % MODULUS:064x}"


def test_many_rows_are_written_as_a_few_are() -> None:
    rows: list[dict[str, object]] = [
        {"id": "é" * (i % 30), "long": "x" * 20_000 if i == 9 else None, "number": i / 7 if i % 3 else None}
        for i in range(10_000)
    ]
    frame = pl.DataFrame(rows, schema={"id": pl.String, "long": pl.String, "number": pl.Float64})
    assert encoded_rows(frame).to_list() == [encoded_slowly(row) for row in rows]


@given(st.lists(VALUES, max_size=20), st.randoms())
def test_order_of_rows_and_columns_plays_no_part(rows: list[dict[str, object]], random: object) -> None:
    frame = pl.DataFrame(rows, schema=TYPES)
    shuffled = frame.sample(fraction=1, shuffle=True, seed=3).select(reversed(frame.columns))
    assert content_hash_of(shuffled) == content_hash_of(frame)


def test_a_new_column_without_values_changes_nothing() -> None:
    wider = FROZEN.with_columns(new=pl.lit(None, dtype=pl.Float64), other=pl.lit(None, dtype=pl.String))
    assert content_hash_of(wider) == content_hash_of(FROZEN)


def test_missing_and_empty_are_not_the_same() -> None:
    empty = pl.DataFrame({"id": ["1"], "label": [""]})
    missing = pl.DataFrame({"id": ["1"], "label": [None]}, schema=empty.schema)
    assert content_hash_of(empty) != content_hash_of(missing)


def test_a_number_and_its_text_are_not_the_same() -> None:
    assert content_hash_of(pl.DataFrame({"id": ["1"], "a": ["1"]})) != content_hash_of(
        pl.DataFrame({"id": ["1"], "a": [1.0]})
    )


def test_a_value_cannot_pose_as_another_cell() -> None:
    one = pl.DataFrame({"a": ["x,1:b,t1:y"], "b": pl.Series([None], dtype=pl.String)})
    two = pl.DataFrame({"a": ["x"], "b": ["y"]})
    assert content_hash_of(one) != content_hash_of(two)


def test_the_sum_of_many_hashes_is_exact() -> None:
    hashes = np.full((100_000, 32), 255, np.uint8)
    assert total_of(hashes) == (100_000 * (MODULUS - 1)) % MODULUS


def test_a_content_hash_can_be_updated_by_what_changed() -> None:
    old, new = row_hashes(FROZEN.head(1)), row_hashes(FROZEN.tail(1))
    total = total_of(row_hashes(FROZEN.head(2))) - total_of(old) + total_of(new)
    assert content_hash(total) == content_hash_of(FROZEN.tail(2))


def test_value_hashes_look_only_at_the_named_columns() -> None:
    changed = FROZEN.with_columns(label=pl.lit("other"))
    assert (value_hashes(FROZEN, ["score", "ok"]) == value_hashes(changed, ["ok", "score"])).all()
    assert value_hashes(FROZEN, ["score"]).shape == (3, 16)


@pytest.mark.parametrize("text", ["A  doctor\n", "\uff21 DOCTOR", " a\u00a0doctor"])
def test_case_width_and_spaces_are_folded_for_duplicates(text: str) -> None:
    frame = pl.DataFrame({"want": ["a doctor", text]})
    assert normalised_hash(frame, ["want"]).n_unique() == 1
    assert input_hash(frame, ["want"]).n_unique() == 2


def test_a_column_that_is_not_in_stored_form_is_refused() -> None:
    with pytest.raises(TypeError, match="not a stored form"):
        row_hashes(pl.DataFrame({"id": ["1"], "n": [1]}))
