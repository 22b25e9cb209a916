"""Models in SQL: read as records, written one step at a time inside the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from curiouser.kernel.canonical import canonical_json, digest_of
from curiouser.kernel.clock import from_text
from curiouser.kernel.ids import ModelDigest, ModelName
from curiouser.models.errors import ModelExistsError, ModelNotFoundError
from curiouser.models.project import Seen
from curiouser.models.records import Model, ModelEvent, ModelId, ModelKind, ReportedScore
from curiouser.models.tables import (
    model_events,
    model_files,
    model_imports,
    model_live,
    model_reported,
    model_versions,
    models,
)
from curiouser.storage import utc_text


def _every_version() -> Select[Any]:
    # Listed by hand: both tables have an id, a moment and a person.
    return (
        select(
            models.c.id.label("model_id"),
            models.c.name,
            models.c.kind,
            models.c.retired,
            model_versions.c.id,
            model_versions.c.version,
            model_versions.c.digest,
            model_versions.c.threshold,
            model_versions.c.columns.label("key_columns"),
            model_versions.c.source,
            model_versions.c.created_at,
            model_versions.c.created_by,
            model_live.c.id.label("live"),
        )
        .join(model_versions, model_versions.c.model_id == models.c.id)
        .outerjoin(model_live, model_live.c.version_id == model_versions.c.id)
        .order_by(models.c.name, model_versions.c.version)
    )


def _newest() -> Select[Any]:
    newest = select(model_versions.c.model_id, func.max(model_versions.c.version).label("newest"))
    found = newest.group_by(model_versions.c.model_id).subquery()
    return _every_version().join(
        found, and_(found.c.model_id == models.c.id, found.c.newest == model_versions.c.version)
    )


def _model(row: Row[Any]) -> Model:
    return Model(
        id=ModelId(row.id),
        name=ModelName(row.name),
        version=row.version,
        kind=ModelKind(row.kind),
        digest=ModelDigest(row.digest),
        threshold=row.threshold,
        columns=tuple(json.loads(row.key_columns)),
        source=json.loads(row.source),
        live=row.live is not None,
        retired=bool(row.retired),
        created_at=from_text(row.created_at),
        created_by=row.created_by,
    )


def find(connection: Connection, name: str) -> Model:
    """Find a model by ``name`` (its newest version) or ``name@2``.

    Raises:
        ModelNotFoundError: There is none.
    """
    bare, at, version = name.rpartition("@")
    if at and version.isdigit():
        wanted = _every_version().where(models.c.name == bare, model_versions.c.version == int(version))
    else:
        wanted = _newest().where(models.c.name == name)
    row = connection.execute(wanted).one_or_none()
    if row is None:
        raise ModelNotFoundError(name, connection.scalars(select(models.c.name).order_by(models.c.name)).all())
    return _model(row)


def find_live(connection: Connection) -> Model | None:
    """Find the version that is live."""
    row = connection.execute(_every_version().where(model_live.c.id == 1)).one_or_none()
    return None if row is None else _model(row)


class Page(TypedDict, total=False):
    """Which part of a list of models is wanted; all of it where nothing is said."""

    after: str | None
    """Cursor: only models whose name comes after this one; of every version, those behind this ``name@version``."""
    limit: int | None
    """At most this many."""


def listed(
    connection: Connection, *, include_retired: bool, every_version: bool, **page: Unpack[Page]
) -> tuple[Model, ...]:
    """List models in order of name and version; newest versions only, unless all are asked for."""
    wanted = (_every_version() if every_version else _newest()).limit(page.get("limit"))
    after = page.get("after")
    if after is not None:
        wanted = wanted.where(_behind(after) if every_version else models.c.name > after)
    if not include_retired:
        wanted = wanted.where(models.c.retired.is_(False))
    return tuple(_model(row) for row in connection.execute(wanted))


def _behind(after: str) -> ColumnElement[bool]:
    name, _, version = after.rpartition("@")
    if not name or not version.isdecimal():
        return models.c.name > after
    return or_(models.c.name > name, and_(models.c.name == name, model_versions.c.version > int(version)))


def insert_model(connection: Connection, name: str, kind: ModelKind, *, actor: str, now: datetime) -> int:
    """Take a name.

    Raises:
        ModelExistsError: The name is taken, by a retired model perhaps.
    """
    values = {"name": name, "kind": kind.value, "retired": False, "created_at": utc_text(now), "created_by": actor}
    try:
        return int(connection.execute(insert(models).values(values).returning(models.c.id)).scalar_one())
    except IntegrityError as error:
        raise _taken(name) from error


def refuse_taken(connection: Connection, name: str) -> None:
    """Refuse a name that a model has, a retired one perhaps.

    Raises:
        ModelExistsError: The name is taken.
    """
    if connection.execute(select(models.c.id).where(models.c.name == name)).first() is not None:
        raise _taken(name)


def _taken(name: str) -> ModelExistsError:
    return ModelExistsError(
        f"a model named {name!r} is here already",
        "choose another name; predictions for new rows go in with `curiouser model update`",
    )


def insert_version(
    connection: Connection,
    model_id: int,
    version: int,
    *,
    digest: str,
    threshold: float | None,
    columns: Sequence[str],
    source: Mapping[str, Any],
    layers: Sequence[str] = (),
    actor: str,
    now: datetime,
) -> int:
    """Write one version down."""
    values = {
        "model_id": model_id,
        "version": version,
        "digest": digest,
        "threshold": threshold,
        "columns": canonical_json(list(columns)),
        "source": canonical_json(dict(source)),
        "layers": canonical_json(list(layers)),
        "created_at": utc_text(now),
        "created_by": actor,
    }
    return int(connection.execute(insert(model_versions).values(values).returning(model_versions.c.id)).scalar_one())


def insert_event(connection: Connection, model_id: int, what: str, detail: str, *, actor: str, now: datetime) -> None:
    """Write down what was done to a model."""
    values = {"model_id": model_id, "what": what, "detail": detail, "actor": actor, "at": utc_text(now)}
    connection.execute(insert(model_events).values(values))


def events_of(
    connection: Connection, model_id: int, *, after: int = 0, limit: int | None = None
) -> tuple[ModelEvent, ...]:
    """List what was done to a model, oldest first, from behind an event's number."""
    wanted = select(model_events).where(model_events.c.model_id == model_id, model_events.c.id > after)
    wanted = wanted.order_by(model_events.c.id).limit(limit)
    return tuple(
        ModelEvent(number=row.id, what=row.what, detail=row.detail, actor=row.actor, at=from_text(row.at))
        for row in connection.execute(wanted)
    )


def model_number(connection: Connection, version_id: int) -> int:
    """Tell which model a version is of."""
    wanted = select(model_versions.c.model_id).where(model_versions.c.id == version_id)
    return int(connection.execute(wanted).scalar_one())


def lock_model(connection: Connection, version_id: int) -> int:
    """Keep every other writer away from a model until the transaction ends; tell which model it is."""
    number = model_number(connection, version_id)
    connection.execute(select(models.c.id).where(models.c.id == number).with_for_update())
    return number


def seen_by(connection: Connection, version_id: int) -> Seen:
    """Read what a version was seen to load."""
    files = connection.execute(
        select(model_files.c.path, model_files.c.sha256).where(model_files.c.version_id == version_id)
    )
    names = connection.execute(select(model_imports.c.names).where(model_imports.c.version_id == version_id)).scalar()
    return Seen(files={row.path: row.sha256 for row in files}, imports=tuple(json.loads(names or "[]")))


def every_path(connection: Connection, model_id: int) -> list[str]:
    """List every file that any version of a model was seen to load."""
    joined = model_files.join(model_versions, model_versions.c.id == model_files.c.version_id)
    wanted = select(model_files.c.path).select_from(joined).where(model_versions.c.model_id == model_id).distinct()
    return list(connection.scalars(wanted.order_by(model_files.c.path)))


def add_seen(connection: Connection, version_id: int, files: Mapping[str, str], imports: Iterable[str]) -> None:
    """Add to what a version was seen to load."""
    before = seen_by(connection, version_id)
    fresh = [
        {"version_id": version_id, "path": path, "sha256": sha}
        for path, sha in files.items()
        if path not in before.files
    ]
    if fresh:
        connection.execute(insert(model_files), fresh)
    names = sorted({*before.imports, *imports})
    if names != list(before.imports):
        connection.execute(delete(model_imports).where(model_imports.c.version_id == version_id))
        connection.execute(insert(model_imports).values(version_id=version_id, names=canonical_json(names)))


def set_values(connection: Connection, version_id: int, **values: Any) -> None:  # noqa: ANN401  one of the two that change
    """Change the threshold or the layers of a version."""
    connection.execute(update(model_versions).where(model_versions.c.id == version_id).values(**values))


def layers_of(connection: Connection, version_id: int) -> tuple[str, ...]:
    """Read which layers of the sandbox were active when a version was last asked."""
    found = connection.execute(select(model_versions.c.layers).where(model_versions.c.id == version_id)).scalar_one()
    return tuple(json.loads(found))


def change(
    connection: Connection, model_id: int, *, new_name: str | bool | None = None, retired: str | bool | None = None
) -> None:
    """Give a model another name, or retire or restore it.

    Raises:
        ModelExistsError: The name is taken.
    """
    values = {"name": new_name, "retired": retired}
    said = {column: value for column, value in values.items() if value is not None}
    try:
        connection.execute(update(models).where(models.c.id == model_id).values(said))
    except IntegrityError as error:
        raise _taken(str(new_name)) from error


def set_live(connection: Connection, version_id: int) -> None:
    """Make a version the live one."""
    connection.execute(delete(model_live))
    connection.execute(insert(model_live).values(id=1, version_id=version_id))


def insert_reported_model(
    connection: Connection, name: str, scores: tuple[ReportedScore, ...], *, actor: str, now: datetime
) -> Model:
    """Write down a model of which only reported scores remain."""
    number = insert_model(connection, name, ModelKind.REPORTED, actor=actor, now=now)
    said = [[score.metric, score.value, score.slice] for score in scores]
    digest = digest_of({"kind": "reported", "model": number, "scores": said})
    insert_version(connection, number, 1, digest=digest, threshold=None, columns=(), source={}, actor=actor, now=now)
    insert_reported(connection, number, scores)
    insert_event(connection, number, "added", f"{len(scores)} reported scores", actor=actor, now=now)
    return find(connection, name)


def insert_reported(connection: Connection, model_id: int, scores: Sequence[ReportedScore]) -> None:
    """Write reported scores down."""
    rows = [
        {
            "model_id": model_id,
            "metric": score.metric,
            "value": score.value,
            "n": score.n,
            "test_set": score.test_set,
            "slice": score.slice,
            "note": score.note,
        }
        for score in scores
    ]
    connection.execute(insert(model_reported), rows)


def reported_of(connection: Connection, model_id: int) -> tuple[ReportedScore, ...]:
    """Read reported scores, in the order they were given."""
    wanted = select(model_reported).where(model_reported.c.model_id == model_id).order_by(model_reported.c.id)
    return tuple(
        ReportedScore(
            metric=row.metric, value=row.value, n=row.n, test_set=row.test_set, slice=row.slice, note=row.note
        )
        for row in connection.execute(wanted)
    )
