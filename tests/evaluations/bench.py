"""A workspace's services over one folder, for tests of evaluations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from curiouser.data import DataService
from curiouser.evaluations import Evaluation, EvaluationRun, EvaluationService
from curiouser.kernel.configuration import Task, TaskKind
from curiouser.models import ModelService, Permissions, PredictionStore
from curiouser.storage import Database, FolderObjects

BINARY = Task(name="meet", kind=TaskKind.BINARY, inputs=("text",), label="label", classes=("no", "yes"))
MULTICLASS = Task(name="intent", kind=TaskKind.MULTICLASS, inputs=("text",), label="label", classes=("a", "b", "c"))
REGRESSION = Task(name="price", kind=TaskKind.REGRESSION, inputs=("text",), label="label", tolerance=0.5)
ACTOR = "alice"


class Clock:
    """A clock that moves one second whenever it is read."""

    def __init__(self) -> None:
        self.moment = datetime(2019, 10, 10, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.moment += timedelta(seconds=1)
        return self.moment


class Bench:
    """Data, models and evaluations of one folder."""

    def __init__(self, root: Path, task: Task = BINARY) -> None:
        self.root, self.task = root, task
        root.mkdir(parents=True, exist_ok=True)
        self.database = Database(f"sqlite:///{root}/.curiouser/meta.db")
        self.database.create()
        objects, clock = FolderObjects(root / ".curiouser" / "objects"), Clock()
        self.data = DataService(self.database, objects, task, clock)
        self.predictions = PredictionStore(self.database)
        self.models = ModelService(
            self.database,
            objects,
            data=self.data,
            predictions=self.predictions,
            task=task,
            root=root,
            clock=clock,
        )
        self.evaluations = EvaluationService(
            self.database,
            data=self.data,
            models=self.models,
            predictions=self.predictions,
            task=task,
            clock=clock,
        )

    def commit(self, rows: pl.DataFrame, *, replace: bool = False, deletes: Sequence[str] = ()) -> str:
        """Commit rows to the test set; origin is sample where none is given."""
        if "origin" not in rows.columns:
            rows = rows.with_columns(origin=pl.lit("sample"))
        done = self.data.commit(
            "test",
            message="rows",
            actor=ACTOR,
            upserts=rows,
            replace=replace,
            deletes=deletes,
            allow_input_changes=True,
        )
        return done.data_commit

    def train(self, rows: pl.DataFrame) -> str:
        """Commit rows to the training data."""
        return self.data.commit("train", message="rows", actor=ACTOR, upserts=rows).data_commit

    def file_model(self, name: str, predictions: pl.DataFrame, *, threshold: float | None = None) -> None:
        """Add a model of which there are only predictions."""
        self.models.add_predictions(name, predictions, threshold=threshold, actor=ACTOR)

    def python_model(self, name: str, code: str, *, writes: Sequence[str] = ()) -> None:
        """Add a callable ``predict`` from a module of its own."""
        module = f"model_{name.replace('-', '_')}"
        (self.root / f"{module}.py").write_text(code, encoding="utf-8")
        for folder in writes:
            (self.root / folder).mkdir(exist_ok=True)
        self.models.add_python(name, f"{module}:predict", permissions=Permissions(writes=tuple(writes)), actor=ACTOR)

    def evaluate(self, *names: str, slices: Sequence[str] = ()) -> EvaluationRun:
        """Evaluate models on the head of the test set."""
        return self.evaluations.evaluate(names, slices=slices, actor=ACTOR)

    def evaluation(self, name: str, *, slices: Sequence[str] = ()) -> Evaluation:
        """Evaluate one model."""
        [one] = self.evaluate(name, slices=slices).evaluations
        return one
