"""Kills, full disks, races and flipped bits: what was acknowledged is there, and damage is always seen."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from curiouser.data import DataService
from curiouser.kernel.errors import CuriouserError, StorageError
from tests.data.rows import MEMORY
from tests.faults.data_child import SCENARIOS, a_store, rows
from tests.nightly import NIGHTLY, examples

CHILD = Path(__file__).with_name("data_child.py")
ENVIRONMENT = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(CHILD.parents[2])}
WRITES = examples(2, nightly=5)
"""Writes of each of many writers, before a branch and a merge of its own."""
DAMAGES = examples(30, nightly=1_000)
"""Flipped bits, and as many cuts, per kind of file."""
IDS = [f"{number:02}" for number in range(12)]


@pytest.fixture
def in_memory() -> Iterator[Path]:
    """A folder in memory where there is one: a kill loses the same there, and an fsync costs nothing."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        yield Path(folder)


def child(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(CHILD), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, timeout=850, check=False)


def a_base(folder: Path) -> Path:
    """Make a store with some history, an unused branch, and snapshots that are only shortcuts."""
    service = a_store(folder, "fold")
    service.commit("test", upserts=rows(IDS), message="first", actor="ann")
    for branch in ("side", "fix"):
        service.branch("test", branch, actor="ann")
    for example in ("02", "04"):  # two, so that merging them writes an object that neither has
        service.commit("test", "fix", upserts=rows([example], "yes"), message="fix", actor="ann")
    service.commit("test", "side", upserts=rows(["50"]), message="lost work", actor="ann")
    service.delete_branch("test", "side", actor="ann")
    for label in ("yes", "no", "yes"):
        service.commit("test", upserts=rows(["01"], label), message="again", actor="ann")
    service.database.close()
    return folder


def a_chain(folder: Path) -> Path:
    """Make a store in which every object is needed by some version."""
    service = a_store(folder)
    service.commit("test", upserts=rows(IDS), message="first", actor="ann")
    for label in ("yes", "no", "yes"):
        service.commit("test", upserts=rows(["01"], label), message="again", actor="ann")
    service.database.close()
    return folder


def contents(service: DataService) -> dict[str, pl.DataFrame]:
    return {each.name: service.rows(each.name) for each in service.datasets()}


def equal(one: dict[str, pl.DataFrame], other: dict[str, pl.DataFrame]) -> bool:
    return one.keys() == other.keys() and all(one[name].equals(other[name]) for name in one)


def check_after_fault(
    folder: Path, scenario: str, acknowledged: str | None, states: dict[str, dict[str, pl.DataFrame]]
) -> None:
    """Assert that the store is whole, that it is as before or as after, and that trying again works."""
    service = a_store(folder)
    assert service.verify() == []
    found = contents(service)
    if acknowledged is not None:
        assert equal(found, states["after"])
        assert scenario == "gc" or service.resolve(acknowledged).id == acknowledged
    else:
        assert equal(found, states["before"]) or equal(found, states["after"])
    if equal(found, states["before"]):
        SCENARIOS[scenario](folder)
        assert equal(contents(a_store(folder)), states["after"])
    service.database.close()


@pytest.mark.timeout(900)
@pytest.mark.parametrize("scenario", sorted(SCENARIOS))
def test_a_kill_at_any_step_leaves_a_whole_store_and_every_acknowledged_commit(scenario: str, in_memory: Path) -> None:
    # Every step at night; otherwise the ends of each kind, around each transaction that lands, and every tenth.
    steps = check_after_kills(in_memory, "kills", scenario, "every" if NIGHTLY else "telling")
    assert steps > (25 if NIGHTLY else 10)


@pytest.mark.timeout(3_600)
@pytest.mark.needs_program("strace")
@pytest.mark.parametrize("scenario", ["change", *(["merge", "gc"] if NIGHTLY else [])])
def test_a_kill_at_any_system_call_leaves_a_whole_store(scenario: str, in_memory: Path) -> None:
    assert check_after_kills(in_memory, "call-kills", scenario) > 10


def check_after_kills(root: Path, mode: str, scenario: str, *how: str) -> int:
    """Kill a scenario at one step after the other, and check what each leaves; return the number of steps."""
    base = a_base(root / "base")
    states = {"before": contents(a_store(base))}
    shutil.copytree(base, root / "after")
    SCENARIOS[scenario](root / "after")
    states["after"] = contents(a_store(root / "after"))
    (root / "steps").mkdir()
    done = child(mode, str(base), scenario, str(root / "steps"), *how)
    assert done.returncode == 0, done.stderr
    steps = [line.split() for line in done.stdout.splitlines()]
    assert [how for _, how, _ in steps].count("done") == 1
    checked = set()
    for step, _, said in steps:
        left = (said, digest(root / "steps" / step))
        if left not in checked:  # between two looks, say, nothing changes
            checked.add(left)
            check_after_fault(root / "steps" / step, scenario, None if said == "-" else said, states)
    return len(steps)


def digest(folder: Path) -> str:
    """Hash what a kill has left, but for the file that SQLite makes anew."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if not path.name.endswith("-shm"):
            content = path.read_bytes() if path.is_file() else b""
            found.update(f"{path.relative_to(folder)}\0{len(content)}\0".encode() + content)
    return found.hexdigest()


@pytest.mark.parametrize("rows_of", ["same", "disjoint"])
def test_two_processes_committing_at_once_lose_nothing(rows_of: str, tmp_path: Path) -> None:
    a_base(tmp_path)
    command = [sys.executable, str(CHILD), "race", str(tmp_path)]
    started = [
        subprocess.Popen([*command, name, "20", rows_of], stdout=subprocess.PIPE, text=True, env=ENVIRONMENT)
        for name in ("ann", "bob")
    ]
    said = [process.communicate(timeout=280)[0].splitlines() for process in started]
    assert [process.returncode for process in started] == [0, 0]
    acknowledged = [line.split()[1:] for lines in said for line in lines if line.startswith("done")]
    assert len(acknowledged) == 40
    service = a_store(tmp_path)
    assert service.verify() == []
    history = {str(each.id): each.message for each in service.log("test", limit=1000)}
    assert all(history[made] == message for made, message in acknowledged)
    found = service.rows("test")
    if rows_of == "same":
        newest = service.log("test", limit=1)[0]
        assert found.filter(id="00")["by"].to_list() == [newest.message]
    else:
        assert "lost" not in [line for lines in said for line in lines]
        assert {message for _, message in acknowledged} <= set(found["id"])


@pytest.mark.parametrize("rows_of", ["same", "disjoint"])
def test_eight_writers_on_one_branch_lose_nothing_and_overwrite_nothing_unseen(rows_of: str, in_memory: Path) -> None:
    a_base(in_memory)
    done = child("many", str(in_memory), "8", str(WRITES), rows_of)
    assert done.returncode == 0, done.stderr
    acknowledged = [line.split()[1:] for line in done.stdout.splitlines() if line.startswith("done")]
    assert len(acknowledged) == 8 * (WRITES + 1)
    service = a_store(in_memory)
    assert service.verify() == []
    history = {str(each.id): each for each in service.log("test", limit=1000)}
    assert all(history[made].message == message for made, message in acknowledged)
    found = service.rows("test")
    assert {f"writer{number}-own" for number in range(8)} <= set(found["id"])
    if rows_of == "same":
        # Each wrote over the one before, whose row it had read: the chain of who wrote has no gap.
        steps = service.example_history("test", "00", limit=1000).steps
        by = [step.change.fields["by"] for step in steps if "by" in step.change.fields]
        assert [after for _, after in by[1:]] == [before for before, _ in by[:-1]]
        assert {str(after) for _, after in by} == {message for _, message in acknowledged if "merge" not in message}
    else:
        assert {message for _, message in acknowledged if "merge" not in message} <= set(found["id"])


@pytest.mark.parametrize("limit", [0, 500, 2_000, 5_000, 20_000, 40_000, 100_000])
def test_a_file_size_limit_is_a_clear_refusal_that_changes_nothing(limit: int, tmp_path: Path) -> None:
    a_base(tmp_path)
    before = contents(a_store(tmp_path))
    done = child("starved", str(tmp_path), str(limit))
    assert done.stdout, done.stderr
    service = a_store(tmp_path)
    assert service.verify() == []
    if done.stdout.startswith("refused"):
        assert done.returncode == StorageError.exit_status
        assert equal(contents(service), before)
    else:
        assert service.head("test").id == done.stdout.split()[1]
    many = rows([f"{n:05}" for n in range(400)], "yes")
    service.commit("test", upserts=many, message="again", actor="ann")
    assert service.rows("test").height == 412


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real disk of 3 MB."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(tmp_path)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    yield tmp_path
    subprocess.run(["umount", "-l", str(tmp_path)], check=True)


@pytest.mark.parametrize("free", [0, 4_096, 12_288, 40_960, 90_112])
def test_a_full_disk_is_a_clear_refusal_and_free_space_is_all_it_takes(free: int, small_disk: Path) -> None:
    a_base(small_disk)
    before = contents(a_store(small_disk))
    ballast = small_disk / "ballast"
    fill(ballast, leave=free)
    service = a_store(small_disk)
    with pytest.raises(StorageError) as caught:
        for number in range(50):
            service.commit("test", upserts=rows([f"{number}-{n}" for n in range(300)]), message="much", actor="ann")
            before = contents(service)
    assert caught.value.exit_status == 74
    ballast.unlink()
    again = a_store(small_disk)
    assert again.verify() == []
    assert equal(contents(again), before)
    again.commit("test", upserts=rows(["new"]), message="there is room again", actor="ann")
    again.database.close()
    service.database.close()


def fill(path: Path, *, leave: int) -> None:
    with path.open("wb", buffering=0) as file:
        left = shutil.disk_usage(path.parent).free - leave
        while left > 0:
            left -= file.write(bytes(min(left, 4_096)))


def damaged_copies(path: Path, random_: random.Random) -> Iterator[bytes]:
    whole = path.read_bytes()
    for _ in range(DAMAGES):
        flipped = bytearray(whole)
        place = random_.randrange(len(whole) * 8)
        flipped[place // 8] ^= 1 << (place % 8)
        yield bytes(flipped)
    for _ in range(DAMAGES):
        yield whole[: random_.randrange(len(whole))]


@pytest.mark.parametrize("suffix", [".rows.parquet", ".listing.parquet", ".changes.parquet"])
def test_flipped_bits_and_cut_files_are_seen_each_time(suffix: str, tmp_path: Path) -> None:
    service = a_store(a_chain(tmp_path))
    random_ = random.Random(suffix)
    name = next(name for name in service.objects.names() if name.endswith(suffix))
    path = service.objects.path(name)
    whole = path.read_bytes()
    expected = {each.id: service.rows(each.id) for each in service.log("test")}
    wrong, seen, refused = 0, 0, 0
    for damaged in damaged_copies(path, random_):
        path.write_bytes(damaged)
        fresh = a_store(tmp_path)
        seen += any(name in each.what for each in fresh.verify())
        for version, content in expected.items():
            try:
                wrong += not fresh.rows(version).equals(content)
            except CuriouserError:
                refused += 1
        fresh.database.close()
    path.write_bytes(whole)
    assert (wrong, seen) == (0, 2 * DAMAGES)
    assert refused >= 2 * DAMAGES


@pytest.mark.parametrize(
    "table",
    ["data_commit", "data_snapshot", "data_ref", "data_touch", "data_merge", "data_conflict", "data_protection"],
)
def test_a_changed_cell_of_the_database_is_seen(table: str, tmp_path: Path) -> None:
    service = a_store(a_base(tmp_path))
    service.commit("test", upserts=rows(["02"]).with_columns(meet=pl.lit(None, pl.String)), message="m", actor="ann")
    service.merges.begin("test", "fix", "main", actor="ann")
    service.protections.protect("test", "main", actor="ann")
    with closing(sqlite3.connect(tmp_path / "meta.db", isolation_level=None)) as connection:
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        key = connection.execute(f"SELECT max(rowid) FROM {table}").fetchone()[0]
        for column in columns:
            (value,) = connection.execute(f'SELECT "{column}" FROM {table} WHERE rowid = ?', [key]).fetchone()
            connection.execute(f'UPDATE {table} SET "{column}" = ? WHERE rowid = ?', [another(value), key])
            assert service.verify(), column
            is_key = (table, column) == ("data_merge", "number")  # SQLite's own name for a row
            at = key + 1 if is_key else key
            connection.execute(f'UPDATE {table} SET "{column}" = ? WHERE rowid = ?', [value, at])
    assert service.verify() == []


def another(value: str | int | bytes | None) -> str | int | bytes:
    if isinstance(value, bytes):
        return value + b"0"
    return value + 1 if isinstance(value, int) else f"{value or ''}0"


def test_objects_under_each_others_names_are_seen(tmp_path: Path) -> None:
    service = a_store(a_base(tmp_path))
    names = [name for name in service.objects.names() if name.endswith(".rows.parquet")]
    one, two = (tmp_path / "objects" / name[:2] / name for name in names[:2])
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)
    assert len(service.verify()) == 2


def test_a_missing_object_is_named(tmp_path: Path) -> None:
    service = a_store(a_base(tmp_path))
    listing = next(name for name in service.objects.names() if name.endswith(".listing.parquet"))
    service.objects.remove(listing)
    assert any(listing in each.trouble for each in service.verify())


def test_garbage_collection_of_a_damaged_store_removes_nothing(tmp_path: Path) -> None:
    service = a_store(a_chain(tmp_path))
    listing = next(name for name in service.objects.names() if name.endswith(".listing.parquet"))
    path = service.objects.path(listing)
    path.write_bytes(path.read_bytes()[:-1])
    before = list(service.objects.names())
    with pytest.raises(StorageError):
        a_store(tmp_path, later=timedelta(days=1)).gc(timedelta(0))
    assert list(service.objects.names()) == before
