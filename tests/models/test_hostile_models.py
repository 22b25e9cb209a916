"""A model that fails in any way is named with its reason, takes nothing down with it, and leaves nothing behind."""

from __future__ import annotations

import os
import pickle  # noqa: TID251  the error must survive being sent between processes
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from curiouser.models import AnswerRefusedError, Limits, ModelRunError
from tests.models.project import MULTICLASS, REGRESSION, Project

SOURCE = """
import os, signal, socket, subprocess, sys, time
from pathlib import Path

def good(rows):
    return [0.25] * len(rows)

def raises(rows):
    print("about to divide")
    return [1 / (len(row["want"]) - len(row["want"])) for row in rows]

def hangs(rows):
    while True:
        time.sleep(0.01)

def burns(rows):
    while True:
        pass

def short(rows):
    return [0.5] * (len(rows) - 1)

def long(rows):
    return [0.5] * (len(rows) + 1)

def endless(rows):
    while True:
        yield 0.5

def nothing(rows):
    return None

def one_text(rows):
    return "yes" * len(rows)

def nan(rows):
    return [0.5, float("nan"), 0.5, 0.5][: len(rows)]

def infinite(rows):
    return [float("inf")] * len(rows)

def outside(rows):
    return [0.5, 0.5, 1.7, 0.5][: len(rows)]

def strange(rows):
    return ["yes", "no", "perhaps", "no"][: len(rows)]

def objects(rows):
    return [object() for _ in rows]

def sums(rows):
    return [{"no": 0.5, "yes": 0.6} for _ in rows]

def unknown_class(rows):
    return [{"no": 0.5, "maybe": 0.5} for _ in rows]

def eats(rows):
    kept = []
    while True:
        kept.append(bytearray(10_000_000))

def exits(rows):
    sys.exit(0)

def leaves(rows):
    os._exit(3)

def crashes(rows):
    os.kill(os.getpid(), signal.SIGSEGV)

def prints(rows):
    for at in range(20_000):
        print("line", at, "x" * 50)
    sys.stderr.write("and to the other\\n")
    os.write(1, b"\\x00\\x00\\x00\\x05 raw bytes")
    return [0.5] * len(rows)

def closes(rows):
    os.closerange(3, 256)
    return [0.5] * len(rows)

def forges(rows):
    for descriptor in range(3, 4096):
        try:
            os.write(descriptor, b"\\xff" * 64)
        except OSError:
            pass
    time.sleep(60)

def recurses(rows):
    return recurses(rows)

def writes(rows):
    Path("stolen.txt").write_text("x")

def fills(rows):
    with open(os.environ["HOME"] + "/big", "wb") as file:
        while True:
            file.write(b"x" * 1_000_000)

def connects(rows):
    socket.create_connection(("127.0.0.1", 9))

def reads_the_store(rows):
    return Path(".curiouser/meta.db").read_bytes()

def spawns(rows):
    child = subprocess.Popen(["sleep", "600"], start_new_session=True)
    Path(os.environ["HOME"], "pid").write_text(str(child.pid))
    print("spawned", child.pid)
    raise RuntimeError("done")

def environment(rows):
    raise RuntimeError(" ".join(sorted(os.environ)))
"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    made = Project(tmp_path / "project")
    made.write("hostile.py", SOURCE)
    yield made
    assert children_left() == []


def children_left() -> list[str]:
    """Processes of models that still run in this test's folder."""
    return [str(path) for path in Path("/proc").glob("[0-9]*/environ") if runs_for(path, os.getpid())]


def runs_for(path: Path, parent: int) -> bool:
    try:
        status = (path.parent / "status").read_text()
        return b"CURIOUSER_CHILD=" in path.read_bytes() and f"PPid:\t{parent}\n" in status
    except OSError:
        return False


def still_runs(environ: Path) -> bool:
    try:
        return b"CURIOUSER_CHILD=" in environ.read_bytes()
    except OSError:
        return False


FAILURES = {
    "raises": "raised ZeroDivisionError: division by zero, in the batch of rows 1 to 4 of 4",
    "short": "returned 3 answers to 4 rows",
    "long": "returned more than 4 answers to 4 rows",
    "endless": "returned more than 4 answers to 4 rows",
    "nothing": "returned None",
    "one_text": "returned a str",
    "nan": "answered nan, which is no finite number, at row 2 of 4 (want='want 1'",
    "infinite": "answered inf, which is no finite number, at row 1 of 4",
    "outside": "answered the score 1.7, which is outside [0, 1], at row 3 of 4",
    "strange": "answered 'perhaps', which is no configured class, at row 3 of 4",
    "objects": "answered an object",
    "sums": "answered probabilities that sum to 1.1, at row 1 of 4",
    "unknown_class": "gave a probability to 'maybe', which is no configured class",
    "exits": "raised SystemExit: 0",
    "leaves": "ended by itself with exit status 3",
    "crashes": "was killed by SIGSEGV",
    "closes": "ended by itself with exit status 1",
    "forges": "sent what is no reply",
    "recurses": "raised RecursionError",
    "writes": "raised PermissionError",
    "connects": "raised PermissionError",
    "reads_the_store": "raised PermissionError",
    "fills": "raised OSError: [Errno 27] File too large",
}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name, marks=pytest.mark.sqlite_only("the file of the database") if name == "reads_the_store" else ()
        )
        for name in FAILURES
    ],
)
def test_a_model_that_fails_is_named_with_what_it_did(project: Project, name: str) -> None:
    model = project.add(f"hostile:{name}", "mauvais", limits=Limits(batch_s=30, file_mb=5))
    with pytest.raises(ModelRunError) as failed:
        project.models.predict(model, project.inputs())
    assert "model 'mauvais' " + FAILURES[name] in str(failed.value)
    assert pickle.loads(pickle.dumps(failed.value)).args == failed.value.args  # noqa: S301  made a line above


def test_a_traceback_shows_the_user_s_lines_and_what_was_printed(project: Project) -> None:
    with pytest.raises(ModelRunError) as failed:
        project.models.predict(project.add("hostile:raises"), project.inputs())
    assert "hostile.py" in failed.value.tail
    assert "sandbox/child.py" not in failed.value.tail
    assert "about to divide" in failed.value.tail


@pytest.mark.parametrize("name", ["hangs", "burns"])
def test_a_model_that_hangs_is_stopped_and_nothing_of_it_goes_on(project: Project, name: str) -> None:
    model = project.add(f"hostile:{name}", limits=Limits(batch_s=0.3))
    with pytest.raises(ModelRunError, match=r"took longer than 0\.3 s for a batch of 4 rows and was stopped"):
        project.models.predict(model, project.inputs())


def test_a_model_that_eats_memory_is_stopped(project: Project) -> None:
    model = project.add("hostile:eats", limits=Limits(memory_mb=300))
    with pytest.raises(ModelRunError, match="used more than 300 MB of memory"):
        project.models.predict(model, project.inputs())


def test_what_a_model_prints_never_reaches_its_answers(project: Project) -> None:
    answers = project.models.predict(project.add("hostile:prints"), project.inputs())
    assert answers.get_column("score").to_list() == [0.5] * 4


def test_a_process_that_a_model_leaves_behind_is_killed(project: Project) -> None:
    with pytest.raises(ModelRunError) as failed:
        project.models.predict(project.add("hostile:spawns"), project.inputs())
    (line,) = [line for line in failed.value.tail.splitlines() if line.startswith("spawned")]
    stray = Path("/proc", line.split()[1])
    assert not still_runs(stray / "environ")


def test_a_model_sees_nothing_of_our_environment(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "x")
    with pytest.raises(ModelRunError, match="RuntimeError: CURIOUSER_CHILD HOME LANG PATH PYTHONHASHSEED TMPDIR"):
        project.models.predict(project.add("hostile:environment"), project.inputs())


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("1 / 0", "raised ZeroDivisionError"),
        ("def f(rows:", "raised SyntaxError"),
        ("import nothing_of_that_name", "raised ModuleNotFoundError"),
        ("other = 1", "raised AttributeError"),
        ("f = 3", "raised TypeError: broken:f is int and can't be called"),
        ("import os; os._exit(1)", "ended by itself with exit status 1 when it was asked to load"),
    ],
)
def test_a_callable_that_cannot_be_imported_is_not_added(project: Project, source: str, reason: str) -> None:
    project.write("broken.py", source)
    with pytest.raises(ModelRunError) as failed:
        project.add("broken:f")
    assert reason in str(failed.value)
    assert project.models.list() == ()


def test_a_model_that_hangs_while_it_is_imported_is_stopped(project: Project) -> None:
    project.write("slow.py", "import time\ntime.sleep(60)")
    with pytest.raises(ModelRunError, match=r"took longer than 0\.5 s to load"):
        project.add("slow:f", limits=Limits(start_s=0.5))


def test_a_model_that_fails_in_a_later_batch_keeps_no_batch_of_that_call(project: Project) -> None:
    project.write("later.py", "def f(rows):\n    return ['oops' if row['want'] == 'want 5' else 'no' for row in rows]")
    model = project.add("later:f", limits=Limits(batch_rows=2))
    with pytest.raises(AnswerRefusedError, match="at row 6 of 8"):
        project.models.predict(model, project.inputs(8))


def test_the_others_go_on_when_one_fails(project: Project) -> None:
    project.rows(2)
    for name in ("good", "leaves", "raises"):
        project.add(f"hostile:{name}", name)
    asked = project.models.ask({"want": "a doctor", "offer": "a cure"})
    assert {one.model.name: one.answer for one in asked} == {"good": "no", "leaves": None, "raises": None}
    assert "exit status 3" in str(next(one.error for one in asked if one.model.name == "leaves"))


def test_a_number_where_a_class_is_asked_for_is_no_answer(tmp_path: Path) -> None:
    project = Project(tmp_path, MULTICLASS)
    project.write("m.py", "def f(rows):\n    return [1] * len(rows)")
    with pytest.raises(AnswerRefusedError, match="answered the number 1 where a class is asked for"):
        project.models.predict(project.add("m:f"), project.inputs())


def test_a_class_where_a_number_is_asked_for_is_no_answer(tmp_path: Path) -> None:
    project = Project(tmp_path, REGRESSION)
    project.write("m.py", "def f(rows):\n    return ['high'] * len(rows)")
    with pytest.raises(AnswerRefusedError, match="where a number is asked for"):
        project.models.predict(project.add("m:f"), project.inputs())


KILLED = """
import sys
from pathlib import Path
from tests.models.project import Project

project = Project(Path(sys.argv[1]))
project.models.predict(project.models.get("mine"), project.inputs())
"""


HANGING = """

def f(rows):
    with open("calls/alive", "w") as pipe:
        pipe.write("x")
        pipe.flush()
        time.sleep(600)
"""


def test_a_child_does_not_outlive_a_parent_that_is_killed(project: Project) -> None:
    project.write("hanging.py", HANGING)
    (project.root / "calls").mkdir()
    os.mkfifo(project.root / "calls" / "alive")
    project.add("hanging:f", writes=("calls",), limits=Limits(batch_s=600))
    parent = subprocess.Popen([sys.executable, "-c", KILLED, str(project.root)], cwd=Path(__file__).parents[2])
    with (project.root / "calls" / "alive").open() as pipe:
        assert pipe.read(1) == "x"
        parent.kill()
        parent.wait()
        # The end of the pipe comes when the last process that holds it is gone.
        assert pipe.read() == ""
