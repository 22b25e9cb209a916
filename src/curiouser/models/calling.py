"""Asks a callable model: rows into its child, checked answers out, and nothing kept from a batch that failed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curiouser.kernel.configuration import Task, TaskKind
from curiouser.models.errors import AnswerRefusedError, InputRefusedError, ModelChangedError, ModelRunError
from curiouser.models.project import folders_of, readable
from curiouser.models.records import Limits, Model, ModelKind, Permissions
from curiouser.models.sandbox.process import Child, Reply

_DTYPES = {"d": "<f8", "f": "<f4", "i": "<i4"}
_NO_REPLY = "sent what is no reply: its code wrote to the pipe that is ours"
_SHOWN = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """Everything a child must be told to load a model."""

    name: str
    """The model's name, for errors."""
    kind: ModelKind
    """Python or sklearn."""
    target: str = ""
    """Python: ``module:function``."""
    artefact: bytes = b""
    """sklearn: the .skops file."""
    trust: tuple[str, ...] = ()
    """sklearn: types the user vouches for."""
    margins: bool = False
    """Binary: whether scores may be any finite number."""
    permissions: Permissions
    """What it may touch and use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Where children live: the project, its task, and what is kept from them."""

    root: Path
    """The project's folder."""
    hidden: tuple[Path, ...]
    """The database and the objects: no model may read them."""
    task: Task
    """What answers are for."""

    def child(self, spec: Spec) -> Child:
        """Start a child with a model in it.

        Raises:
            ModelRunError: The model cannot be loaded.
            UntrustedTypesError: Its file would build types nobody vouched for.
        """
        reads, lists = readable(self.root, self.hidden)
        writes = [str((self.root / folder).resolve()) for folder in spec.permissions.writes]
        task = self.task
        start = {
            "kind": spec.kind.value,
            "target": spec.target,
            "trust": list(spec.trust),
            "root": str(self.root.resolve()),
            "folders": folders_of(self.root),
            "ignored": [*map(str, self.hidden), *writes],
            "wanted": {"kind": task.kind.value, "classes": list(task.classes), "margins": spec.margins},
            "confinement": {"reads": reads, "lists": lists, "writes": writes, "network": spec.permissions.network},
        }
        return Child(spec.name, start, spec.artefact, spec.permissions.limits)


class Caller:
    """A loaded model, ready for as many batches as there are.

    Args:
        model: Whom to ask.
        child: The child that holds it.
        task: What answers are for.
        limits: Rows per batch.
        known: Path -> SHA-256 of the files this version is known to load.
        remember: Called with files that were loaded for the first time, before their answers are given out.
    """

    def __init__(
        self,
        model: Model,
        child: Child,
        *,
        task: Task,
        limits: Limits,
        known: Mapping[str, str],
        remember: Callable[[Mapping[str, str], Sequence[str]], None],
    ) -> None:
        self._model, self._child, self._task, self._limits = model, child, task, limits
        self._known, self._remember = dict(known), remember
        self.calls = 0
        self._loaded(child.started)

    def predict(self, frame: pl.DataFrame, *, first: int = 0, total: int | None = None) -> pl.DataFrame:
        """Ask about rows.

        Args:
            frame: ``(n, …)``, with the columns the model reads.
            first: Where these rows begin among all that are asked, for what an error says.
            total: How many are asked in all; these when left out.

        Returns:
            ``(n, …)``: ``score`` | ``class`` (codes) | ``p_<class>`` … | ``number``, in the order of the rows.

        Raises:
            ModelRunError: The model failed on a batch; names the row where there is one.
            ModelChangedError: Its code changed since it was looked at.
            InputRefusedError: A column that it reads is missing.
        """
        columns = list(self._model.columns)
        absent = [name for name in columns if name not in frame.columns]
        if absent:
            raise InputRefusedError(
                f"model {self._model.title!r} reads {', '.join(absent)}, and the rows have no such column"
            )
        asked, size = frame.select(columns), self._limits.batch_rows
        span = first, len(frame) if total is None else total
        parts = [self._batch(asked.slice(start, size), start, span) for start in range(0, len(asked), size)]
        if len({tuple(part.columns) for part in parts}) > 1:
            raise AnswerRefusedError(
                self._model.title, "answered some batches with classes and others with numbers", "answer all rows alike"
            )
        return pl.concat(parts, how="vertical_relaxed") if parts else pl.DataFrame()

    def _batch(self, batch: pl.DataFrame, start: int, span: tuple[int, int]) -> pl.DataFrame:
        try:
            header, body = request(batch, self._form(batch))
            reply = self._child.ask(header, body, most_bytes(len(batch), self._task))
        except ModelRunError as error:
            raise error.called(self._model.title, _place(error, batch, span[0] + start, span[1])) from error
        self._loaded(reply)
        self.calls += len(batch)
        return answers_in(reply, len(batch), self._task, self._model.title)

    def _form(self, batch: pl.DataFrame) -> str:
        if self._model.kind is ModelKind.PYTHON:
            return str(self._child.started.header["form"])
        feed = str(self._model.source["feed"])
        if feed == "ordered":
            is_text = [kind == pl.String for kind in batch.dtypes]
            if is_text == [True]:
                return "texts"
            if any(is_text):
                raise InputRefusedError(
                    f"model {self._model.title!r} was fitted without column names, and not all it reads are numbers",
                    "fit it on a data frame with a ColumnTransformer over named columns",
                )
            return "matrix"
        return feed

    def _loaded(self, reply: Reply) -> None:
        files: Mapping[str, str] = reply.header["files"]
        changed = [path for path, sha256 in files.items() if self._known.get(path, sha256) != sha256]
        if changed:
            raise ModelChangedError(
                f"{changed[0]} changed while model {self._model.title!r} was being asked; nothing of it was stored",
                "run the same command again",
            )
        fresh = {path: sha256 for path, sha256 in files.items() if path not in self._known}
        if fresh or reply.header["imports"]:
            self._remember(fresh, reply.header["imports"])
            self._known |= fresh


def request(batch: pl.DataFrame, form: str) -> tuple[dict[str, Any], bytes]:
    """Write one batch for a child.

    Plain rows go as JSON, because a child that needs no data frame then starts without loading a library for them;
    frames go as Arrow IPC.
    """
    header: dict[str, Any] = {"rows": len(batch), "form": form}
    if form != "rows":
        buffer = BytesIO()
        batch.write_ipc(buffer)
        return header, buffer.getvalue()
    moments = [name for name, kind in batch.schema.items() if isinstance(kind, pl.Datetime)]
    texts = batch.with_columns(pl.col(moments).dt.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00")) if moments else batch
    return {**header, "columns": texts.to_dict(as_series=False), "moments": moments}, b""


def most_bytes(rows: int, task: Task) -> int:
    """Bound the reply to a batch: one number per row and class."""
    return rows * 8 * max(1, len(task.classes))


def answers_in(reply: Reply, rows: int, task: Task, title: str) -> pl.DataFrame:
    """Read the columns of a reply, believing nothing: a model's code can write to the pipe itself.

    Raises:
        ModelRunError: The reply is not what our side of the child writes.
    """
    try:
        columns = _columns(reply, rows)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelRunError(title, _NO_REPLY) from error
    allowed = {"score", "class", "number", *(f"p_{name}" for name in task.classes)}
    codes = columns.get("class", np.zeros(0))
    if not columns.keys() <= allowed or not all(np.isfinite(column).all() for column in columns.values()):
        raise ModelRunError(title, _NO_REPLY)
    if len(codes) and not (codes.min() >= 0 and codes.max() < len(task.classes)):
        raise ModelRunError(title, _NO_REPLY)
    return pl.DataFrame(columns)


def _columns(reply: Reply, rows: int) -> dict[str, NDArray[Any]]:
    columns: dict[str, NDArray[Any]] = {}
    at = 0
    for name, code, _length in reply.header["columns"]:
        dtype = np.dtype(_DTYPES[code])
        columns[str(name)] = np.frombuffer(reply.body, dtype, rows, at)
        at += rows * dtype.itemsize
    return columns


def shown(batch: pl.DataFrame, row: int) -> str:
    """Show what a row holds, cut.

    Examples:
        >>> shown(pl.DataFrame({"want": ["a doctor"], "age": [30.0]}), 0)
        "want='a doctor', age=30.0"
    """
    text = ", ".join(f"{name}={value!r}" for name, value in batch.row(row, named=True).items())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _place(error: ModelRunError, batch: pl.DataFrame, start: int, rows: int) -> str:
    """Say where a model failed: at a row if it is known, else in a batch."""
    if isinstance(error, AnswerRefusedError) and error.row is not None:
        return f", at row {start + error.row + 1} of {rows} ({shown(batch, error.row)})"
    return f", in the batch of rows {start + 1} to {start + len(batch)} of {rows}"


def default_threshold(task: Task, *, margins: bool) -> float | None:
    """Tell where scores are cut when nobody says: one half, or zero for margins; nowhere unless the task is binary."""
    if task.kind is not TaskKind.BINARY:
        return None
    return 0.0 if margins else 0.5
