"""Signatures that are kept: a few new rows are looked up, and what they find is what a search of everything finds."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sqlalchemy import select, update

from benchmarks.near_duplicate_sets import SUBJECTS, TEMPLATES, misspelt
from curiouser.data import DataService
from curiouser.datachecks import NearDuplicates
from curiouser.datachecks.signature_tables import signature_index, signature_page, signature_segment
from curiouser.datachecks.signatures import SignatureIndex
from curiouser.datachecks.sorted_pages import KeptPages, add_keys, segments_with
from curiouser.kernel.errors import StorageError
from curiouser.measure.duplicates import Likeness
from tests.data.rows import a_store
from tests.datachecks.test_near_duplicates import ONE, texts, told


def added(*said: str) -> pl.DataFrame:
    return texts(*said).with_columns(id="n" + pl.col("id"))


def grown(folder: Path, many: int) -> tuple[DataService, NearDuplicates, str]:
    """A dataset of many different texts, and a version of it with a few more."""
    rng = random.Random(many)
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(4, 9))) for _ in range(3_000)]
    said = [" ".join(rng.choices(words, k=12)) for _ in range(many)]
    store = a_store(folder, task=ONE)
    base = store.commit("test", upserts=texts(*said), message="first", actor="ann").data_commit
    longest = max(said[11].split(), key=len)
    slip = said[11].replace(longest, longest[:3] + longest[4:])
    more = added(said[5], said[7].upper(), slip, "nothing like the others at all")
    store.commit("test", upserts=more, message="more", actor="ann")
    return store, NearDuplicates(store, ONE), base


def test_new_rows_are_found_to_repeat_old_ones_and_each_other(tmp_path: Path) -> None:
    store, search, base = grown(tmp_path, 300)
    found = search.of_new(base, "test")
    assert told(found) == [
        ("nr00000", "r00005", "exact"),
        ("nr00001", "r00007", "normalised"),
        ("nr00002", "r00011", "near"),
    ]
    assert (found.rows, found.others) == (4, 300)
    again = added("nothing like the others at all").with_columns(id=pl.lit("z"))
    store.commit("test", upserts=again, message="again", actor="ann")
    assert told(search.of_new(base, "test"))[-1][0] != "z"
    assert ("z", "nr00003", "exact") in told(search.of_new(base, "test"))


def test_nothing_new_repeats_nothing(tmp_path: Path) -> None:
    _, search, _ = grown(tmp_path, 50)
    found = search.of_new("test", "test")
    assert (found.rows, found.pairs, found.repeating) == (0, (), 0)


def test_new_test_rows_are_looked_up_in_the_training_data(tmp_path: Path) -> None:
    store, search, base = grown(tmp_path, 200)
    train = store.rows("test", columns=["id", "text", "label"]).head(150)
    store.commit("train", upserts=train, message="first", actor="ann")
    found = search.of_new(base, "test", against="train")
    assert [pair.likeness for pair in found.pairs] == [
        Likeness.EXACT,
        Likeness.NORMALISED,
        Likeness.NEAR,
    ] or found.found
    assert (found.rows, found.others) == (4, 150)


def test_what_is_found_of_new_rows_is_what_a_whole_search_finds_of_them(tmp_path: Path) -> None:
    said = [template.format(subject) for template in TEMPLATES[3:6] for subject in SUBJECTS]
    store, rng = a_store(tmp_path, task=ONE), random.Random(1)
    base = store.commit("test", upserts=texts(*said), message="first", actor="ann").data_commit
    store.commit("test", upserts=added(*(misspelt(text, rng, 1) for text in said[::9])), message="more", actor="ann")
    search = NearDuplicates(store, ONE)
    few, whole = search.of_new(base, "test", limit=500), search.within("test", limit=500)
    near = {tuple(sorted(pair[:2])) for pair in told(whole) if pair[2] == "near"}
    assert {tuple(sorted(pair[:2])) for pair in told(few) if pair[2] == "near"} == near
    assert len(near) > 5


def test_a_row_that_was_taken_out_or_changed_is_not_found_by_its_old_text(tmp_path: Path) -> None:
    store, search, base = grown(tmp_path, 50)
    search.of_new(base, "test")
    old = store.rows("test", ids=["r00005"])["text"][0]
    store.commit("test", deletes=["r00005"], message="out", actor="ann")
    before = store.resolve("test").id
    store.commit("test", upserts=added(old).with_columns(id=pl.lit("again")), message="back", actor="ann")
    assert told(search.of_new(before, "test"))[0] == ("again", "nr00000", "exact")


def test_only_new_texts_are_signed(tmp_path: Path) -> None:
    database = a_store(tmp_path, task=ONE).database
    index = SignatureIndex(database, "test", ["text"])
    assert index.add(["a text", "another text"], ["1", "2"], np.array([0, 1]), data_commit="a") == 2
    assert index.add(["another text", "a third"], ["2", "3"], np.array([0, 1]), data_commit="b") == 1
    assert index.known_versions(["a", "b", "c"]) == {"a", "b"}
    assert index.rows_like(["another text"], cap=9, jaccard=0.5)[0] >= {"2"}
    assert index.rows_like(["something else entirely"], cap=9, jaccard=0.5) == (set(), 0)
    with database.read() as connection:
        assert connection.execute(select(signature_index.c.texts, signature_index.c.rows)).one() == (3, 4)


def test_a_look_up_reads_pages_and_not_the_index(tmp_path: Path) -> None:
    read: dict[int, int] = {}
    for many in (2_000, 8_000):
        database = a_store(tmp_path / str(many), task=ONE).database
        rng = np.random.default_rng(0)
        keys = rng.integers(0, 2**63, many * 24).astype(np.uint64)
        index = SignatureIndex(database, "test", ["text"])
        index.add(["a"], ["1"], np.array([0]), data_commit="a")
        with database.write() as connection:
            add_keys(connection, 1, keys, np.arange(len(keys)).astype(np.uint32))
        with database.read() as connection:
            asked = np.sort(rng.choice(keys, 50, replace=False))
            found = list(segments_with(connection, 1, asked, KeptPages()))
        read[many] = sum(len(values) for _, values in found)
        assert set(asked.tolist()) <= {key for stored, _ in found for key in stored.tolist()}
    assert read[8_000] < 1.5 * read[2_000]


def test_segments_become_few(tmp_path: Path) -> None:
    database = a_store(tmp_path, task=ONE).database
    SignatureIndex(database, "test", ["text"]).add(["a"], ["1"], np.array([0]), data_commit="a")
    every: list[int] = []
    for step in range(40):
        keys = np.arange(step, 4_000, 40).astype(np.uint64)
        every += keys.tolist()
        with database.write() as connection:
            add_keys(connection, 1, keys, keys.astype(np.uint32))
    with database.read() as connection:
        segments = connection.execute(select(signature_segment.c.id)).all()
        found = list(segments_with(connection, 1, np.arange(4_000).astype(np.uint64), KeptPages()))
    assert len(segments) < 20
    assert sorted(set(every) & {key for keys, _ in found for key in keys.tolist()}) == sorted(every)


def test_a_damaged_page_is_not_used(tmp_path: Path) -> None:
    store, search, base = grown(tmp_path, 50)
    search.of_new(base, "test")
    with store.database.write() as connection:
        connection.execute(update(signature_page).values(entries=b"\0" * 12))
    with pytest.raises(StorageError, match="checksum"):
        search.of_new(base, "test")
