"""A project folder with a test set and a model service, for tests of models."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from curiouser.data import DataService
from curiouser.kernel.configuration import Task, TaskKind
from curiouser.models import Added, Limits, Model, ModelService, Permissions, PredictionStore
from curiouser.storage import Database, FolderObjects

BINARY = Task(name="meet", kind=TaskKind.BINARY, inputs=("want", "offer"), label="meet", classes=("no", "yes"))
MULTICLASS = Task(name="intent", kind=TaskKind.MULTICLASS, inputs=("text",), label="intent", classes=("a", "b", "ç"))
REGRESSION = Task(name="price", kind=TaskKind.REGRESSION, inputs=("text",), label="price", tolerance=0.5)
ACTOR = "alice"
QUICK = Limits(batch_s=20.0, start_s=60.0)


class Clock:
    """A clock that moves one second whenever it is read."""

    def __init__(self) -> None:
        self.moment = datetime(2019, 10, 10, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.moment += timedelta(seconds=1)
        return self.moment


class Project:
    """A folder with code in it, a store, and a test set."""

    def __init__(self, root: Path, task: Task = BINARY) -> None:
        self.root, self.task = root, task
        root.mkdir(parents=True, exist_ok=True)
        self.database = Database(f"sqlite:///{root}/.curiouser/meta.db")
        self.database.create()
        self.objects, self.clock = FolderObjects(root / ".curiouser" / "objects"), Clock()
        self.data = DataService(self.database, self.objects, task, self.clock)
        self.predictions = PredictionStore(self.database)
        self.models = self.service()

    def service(self) -> ModelService:
        """Wire a service anew, as another process would."""
        return ModelService(
            self.database,
            self.objects,
            data=self.data,
            predictions=self.predictions,
            task=self.task,
            root=self.root,
            clock=self.clock,
        )

    def write(self, name: str, source: str) -> Path:
        """Write a file of the project."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(source), encoding="utf-8")
        return path

    def rows(self, count: int = 4, start: int = 0) -> pl.DataFrame:
        """Put rows into the test set, and return them."""
        places = range(start, start + count)
        frame = pl.DataFrame({"id": [f"r{at:05}" for at in places]})
        frame = frame.with_columns(pl.lit(f"{name} ").add(frame["id"]).alias(name) for name in self.task.inputs)
        labels: list[str | float]
        if self.task.kind is TaskKind.REGRESSION:
            labels = [float(at) for at in places]
        else:
            labels = [self.task.classes[at % len(self.task.classes)] for at in places]
        frame = frame.with_columns(pl.Series(self.task.label, labels), pl.lit("sample").alias("origin"))
        self.data.commit("test", upserts=frame, message="rows", actor=ACTOR)
        return frame

    def add(self, target: str, name: str = "mine", **said: Any) -> Model:  # noqa: ANN401  passed on as they are
        """Add a callable of the project."""
        limits = said.pop("limits", QUICK)
        permissions = Permissions(
            limits=limits, **{key: said.pop(key) for key in ("reads", "writes", "network") if key in said}
        )
        return self.models.add_python(name, target, permissions=permissions, actor=ACTOR, **said).model

    def inputs(self, count: int = 4) -> pl.DataFrame:
        """Rows as a model reads them, not stored anywhere."""
        return pl.DataFrame({name: [f"{name} {at}" for at in range(count)] for name in self.task.inputs})

    def file(self, rows: Sequence[Mapping[str, Any]], name: str = "predictions.csv") -> Path:
        """Write a file of predictions."""
        path, frame = self.root / name, pl.DataFrame(rows, infer_schema_length=None)
        match path.suffix:
            case ".csv":
                frame.write_csv(path)
            case ".jsonl":
                frame.write_ndjson(path)
            case _:
                frame.write_parquet(path)
        return path

    def add_file(self, rows: Sequence[Mapping[str, Any]], name: str = "mine", **said: Any) -> Added:  # noqa: ANN401  passed on as they are
        """Add a model of a file of predictions."""
        return self.models.add_predictions(
            name, self.file(rows, said.pop("file", "predictions.csv")), actor=ACTOR, **said
        )
