"""Models: the list, one of them, its threshold and name, its answers, and one input put to all of them."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import File, Query, Request, UploadFile
from starlette.responses import Response

from curiouser.kernel.configuration import TaskKind
from curiouser.kernel.errors import BadInputError, CuriouserError
from curiouser.kernel.words import plural
from curiouser.models import Model, ModelKind, write_rows
from curiouser.surfaces.rest.downloads import written
from curiouser.surfaces.serving.answers import see_other
from curiouser.surfaces.serving.roles import Verb
from curiouser.surfaces.serving.routes import Asked, Caller, Routes
from curiouser.surfaces.web.model_views import (
    ModelList,
    facts_of,
    model_list,
    models_table,
    scores_of,
    scores_table,
)
from curiouser.surfaces.web.posted import Form, Posted
from curiouser.surfaces.web.rendering import page, part, streamed
from curiouser.surfaces.web.tables import AsFile, table_answer
from curiouser.surfaces.web.uploaded import SCORES, Fields, upload

routes = Routes(tags=["pages"])
Chosen = Annotated[UploadFile | None, File()]
INPUT = "input."
"""Begins the names of the fields that hold one input's columns."""


@routes.get("/models", does=Verb.READ)
def list_models(caller: Asked, *, retired: bool = False, as_file: AsFile = None) -> Response:
    """List models, and where each stands today."""
    found = model_list(caller.workspace, include_retired=retired)
    if as_file is not None:
        return table_answer(models_table(found), as_file)
    return _listed(caller, retired=retired, found=found)


@routes.post("/models", does=Verb.ADD_MODEL, takes_files=True)
def add_model(caller: Asked, form: Fields, file: Chosen = None) -> Response:
    """Add a model of which there is a file: of its predictions, or of the scores that were reported."""
    add = _add_reported if form.text("what") == "reported" else _add_predictions
    try:
        where, said = add(caller, form, file)
    except CuriouserError as error:
        return _listed(caller, trouble=error, given=form, status=error.http_status)
    return see_other(caller, where, said)


@routes.get("/models/{name}", does=Verb.READ)
def show_model(caller: Asked, name: str, as_file: AsFile = None) -> Response:
    """Show one model: its facts, scores, versions and history."""
    model = caller.workspace.models.get(name)
    if as_file is not None:
        return table_answer(scores_table(scores_of(caller.workspace, model)), as_file)
    return _shown(caller, model)


@routes.get("/models/{name}/missing.csv", does=Verb.READ)
def missing_rows(caller: Asked, name: str, on: Annotated[str, Query(max_length=250)] = "test") -> Response:
    """Give the rows a model has still to predict, id and inputs, as a file."""
    rows = caller.workspace.models.missing(name, on=on)
    return written(lambda path: write_rows(rows, path), f"{name}-missing", "csv")


@routes.post("/models/{name}/answers", does=Verb.UPDATE_MODEL, takes_files=True)
def add_answers(caller: Asked, name: str, form: Fields, file: Chosen = None) -> Response:
    """Take predictions for rows that came later."""
    models = caller.workspace.models
    try:
        with upload(file) as path:
            done = models.update(name, path, on=form.text("on") or "test", actor=caller.actor)
    except CuriouserError as error:
        return _shown(caller, models.get(name), trouble=error, status=error.http_status)
    left = f"{plural(done.missing, 'row')} still to predict" if done.missing else "none is missing any more"
    return _back(caller, done.model, f"{plural(done.added, 'answer')} added, {left}.")


@routes.post("/models/{name}/threshold", does=Verb.SET_THRESHOLD)
def set_threshold(caller: Asked, name: str, form: Form) -> Response:
    """Say where a model's scores are cut."""
    models = caller.workspace.models
    try:
        made = models.set_threshold(name, _number(form.text("threshold")), actor=caller.actor)
    except CuriouserError as error:
        return _shown(caller, models.get(name), trouble=error, status=error.http_status)
    return _back(caller, made, f"{made.title} is cut at {made.threshold:g} from now on.")


@routes.post("/models/{name}/rename", does=Verb.RENAME_MODEL)
def rename_model(caller: Asked, name: str, form: Form) -> Response:
    """Give a model another name."""
    models = caller.workspace.models
    try:
        made = models.rename(models.get(name).name, form.text("name"), actor=caller.actor)
    except CuriouserError as error:
        return _shown(caller, models.get(name), trouble=error, status=error.http_status)
    return _back(caller, made, f"{name} is called {made.name} now.")


@routes.post("/models/{name}/live", does=Verb.SET_LIVE)
def set_live(caller: Asked, name: str) -> Response:
    """Say that users meet this model now."""
    made = caller.workspace.models.set_live(name, actor=caller.actor)
    return _back(caller, made, f"Users meet {made.title} now.")


@routes.post("/models/{name}/retire", does=Verb.RETIRE_MODEL)
def retire_model(caller: Asked, name: str) -> Response:
    """Leave a model out of lists and evaluations."""
    made = caller.workspace.models.retire(name, actor=caller.actor)
    return _back(caller, made, f"{made.name} is retired; nothing of it is lost.")


@routes.post("/models/{name}/restore", does=Verb.RESTORE_MODEL)
def restore_model(caller: Asked, name: str) -> Response:
    """Take a retired model back."""
    made = caller.workspace.models.restore(name, actor=caller.actor)
    return _back(caller, made, f"{made.name} is back.")


@routes.get("/ask", does=Verb.ASK_MODELS)
def ask_page(caller: Asked, request: Request) -> Response:
    """Offer the form for one input; an address may bring the input along."""
    return _asking(caller, dict(request.query_params))


@routes.post("/ask", does=Verb.ASK_MODELS)
def ask(caller: Asked, form: Form) -> Response:
    """Put one input to every model; nothing is kept."""
    given = {name: form.raw(name) for name in form.texts}
    inputs = {name: given.get(INPUT + name, "") for name in caller.workspace.configuration.task.inputs}
    models = caller.workspace.models.list()
    try:
        answers = caller.workspace.models.asker.each(inputs, models)
    except CuriouserError as error:
        return _asking(caller, given, trouble=error, status=error.http_status)
    if not models:
        return _asking(caller, given, count=0)
    rows = (part(caller, "asked_row.html", one=one, expected=None) for one in answers)
    return streamed(caller, "ask.html", rows, **_question(caller, given), count=len(models), trouble=None)


def _listed(
    caller: Caller, *, retired: bool = False, found: ModelList | None = None, status: int = 200,
    trouble: CuriouserError | None = None, given: Posted | None = None,
) -> Response:  # fmt: skip
    is_binary = caller.workspace.configuration.task.kind is TaskKind.BINARY
    return page(
        caller, "models.html", status=status, retired=retired, trouble=trouble, given=given, has_threshold=is_binary,
        found=found or model_list(caller.workspace, include_retired=retired), may_change=caller.may(Verb.ADD_MODEL),
    )  # fmt: skip


def _shown(caller: Caller, model: Model, *, status: int = 200, trouble: CuriouserError | None = None) -> Response:
    models = caller.workspace.models
    versions = [one for one in models.list(include_retired=True, every_version=True) if one.name == model.name]
    scores = scores_of(caller.workspace, model)
    missing = len(models.missing(model.title)) if scores.commit is not None and not model.retired else 0
    return page(
        caller,
        "model.html",
        status=status,
        model=model,
        versions=versions,
        facts=facts_of(caller.workspace, model),
        history=models.history(model.title)[::-1],
        reported=models.reported_scores(model),
        missing=missing,
        trouble=trouble,
        may_change=caller.may(Verb.ADD_MODEL),
        has_threshold=model.threshold is not None and model.kind is not ModelKind.REPORTED,
        scores=scores.overall,
        by_class=scores.by_class,
        by_slice=scores.by_slice,
        slice_metric=scores.slice_metric,
        commit=scores.commit,
    )


def _asking(
    caller: Caller, given: dict[str, str], *, status: int = 200, count: int | None = None, trouble: object = None
) -> Response:
    return page(caller, "ask.html", status=status, **_question(caller, given), count=count, trouble=trouble, coming="")


def _question(caller: Caller, given: dict[str, str]) -> dict[str, object]:
    names = caller.workspace.configuration.task.inputs
    return {"inputs": [(name, given.get(INPUT + name, "")) for name in names], "prefix": INPUT}


def _add_predictions(caller: Caller, form: Posted, file: UploadFile | None) -> tuple[str, str]:
    threshold = _number(form.text("threshold")) if form.text("threshold") else None
    margins, on = bool(form.text("margins")), form.text("on") or "test"
    with upload(file) as path:
        added = caller.workspace.models.add_predictions(
            form.text("name"), path, on=on, threshold=threshold, margins=margins, actor=caller.actor
        )
    left = f"; {plural(added.missing, 'row')} still to predict" if added.missing else ""
    return _path(added.model), f"{added.model.name} is added with {plural(added.answered, 'answer')}{left}."


def _add_reported(caller: Caller, form: Posted, file: UploadFile | None) -> tuple[str, str]:
    models, name = caller.workspace.models, form.text("name")
    with upload(file, SCORES) as path:
        if name:
            added = models.add_reported(name, path, actor=caller.actor)
            return _path(added.model), f"{name} is added as reported."
        several = models.add_each_reported(path, actor=caller.actor)
    return "/models", f"{plural(len(several), 'model')} added as reported."


def _number(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError as error:
        raise BadInputError(f"{text!r} is no number", "write it as 0.5") from error


def _path(model: Model) -> str:
    return f"/models/{quote(model.title, safe='')}"


def _back(caller: Caller, model: Model, said: str) -> Response:
    return see_other(caller, _path(model), said)
