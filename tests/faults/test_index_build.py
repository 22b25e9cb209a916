"""The index of signatures is built in many transactions: killed in any it goes on, and others write meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from sqlalchemy import func, insert, select

from curiouser.datachecks.near_tables import near_words, with_checksum
from curiouser.datachecks.near_upkeep import NearUpkeep
from curiouser.datachecks.signature_tables import signature_index, signature_segment
from curiouser.datachecks.signatures import SignatureIndex
from curiouser.storage import Database, FolderObjects
from tests.data.rows import MEMORY
from tests.datachecks.bench import empty_database
from tests.faults.index_child import IDS, TEXTS, build, open_index
from tests.nightly import NIGHTLY

CHILD = Path(__file__).with_name("index_child.py")
ENVIRONMENT = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(CHILD.parents[2])}


@pytest.fixture
def base() -> Iterator[Path]:
    """A folder in memory where there is one: a kill loses the same there, and an fsync costs nothing."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        made = Path(folder) / "base"
        made.mkdir()
        (made / "meta.db").write_bytes(empty_database().read_bytes())
        yield made


def answers(index: SignatureIndex) -> list[object]:
    asked = [TEXTS[3], TEXTS[150].replace("others", "other"), "nothing like them"]
    return [index.equal(asked), index.alike(asked, jaccard=0.4, passed_over=())]


def damages(database: Database, folder: Path) -> list[str]:
    return [one.trouble for one in NearUpkeep(database, FolderObjects(folder / "objects")).damages()]


@pytest.mark.timeout(900)
def test_killed_at_any_step_the_next_run_completes_it_with_the_same_answers(base: Path) -> None:
    steps, whole = base.parent / "steps", base.parent / "whole"
    steps.mkdir()
    whole.mkdir()
    (whole / "meta.db").write_bytes((base / "meta.db").read_bytes())
    build(whole)
    expected = answers(open_index(whole)[1])
    stride = "1" if NIGHTLY else "31"
    done = subprocess.run(
        [sys.executable, str(CHILD), str(base), str(steps), stride],
        capture_output=True, text=True, env=ENVIRONMENT, timeout=850, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    killed = [step for step, how in map(str.split, done.stdout.splitlines()) if how == "killed"]
    assert len(killed) > 5
    for step in killed:
        folder = steps / step
        database, index = open_index(folder)
        assert damages(database, folder) == []
        # What is there can be asked, and is not taken for all.
        assert index.equal([TEXTS[3]]).ids <= {IDS[3], IDS[203]}
        build(folder)
        assert damages(database, folder) == []
        assert index.known_versions(["all"]) == {"all"}
        assert answers(index) == expected
        with database.read() as connection:
            # No text was signed twice, and no row noted twice.
            assert connection.execute(select(signature_index.c.texts, signature_index.c.rows)).one() == (200, 240)
            assert connection.execute(select(signature_segment.c.state).distinct()).scalars().all() == ["ready"]
        database.close()


def test_another_writer_gets_in_between(base: Path) -> None:
    database, index = open_index(base)
    told, written = list[int](), list[int]()
    other = Database(f"sqlite:///{base}/meta.db")

    def write() -> None:
        row = dict.fromkeys(("kind", "dataset", "algorithm", "object", "made_at"), "x")
        with other.write() as connection:
            key = f"k{len(written)}"
            connection.execute(insert(near_words).values(with_checksum({**row, "key": key, "moved": b""})))
            written.append(len(told))

    def hear(done: int, _all: int | None) -> None:
        told.append(done)
        writer = Thread(target=write)
        writer.start()
        writer.join()

    index.add(TEXTS, IDS, np.arange(len(IDS)) % len(TEXTS), data_commit="all", told=hear)
    assert told == list(range(20, 241, 20))
    assert written == list(range(1, 13))
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(near_words)).scalar_one() == 12
