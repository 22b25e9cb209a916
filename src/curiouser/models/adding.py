"""How models come in: as predictions, as a callable, as a saved estimator, as reported scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from curiouser.data import DataService
from curiouser.kernel.clock import Clock
from curiouser.kernel.configuration import Task
from curiouser.kernel.errors import BadInputError
from curiouser.kernel.ids import plain_name
from curiouser.models import stored
from curiouser.models.artefacts import read_artefact, skops_bytes
from curiouser.models.asking import Asker
from curiouser.models.calling import House
from curiouser.models.checks import allowed, check_inputs, check_threshold
from curiouser.models.file_models import FileModels
from curiouser.models.records import Added, ModelKind, Permissions, ReportedScore
from curiouser.models.reported import read_each_reported, read_reported
from curiouser.models.shelf import Shelf
from curiouser.models.versions import Versions, Wish
from curiouser.storage import Database, FolderObjects

if TYPE_CHECKING:
    from curiouser.models.predictions import PredictionStore

_DEFAULT = Permissions()


class Adding(Shelf):
    """Adds models; the part of ``ModelService`` that makes new ones.

    Args:
        database: Where models are written down.
        objects: Where their files are kept.
        data: The rows they answer.
        predictions: What they answered.
        task: What they are for.
        root: The project's folder: callables are imported from it.
        clock: Tells the time.
    """

    def __init__(
        self,
        database: Database,
        objects: FolderObjects,
        *,
        data: DataService,
        predictions: PredictionStore,
        task: Task,
        root: Path,
        clock: Clock,
    ) -> None:
        super().__init__(database)
        self._objects, self._task, self._root, self._clock = objects, task, root, clock
        self._data = data
        hidden = [objects.root, root / ".curiouser", *([database.file] if database.file else [])]
        self._hidden = tuple(Path(path).resolve() for path in hidden)
        house = House(root=root, hidden=self._hidden, task=task)
        self._versions = Versions(database, objects, house, clock)
        self._files = FileModels(database, data=data, predictions=predictions, task=task, clock=clock)
        self.asker = Asker(data, predictions, self._versions, task)

    def add_predictions(
        self,
        name: str,
        predictions: Path | str | pl.DataFrame,
        *,
        on: str = "test",
        threshold: float | None = None,
        margins: bool = False,
        actor: str,
    ) -> Added:
        """Add a model of which there is a file of predictions.

        Args:
            name: What to call it; unique.
            predictions: CSV, JSON lines, Parquet, or a frame: ``id`` and ``prediction``, ``score`` or
                ``p_<class>`` columns. Rows may be missing; they are counted.
            on: The dataset the ids are of.
            threshold: Binary: a score at or above it is the positive class; one half when left out.
            margins: Binary: scores are margins, and may be any finite number.
            actor: Who adds it.

        Raises:
            ModelExistsError: The name is taken.
            WrongFormatError: The columns are not those of a predictions file.
            PredictionsRefusedError: Rows are wrong; all are named, and nothing is stored.
        """
        self._free(name)
        check_threshold(self._task, threshold, margins=margins)
        source = Path(predictions) if isinstance(predictions, str) else predictions
        return self._files.add(name, source, on=on, threshold=threshold, margins=margins, actor=actor)

    def add_python(
        self,
        name: str,
        target: str,
        *,
        inputs: Sequence[str] | None = None,
        permissions: Permissions = _DEFAULT,
        threshold: float | None = None,
        margins: bool = False,
        actor: str,
    ) -> Added:
        """Add a callable of the project; it is imported once, in its sandbox, and not called yet.

        Args:
            name: What to call it; unique.
            target: ``module:function``; called with a batch of rows (dicts, or the frame its parameter is
                annotated for), it returns as many numbers, classes or ``{class: p}``.
            inputs: The columns it reads; the task's inputs when left out.
            permissions: What it may touch and use.
            threshold: As in :meth:`add_predictions`.
            margins: As in :meth:`add_predictions`.
            actor: Who adds it.

        Raises:
            ModelExistsError: The name is taken.
            ModelRunError: It cannot be imported.
            BadInputError: The target is no ``module:function``, or an input is none of the task's.
        """
        self._free(name)
        check_threshold(self._task, threshold, margins=margins)
        module, _, function = target.partition(":")
        if not all(part.isidentifier() for part in [*module.split("."), *function.split(".")]):
            raise BadInputError(f"{target!r} names no callable", "write module:function, as in scoring:predict")
        source = {"target": target, "margins": margins, **allowed(self._root, permissions, self._hidden)}
        wish = Wish(name=name, source=source, columns=check_inputs(self._task, inputs), threshold=threshold)
        return Added(model=self._versions.add(ModelKind.PYTHON, wish, actor=actor))

    def add_sklearn(
        self,
        name: str,
        path: Path | str,
        *,
        inputs: Sequence[str] | None = None,
        trust: Sequence[str] = (),
        permissions: Permissions = _DEFAULT,
        threshold: float | None = None,
        actor: str,
    ) -> Added:
        """Add a scikit-learn model saved with skops; it is loaded once, in its sandbox, and not called yet.

        Args:
            name: What to call it; unique.
            path: The .skops file; kept as an object.
            inputs: The order of its features, where it was fitted without column names.
            trust: Types in it that the user vouches for, as ``module.Class``.
            permissions: What it may touch and use.
            threshold: As in :meth:`add_predictions`; zero for a model that gives margins.
            actor: Who adds it.

        Raises:
            ModelExistsError: The name is taken.
            WrongFormatError: It is no .skops file; pickles are refused.
            UntrustedTypesError: It would build objects of types nobody vouched for.
            ModelRunError: It cannot be loaded, or answers another task.
        """
        file = Path(path)
        wish = {"file": file.name, "trust": sorted(set(trust)), "inputs": inputs, "threshold": threshold}
        return self._add_artefact(name, read_artefact(file), wish, permissions, actor=actor)

    def add_estimator(
        self,
        name: str,
        estimator: object,
        *,
        inputs: Sequence[str] | None = None,
        trust: Sequence[str] = (),
        permissions: Permissions = _DEFAULT,
        threshold: float | None = None,
        actor: str,
    ) -> Added:
        """Add a fitted scikit-learn estimator from memory; as :meth:`add_sklearn` in everything else.

        Args:
            name: What to call it; unique.
            estimator: The fitted estimator; it is saved with skops.
            inputs: As in :meth:`add_sklearn`.
            trust: As in :meth:`add_sklearn`.
            permissions: What it may touch and use.
            threshold: As in :meth:`add_sklearn`.
            actor: Who adds it.

        Raises:
            MissingExtraError: skops is not installed.
            BadInputError: skops can't save it.
        """
        wish = {"file": type(estimator).__name__, "trust": sorted(set(trust)), "inputs": inputs, "threshold": threshold}
        return self._add_artefact(name, skops_bytes(estimator), wish, permissions, actor=actor)

    def add_reported(self, name: str, reported: Path | str | Mapping[str, Any], *, actor: str) -> Added:
        """Add a model of which only reported scores remain.

        Args:
            name: What to call it; unique.
            reported: JSON or a table of metrics and values, or a mapping of them.
            actor: Who adds it.

        Raises:
            ModelExistsError: The name is taken.
            WrongFormatError: It holds no scores.
            PredictionsRefusedError: Scores are wrong; all are named.
        """
        scores = read_reported(Path(reported) if isinstance(reported, str) else reported)
        return self._add_reported({name: scores}, actor=actor)[0]

    def add_each_reported(self, reported: Path | str, *, actor: str) -> tuple[Added, ...]:
        """Add every model of a file of reported scores with a column ``model``: all of them or none.

        Args:
            reported: A table with the columns ``model``, ``metric`` and ``value``.
            actor: Who adds them.

        Raises:
            ModelExistsError: A name is taken.
            WrongFormatError: A column is missing.
            PredictionsRefusedError: Scores are wrong; all are named.
        """
        return self._add_reported(read_each_reported(Path(reported)), actor=actor)

    def _add_artefact(
        self, name: str, artefact: bytes, wish: Mapping[str, Any], permissions: Permissions, *, actor: str
    ) -> Added:
        self._free(name)
        if wish["threshold"] is not None:
            check_threshold(self._task, wish["threshold"], margins=True)
        kept = self._objects.put(artefact, suffix=".skops")
        source = {"object": kept, "sha256": kept.partition(".")[0], "file": wish["file"], "trust": wish["trust"]}
        may, columns = allowed(self._root, permissions, self._hidden), check_inputs(self._task, wish["inputs"])
        asked = Wish(name=name, source={**source, **may}, columns=columns, threshold=wish["threshold"])
        return Added(model=self._versions.add(ModelKind.SKLEARN, asked, actor=actor))

    def _add_reported(self, scores: Mapping[str, tuple[ReportedScore, ...]], *, actor: str) -> tuple[Added, ...]:
        for name in scores:
            self._free(name)
        now = self._clock()
        with self._database.write() as connection:
            return tuple(
                Added(model=stored.insert_reported_model(connection, name, scores[name], actor=actor, now=now))
                for name in scores
            )

    def _free(self, name: str) -> None:
        """Refuse a name that can't be one, or is taken, before any work is done; the database has the last word."""
        plain_name(name, "model")
        with self._database.read() as connection:
            stored.refuse_taken(connection, name)
