"""kill -9 at any write of a command: the store is whole, what was there is there, and the same command goes on."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.nightly import NIGHTLY
from tests.terminal import ENVIRONMENT, ROOT, Terminal

CHILD = Path(__file__).with_name("command_child.py")
IDS = [f"r{number:02}" for number in range(24)]
ROWS = pl.DataFrame({"id": IDS, "text": [f"text {each}" for each in IDS], "label": ["no", "yes"] * 12})
MODEL = "def predict(rows):\n    return [len(row['text']) * int(row['text'][-1]) % 7 / 7 for row in rows]\n"
SLOW = """
import os, time

def predict(rows):
    open(f"told/{os.getpid()}", "w").close()
    time.sleep(600)
"""
COMMANDS = {
    "import": (3, "data", "import", "more.csv", "--dataset", "test", "-m", "more"),
    "replace": (5, "data", "import", "few.csv", "--dataset", "test", "--replace", "-m", "few"),
    "commit": (5, "data", "commit", "--set", "r03", "label", "no", "--delete", "r05", "-m", "correct"),
    "model": (3, "model", "add", "second", "--predictions", "scores.csv"),
    "pattern": (4, "problem", "pattern", "import", "weak", "patterns.csv"),
    "evaluate": (7, "evaluate"),
}
"""Command -> how far apart the writes are at which it is killed by day, from the first on; and its words."""


@pytest.fixture
def in_memory() -> Iterator[Path]:
    """A folder in memory where there is one: a kill loses the same there, and an fsync costs nothing."""
    memory = Path("/dev/shm")  # noqa: S108  a folder of its own is made in it
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


def a_base(root: Path) -> Terminal:
    """A workspace with rows, a file of predictions that is scored, a problem, and a callable not asked yet."""
    made = Terminal.init(root)
    made.imports("rows", ROWS)
    made.adds("first", pl.DataFrame({"id": IDS, "score": [0.3, 0.8, 0.6] * 8}))
    made.says("evaluate")
    made.says("problem", "add", "weak", "--slice", 'label == "yes"', "--tolerance", "0.2")
    made.text_file("answering.py", MODEL)
    made.says("model", "add", "callable", "--python", "answering:predict")
    made.file("more.csv", ROWS.head(8).with_columns(id="m" + pl.col("id"), text="more " + pl.col("text")))
    made.file("few.csv", ROWS.head(10))
    made.file("scores.csv", pl.DataFrame({"id": IDS, "score": [0.2, 0.7] * 12}))
    made.file("patterns.csv", pl.DataFrame({"text": ["one weak 1", "two weak 2"], "label": ["yes", "no"]}))
    return made


def state(terminal: Terminal) -> Any:  # noqa: ANN401  bodies
    """What a person would look at: rows, models, scores, patterns; without the moments at which they were made."""
    rows = sorted(terminal.says("data", "export", "test").splitlines())
    content = terminal.body("data", "log", "test")["data_commits"][0]["content_hash"]
    models = [one["model"] for one in terminal.body("model", "list")["models"]]
    patterns = len(terminal.body("problem", "pattern", "list", "weak")["patterns"])
    return rows, content, models, patterns


def scores(terminal: Terminal) -> Any:  # noqa: ANN401  bodies
    """Every score of every model, and the standing of the problem, after an evaluation that must succeed."""
    found = terminal.body("evaluate")["evaluations"]
    history = terminal.body("problem", "history", "weak")["models"]
    return {one["model"]: (one["scores"], one["all"]) for one in found}, [
        (one["model"], one["error"]) for one in history
    ]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_kill_at_any_write_leaves_a_clean_store_and_the_same_command_goes_on(name: str, in_memory: Path) -> None:
    stride, *command = COMMANDS[name]
    stride = 1 if NIGHTLY else stride
    base = a_base(in_memory / "base")
    before = state(base)
    environment = {**ENVIRONMENT, "PYTHONPATH": str(ROOT)}
    (in_memory / "steps").mkdir()
    words = [sys.executable, str(CHILD), str(base.root), str(in_memory / "steps"), str(stride), *map(str, command)]
    done = subprocess.run(words, capture_output=True, text=True, env=environment, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    steps = [line.split() for line in done.stdout.splitlines()]
    assert steps[-1][1] == "0", done.stderr
    assert len(steps) >= 5
    finished = Terminal(in_memory / "steps" / steps[-1][0])
    after = state(finished)
    expected = scores(finished) if name == "evaluate" else None
    for step, _ in steps[:-1]:
        killed = Terminal(in_memory / "steps" / step)
        assert killed.run("fsck").status == 0, killed.run("fsck")
        found = state(killed)
        # Rows come in with one transaction and are tied to their problem with the next: the same command ties them.
        halfway = (*after[:3], before[3])
        assert found in ((before, after, halfway) if name == "pattern" else (before, after))
        with contextlib.chdir(killed.root):
            again = killed.run(*map(str, command))
        assert again.status == 0 or (name == "model" and again.status == 5 and found == after), again
        assert state(killed) == after
        assert expected is None or scores(killed) == expected


def test_a_command_that_was_killed_leaves_no_process_of_a_model_behind(in_memory: Path) -> None:
    terminal = a_base(in_memory / "base")
    terminal.text_file("slow.py", SLOW)
    (terminal.root / "told").mkdir()
    terminal.says("model", "add", "slow", "--python", "slow:predict", "--writes", "told")
    child = subprocess.Popen(terminal.command("evaluate", "slow"), env=ENVIRONMENT, stderr=subprocess.DEVNULL)
    while not any((terminal.root / "told").iterdir()):
        assert child.poll() is None
    child.kill()
    child.wait()
    [told] = (terminal.root / "told").iterdir()
    command_line = Path("/proc") / told.name / "cmdline"
    while command_line.exists() and b"curiouser" in command_line.read_bytes():
        os.sched_yield()
    assert terminal.run("fsck").status == 0
