"""The verbs of models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import Connection

from curiouser.kernel.errors import BadInputError, refuse_stale
from curiouser.kernel.ids import plain_name
from curiouser.models import stored
from curiouser.models.adding import Adding
from curiouser.models.calling import Caller
from curiouser.models.checks import check_threshold
from curiouser.models.errors import ReportedOnlyError
from curiouser.models.records import Asked, Model, ModelKind, Updated
from curiouser.models.training import note_training_data


class ModelService(Adding):
    """Models under their names: adding, asking, cutting, making live.

    Args:
        database: Where models are written down.
        objects: Where their files are kept.
        data: The rows they answer.
        predictions: What they answered.
        task: What they are for.
        root: The project's folder: callables are imported from it.
        clock: Tells the time.
    """

    def update(self, name: str, predictions: Path | str | pl.DataFrame, *, on: str = "test", actor: str) -> Updated:
        """Add predictions for rows that came later.

        Args:
            name: The model.
            predictions: As in :meth:`add_predictions`.
            on: The dataset the ids are of.
            actor: Who does it.

        Raises:
            ModelNotFoundError: There is no such model.
            PredictionsRefusedError: Rows are wrong, or answer a known input otherwise; nothing is stored.
            ReportedOnlyError: Only reported scores of it remain.
        """
        source = Path(predictions) if isinstance(predictions, str) else predictions
        return self._files.update(self.get(name), source, on=on, actor=actor)

    def missing(self, name: str, *, on: str = "test") -> pl.DataFrame:
        """List the rows still to be predicted: ``id`` and the inputs, by id.

        Args:
            name: The model.
            on: The dataset whose rows are to be predicted.

        Raises:
            ModelNotFoundError: There is no such model.
            ReportedOnlyError: Only reported scores of it remain.
            NotFoundError: The ref names nothing.
        """
        model = self.get(name)
        if model.kind is ModelKind.REPORTED:
            raise ReportedOnlyError(model.name, "be completed")
        return self._files.missing(self.current(model), on=on)

    def rename(self, name: str, new: str, *, actor: str) -> Model:
        """Give a model another name; its versions, predictions and history stay.

        Args:
            name: The model.
            new: Its new name.
            actor: Who does it.

        Raises:
            ModelNotFoundError: There is no such model.
            ModelExistsError: The new name is taken.
        """
        return self._changed(name, "renamed", f"from {name} to {plain_name(new, 'model')}", actor=actor, new_name=new)

    def retire(self, name: str, *, actor: str) -> Model:
        """Leave a model out of lists and evaluations; nothing of it is lost.

        Args:
            name: The model.
            actor: Who does it.

        Raises:
            ModelNotFoundError: There is no such model.
            BadInputError: It is live: users meet it.
            ModelNotFoundError: There is no such model.
        """
        with self._database.write() as connection:
            model, live = stored.find(connection, name), stored.find_live(connection)
            if live is not None and live.name == model.name:
                raise BadInputError(
                    f"model {live.title!r} is live, so it cannot be retired",
                    "run `curiouser model live NAME` with another model first",
                )
            return self._change(connection, model, "retired", "", actor=actor, retired=True)

    def restore(self, name: str, *, actor: str) -> Model:
        """Take a retired model back.

        Args:
            name: The model.
            actor: Who does it.

        Raises:
            ModelNotFoundError: There is no such model.
            ModelNotFoundError: There is no such model.
        """
        return self._changed(name, "restored", "", actor=actor, retired=False)

    def set_threshold(self, name: str, threshold: float, *, expected: Model | None = None, actor: str) -> Model:
        """Say where the scores of a model are cut; predictions know no threshold and stay.

        Args:
            name: The model.
            threshold: A score at or above it is the positive class.
            expected: What the model was when it was read; another is left alone.
            actor: Who does it.

        Raises:
            BadInputError: The task is not binary, or the threshold is on no scale of the scores.
            StaleEditError: The model is not as it was expected to be; nothing was changed.
            ReportedOnlyError: Only reported scores of it remain.
            ModelNotFoundError: There is no such model.
        """
        model = self.get(name)
        if model.kind is ModelKind.REPORTED:
            raise ReportedOnlyError(model.name, "have a threshold")
        check_threshold(self._task, threshold, margins=model.margins)
        with self._database.write() as connection:
            number = stored.lock_model(connection, model.id)
            before = stored.find(connection, name)
            refuse_stale(before, expected, f"model {name!r}")
            stored.set_values(connection, before.id, threshold=threshold)
            detail = f"{before.title}: from {before.threshold} to {threshold}"
            stored.insert_event(connection, number, "threshold", detail, actor=actor, now=self._clock())
            return stored.find(connection, f"{before.name}@{before.version}")

    def set_live(self, name: str, *, actor: str) -> Model:
        """Say which version of which model users meet now; there is one at most.

        Args:
            name: ``scorer`` (its newest version) or ``scorer@2``.
            actor: Who does it.

        Raises:
            ModelNotFoundError: There is no such model.
            BadInputError: It is retired.
        """
        with self._database.write() as connection:
            model = stored.find(connection, name)
            if model.retired:
                raise BadInputError(f"model {model.name!r} is retired", f"run `curiouser model restore {model.name}`")
            stored.set_live(connection, model.id)
            number = stored.model_number(connection, model.id)
            stored.insert_event(connection, number, "live", model.title, actor=actor, now=self._clock())
            return stored.find(connection, f"{model.name}@{model.version}")

    def set_trained_on(self, name: str, ref: str, *, actor: str) -> Model:
        """Say which version of which dataset a model was trained on; else the head of ``train`` is taken.

        Args:
            name: The model.
            ref: The training data.
            actor: Who does it.

        Raises:
            ModelNotFoundError: There is no such model.
            NotFoundError: The ref names nothing.
        """
        return note_training_data(self._database, self._clock, name, self._data.resolve(ref), actor=actor)

    def current(self, model: Model) -> Model:
        """Look at a callable's code and surroundings again; what changed is a new version, registered here.

        Args:
            model: The version to look at.

        Returns:
            The version as it is now; the one given where nothing changed.

        Raises:
            ModelRunError: The code changed and cannot be loaded any more.
        """
        return self._versions.current(model)

    def calling(self, model: Model) -> AbstractContextManager[Caller]:
        """Start a model's sandboxed child, for as many batches as there are.

        Args:
            model: Who will be asked.

        Raises:
            ModelRunError: It cannot be loaded or asked.
            ReportedOnlyError: Only reported scores of it remain.
        """
        return self._versions.calling(model)

    def predict(self, model: Model, frame: pl.DataFrame) -> pl.DataFrame:
        """Ask a model about rows; see :meth:`Caller.predict`.

        Args:
            model: Who is asked.
            frame: One row per input.

        Raises:
            ModelRunError: It cannot be loaded, or failed on a batch.
            ReportedOnlyError: Only reported scores of it remain.
        """
        with self.calling(model) as caller:
            return caller.predict(frame)

    def ask(
        self, given: Mapping[str, Any], *, names: Sequence[str] | None = None, on: str = "test"
    ) -> tuple[Asked, ...]:
        """Put one input to every model that is not retired, or to those named.

        Args:
            given: Value of each input, by its name.
            names: Models; every one that is not retired when None.
            on: The dataset in whose rows a file of predictions may have the answer.

        Returns:
            One answer per model, or why it has none.

        Raises:
            InputRefusedError: It is not what the task says models read.
            ModelNotFoundError: There is no model of a name.
        """
        models = self.list() if names is None else tuple(self.get(name) for name in names)
        return self.asker.ask(given, models, on=on)

    def _changed(self, name: str, what: str, detail: str, *, actor: str, **values: str | bool) -> Model:
        with self._database.write() as connection:
            return self._change(connection, stored.find(connection, name), what, detail, actor=actor, **values)

    def _change(
        self, connection: Connection, model: Model, what: str, detail: str, *, actor: str, **values: str | bool
    ) -> Model:
        number = stored.model_number(connection, model.id)
        stored.change(connection, number, **values)
        stored.insert_event(connection, number, what, detail, actor=actor, now=self._clock())
        return stored.find(connection, str(values.get("new_name", f"{model.name}@{model.version}")))
