"""Ten new rows x 50 models = 500 model calls, counted by the models themselves."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from benchmarks.harness import Line
from curiouser.kernel.configuration import Configuration, Task, TaskKind
from curiouser.models import Permissions
from curiouser.workspace import Workspace
from curiouser.workspace.making import make_workspace

_MODELS = 50
_CODE = """
from helper import score

def predict(rows):
    with open("calls/{name}.txt", "a") as file:
        for row in rows:
            file.write(row["text"] + "\\n")
    return [score(row["text"]) for row in rows]
"""
_HELPER = "def score(text):\n    return len(text) % 10 / 10\n"


def run() -> Iterator[Line]:
    """Add rows of four kinds to a test set that 50 models have answered, and count what each saw."""
    with tempfile.TemporaryDirectory() as folder, made(Path(folder)) as workspace:
        add_models(workspace)
        commit(workspace, rows("old", 20))
        yield counted(workspace, "20 first rows", 20 * _MODELS)
        commit(workspace, rows("new", 10))
        yield counted(workspace, "10 new distinct rows", 10 * _MODELS)
        commit(workspace, rows("new", 10).with_columns(id="copy-" + pl.col("id")))
        yield counted(workspace, "10 duplicates under new ids", 0)
        commit(workspace, rows("new", 10).with_columns(label=pl.lit("yes")))
        yield counted(workspace, "10 relabelled rows", 0)
        (workspace.root / "helper.py").write_text(_HELPER.replace("% 10", "% 9"), encoding="utf-8")
        yield counted(workspace, "a helper they all import was edited", 30 * _MODELS)


def made(folder: Path) -> Workspace:
    """Make a workspace."""
    task = Task(name="bench", kind=TaskKind.BINARY, inputs=("text",), label="label", classes=("no", "yes"))
    workspace = make_workspace(
        folder, Configuration(task=task), actor="bench", clock=lambda: datetime(2019, 10, 10, tzinfo=UTC)
    )
    (folder / "calls").mkdir()
    return workspace


def add_models(workspace: Workspace) -> None:
    """Add callables that append each row they see to a file of their own."""
    (workspace.root / "helper.py").write_text(_HELPER, encoding="utf-8")
    for number in range(_MODELS):
        name = f"m{number:02}"
        (workspace.root / f"{name}.py").write_text(_CODE.format(name=name), encoding="utf-8")
        permissions = Permissions(writes=("calls",))
        workspace.models.add_python(name, f"{name}:predict", permissions=permissions, actor="bench")


def rows(kind: str, count: int) -> pl.DataFrame:
    """Make rows drawn from users."""
    ids = [f"{kind}-{number}" for number in range(count)]
    return pl.DataFrame({"id": ids, "text": ids, "label": ["no"] * count, "origin": ["sample"] * count})


def commit(workspace: Workspace, upserts: pl.DataFrame) -> None:
    """Commit rows to the test set."""
    workspace.data.commit("test", upserts=upserts, message="rows", actor="bench")


def counted(workspace: Workspace, what: str, expected: int) -> Line:
    """Evaluate every model; count the rows they wrote down."""
    files = sorted((workspace.root / "calls").glob("*.txt"))
    before = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files)
    run_ = workspace.evaluations.evaluate(actor="bench")
    assert not run_.failed, run_.failed[0].error
    files = sorted((workspace.root / "calls").glob("*.txt"))
    calls = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files) - before
    assert calls == run_.model_calls
    return Line(
        name=f"model calls, {what} x {_MODELS} models",
        ours=calls,
        peer=None,
        ratio=calls,
        target=f"= {expected}",
        holds=calls == expected,
        unit="rows asked",
        equal="the models' own count equals ours",
    )
