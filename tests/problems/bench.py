"""A small workspace for the tests of problems: the talk's task, rows, and models made of a rule."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
from click.testing import CliRunner, Result

from curiouser.kernel.configuration import Configuration, Task, TaskKind, configuration_text
from curiouser.problems import ProblemService
from curiouser.surfaces.cli.problem import problem
from curiouser.surfaces.cli.report import report
from curiouser.workspace import Workspace

TASK = Task(
    name="introductions",
    kind=TaskKind.BINARY,
    inputs=("want", "offer"),
    label="meet",
    classes=("no", "yes"),
    user="user",
    time="at",
)
MONDAY = datetime(2019, 10, 14, 9, 0, tzinfo=UTC)
SLIDE_44 = (
    ("a doctor", "marijuana and other drugs which improves health", "no"),
    ("a doctor", "marijuana", "no"),
    ("a doctor", "drugs for cancer patients", "no"),
    ("a doctor", "general practitioner services", "yes"),
    ("a drug addiction sponsor", "medicine", "yes"),
    ("a pharmacist", "medicine", "yes"),
    ("a drug dealer", "illegal drugs", "no"),
)
"""Want, offer and target of the patterns of slide 44."""
SLIDE_44_SCORES = (0.9, 0.2, 0.8, 0.3, 0.7, 0.9, 0.95)
"""What the talk's model made of them, above 0.5 is yes: 3 false positives, 1 false negative."""

Row = Mapping[str, Any]


class Clock:
    """Time that moves by a minute whenever somebody looks."""

    def __init__(self) -> None:
        self.now = MONDAY

    def __call__(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now


@dataclass
class Bench:
    """A workspace, and short words for what tests do with it."""

    workspace: Workspace

    @classmethod
    def make(cls, folder: Path, task: Task = TASK) -> Bench:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "curiouser.toml").write_text(configuration_text(Configuration(task=task)), encoding="utf-8")
        workspace = Workspace(folder, Configuration(task=task), actor="thandi", clock=Clock())
        assert workspace.problems is not None  # now every table is known, before the database is made
        workspace.database.create()
        workspace.objects.root.mkdir(parents=True, exist_ok=True)
        return cls(workspace)

    @property
    def problems(self) -> ProblemService:
        return self.workspace.problems

    def rows(self, rows: Sequence[Row], dataset: str = "test", **more: Any) -> None:  # noqa: ANN401  options of commit
        frame = pl.DataFrame(list(rows), infer_schema_length=None)
        self.workspace.data.commit(dataset, upserts=frame, message="rows", actor="thandi", **more)

    def samples(self, n: int = 20) -> None:
        """Import n pairs drawn from users, u0 to u4, half of them to meet."""
        self.rows(
            [
                {
                    "id": f"s{i:03}",
                    "want": f"want {i}",
                    "offer": f"offer {i}",
                    "meet": "yes" if i % 2 else "no",
                    "user": f"u{i % 5}",
                }
                for i in range(n)
            ]
        )

    def test_rows(self) -> pl.DataFrame:
        return self.workspace.data.rows("test")

    def content(self) -> str:
        return self.workspace.data.resolve("test").content_hash

    def model(self, name: str, rule: Callable[[Row], float | None]) -> None:
        """Add a model, or bring it up to date: a score per row of the test set, or none."""
        rows = [(row["id"], rule(row)) for row in self.test_rows().iter_rows(named=True)]
        frame = pl.DataFrame([each for each in rows if each[1] is not None], schema=["id", "score"], orient="row")
        models = self.workspace.models
        if name in {model.name for model in models.list()}:
            models.update(name, frame, on="test", actor="thandi")
        else:
            models.add_predictions(name, frame, on="test", actor="thandi")

    def live(self, name: str) -> None:
        self.workspace.models.set_live(name, actor="thandi")

    def cli(self, *arguments: str, status: int = 0) -> Result:
        """Run `curiouser problem …` or `curiouser report …` on this workspace, in this process."""
        from curiouser.surfaces.cli.context import Session  # noqa: PLC0415  keeps the fixture's imports short

        session = Session(folder=str(self.workspace.root), actor="thandi", quiet=True)
        group = {"problem": problem, "report": report}[arguments[0]]
        done = CliRunner().invoke(group, list(arguments[1:]), obj=session, standalone_mode=False)
        session.close()
        if done.exception is not None:
            raise done.exception
        assert (done.return_value or 0) == status, done.output
        return done

    def json(self, *arguments: str, status: int = 0) -> Any:  # noqa: ANN401  a body
        return json.loads(self.cli(*arguments, "--json", status=status).stdout)


def slide_44(offer_suffix: str = "") -> list[dict[str, str]]:
    """The patterns of slide 44 as rows."""
    return [{"want": want, "offer": offer + offer_suffix, "meet": meet} for want, offer, meet in SLIDE_44]


def talks_model(row: Row) -> float:
    """The talk's model: right on samples, and on slide 44 as the talk shows it."""
    for (want, offer, _), score in zip(SLIDE_44, SLIDE_44_SCORES, strict=True):
        if (row["want"], row["offer"]) == (want, offer):
            return score
    return right(row)


def right(row: Row) -> float:
    """A model that is always right."""
    return 0.9 if row["meet"] == "yes" else 0.1
