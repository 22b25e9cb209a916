"""The prediction store keeps every answer bit by bit, loses none, and never hands out a damaged one."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text

import curiouser.models.interning as interning_module
from curiouser.kernel.errors import BadInputError
from curiouser.models.interning import HashArray, KeyArray, intern_hashes, known_keys
from curiouser.models.prediction_tables import (
    BLOB_BYTES,
    PredictionsDamagedError,
    data_commit_keys,
    example_input,
    prediction_chunk,
    prediction_column,
)
from curiouser.models.predictions import KEPT_KEY_SETS, PredictionStore
from curiouser.models.stored_chunks import AnswerArray, Layout, kept_dtype
from curiouser.storage import Database

MODEL, OTHER = "a" * 64, "b" * 64


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path}/meta.db")
    made.create()
    yield made
    made.close()


@pytest.fixture
def store(database: Database) -> PredictionStore:
    return PredictionStore(database)


def some_keys(n: int, *, start: int = 0) -> KeyArray:
    return np.arange(start, start + n, dtype=np.int64)


def some_hashes(n: int, *, seed: int = 0) -> HashArray:
    return np.random.default_rng(seed).integers(0, 256, (n, 16), dtype=np.uint8)


# --- interning ---


def test_new_inputs_get_the_next_integers_in_order_of_first_appearance(database: Database) -> None:
    a, b, c = some_hashes(3)
    assert intern_hashes(database, np.stack([b, a, b, c])).tolist() == [0, 1, 0, 2]
    assert intern_hashes(database, np.stack([c, a, b])).tolist() == [2, 1, 0]


def test_a_later_batch_of_new_inputs_gets_consecutive_integers(database: Database) -> None:
    first, second = some_hashes(500), some_hashes(700, seed=1)
    intern_hashes(database, first)
    mixed = np.concatenate([second[:300], first[:10], second[300:]])
    keys = intern_hashes(database, mixed)
    assert keys[:300].tolist() == list(range(500, 800))
    assert keys[300:310].tolist() == list(range(10))
    assert keys[310:].tolist() == list(range(800, 1200))


def test_an_input_never_seen_has_no_integer_and_asking_gives_it_none(database: Database) -> None:
    with database.read() as connection:
        assert known_keys(connection, some_hashes(4)).tolist() == [-1] * 4
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(example_input)).scalar() == 0


def test_hashes_that_share_half_of_their_bytes_are_told_apart(database: Database) -> None:
    hashes = np.zeros((300, 16), np.uint8)
    hashes[:, 14], hashes[:, 15] = np.divmod(np.arange(300), 256)
    shuffled = np.random.default_rng(0).permutation(300)
    assert intern_hashes(database, hashes).tolist() == list(range(300))
    assert intern_hashes(database, hashes[shuffled]).tolist() == shuffled.tolist()


def test_a_bucket_that_outgrows_its_page_goes_on_in_the_next(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interning_module, "PAGE_INPUTS", 3)
    hashes = some_hashes(40)
    hashes[:, 0] = np.arange(40) % 2
    for start in range(0, 40, 7):
        intern_hashes(database, hashes[start : start + 7])
    assert intern_hashes(database, hashes).tolist() == list(range(40))
    with database.read() as connection:
        pages = connection.execute(select(example_input.c.bucket, func.count()).group_by(example_input.c.bucket)).all()
    assert [tuple(row) for row in pages] == [(0, 7), (1, 7)]


def test_no_rows_have_no_integers(database: Database) -> None:
    assert intern_hashes(database, some_hashes(0)).tolist() == []


@given(st.lists(st.lists(st.integers(0, 40), max_size=30), max_size=6))
def test_interning_agrees_with_a_dictionary(batches: list[list[int]]) -> None:
    database = Database("sqlite://")
    database.create()
    known: dict[int, int] = {}
    for batch in batches:
        expected = [known.setdefault(one, len(known)) for one in batch]
        hashes = np.array([[one % 3] * 8 + [one] * 8 for one in batch], np.uint8).reshape(-1, 16)
        assert intern_hashes(database, hashes).tolist() == expected
    database.close()


def test_equal_inputs_share_an_integer_whatever_their_label(store: PredictionStore) -> None:
    frame = pl.DataFrame({"want": ["a", "b", "a"], "offer": ["x", "x", "x"], "label": ["yes", "no", "no"]})
    assert store.intern(frame, ["want", "offer"]).tolist() == [0, 1, 0]
    assert store.intern(frame, ["offer"]).tolist() == [2, 2, 2]


# --- keys of a data commit ---


def test_the_keys_of_a_data_commit_are_remembered(store: PredictionStore) -> None:
    rng = np.random.default_rng(3)
    names = rng.permutation(70_000).astype(str)
    frame = pl.DataFrame({"text": names})
    store.intern(pl.DataFrame({"text": names[::-1]}), ["text"])
    keys = store.keys_for("c" * 64, ("text",), lambda: frame)

    def refuse() -> pl.DataFrame:
        raise AssertionError("remembered keys need no rows")

    assert (store.keys_for("c" * 64, ("text",), refuse) == keys).all()
    assert sorted(keys.tolist()) == list(range(70_000))
    assert keys[0] == 69_999


def test_keys_are_remembered_per_set_of_columns_and_for_no_rows(store: PredictionStore) -> None:
    frame = pl.DataFrame({"a": ["1", "2"], "b": ["1", "1"]})
    assert store.keys_for("c" * 64, ("a",), lambda: frame).tolist() == [0, 1]
    assert len(set(store.keys_for("c" * 64, ("b",), lambda: frame).tolist())) == 1
    nothing = pl.DataFrame({"a": pl.Series([], dtype=pl.String)})
    for _ in range(2):
        assert store.keys_for("d" * 64, ("a",), lambda: nothing).tolist() == []


def test_only_the_newest_key_sets_are_remembered(store: PredictionStore, database: Database) -> None:
    for number in range(KEPT_KEY_SETS + 3):
        store.keys_for(f"{number:064x}", ("a",), lambda: pl.DataFrame({"a": ["1"]}))
    with database.read() as connection:
        kept = connection.execute(select(data_commit_keys.c.content_hash)).scalars().all()
    assert len(kept) == KEPT_KEY_SETS
    assert f"{KEPT_KEY_SETS + 2:064x}" in kept
    assert f"{2:064x}" not in kept


# --- answers ---


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_answers_come_back_bit_by_bit_in_the_precision_they_came_in(store: PredictionStore, dtype: type) -> None:
    scores: AnswerArray = np.random.default_rng(0).random(70_000).astype(dtype)
    scores[:4] = [0.0, -0.0, np.nan, 1e-30]
    keys = some_keys(70_000, start=5)
    assert store.write(MODEL, keys, {"score": scores}) == 70_000
    found = store.read(MODEL, keys)
    assert found.columns["score"].dtype == dtype
    assert found.columns["score"].tobytes() == scores.tobytes()
    assert found.valid.all()


def test_class_codes_are_kept_in_the_smallest_unsigned_type(store: PredictionStore, database: Database) -> None:
    store.write(MODEL, some_keys(3), {"class": np.array([0, 76, 3])})
    assert store.read(MODEL, some_keys(3)).columns["class"].dtype == np.uint8
    store.write(MODEL, some_keys(2, start=3), {"class": np.array([300, 1])})
    assert store.read(MODEL, some_keys(5)).columns["class"].tolist() == [0, 76, 3, 300, 1]
    with database.read() as connection:
        assert connection.execute(select(prediction_column.c.dtype)).scalars().all() == ["uint16"]


def test_a_column_grows_to_the_wider_precision_without_changing_an_answer(store: PredictionStore) -> None:
    narrow = np.random.default_rng(1).random(66_000).astype(np.float32)
    store.write(MODEL, some_keys(66_000), {"score": narrow})
    store.write(MODEL, some_keys(1, start=66_000), {"score": np.array([0.1])})
    store.write(MODEL, some_keys(1, start=66_001), {"score": np.array([0.1], np.float32)})
    found = store.read(MODEL, some_keys(66_002)).columns["score"]
    assert (found[:66_000] == narrow.astype(np.float64)).all()
    assert found[66_000] == 0.1
    assert found[66_001] == np.float32(0.1)


def test_an_answer_that_exists_is_kept(store: PredictionStore) -> None:
    store.write(MODEL, some_keys(2), {"score": np.array([0.1, 0.2])})
    assert store.write(MODEL, some_keys(3), {"score": np.array([0.9, 0.9, 0.3])}) == 1
    assert store.read(MODEL, some_keys(3)).columns["score"].tolist() == [0.1, 0.2, 0.3]


def test_of_a_repeated_input_the_first_answer_counts(store: PredictionStore) -> None:
    assert store.write(MODEL, np.array([4, 4, 1]), {"score": np.array([0.5, 0.6, 0.7])}) == 2
    assert store.read(MODEL, np.array([1, 4])).columns["score"].tolist() == [0.7, 0.5]


def test_an_answer_that_is_not_there_is_not_valid_and_nan_is_an_answer(store: PredictionStore) -> None:
    store.write(MODEL, np.array([1]), {"number": np.array([np.nan])})
    assert store.read(MODEL, np.array([0, 1, 2, 10**7])).valid.tolist() == [False, True, False, False]
    assert store.known(MODEL, np.array([0, 1])).tolist() == [False, True]
    assert store.known(OTHER, np.array([0, 1])).tolist() == [False, False]
    assert store.read(OTHER, np.array([0])).valid.tolist() == [False]
    assert store.read(MODEL, np.array([], np.int64)).valid.tolist() == []


def test_several_columns_are_read_together_and_by_name(store: PredictionStore) -> None:
    columns = {"class": np.array([1, 0]), "p_a": np.array([0.1, 0.7]), "p_b": np.array([0.9, 0.3])}
    store.write(MODEL, some_keys(2), columns)
    assert sorted(store.read(MODEL, some_keys(2)).columns) == ["class", "p_a", "p_b"]
    some = store.read(MODEL, some_keys(3), ["p_b"])
    assert some.columns["p_b"][:2].tolist() == [0.9, 0.3]
    assert some.valid.tolist() == [True, True, False]
    assert store.read(MODEL, some_keys(2), ["p_b", "number"]).valid.tolist() == [False, False]


def test_a_predictor_answers_with_the_same_columns_every_time(store: PredictionStore) -> None:
    store.write(MODEL, some_keys(1), {"score": np.array([0.5])})
    with pytest.raises(BadInputError, match="the same columns"):
        store.write(MODEL, some_keys(2), {"class": np.array([1, 1])})
    assert store.known(MODEL, some_keys(2)).tolist() == [True, False]


@pytest.mark.parametrize(
    ("keys", "columns", "said"),
    [
        ([0, 1], {"score": [0.5]}, "1 answers for 2 inputs"),
        ([-1], {"score": [0.5]}, "intern it first"),
        ([0], {"class": [-1]}, "codes >= 0"),
        ([0], {}, "at least one column"),
    ],
)
def test_what_cannot_be_kept_is_refused_and_nothing_is_stored(
    store: PredictionStore, keys: list[int], columns: dict[str, list[float]], said: str
) -> None:
    with pytest.raises(BadInputError, match=said):
        store.write(MODEL, np.array(keys), {name: np.array(value) for name, value in columns.items()})
    assert not store.known(MODEL, np.array([0])).any()


def test_a_write_inside_a_transaction_that_fails_leaves_nothing(store: PredictionStore, database: Database) -> None:
    with pytest.raises(RuntimeError, match="later"), database.write() as connection:
        store.write(MODEL, some_keys(2), {"score": np.array([0.1, 0.2])}, connection=connection)
        raise RuntimeError("something later failed")
    assert not store.known(MODEL, some_keys(2)).any()


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 300_000), st.floats(0, 1)), min_size=1, max_size=20), min_size=1, max_size=6
    ),
    st.sampled_from([np.float64, np.float32]),
)
def test_the_store_agrees_with_a_dictionary(batches: list[list[tuple[int, float]]], dtype: type) -> None:
    database = Database("sqlite://")
    database.create()
    store = PredictionStore(database)
    kept: dict[int, float] = {}
    for batch in batches:
        keys = np.array([key for key, _ in batch])
        answers: AnswerArray = np.array([answer for _, answer in batch], dtype)
        before = len(kept)
        for key, answer in zip(keys.tolist(), answers.tolist(), strict=True):
            kept.setdefault(key, answer)
        assert store.write(MODEL, keys, {"score": answers}) == len(kept) - before
    asked = np.array([*kept, 7, 299_999])
    found = store.read(MODEL, asked)
    assert found.valid.tolist() == [key in kept for key in asked.tolist()]
    assert found.columns["score"][found.valid].tolist() == [kept[key] for key in asked[found.valid].tolist()]
    database.close()


# --- size ---


@pytest.mark.parametrize(("dtype", "most"), [(np.float64, 9), (np.float32, 5), (np.uint8, 2)])
def test_a_prediction_costs_little_more_than_its_own_bytes(
    store: PredictionStore, database: Database, dtype: type, most: int
) -> None:
    n = 2 * BLOB_BYTES
    answers: AnswerArray = np.random.default_rng(0).integers(0, 200, n).astype(dtype)
    store.write(MODEL, some_keys(n), {"score" if dtype is not np.uint8 else "class": answers})
    with database.read() as connection:
        size = func.sum(func.length(prediction_chunk.c.answers) + func.length(prediction_chunk.c.valid))
        assert connection.execute(select(size)).scalar_one() <= most * n
        largest = connection.execute(select(func.max(func.length(prediction_chunk.c.answers)))).scalar_one()
    assert largest <= BLOB_BYTES


def test_a_model_that_answered_few_rows_of_a_large_store_pays_for_few(
    store: PredictionStore, database: Database
) -> None:
    store.write(MODEL, np.array([1, 31_000, 900_000]), {"score": np.array([0.1, 0.2, 0.3])})
    with database.read() as connection:
        size = func.sum(func.length(prediction_chunk.c.answers) + func.length(prediction_chunk.c.valid))
        assert connection.execute(select(size)).scalar_one() < 1_000


# --- damage ---


def flip_a_bit(database: Database, table: str, column: str, *, byte: int = 3) -> None:
    with database.write() as connection:
        data = bytearray(connection.execute(text(f"SELECT {column} FROM {table} LIMIT 1")).scalar_one())
        data[byte] ^= 1
        connection.execute(text(f"UPDATE {table} SET {column} = :data"), {"data": bytes(data)})


@pytest.mark.parametrize("column", ["answers", "valid"])
def test_one_flipped_bit_in_a_chunk_is_an_error_and_never_a_wrong_number(
    store: PredictionStore, database: Database, column: str
) -> None:
    store.write(MODEL, some_keys(100), {"score": np.linspace(0, 1, 100)})
    assert list(store.verify()) == []
    flip_a_bit(database, "prediction_chunk", column)
    with pytest.raises(PredictionsDamagedError, match="no longer match"):
        store.read(MODEL, some_keys(1))
    with pytest.raises(PredictionsDamagedError):
        store.write(MODEL, some_keys(1, start=200), {"score": np.array([0.5])})
    [damage] = store.verify()
    assert "predictions 'score'" in damage.what
    assert "restore" in damage.repair


@pytest.mark.parametrize("column", ["hashes", "inputs"])
def test_one_flipped_bit_among_the_interned_inputs_is_an_error(database: Database, column: str) -> None:
    intern_hashes(database, some_hashes(1))
    flip_a_bit(database, "example_input", column)
    with pytest.raises(PredictionsDamagedError, match="interned inputs"):
        intern_hashes(database, some_hashes(1))
    assert len(list(PredictionStore(database).verify())) == 1


def test_one_flipped_bit_in_remembered_keys_is_an_error(store: PredictionStore, database: Database) -> None:
    frame = pl.DataFrame({"a": ["1", "2"]})
    store.keys_for("c" * 64, ("a",), lambda: frame)
    flip_a_bit(database, "data_commit_keys", "keys")
    with pytest.raises(PredictionsDamagedError, match="keys of the rows"):
        store.keys_for("c" * 64, ("a",), lambda: frame)
    assert len(list(store.verify())) == 1


def test_a_chunk_moved_to_another_model_is_an_error(store: PredictionStore, database: Database) -> None:
    store.write(MODEL, some_keys(3), {"score": np.array([0.1, 0.2, 0.3])})
    store.write(OTHER, some_keys(3), {"score": np.array([0.4, 0.5, 0.6])})
    with database.write() as connection:
        connection.execute(text("DELETE FROM prediction_chunk WHERE digest = :d"), {"d": OTHER})
        connection.execute(text("UPDATE prediction_chunk SET digest = :d"), {"d": OTHER})
    with pytest.raises(PredictionsDamagedError):
        store.read(OTHER, some_keys(3))


# --- two processes ---


def write_from_another_process(url: str, part: int) -> None:
    database = Database(url)
    store = PredictionStore(database)
    for batch in range(25):
        start = batch * 20
        frame = pl.DataFrame({"text": [f"{(start + i) * 2 + part}" for i in range(20)]})
        store.write(MODEL, store.intern(frame, ["text"]), {"score": np.array([float(x) for x in frame["text"]])})
    database.close()


def test_two_processes_writing_into_the_same_chunks_lose_nothing(database: Database, store: PredictionStore) -> None:
    context = multiprocessing.get_context("spawn")
    url = str(database.url)
    processes = [context.Process(target=write_from_another_process, args=(url, part)) for part in (0, 1)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    frame = pl.DataFrame({"text": [str(i) for i in range(1000)]})
    keys = store.intern(frame, ["text"])
    assert sorted(keys.tolist()) == list(range(1000))
    found = store.read(MODEL, keys)
    assert found.valid.all()
    assert found.columns["score"].tolist() == [float(i) for i in range(1000)]


def test_a_chunk_holds_at_most_a_quarter_of_a_mebibyte_in_any_type() -> None:
    for dtype in (np.float64, np.float32, np.uint8, np.uint16, np.uint32):
        layout = Layout(MODEL, "score", np.dtype(dtype))
        assert layout.size * layout.dtype.itemsize == BLOB_BYTES
    assert kept_dtype(np.array([0.5])).name == "float64"
