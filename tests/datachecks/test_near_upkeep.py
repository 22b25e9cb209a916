"""What is kept of searches: every flipped bit is seen, and what no version needs goes."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import func, select, update

from curiouser.datachecks import Forgotten, SignaturesDamagedError
from curiouser.datachecks.near_tables import near_pairs, near_words
from curiouser.datachecks.searching import NearSearches
from curiouser.datachecks.signature_tables import (
    signature_index,
    signature_page,
    signature_record,
    signature_segment,
    signature_version,
)
from curiouser.kernel.errors import StorageError
from curiouser.workspace.collecting import collect
from tests.datachecks.bench import TASK, Bench, Clock, texts
from tests.nightly import examples

TABLES = (
    signature_index, signature_version, signature_record, signature_segment, signature_page, near_pairs, near_words,
)  # fmt: skip


class Keeping(Bench):
    """A workspace that keeps the searches of small datasets, too."""

    def search(self, ref: str = "test") -> None:
        made = NearSearches(
            self.workspace.database, self.workspace.objects, data=self.workspace.data, task=TASK,
            clock=self.workspace.clock, few_rows=0,
        )  # fmt: skip
        made.within(self.workspace.data.resolve(ref))

    def wait(self, days: int) -> None:
        assert isinstance(self.workspace.clock, Clock)
        self.workspace.clock.moment += timedelta(days=days)

    def gc(self, *, dry_run: bool = False) -> Forgotten:
        return collect(self.workspace, timedelta(0), dry_run=dry_run).searches

    def count(self) -> dict[str, int]:
        with self.workspace.database.read() as connection:
            return {
                table.name: connection.execute(select(func.count()).select_from(table)).scalar_one() for table in TABLES
            }


def said(first: int, last: int) -> pl.DataFrame:
    return texts(*(f"{'abcdefgh'[at % 8] * 6} we offer {at * 7919} lessons" for at in range(first, last)))


@pytest.fixture
def bench(tmp_path: Path) -> Keeping:
    made = Keeping(tmp_path / "whole")
    made.commit(said(0, 40))
    made.search()
    return made


def flipped(value: str | bytes | int, rng: random.Random) -> str | bytes | int:
    """Change one bit of a value, or of the number that it is."""
    if isinstance(value, int):
        return value ^ (1 << rng.randrange(31))
    data = bytearray(value.encode() if isinstance(value, str) else value)
    place = rng.randrange(len(data))
    # The highest bit of a letter would make another length of it, which SQLite itself refuses to read.
    data[place] ^= 1 << rng.randrange(7 if isinstance(value, str) else 8)
    return data.decode() if isinstance(value, str) else bytes(data)


@pytest.mark.sqlite_only("cells are changed in the file itself")
def test_every_flipped_bit_is_seen(bench: Keeping, tmp_path: Path) -> None:
    assert bench.workspace.datachecks.verify() == []
    bench.workspace.close()
    file, rng, seen = bench.workspace.database.file, random.Random(7), 0
    assert file is not None
    kept = tmp_path / "kept.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("VACUUM INTO ?", [str(kept)])
    for table in TABLES:
        for column in table.columns:
            for _ in range(examples(2, nightly=40)):
                shutil.copy(kept, file)
                with closing(sqlite3.connect(file)) as connection, connection:
                    rows = connection.execute(f"SELECT rowid, {column.name} FROM {table.name}").fetchall()
                    rowid, value = rng.choice([row for row in rows if row[1] not in ("", b"", None)] or rows)
                    if value in ("", b""):
                        continue
                    change = f"UPDATE {table.name} SET {column.name} = ? WHERE rowid = ?"
                    connection.execute(change, [flipped(value, rng), rowid])
                assert damage_seen(bench), f"{table.name}.{column.name} of {value!r:.80}"
                seen += 1
    assert seen > 60


def damage_seen(bench: Keeping) -> bool:
    try:
        found = bench.workspace.datachecks.verify()
    except StorageError:
        return True
    finally:
        bench.workspace.close()
    return any("signature" in one.what or "near_" in one.what for one in found)


def test_a_missing_row_is_seen(bench: Keeping) -> None:
    for table in (signature_record, signature_page):
        with bench.workspace.database.write() as connection:
            connection.execute(table.delete())
        [found] = bench.workspace.datachecks.verify()
        assert "missing" in found.trouble


def test_a_damaged_index_goes_and_is_made_again(bench: Keeping) -> None:
    with bench.workspace.database.write() as connection:
        connection.execute(update(signature_page).values(entries=b"\0" * 12))
    bench.commit(said(40, 45).with_columns(id="n" + pl.col("id")))
    # An answer needs no index, but a question about new rows alone does.
    bench.search()
    with pytest.raises(SignaturesDamagedError, match="data gc"):
        bench.workspace.duplicates.of_new("test", "test")
    assert bench.workspace.datachecks.verify()
    assert bench.gc(dry_run=True).indexes == 1
    assert bench.gc() == Forgotten(indexes=1, searches=0, objects=0)
    assert bench.workspace.datachecks.verify() == []
    bench.search()
    assert bench.count()["signature_index"] == 1


def test_what_a_version_needs_stays_and_what_none_needs_goes(bench: Keeping) -> None:
    assert bench.gc() == Forgotten(indexes=0, searches=0, objects=0)
    bench.commit(said(0, 30), dataset="other")
    bench.search("other")
    before = bench.count()
    data = bench.workspace.data
    data.branch("test", "side", actor="thandi")
    bench.commit(said(40, 45).with_columns(id="n" + pl.col("id")), branch="side")
    bench.search("test@side")
    data.delete_branch("test", "side", actor="thandi")
    bench.wait(1)
    assert bench.gc() == Forgotten(indexes=0, searches=2, objects=0)
    assert {name: bench.count()[name] for name in ("near_pairs", "near_words", "signature_index")} == {
        name: before[name] for name in ("near_pairs", "near_words", "signature_index")
    }
    # Of another algorithm: nobody asks for them any more.
    with bench.workspace.database.write() as connection:
        connection.execute(update(signature_index).values(algorithm="older"))
    assert bench.gc().indexes == 2
    left = bench.count()
    assert {left[table.name] for table in TABLES if table.name.startswith("signature")} == {0}
    bench.search()
    assert bench.workspace.datachecks.verify() == []


def test_a_file_of_words_that_nobody_names_goes(bench: Keeping) -> None:
    bench.workspace.objects.put(b"words", suffix=".words.arrow")
    bench.wait(100_000)
    assert bench.gc(dry_run=True).objects == 1
    assert bench.gc().objects == 1
    assert bench.gc().objects == 0
