"""Files of models over REST: predictions and reported scores in, missing rows and stored artefacts out.

No route takes a path on the server, and none adds what would run: a Python
callable or a scikit-learn file is added at the machine, by somebody who vouches
for it (`curiouser model add --python`, `--sklearn`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from fastapi import Query
from starlette.responses import Response

from curiouser.kernel.errors import NotFoundError, UsageError
from curiouser.kernel.ids import ObjectName
from curiouser.models import Added, write_rows
from curiouser.surfaces.bodies.models import added_body, each_added_body, missing_body, updated_body
from curiouser.surfaces.rest.downloads import file_answer, stored, written
from curiouser.surfaces.rest.parameters import Body, Finite, ModelRef, Name, Ref
from curiouser.surfaces.rest.uploads import SCORES, TABLES, Scores, Table, file_body
from curiouser.surfaces.serving.answers import body_answer
from curiouser.surfaces.serving.roles import Verb
from curiouser.surfaces.serving.routes import Asked, Caller, Routes

routes = Routes(tags=["models"])
_ROWS = ("csv", "tsv", "jsonl", "parquet")


class PredictionsOptions(Body):
    """What may be said of a file of predictions; the options of `curiouser model add`."""

    name: Name
    on: Ref = "test"
    threshold: Finite | None = None
    margins: bool = False
    trained_on: Ref | None = None


class ReportedOptions(Body):
    """What may be said of reported scores: whose they are, or that each row says it."""

    name: Name | None = None
    each: bool = False


class MissingOptions(Body):
    """Which rows, and as what; the options of `curiouser model missing`."""

    on: Ref = "test"
    format: Literal["csv", "tsv", "jsonl", "parquet", "json"] = "csv"
    raw: bool = False


@routes.post("/models", does=Verb.ADD_MODEL, takes_files=True, status_code=201, openapi_extra=file_body(TABLES))
def add_model(caller: Asked, said: Annotated[PredictionsOptions, Query()], file: Table) -> Response:
    """Add a model of which there is a file of predictions, sent as the body; `curiouser model add --predictions`.

    A Python callable or a scikit-learn file would run on the server, so a maintainer adds it at the machine.
    """
    models, trained_on = caller.workspace.models, said.trained_on
    if trained_on is not None:
        caller.workspace.data.resolve(trained_on)  # refused before anything is added
    cut = said.model_dump(include={"on", "threshold", "margins"})
    added = models.add_predictions(said.name, file, actor=caller.actor, **cut)
    if trained_on is not None:
        added = replace(added, model=models.set_trained_on(said.name, trained_on, actor=caller.actor))
    return _added(caller, added)


@routes.post(
    "/models/reported", does=Verb.ADD_MODEL, takes_files=True, status_code=201, openapi_extra=file_body(SCORES)
)
def add_reported(caller: Asked, said: Annotated[ReportedOptions, Query()], file: Scores) -> Response:
    """Add a model of which only reported scores remain; `curiouser model add --reported`."""
    if (said.name is None) != said.each:
        raise UsageError("reported scores are of one model, or each row names its own", "give name=, or each=true")
    if said.name is None:
        added = caller.workspace.models.add_each_reported(file, actor=caller.actor)
        return body_answer(each_added_body(added), status=201)
    return _added(caller, caller.workspace.models.add_reported(said.name, file, actor=caller.actor))


@routes.post("/models/{name}/predictions", does=Verb.UPDATE_MODEL, takes_files=True, openapi_extra=file_body(TABLES))
def update_predictions(caller: Asked, name: ModelRef, file: Table, on: Ref = "test") -> Response:
    """Add predictions for rows that came later, sent as the body; `curiouser model update`."""
    return body_answer(updated_body(caller.workspace.models.update(name, file, on=on, actor=caller.actor)))


@routes.get("/models/{name}/missing", does=Verb.READ, responses=file_answer(*_ROWS, "json"))
def missing_rows(caller: Asked, name: ModelRef, said: Annotated[MissingOptions, Query()]) -> Response:
    """Give the rows a model has still to predict, id and inputs, as a file; `curiouser model missing`.

    ``format=json`` counts them and lists the first ids instead.
    """
    rows = caller.workspace.models.missing(name, on=said.on)
    if said.format == "json":
        return body_answer(missing_body(name, said.on, rows, None))
    return written(lambda path: write_rows(rows, path, raw=said.raw), f"{name}-missing", said.format)


@routes.get("/models/{name}/file", does=Verb.READ, responses=file_answer())
def model_file(caller: Asked, name: ModelRef) -> Response:
    """Download the file that a model was loaded from, where one is kept; it is named by its SHA-256."""
    kept = caller.workspace.models.get(name).source.get("object")
    if not isinstance(kept, str):
        raise NotFoundError(f"no file of model {name!r} is kept here", "only scikit-learn models have one")
    return stored(caller.workspace.objects.path(ObjectName(kept)), kept)


def _added(caller: Caller, added: Added) -> Response:
    headers = {"Location": caller.url(f"/api/v1/models/{added.model.name}")}
    return body_answer(added_body(added), status=201, headers=headers)
