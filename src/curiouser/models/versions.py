"""Versions of callables: what they were seen to load, whether that has changed, and asking them.

A version keeps every file it was ever seen to load. A module that is imported
late, within a batch, is written down before the answers of that batch are given
out; from then on a change of it makes a new version too. The next version's
digest covers every file that any version before it has loaded, so no two
versions can share a digest unless all of these are equal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from curiouser.kernel.canonical import canonical_json, digest_of
from curiouser.kernel.clock import Clock
from curiouser.kernel.errors import BadInputError
from curiouser.kernel.ids import ObjectName
from curiouser.models import stored
from curiouser.models.calling import Caller, House, Spec, default_threshold
from curiouser.models.errors import ModelRunError, ReportedOnlyError
from curiouser.models.project import Seen, environment, hashes_now, is_unchanged, reads_key
from curiouser.models.records import Limits, Model, ModelKind, Permissions
from curiouser.storage import Database, FolderObjects

Source = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A callable as it is to be added."""

    name: str
    """What to call it."""
    source: Source
    """Where it comes from and how it is asked, as far as the user says."""
    columns: tuple[str, ...] | None
    """What it reads; None: the file itself says so (sklearn), else the task's inputs."""
    threshold: float | None
    """Binary: where scores are cut; None for the usual place."""


class Versions:
    """Adds callables, sees when they change, and starts their children.

    Args:
        database: Where versions are written down.
        objects: Where .skops files are.
        house: Where children live.
        clock: Tells the time.
    """

    def __init__(self, database: Database, objects: FolderObjects, house: House, clock: Clock) -> None:
        self._database, self._objects, self._house, self._clock = database, objects, house, clock

    def add(self, kind: ModelKind, wish: Wish, *, actor: str) -> Model:
        """Load a callable once, and write its first version down.

        Raises:
            ModelRunError: It cannot be loaded.
            UntrustedTypesError: Its file would build types nobody vouched for.
            ModelExistsError: The name is taken.
            BadInputError: It reads other columns than the task has.
        """
        with self._house.child(self._spec(wish.name, kind, wish.source)) as child:
            source = self._described(kind, wish, child.started.header["shape"])
            seen = self._seen(source, child.started.header)
            columns = tuple(source["inputs"])
            layers = child.layers
        threshold = wish.threshold
        if threshold is None:
            threshold = default_threshold(self._house.task, margins=source["margins"])
        now = self._clock()
        with self._database.write() as connection:
            source["copy"] = self._copies(stored.listed(connection, include_retired=True, every_version=False), source)
            digest = self._digest(kind, source, seen)
            number = stored.insert_model(connection, wish.name, kind, actor=actor, now=now)
            version = stored.insert_version(
                connection, number, 1,
                digest=digest, threshold=threshold, columns=columns, source=source, layers=layers, actor=actor, now=now,
            )  # fmt: skip
            stored.add_seen(connection, version, seen.files, seen.imports)
            stored.insert_event(connection, number, "added", f"{kind.value}: {_origin(source)}", actor=actor, now=now)
            return stored.find(connection, wish.name)

    def current(self, model: Model) -> Model:
        """Look at a callable's code and surroundings again; what changed becomes a new version.

        An older version stays what it was: it answers from what is stored.

        Raises:
            ModelRunError: The code changed, and cannot be loaded any more; or it is a file of predictions for other
                classes than the task has now.
        """
        if not model.kind.is_callable:
            self._refuse_other_classes(model)
            return model
        with self._database.read() as connection:
            newest = stored.find(connection, model.name)
            seen = stored.seen_by(connection, newest.id)
            paths = stored.every_path(connection, stored.model_number(connection, newest.id))
        if newest.id != model.id:
            return model
        if self._is_as_before(newest, seen):
            return newest
        return self._changed(newest, paths)

    @contextmanager
    def calling(self, model: Model) -> Iterator[Caller]:
        """Start a model's child, for as many batches as there are.

        Raises:
            ModelRunError: It cannot be loaded, or is an older version whose code is gone.
            ReportedOnlyError: Only reported scores of it remain.
        """
        if model.kind is ModelKind.REPORTED:
            raise ReportedOnlyError(model.name)
        if not model.kind.is_callable:
            raise ModelRunError(
                model.title,
                "is a file of predictions and can't be asked",
                "give it predictions: curiouser model update",
            )
        with self._database.read() as connection:
            newest = stored.find(connection, model.name)
            seen = stored.seen_by(connection, model.id)
            before = stored.layers_of(connection, model.id)
        if newest.id != model.id:
            raise ModelRunError(
                model.title, "can't be asked any more: its code changed", f"ask {newest.title!r} instead"
            )
        spec = self._spec(model.title, model.kind, dict(model.source))
        with self._house.child(spec) as child:
            if child.layers != before:
                with self._database.write() as connection:
                    stored.set_values(connection, model.id, layers=canonical_json(list(child.layers)))

            def remember(files: Mapping[str, str], imports: Sequence[str]) -> None:
                if files or not set(imports) <= set(seen.imports):
                    with self._database.write() as connection:
                        stored.add_seen(connection, model.id, files, imports)

            limits = spec.permissions.limits
            yield Caller(model, child, task=self._house.task, limits=limits, known=seen.files, remember=remember)

    def _spec(self, name: str, kind: ModelKind, source: Source) -> Spec:
        return Spec(
            name=name,
            kind=kind,
            target=source.get("target", ""),
            artefact=self._objects.get(ObjectName(source["object"])) if kind is ModelKind.SKLEARN else b"",
            trust=tuple(source.get("trust", ())),
            margins=bool(source.get("margins", False)),
            permissions=permissions_of(source),
        )

    def _described(self, kind: ModelKind, wish: Wish, shape: Mapping[str, Any]) -> Source:
        """Complete what the user said with what the model itself says."""
        task, source = self._house.task, dict(wish.source)
        source["task"] = {"kind": task.kind.value, "classes": list(task.classes)}
        source["environment"] = environment()
        source.setdefault("margins", False)
        if kind is ModelKind.PYTHON:
            source["inputs"] = list(wish.columns or task.inputs)
            return source
        source["margins"] = shape["gives"] == "margins"
        source["gives"] = shape["gives"]
        names = shape["names"]
        source["feed"] = "ordered" if names is None else "polars"
        source["inputs"] = self._columns_of(wish, names)
        return source

    def _columns_of(self, wish: Wish, names: Sequence[str] | None) -> list[str]:
        inputs = list(self._house.task.inputs)
        if names is not None:
            strange = [name for name in names if name not in inputs]
            if strange:
                raise BadInputError(
                    f"model {wish.name!r} reads {', '.join(strange)}, and the task's inputs are {', '.join(inputs)}",
                    "fit it on the task's inputs, or add them to [task] inputs",
                )
            return list(names)
        if wish.columns is None and len(inputs) > 1:
            raise BadInputError(
                f"model {wish.name!r} was fitted without column names, and the task has {len(inputs)} inputs: "
                "in which order it reads them can't be told",
                f"fit it on a data frame, or say the order of its features: --inputs {','.join(inputs)}",
            )
        return list(wish.columns or inputs)

    def _seen(self, source: Source, header: Mapping[str, Any]) -> Seen:
        named = hashes_now(self._house.root, [reads_key(argument) for argument in source["reads"]])
        return Seen(files={**header["files"], **named}, imports=tuple(header["imports"]))

    def _copies(self, models: Sequence[Model], source: Source) -> int:
        """Count the models that are the same callable under another name: each is asked for itself."""
        return sum(1 for model in models if family(model.source) == family(source))

    def _digest(self, kind: ModelKind, source: Source, seen: Seen) -> str:
        kept = ("inputs", "margins", "task", "environment", "feed", "copy", "target")
        said = {name: source[name] for name in kept if name in source}
        artefact = source.get("sha256", "")
        return digest_of({**said, "kind": kind.value, "artefact": artefact, "files": dict(seen.files)})

    def _refuse_other_classes(self, model: Model) -> None:
        """A stored class is a place among the configured classes: another order would give it another meaning."""
        before = model.source.get("classes")
        if before is not None and before != list(self._house.task.classes):
            raise ModelRunError(
                model.title,
                f"was added when the classes were {', '.join(before)}",
                "set [task] classes back, or add its predictions again under another name",
            )

    def _is_as_before(self, model: Model, seen: Seen) -> bool:
        task = self._house.task
        described = {"kind": task.kind.value, "classes": list(task.classes)}
        return (
            model.source["task"] == described
            and model.source["environment"] == environment()
            and is_unchanged(self._house.root, seen)
        )

    def _changed(self, before: Model, paths: Sequence[str]) -> Model:
        """Load what is there now and write it down as the next version."""
        spec = self._spec(before.title, before.kind, dict(before.source))
        wish = Wish(name=before.name, source=dict(before.source), columns=before.columns, threshold=before.threshold)
        with self._house.child(spec) as child:
            source = self._described(before.kind, wish, child.started.header["shape"])
            loaded = self._seen(source, child.started.header)
            layers = child.layers
        seen = Seen(files={**hashes_now(self._house.root, paths), **loaded.files}, imports=loaded.imports)
        digest, now = self._digest(before.kind, source, seen), self._clock()
        with self._database.write() as connection:
            newest = stored.find(connection, before.name)
            if newest.id != before.id:
                return newest  # somebody else saw the same change first
            number = stored.model_number(connection, before.id)
            if digest == before.digest:
                stored.add_seen(connection, before.id, seen.files, seen.imports)
                return newest
            version = stored.insert_version(
                connection, number, before.version + 1,
                digest=digest, threshold=before.threshold, columns=source["inputs"], source=source, layers=layers,
                actor=before.created_by, now=now,
            )  # fmt: skip
            stored.add_seen(connection, version, seen.files, seen.imports)
            detail = f"version {before.version + 1}: its code, its files or what is installed changed"
            stored.insert_event(connection, number, "version", detail, actor=before.created_by, now=now)
            return stored.find(connection, before.name)


def family(source: Mapping[str, Any]) -> str:
    """Name what makes two models the same callable: their target or artefact, and what they read."""
    return digest_of([source.get("target"), source.get("sha256"), source.get("inputs"), source.get("margins")])


def permissions_of(source: Mapping[str, Any]) -> Permissions:
    """Read what a callable may touch and use."""
    return Permissions(
        reads=tuple(source["reads"]),
        writes=tuple(source["writes"]),
        network=source["network"],
        limits=Limits(**source["limits"]),
    )


def said_of(permissions: Permissions) -> Source:
    """Write down what a callable may touch and use."""
    limits = permissions.limits
    return {
        "reads": list(permissions.reads),
        "writes": list(permissions.writes),
        "network": permissions.network,
        "limits": {
            "batch_s": limits.batch_s,
            "start_s": limits.start_s,
            "memory_mb": limits.memory_mb,
            "file_mb": limits.file_mb,
            "batch_rows": limits.batch_rows,
        },
    }


def _origin(source: Source) -> str:
    return str(source.get("target") or source.get("file"))
