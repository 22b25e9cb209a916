"""What the command line answers to bad input: the thing, the reason, the repair; and nothing is lost or changed."""

from __future__ import annotations

import csv
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.terminal import ENVIRONMENT, Said, Terminal

IDS = [f"r{number:02}" for number in range(40)]
ROWS = pl.DataFrame({"id": IDS, "text": [f"text {each}" for each in IDS], "label": ["no", "yes"] * 20})
GOOD = pl.DataFrame({"id": IDS, "score": [0.1, 0.9] * 20})
PARENT = """
import resource, subprocess, sys
limit = int(sys.argv[1])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
done = subprocess.run(sys.argv[2:], check=False)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
sys.exit(done.returncode)
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """One workspace for every refusal: a refusal changes nothing, so the next test finds it as it was."""
    return filled(tmp_path_factory.mktemp("bad") / "ws")


def filled(root: Path) -> Terminal:
    made = Terminal.init(root)
    made.imports("rows", ROWS)
    made.adds("good", GOOD)
    return made


def state(terminal: Terminal) -> tuple[Any, ...]:
    """What must not change: every version of the test set, its rows, and every model."""
    log = terminal.body("data", "log", "test")
    rows = terminal.says("data", "export", "test")
    return log, rows, terminal.body("model", "list", "--versions", "--retired"), terminal.body("leaderboard")


@contextmanager
def unchanged(terminal: Terminal) -> Iterator[None]:
    before = state(terminal)
    yield
    assert state(terminal) == before


def importing(path: str, *more: str) -> tuple[str, ...]:
    return ("data", "import", path, "--dataset", "test", "-m", "bad", *more)


BAD_ROWS = {
    "a missing label column": ("id,text\nx1,a\n", "CUR251", ["label"]),
    "a class that is not configured": (
        "id,text,label\nx1,a,no\nx2,b,maybe\n",
        "CUR252",
        ["line 3", "column 'label'", "'maybe'", "no, yes"],
    ),
    "duplicate ids": ("id,text,label\nx1,a,no\nx2,b,yes\nx1,c,yes\n", "CUR252", ["x1", "line 4"]),
    "an id that changes its input": (
        "id,text,label\nr07,another text,yes\n",
        "CUR202",
        ["r07", "--allow-input-changes"],
    ),
}


@pytest.mark.parametrize("what", BAD_ROWS)
def test_bad_rows_are_named_with_their_place_and_nothing_is_imported(shared: Terminal, what: str) -> None:
    text, code, named = BAD_ROWS[what]
    path = shared.text_file("bad.csv", text)
    with unchanged(shared):
        error = shared.refuses(1, *importing(path))
    assert error["code"] == code
    assert all(each in error["message"] + error["hint"] for each in named), error
    assert error["hint"]


BAD_PREDICTIONS = {
    "NaN": ("id,score\nr00,0.5\nr01,NaN\n", ["line 3", "'score'", "no finite number"]),
    "an infinite score": ("id,score\nr00,inf\n", ["line 2", "'score'", "no finite number"]),
    "probabilities that do not sum to one": ("id,p_no,p_yes\nr00,0.5,0.6\n", ["line 2", "sum to 1.1"]),
    "an unknown id": ("id,score\nr00,0.5\nnobody,0.5\n", ["line 3", "nobody", "no row of test"]),
}


@pytest.mark.parametrize("what", BAD_PREDICTIONS)
def test_bad_predictions_are_named_with_their_place_and_no_model_is_added(shared: Terminal, what: str) -> None:
    text, named = BAD_PREDICTIONS[what]
    path = shared.text_file("bad-predictions.csv", text)
    with unchanged(shared):
        error = shared.refuses(1, "model", "add", "bad", "--predictions", path)
        again = shared.refuses(1, "model", "update", "good", "--predictions", path)
    assert error["code"] == again["code"] == "CUR304"
    assert error["rows"] == again["rows"]
    assert all(each in " ".join(error["rows"]) for each in named), error
    assert error["hint"]


def test_a_model_with_half_of_the_ids_is_added_counted_and_never_ranked(tmp_path: Path) -> None:
    terminal = filled(tmp_path / "ws")
    added = terminal.adds("half", GOOD.head(20))
    assert (added["rows"], added["answered"], added["missing"]) == (40, 20, 20)
    good, half = terminal.body("evaluate")["evaluations"]
    assert (half["complete"], half["missing"], half["scores"]["accuracy"]["value"]) == (False, 20, None)
    assert good["complete"] is True
    ranks = {one["model"]: one["rank"] for one in terminal.body("leaderboard")["models"]}
    assert ranks == {"good": {"best": 1, "worst": 1}, "half": None}
    error = terminal.refuses(1, "compare", "good", "half")
    assert "'half' needs 20 predictions" in error["message"]
    assert "curiouser model missing half" in error["hint"]
    shown = terminal.body("model", "missing", "half")
    assert (shown["missing"], shown["ids"]) == (20, IDS[20:])


def spawned(terminal: Terminal, *arguments: str, file_limit: int = 0) -> tuple[Said, int]:
    """Run a command under a parent that tells its peak memory in MB, and may limit the size of files."""
    command = [sys.executable, "-c", PARENT, str(file_limit), *terminal.command(*arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=ENVIRONMENT, timeout=250)
    *out, peak = done.stdout.splitlines()
    return Said(status=done.returncode, out="\n".join(out), err=done.stderr), int(peak)


def test_a_field_of_200_mb_is_one_bad_row_and_costs_less_than_a_gigabyte(shared: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.write(b'id,text,label\nx1,ok,no\nx2,"')
        for _ in range(200):
            file.write(b"0123456789" * 100_000)
        file.write(b'",yes\nx3,ok,no\n')
    with unchanged(shared):
        said, peak = spawned(shared, *importing(str(path)), "--json")
    assert said.status == 1
    assert said.error["rows"] == ["line 3, column 'text': is larger than the 10 MB that a field may have"]
    assert "--skip-bad" in said.error["hint"]
    assert peak < 1_000


def test_a_truncated_parquet_is_refused(shared: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "cut.parquet"
    ROWS.with_columns(id="new-" + pl.col("id")).write_parquet(path)
    path.write_bytes(path.read_bytes()[:-200])
    scores = tmp_path / "scores.parquet"
    GOOD.write_parquet(scores)
    scores.write_bytes(scores.read_bytes()[: scores.stat().st_size // 2])
    with unchanged(shared):
        error = shared.refuses(1, *importing(str(path)))
        other = shared.refuses(1, "model", "add", "cut", "--predictions", str(scores))
    for each, name in ((error, "cut.parquet"), (other, "scores.parquet")):
        assert name in each["message"]
        assert each["code"] in {"CUR250", "CUR305"}
        assert each["hint"]


def test_ten_thousand_bad_rows_are_all_told_and_go_to_a_file_on_request(tmp_path: Path) -> None:
    terminal = filled(tmp_path / "ws")
    bad = "".join(f"b{number},text {number},label {number}\n" for number in range(10_000))
    path = terminal.text_file("many.csv", f"id,text,label\nfirst,good,no\n{bad}last,good,yes\n")
    with unchanged(terminal):
        error = terminal.refuses(1, *importing(path))
        short = terminal.run(*importing(path))
    assert len(error["rows"]) == 10_000
    assert [error["rows"][at].split(",")[0] for at in (0, -1)] == ["line 3", "line 10002"]
    assert "10,000 bad rows;" in short.err
    assert "9,980 more" in short.err
    assert len(short.err.splitlines()) < 30
    rejects = tmp_path / "rejects.csv"
    done = terminal.body(*importing(path, "--skip-bad", str(rejects)))
    assert (done["added"], done["rejected"]) == (2, 10_000)
    with rejects.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [rows[at]["id"] for at in (0, -1)] == ["b0", "b9999"]
    assert all("label" in " ".join(row.values()) for row in rows)


HOSTILE = """
import sys, time

def raises(rows):
    raise ValueError("no weights")

def hangs(rows):
    time.sleep(600)

def short(rows):
    return [0.5] * (len(rows) - 1)

def eats(rows):
    kept = []
    while True:
        kept.append(bytearray(10_000_000))

def prints(rows):
    print("a line for the terminal", {"score": 1.0})
    sys.stdout.write("[1.0]" * 1000)
    return [0.9 if int(row["text"][-2:]) % 2 else 0.1 for row in rows]
"""
FAILURES = {
    "raises": ["no weights", "ValueError"],
    "hangs": ["took longer than 1 s", "--batch-seconds"],
    "short": ["39", "40"],
    "eats": ["more than 300 MB of memory", "--memory-mb"],
}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    terminal = filled(tmp_path_factory.mktemp("hostile") / "ws")
    terminal.text_file("hostile.py", HOSTILE)
    for name in (*FAILURES, "prints"):
        limits = ("--batch-seconds", "1") if name == "hangs" else ("--memory-mb", "300") if name == "eats" else ()
        terminal.says("model", "add", name, "--python", f"hostile:{name}", *limits)
    return terminal


@pytest.mark.parametrize("name", FAILURES)
def test_a_model_that_fails_is_named_and_the_others_are_evaluated(hostile: Terminal, name: str) -> None:
    before = state(hostile)[:3]
    said = hostile.run("evaluate", name, "good", "--json")
    assert state(hostile)[:3] == before
    assert said.status == 1
    bodies = {one["model"]: one for one in said.body["evaluations"]}
    assert bodies["good"]["scores"]["accuracy"]["value"] == 1.0
    assert bodies[name]["scores"]["accuracy"]["value"] is None
    assert all(each in bodies[name]["error"] for each in FAILURES[name]), bodies[name]["error"]
    assert f"{name} failed" in said.err


def test_what_a_model_prints_reaches_neither_its_answers_nor_our_output(hostile: Terminal) -> None:
    said = hostile.run("evaluate", "prints", "--json")
    assert said.status == 0
    [one] = said.body["evaluations"]
    assert one["scores"]["accuracy"]["value"] == 1.0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real disk of 3 MB, or the folder where none can be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    mounted = shutil.which("mount") and subprocess.run(command, capture_output=True, check=False).returncode == 0
    yield folder
    if mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Leave no free byte on a mounted disk."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        while free := shutil.disk_usage(disk).free:
            file.write(bytes(min(free, 65_536)))
    return ballast


def test_on_a_full_disk_every_write_is_refused_and_room_is_all_it_takes(small_disk: Path) -> None:
    terminal = filled(small_disk / "ws")
    before = state(terminal)
    more = ROWS.with_columns(id="more-" + pl.col("id"), text="more " + pl.col("text"))
    rows, scores = terminal.file("more.csv", more), terminal.file("scores.csv", GOOD)
    writes = {
        "import": importing(rows),
        "model": ("model", "add", "second", "--predictions", scores),
        "problem": ("problem", "add", "some", "--slice", 'label == "yes"'),
        "evaluate": ("evaluate",),
    }
    mounted = os.path.ismount(small_disk)
    ballast = fill(small_disk) if mounted else None
    for what, write in writes.items():
        said, _ = spawned(terminal, *write, "--json", file_limit=0 if mounted else 4_096)
        assert said.status == 74, f"{what}: {said}"
        assert "Traceback" not in said.err
        assert said.error["code"] in {"CUR010", "CUR011"}
        assert said.error["hint"], what
        assert not mounted or "free some space" in said.error["hint"], what
    if ballast is not None:
        ballast.unlink()
    assert state(terminal) == before
    assert terminal.body("fsck")
    for write in writes.values():
        terminal.says(*write)


def test_two_processes_importing_the_same_rows_at_once_end_in_one_of_the_two(tmp_path: Path) -> None:
    terminal = filled(tmp_path / "ws")
    files = {label: terminal.file(f"{label}.csv", ROWS.with_columns(label=pl.lit(label))) for label in ("no", "yes")}
    children = {
        label: subprocess.Popen(
            terminal.command(*importing(path), "--json"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=ENVIRONMENT,
        )
        for label, path in files.items()
    }
    answers = {label: (*child.communicate(timeout=200), child.returncode) for label, child in children.items()}
    won = [label for label, (_, _, status) in answers.items() if status == 0]
    assert won
    for label, (_, err, status) in answers.items():
        assert status in {0, 75}, answers[label]
        assert status == 0 or ("CUR209" in err and "try again" in err)
    labels = {line.split(",")[2] for line in terminal.says("data", "export", "test").splitlines()[1:]}
    assert len(labels) == 1
    assert labels <= set(won)


def test_a_database_of_a_newer_version_is_refused_by_every_command_and_left_alone(tmp_path: Path) -> None:
    terminal = filled(tmp_path / "ws")
    database = terminal.root / ".curiouser" / "meta.db"
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = database.read_bytes()
    path = terminal.file("rows.csv", ROWS)
    for command in (importing(path), ("leaderboard",), ("evaluate",), ("model", "list"), ("problem", "triage")):
        error = terminal.refuses(74, *command)
        assert error["code"] == "CUR016"
        assert "upgrade" in error["hint"].lower() + error["message"].lower()
    assert database.read_bytes() == before


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Terminal]:
    """A workspace that cannot be written to: mounted read-only, or taken the right to write."""
    terminal = filled(tmp_path / "ws")
    folder = terminal.root
    if os.geteuid() == 0:
        bound = subprocess.run(["mount", "--bind", str(folder), str(folder)], capture_output=True, check=False)
        if bound.returncode:
            pytest.skip("root cannot mount here, and nothing else is read-only to root")
        subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True)
        yield terminal
        subprocess.run(["umount", "-l", str(folder)], check=True)
        return
    paths = [folder, *folder.rglob("*")]
    modes = {path: path.stat().st_mode for path in paths}
    for path in paths:
        path.chmod(modes[path] & ~0o222)
    yield terminal
    for path in paths:
        path.chmod(modes[path])


def test_a_read_only_folder_is_told_and_nothing_is_touched(read_only: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    ROWS.with_columns(id="new-" + pl.col("id"), text="new " + pl.col("text")).write_csv(path)
    files = {each: each.read_bytes() for each in sorted(read_only.root.rglob("*")) if each.is_file()}
    for command in (importing(str(path)), ("problem", "add", "some", "--slice", 'label == "yes"')):
        error = read_only.refuses(74, *command)
        assert error["code"] == "CUR010"
        assert "you may write there" in error["hint"] or "read-only" in error["hint"]
    assert {each: each.read_bytes() for each in sorted(read_only.root.rglob("*")) if each.is_file()} == files


def test_objects_that_cannot_be_written_are_told_by_the_reason_and_not_by_the_tidying_up(tmp_path: Path) -> None:
    """A read-only object folder under a writable database: the refused write is told, not the refused removal."""
    terminal = filled(tmp_path / "ws")
    objects = terminal.root / ".curiouser" / "objects"
    command = ["mount", "--bind", "-o", "ro", str(objects), str(objects)]
    if os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("needs root, to mount a folder read-only")
    try:
        more = ROWS.with_columns(id="new-" + pl.col("id"), text="new " + pl.col("text"))
        path = terminal.file("more.csv", more)
        with unchanged(terminal):
            error = terminal.refuses(74, *importing(path))
    finally:
        subprocess.run(["umount", "-l", str(objects)], check=True)
    assert error["code"] == "CUR010"
    assert "Read-only file system" in error["message"]
    assert "mount it writable" in error["hint"]
