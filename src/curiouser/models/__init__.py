"""Models under a name: what they answer, what decides their answers, and how they are asked.

A model is a file of predictions, a Python callable, a scikit-learn pipeline, or
no more than the scores somebody reported; users' code only ever runs in a
sandboxed child. It serves slides 42-47 (a complaint, put to every model) and
54-55 (re-evaluate ALL models).

The verbs, on ``ModelService(database, objects, *, data, predictions, task, root, clock)``::

    add_predictions(name, path_or_frame, *, on="test", threshold=None, margins=False, actor) -> Added
    add_python(name, target, *, inputs=None, permissions=Permissions(), threshold=None, margins=False, actor) -> Added
    add_sklearn(name, path, *, inputs=None, trust=(), permissions=Permissions(), threshold=None, actor) -> Added
    add_estimator(name, estimator, *, …as add_sklearn) -> Added
    add_reported(name, path_or_mapping, *, actor) -> Added; add_each_reported(path, *, actor) -> tuple[Added, ...]
    update(name, path_or_frame, *, on="test", actor) -> Updated
    missing(name, *, on="test") -> pl.DataFrame         # id and inputs of the rows still to be predicted
    get("name" | "name@2") -> Model; list(*, include_retired=False, every_version=False) -> tuple[Model, ...]
    rename(name, new, *, actor); retire(name, *, actor); restore(name, *, actor) -> Model
    set_threshold(name, threshold, *, actor) -> Model; set_live(name, *, actor) -> Model; live() -> Model | None
    set_trained_on(name, ref, *, actor) -> Model        # else the head of ``train`` is taken
    current(model) -> Model                             # looks at the code again; a change is a new version
    calling(model) -> ContextManager[Caller]            # Caller.predict(frame): one child for all its batches
    predict(model, frame) -> pl.DataFrame               # columns score | class | p_<class> … | number, len(frame) rows
    ask(input, *, on="test") -> tuple[Asked, ...]
    reported(model) -> Mapping[str, ReportedScore]; reported_scores(model) -> tuple[ReportedScore, ...]
    history(name) -> tuple[ModelEvent, ...]

``class`` is a code: the class's place in the configured classes.

Names load when they are first asked for: the sandbox imports its own half of
this package and must not pay for SQL and data frames.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from curiouser.models.errors import (
        AnswerRefusedError,
        InputRefusedError,
        ModelChangedError,
        ModelExistsError,
        ModelNotFoundError,
        ModelRunError,
        PredictionsRefusedError,
        ReportedOnlyError,
        UntrustedTypesError,
        WrongFormatError,
    )
    from curiouser.models.exporting import write_rows
    from curiouser.models.gathering import StoredAnswers
    from curiouser.models.judging import RowJudge, RowJudges
    from curiouser.models.prediction_tables import PredictionsDamagedError
    from curiouser.models.predictions import PredictionStore
    from curiouser.models.records import (
        Added,
        Asked,
        Limits,
        Model,
        ModelEvent,
        ModelId,
        ModelKind,
        Permissions,
        ReportedScore,
        Updated,
    )
    from curiouser.models.service import ModelService
    from curiouser.models.training import TRAINED_ON

__all__ = [
    "TRAINED_ON",
    "Added",
    "AnswerRefusedError",
    "Asked",
    "InputRefusedError",
    "Limits",
    "Model",
    "ModelChangedError",
    "ModelEvent",
    "ModelExistsError",
    "ModelId",
    "ModelKind",
    "ModelNotFoundError",
    "ModelRunError",
    "ModelService",
    "Permissions",
    "PredictionStore",
    "PredictionsDamagedError",
    "PredictionsRefusedError",
    "ReportedOnlyError",
    "ReportedScore",
    "RowJudge",
    "RowJudges",
    "StoredAnswers",
    "UntrustedTypesError",
    "Updated",
    "WrongFormatError",
    "write_rows",
]


def __getattr__(name: str) -> object:
    """Load a public name when it is first asked for."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    elsewhere = {
        "TRAINED_ON": "training",
        "RowJudge": "judging",
        "RowJudges": "judging",
        "ModelService": "service",
        "PredictionStore": "predictions",
        "PredictionsDamagedError": "prediction_tables",
        "StoredAnswers": "gathering",
        "write_rows": "exporting",
    }
    home = elsewhere.get(name, "errors" if name.endswith("Error") else "records")
    return getattr(importlib.import_module(f"{__name__}.{home}"), name)
