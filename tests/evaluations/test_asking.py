"""Models are asked only about inputs they never answered, and what was answered survives everything."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from curiouser.models import ModelKind
from tests.evaluations.bench import ACTOR, Bench

COUNTING = """
from {helper} import score

def predict(rows):
    with open("calls-{name}/seen.txt", "a") as file:
        for row in rows:
            file.write(row["text"] + "\\n")
    return [score(row["text"]) for row in rows]
"""
HELPER = """
def score(text):
    return 0.9 if int(text) % 2 else 0.1
"""


def rows(numbers: range, *, prefix: str = "r", flip: bool = False) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "id": [f"{prefix}{one}" for one in numbers],
            "text": [str(one) for one in numbers],
            "label": [("no", "yes")[(one + flip) % 2] for one in numbers],
        }
    )


def counting_model(bench: Bench, name: str) -> None:
    helper = f"helper_{name}"
    (bench.root / f"{helper}.py").write_text(HELPER, encoding="utf-8")
    bench.python_model(name, COUNTING.format(helper=helper, name=name), writes=[f"calls-{name}"])


def seen_by(bench: Bench, name: str) -> list[str]:
    path = bench.root / f"calls-{name}" / "seen.txt"
    return path.read_text(encoding="utf-8").split() if path.exists() else []


def test_a_model_is_asked_about_new_distinct_inputs_only(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(rows(range(20)))
    counting_model(bench, "m")
    assert bench.evaluate().model_calls == 20
    assert bench.evaluate().model_calls == 0
    bench.commit(pl.concat([rows(range(18, 23), prefix="again"), rows(range(20, 23), prefix="twice")]))
    assert bench.evaluate().model_calls == 3
    assert sorted(seen_by(bench, "m"), key=int) == [str(one) for one in range(23)]


def test_a_relabelled_row_costs_no_call_and_changes_the_score(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(rows(range(10)))
    counting_model(bench, "m")
    assert bench.evaluation("m").scores["accuracy"].value == 1.0
    bench.commit(rows(range(5), flip=True))
    run = bench.evaluate()
    assert run.model_calls == 0
    assert run.evaluations[0].scores["accuracy"].value == 0.5
    assert len(seen_by(bench, "m")) == 10


def test_editing_a_helper_the_model_imports_asks_it_about_everything_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(rows(range(10)))
    counting_model(bench, "m")
    counting_model(bench, "other")
    assert bench.evaluate().model_calls == 20
    (tmp_path / "helper_m.py").write_text(HELPER.replace("0.9 if", "0.2 if"), encoding="utf-8")
    run = bench.evaluate()
    assert run.model_calls == 10
    assert [(one.model, one.version, one.scores["accuracy"].value) for one in run.evaluations] == [
        ("m", 2, 0.5),
        ("other", 1, 1.0),
    ]


def test_a_broken_model_does_not_stop_the_others(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(rows(range(5)))
    bench.python_model("broken", "def predict(rows):\n    raise ValueError('no weights')\n")
    counting_model(bench, "works")
    run = bench.evaluate()
    broken, works = run.evaluations
    assert broken.error
    assert "no weights" in broken.error
    assert broken.scores["accuracy"].value is None
    assert not broken.complete
    assert works.scores["accuracy"].value == 1.0
    assert run.failed == (broken,)


def test_a_model_that_fails_on_a_later_batch_keeps_what_it_answered(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(rows(range(300)))
    bench.python_model(
        "late",
        "def predict(rows):\n"
        "    if any(row['text'] == '299' for row in rows):\n"
        "        raise ValueError('not that one')\n"
        "    return [0.5 for row in rows]\n",
    )
    run = bench.evaluate()
    [late] = run.evaluations
    assert 0 < run.model_calls < 300
    assert late.n == run.model_calls
    assert late.missing == 300 - run.model_calls
    assert f"in the batch of rows {run.model_calls + 1} to 300 of 300" in str(late.error)


def test_what_was_answered_is_told_as_it_comes(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(rows(range(200)))
    counting_model(bench, "a")
    counting_model(bench, "b")
    told: list[tuple[int, int | None]] = []
    bench.evaluations.evaluate(actor=ACTOR, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (400, 400)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert {total for _, total in told} == {400}


SLOW = """
import time

def predict(rows):
    time.sleep(0.02 * len(rows))
    with open("calls-slow/seen.txt", "a") as file:
        for row in rows:
            file.write(row["text"] + "\\n")
    return [0.9 if int(row["text"]) % 2 else 0.1 for row in rows]
"""
EVALUATE = """
import sys
from pathlib import Path
from tests.evaluations.bench import Bench
Bench(Path(sys.argv[1])).evaluate()
"""


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT])
def test_an_evaluation_that_was_killed_is_resumed_where_it_stopped(tmp_path: Path, ending: signal.Signals) -> None:
    bench = Bench(tmp_path)
    bench.commit(rows(range(400)))
    bench.python_model("slow", SLOW, writes=["calls-slow"])
    checkout = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", EVALUATE, str(tmp_path)],
        cwd=checkout,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as evaluating:
        wait_until_kept(bench, evaluating)
        os.killpg(evaluating.pid, ending)
        assert evaluating.wait() != 0
    assert list(bench.predictions.verify()) == []
    kept = kept_answers(bench)
    assert 0 < kept < 400
    run = bench.evaluate()
    assert run.model_calls == 400 - kept
    assert run.evaluations[0].scores["accuracy"].value == 1.0


def kept_answers(bench: Bench) -> int:
    [model] = bench.models.list()
    assert model.kind is ModelKind.PYTHON
    return int(bench.evaluations.answers(model, bench.evaluations.test_set()).valid.sum())


def wait_until_kept(bench: Bench, process: subprocess.Popen[bytes]) -> None:
    """Wait for the first answers in the store; a process that ends before is a failure."""
    while kept_answers(bench) == 0:
        assert process.poll() is None, "the evaluation ended before anything was kept"
        time.sleep(0.05)


def test_two_processes_that_evaluate_at_once_lose_no_answer(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(rows(range(300)))
    for name in ("a", "b", "c"):
        counting_model(bench, name)
    command = [sys.executable, "-c", EVALUATE, str(tmp_path)]
    both = [subprocess.Popen(command, cwd=Path(__file__).parents[2]) for _ in range(2)]
    assert [one.wait() for one in both] == [0, 0]
    run = bench.evaluate()
    assert run.model_calls == 0
    assert [one.scores["accuracy"].value for one in run.evaluations] == [1.0, 1.0, 1.0]
    assert list(bench.predictions.verify()) == []
