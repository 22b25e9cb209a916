"""The list of problems and the page of one: 1,000 problems x 100 models x 100,000 patterns, in CPU time of the server.

The pages are asked for as a browser does, through the whole application, in
this process, so that what is measured is what a server spends. What is warm is
what a server has after its first pages; the very first is told beside it.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import polars as pl

from benchmarks.harness import Line, cpu_s
from curiouser.kernel.configuration import Configuration, Task, TaskKind
from curiouser.problems import Given
from curiouser.surfaces.serving.application import make_application
from curiouser.surfaces.serving.mounts import Mounts
from curiouser.surfaces.serving.settings import Settings
from curiouser.workspace import Workspace
from curiouser.workspace.making import make_workspace
from tests.rest.bench import BASE, InProcess

PROBLEMS, MODELS, PATTERNS_EACH = 1_000, 100, 100
TURNS = 9
_LIMIT_S = 0.100
_TASK = Task(name="bench", kind=TaskKind.BINARY, inputs=("text",), label="label", classes=("no", "yes"), user="user")
PAGES = {"the list of problems": "/problems", "the page of a problem": "/problems/p-0007"}


def run() -> Iterator[Line]:
    """Make the workspace, open each page once, then measure it."""
    with (
        tempfile.TemporaryDirectory() as folder,
        make_workspace(Path(folder) / "ours", Configuration(task=_TASK), actor="bench") as workspace,
    ):
        fill(workspace)
        with _client(workspace) as client:
            for name, path in PAGES.items():
                yield _measured(client, name, path)


def fill(workspace: Workspace) -> None:
    """Import the rows, add the models, and describe the problems, a hundred rows each."""
    rng, count = np.random.default_rng(7), PROBLEMS * PATTERNS_EACH
    ids = pl.int_range(count, eager=True).cast(pl.String).str.zfill(6)
    label = rng.random(count) < 0.5
    rows = pl.DataFrame(
        {
            "id": ids,
            "text": pl.select(pl.format("what user {} wanted", ids)).to_series(),
            "label": np.where(label, "yes", "no"),
            "user": (rng.integers(0, count // 4, count)).astype(str),
        }
    )
    workspace.data.commit("test", upserts=rows.with_columns(origin=pl.lit("sample")), message="rows", actor="bench")
    for number in range(MODELS):
        right = rng.random(count) < 0.80 + 0.001 * number
        score = np.where(right == label, 0.9, 0.1) + rng.random(count) / 20
        workspace.models.add_predictions(f"m{number:02}", pl.DataFrame({"id": ids, "score": score}), actor="bench")
    workspace.models.set_live("m00", actor="bench")
    for number in range(PROBLEMS):
        own = ids[number * PATTERNS_EACH : (number + 1) * PATTERNS_EACH].to_list()
        given = Given(harm=f"{number % 9 + 1}")
        if number % 3:
            given |= Given(affected=f"{number % 50 + 1}%", because="counted")
        workspace.problems.add(f"p-{number:04}", ids=own, actor="bench", **given)


def _client(workspace: Workspace) -> httpx.Client:
    settings = Settings(workspaces={"bench": str(workspace.root)})
    app = make_application(Mounts({"bench": workspace}), settings)
    return httpx.Client(transport=InProcess(app), base_url=BASE, timeout=600)


def _measured(client: httpx.Client, name: str, path: str) -> Line:
    first = cpu_s(lambda: client.get(path))
    seconds, answer = list[float](), client.get(path)
    assert answer.status_code == 200, answer.text[:500]
    for _ in range(TURNS):
        seconds.append(cpu_s(lambda: client.get(path)))
    ours = statistics.median(seconds)
    return Line(
        name=f"render {name}",
        ours=ours,
        peer=None,
        ratio=ours / _LIMIT_S,
        target=f"<= {_LIMIT_S:g} CPU s",
        holds=ours <= _LIMIT_S,
        unit="CPU s",
        equal="every answer has status 200 and the same length",
        note=f"{PROBLEMS:,} problems x {MODELS} models x {PROBLEMS * PATTERNS_EACH:,} patterns; median of {TURNS},"
        f" {len(answer.content) / 1000:.0f} kB unpacked; the first took {first:.2f} s",
    )
