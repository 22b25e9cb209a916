"""Models over REST: what there is of each, its name, its threshold, which one is live, and what all of them answer."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from curiouser.kernel.canonical import Json
from curiouser.models import Model
from curiouser.surfaces.bodies.models import Shown, asked_body, event_body, model_body, models_body, shown_body
from curiouser.surfaces.rest.pages import following, paged
from curiouser.surfaces.rest.parameters import Body, Finite, ModelRef, Name, Names, Number, Ref, Row
from curiouser.surfaces.serving.answers import body_answer, entity_tag, expected, tagged_answer
from curiouser.surfaces.serving.roles import Verb
from curiouser.surfaces.serving.routes import After, Asked, Limit, Routes

routes = Routes(tags=["models"])


class Threshold(Body):
    """Where scores are cut."""

    threshold: Finite


class Renamed(Body):
    """A model's other name."""

    name: Name


class Question(Body):
    """One input for every model, or for those named."""

    input: Row
    models: Names | None = None
    on: Ref = "test"


@routes.get("/models", does=Verb.READ)
def list_models(
    caller: Asked, limit: Limit = 200, after: After = None, *, retired: bool = False, versions: bool = False
) -> Response:
    """List models by name; `curiouser model list`."""
    models = caller.workspace.models
    found = models.list(include_retired=retired, every_version=versions, limit=limit + 1, after=after)
    # A page of versions may end between two of one name.
    place = _version if versions else _name
    return body_answer(paged(models_body(found, limit), following(found, limit, place)))


@routes.get("/models/{name}", does=Verb.READ)
def show_model(caller: Asked, name: ModelRef) -> Response:
    """Show where a model came from, what was reported of it, and its history; `curiouser model show`.

    The ETag is what a change of its threshold must bring back as If-Match.
    """
    models = caller.workspace.models
    found = models.get(name)
    reported = models.reported_scores(found)
    shown = Shown(model=found, layers=models.layers(found), reported=reported, history=models.history(name))
    return body_answer(shown_body(shown), headers={"ETag": entity_tag(model_body(found))})


@routes.get("/models/{name}/history", does=Verb.READ)
def model_history(caller: Asked, name: ModelRef, limit: Limit = 100, after: Number | None = None) -> Response:
    """List what was done to a model, oldest first; the key `history` of `curiouser model show`."""
    found = caller.workspace.models.history(name, after=after or 0, limit=limit + 1)
    body: dict[str, Json] = {"history": [event_body(one) for one in found[:limit]]}
    return body_answer(paged(body, following(found, limit, lambda one: one.number)))


@routes.put("/models/{name}/threshold", does=Verb.SET_THRESHOLD)
def set_threshold(caller: Asked, request: Request, name: ModelRef, body: Threshold) -> Response:
    """Say where a model's scores are cut; `curiouser model threshold`."""
    models = caller.workspace.models
    found = models.get(name)
    seen = expected(request, found, model_body(found))
    return _changed(models.set_threshold(name, body.threshold, expected=seen, actor=caller.actor))


@routes.post("/models/{name}/rename", does=Verb.RENAME_MODEL)
def rename_model(caller: Asked, name: ModelRef, body: Renamed) -> Response:
    """Give a model another name; versions, predictions and history stay; `curiouser model rename`."""
    return _changed(caller.workspace.models.rename(name, body.name, actor=caller.actor))


@routes.post("/models/{name}/retire", does=Verb.RETIRE_MODEL)
def retire_model(caller: Asked, name: ModelRef) -> Response:
    """Leave a model out of lists and evaluations; nothing of it is lost; `curiouser model retire`."""
    return _changed(caller.workspace.models.retire(name, actor=caller.actor))


@routes.post("/models/{name}/restore", does=Verb.RESTORE_MODEL)
def restore_model(caller: Asked, name: ModelRef) -> Response:
    """Take a retired model back; `curiouser model restore`."""
    return _changed(caller.workspace.models.restore(name, actor=caller.actor))


@routes.post("/models/{name}/live", does=Verb.SET_LIVE)
def set_live(caller: Asked, name: ModelRef) -> Response:
    """Say which model users meet now; `curiouser model live`."""
    return _changed(caller.workspace.models.set_live(name, actor=caller.actor))


@routes.post("/ask", does=Verb.ASK_MODELS)
def ask(caller: Asked, body: Question) -> Response:
    """Put one input to every model; nothing is stored; `curiouser model ask`."""
    asked = caller.workspace.models.ask(body.input, names=body.models, on=body.on)
    return body_answer(asked_body(body.input, asked))


def _name(model: Model) -> str:
    return model.name


def _version(model: Model) -> str:
    return f"{model.name}@{model.version}"


def _changed(model: Model) -> Response:
    return tagged_answer(model_body(model))
