"""What ``curiouser.open()`` returns: a workspace to work in from Python."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import polars as pl

from curiouser.data import Imported
from curiouser.kernel.errors import UsageError
from curiouser.models import Added
from curiouser.surfaces.notebook.acting import Acting
from curiouser.surfaces.notebook.shown import Shown, is_pandas, tabled
from curiouser.workspace import Workspace
from curiouser.workspace.standing import Status, status
from curiouser.workspace.verifying import Verified, verify


class Data(Acting):
    """Versions of labelled rows; `add` takes a frame."""

    def add(self, rows: object, dataset: str = "test", *, message: str, **options: Any) -> Imported:  # noqa: ANN401  options of import_rows
        """Commit rows: a Polars or pandas frame, a list of dicts, or a path to a file.

        Args:
            rows: What to add; rows with a known id are changed.
            dataset: The dataset; made when it is new.
            message: Why.
            options: As for ``import_file``: ``branch``, ``origin``, ``replace``, ``allow_input_changes`` …

        Raises:
            BadRowsError: Rows are wrong; all are named, and nothing was changed.
        """
        options.setdefault("actor", self._actor)
        verb = getattr(self._service, "import_file" if isinstance(rows, str | Path) else "add")
        imported: Imported = verb(rows, dataset=dataset, message=message, **options)
        return imported


class Models(Acting):
    """Models; `add` takes a fitted estimator, a function, a frame or file of predictions, or reported scores."""

    def add(self, name: str, model: object, **options: Any) -> Added:  # noqa: ANN401  options of the verb it becomes
        """Add a model, whatever it is.

        Args:
            name: What to call it.
            model: A fitted scikit-learn estimator; a function of the project, or ``"module:function"``; a Polars or
                pandas frame, or a path, of predictions (``.skops``: an estimator); a mapping metric -> value.
            options: ``threshold``, ``on``, ``inputs`` …, as for the verb it becomes.

        Raises:
            UsageError: The function was defined in a notebook, or this is no model.
        """
        options.setdefault("actor", self._actor)
        verb, subject = self._verb(model)
        added: Added = getattr(self._service, verb)(name, subject, **options)
        return added

    def _verb(self, model: object) -> tuple[str, object]:
        if isinstance(model, str | Path):
            return _named(str(model))
        if is_pandas(model):
            return "add_predictions", pl.from_pandas(model)
        for fits, verb in (
            (isinstance(model, pl.DataFrame), "add_predictions"),
            (isinstance(model, dict), "add_reported"),
            (hasattr(model, "predict"), "add_estimator"),
        ):
            if fits:
                return verb, model
        if inspect.isfunction(model):
            return "add_python", _target(model)
        raise UsageError(
            f"a {type(model).__name__} is no model",
            "give a fitted estimator, 'module:function', a frame or file of predictions, or a dict of reported scores",
        )


class Session:
    """A workspace to work in: ``data``, ``datachecks``, ``models``, ``evaluations``, ``problems``, ``reports``.

    Args:
        workspace: What it works in.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace, self.actor = workspace, workspace.actor
        self.data = Data(workspace.data, self.actor)
        self.models = Models(workspace.models, self.actor)
        self.evaluations = Acting(workspace.evaluations, self.actor)
        self.problems = Acting(workspace.problems, self.actor)
        self.reports = Acting(workspace.problems.reports, self.actor)
        self.datachecks = Acting(workspace.datachecks, self.actor)

    def evaluate(self, *names: str, on: str = "test") -> Shown:
        """Bring models (all, when none is named) to the head of a test set."""
        return tabled(self.workspace.evaluations.evaluate(names or None, on=on, actor=self.actor))

    def compare(self, *names: str, on: str = "test", metric: str | None = None, **options: Any) -> Shown:  # noqa: ANN401  options of compare
        """Compare models on the same rows, paired, with a verdict."""
        made = self.workspace.evaluations.compare(names, on=on, metric=metric, actor=self.actor, **options)
        return tabled(made)

    def leaderboard(self, on: str = "test", metric: str | None = None) -> Shown:
        """Show all models on all states of a test set, then and now."""
        return tabled(self.workspace.evaluations.leaderboard(on=on, metric=metric))

    def confusion(self, model: str, on: str = "test") -> Shown:
        """Show which classes a model takes for which, on rows drawn from users; asks it nothing.

        Raises:
            ModelNotFoundError: The name is nobody's.
            ReportedOnlyError: Only reported scores of it remain.
        """
        evaluations = self.workspace.evaluations
        return tabled(evaluations.confusion(self.workspace.models.get(model), evaluations.test_set(on)))

    def status(self) -> Status:
        """Say what is here, and what is due."""
        return status(self.workspace)

    def fsck(self, *, quarantine: bool = True) -> Verified:
        """Verify every hash."""
        return verify(self.workspace, quarantine=quarantine)

    def close(self) -> None:
        """Give every connection back."""
        self.workspace.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{self.workspace!r} as {self.actor!r}; {self.status().advice.why}: {self.status().advice.command}"


def open_session(folder: str | Path = ".", *, actor: str | None = None) -> Session:
    """Open the workspace of a folder, or of one above it.

    Args:
        folder: Where to look for ``curiouser.toml``.
        actor: Who acts; your git name by default.

    Raises:
        WorkspaceNotFoundError: There is none.
        ConfigurationError: It has mistakes; all are listed.
    """
    return Session(Workspace.open(folder, actor=actor))


def _named(text: str) -> tuple[str, object]:
    if ":" in text and not Path(text).exists():
        return "add_python", text
    return ("add_sklearn" if text.endswith(".skops") else "add_predictions"), Path(text)


def _target(function: Any) -> str:  # noqa: ANN401  a function
    module, name = function.__module__, function.__qualname__
    if module == "__main__" or "<" in name:
        raise UsageError(
            f"the function {name!r} lives in this notebook, where no other process can find it",
            "move it to a .py file beside curiouser.toml, and give 'module:function'",
        )
    return f"{module}:{name}"


__all__: Sequence[str] = ["Data", "Models", "Session", "open_session"]
