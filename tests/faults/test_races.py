"""Two processes at once on one SQLite workspace: every write that was acknowledged is there, and numbers agree."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl

from tests.terminal import ENVIRONMENT, ROOT, Terminal

IDS = [f"r{number:03}" for number in range(60)]
ROWS = pl.DataFrame({"id": IDS, "text": [f"text {each}" for each in IDS], "label": ["no", "yes"] * 30})
SCORES = pl.DataFrame({"id": IDS, "score": [place / 60 for place in range(60)]})
ROUNDS = 8
WORKER = """
import contextlib, io, json, sys
from curiouser.surfaces.cli.program import run

for line in sys.stdin:
    status = 0
    with contextlib.redirect_stdout(io.StringIO()) as said, contextlib.redirect_stderr(io.StringIO()) as told:
        try:
            run(json.loads(line))
        except SystemExit as stop:
            status = stop.code
    print(json.dumps([status, said.getvalue(), told.getvalue()]), flush=True)
"""


def race(terminal: Terminal, *commands: list[list[str]]) -> list[list[tuple[int, str, str]]]:
    """Run lists of commands, one list per process, all at once; return each command's status and what it said."""
    head = ["-C", str(terminal.root), "--actor", "alice"]
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**ENVIRONMENT, "PYTHONPATH": str(ROOT)},
        )
        for _ in commands
    ]
    warm = json.dumps([*head, "leaderboard", "--json"])
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write(warm + "\n")
        worker.stdin.flush()
    for worker in workers:
        assert worker.stdout is not None
        assert json.loads(worker.stdout.readline())[0] == 0
    for worker, own in zip(workers, commands, strict=True):
        assert worker.stdin is not None
        worker.stdin.write("".join(json.dumps([*head, *words, "--json"]) + "\n" for words in own))
        worker.stdin.flush()
    said = [worker.communicate(timeout=250)[0] for worker in workers]
    return [[tuple(json.loads(line)) for line in out.splitlines()] for out in said]


def filled(root: Path) -> Terminal:
    made = Terminal.init(root)
    made.imports("rows", ROWS)
    return made


def written(terminal: Terminal, name: str) -> list[list[str]]:
    """One process's writes: in turn predictions, a pattern, and a data commit, none of which the other makes."""
    start = 0 if name == "a" else 30
    commands = []
    for number in range(ROUNDS):
        at = range(start + 3 * number, start + 3 * number + 3)
        scores = terminal.file(f"{name}{number}-scores.csv", SCORES[list(at)])
        pattern = pl.DataFrame({"text": [f"pattern {name}{number}"], "label": ["yes"]})
        rows = pl.DataFrame({"id": [f"{name}{number}"], "text": [f"new {name}{number}"], "label": ["no"]})
        commands += [
            ["model", "update", "shared", "--predictions", scores],
            ["problem", "pattern", "add", "weak", "--patterns", terminal.file(f"{name}{number}-pattern.csv", pattern)],
            [
                "data",
                "import",
                terminal.file(f"{name}{number}.csv", rows),
                "--dataset",
                "test",
                "-m",
                f"{name}{number}",
            ],
        ]
    return commands


def test_two_processes_that_write_predictions_patterns_and_rows_lose_no_acknowledged_write(tmp_path: Path) -> None:
    terminal = filled(tmp_path / "ws")
    terminal.adds("shared", SCORES.tail(1))
    terminal.says("problem", "add", "weak", "--slice", 'id == "r000"')
    plans = {name: written(terminal, name) for name in ("a", "b")}
    answers = race(terminal, *plans.values())
    rows = pl.read_csv(terminal.says("data", "export", "test").encode())
    texts, ids = set(rows["text"]), set(rows["id"])
    missing = set(terminal.body("model", "missing", "shared")["ids"])
    patterns = {one["row"]["text"] for one in terminal.body("problem", "show", "weak", "--limit", "1000")["patterns"]}
    acknowledged = 0
    for name, plan, answered in zip(plans, plans.values(), answers, strict=True):
        assert len(answered) == len(plan)
        for place, (status, _, err) in enumerate(answered):
            # Retrying is safe where the answer is 75; nothing else may happen to writes that touch different rows.
            assert status in {0, 75}, err
            if status:
                continue
            acknowledged += 1
            number, kind = divmod(place, 3)
            start = (0 if name == "a" else 30) + 3 * number
            there = (
                not missing & set(IDS[start : start + 3]),
                f"pattern {name}{number}" in patterns and f"pattern {name}{number}" in texts,
                f"{name}{number}" in ids,
            )
            assert there[kind], f"{plan[place]} was acknowledged and is not there"
    assert acknowledged >= 2 * ROUNDS
    assert terminal.run("fsck").status == 0


COUNTED = """
import os

def predict(rows):
    with open(f"told/{os.getpid()}", "a") as file:
        file.write("".join(row["text"] + "\\n" for row in rows))
    return [int(row["text"][-2:]) % 10 / 10 for row in rows]
"""


def scores_of(body: dict[str, Any]) -> dict[str, Any]:
    return {one["model"]: (one["complete"], one["n"], one["scores"], one["all"]) for one in body["evaluations"]}


def test_two_processes_evaluating_at_once_have_the_same_scores_and_keep_every_answer(tmp_path: Path) -> None:
    terminal = filled(tmp_path / "ws")
    (terminal.root / "told").mkdir()
    terminal.text_file("counted.py", COUNTED)
    for name in ("one", "two"):
        terminal.says("model", "add", name, "--python", "counted:predict", "--writes", "told", "--batch-rows", "10")
    (first,), (second,) = race(terminal, [["evaluate"]], [["evaluate"]])
    assert (first[0], second[0]) == (0, 0), (first[2], second[2])
    bodies = [json.loads(first[1]), json.loads(second[1])]
    assert scores_of(bodies[0]) == scores_of(bodies[1])
    again = terminal.body("evaluate")
    assert scores_of(again) == scores_of(bodies[0])
    assert again["model_calls"] == 0
    assert all(one["complete"] for one in again["evaluations"])
    seen = [line for path in (terminal.root / "told").iterdir() for line in path.read_text().splitlines()]
    assert set(seen) == set(ROWS["text"])
    assert 2 * len(IDS) <= len(seen) <= 4 * len(IDS)
    scores = terminal.body("leaderboard")["models"]
    assert [len(one["scores"]) for one in scores] == [1, 1]
