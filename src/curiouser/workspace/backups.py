"""Back a workspace up into one tar file, and restore it.

The database is copied through SQLite's own backup (its files are never opened
or copied while in use), then the objects it can name; a manifest with the hash
of every member comes last, so that a torn backup is seen as torn. Nothing is
extracted by path: members are read by name, and each name must be one we write.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from curiouser.kernel.canonical import canonical_json
from curiouser.kernel.configuration import FILE_NAME, load_configuration
from curiouser.kernel.errors import BadInputError, ConflictError, StorageError
from curiouser.storage import Database, FolderObjects
from curiouser.storage.objects import disk_errors
from curiouser.workspace.opening import Workspace, database_url, objects_folder

Progress = Callable[[int, int | None], None]
_MANIFEST, _DATABASE = "manifest.json", "meta.db"
_OBJECT = re.compile(r"objects/([0-9a-f]{64}(?:\.[a-z]{1,10}){1,2})")
_BLOCK, _HEX = 1 << 20, 64
_NOTHING: Progress = lambda _done, _total: None  # noqa: E731  a default argument


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """What a backup holds."""

    path: Path
    """The tar file, or the restored folder."""
    objects: int
    """Objects in it."""
    size_bytes: int
    """Size of the tar file."""


def back_up(workspace: Workspace, target: Path, *, progress: Progress = _NOTHING) -> Backup:
    """Write the whole workspace to a new tar file, while it may be in use.

    Raises:
        ConflictError: The file exists.
        StorageError: The disk refused, or an object is damaged; no file is left.
    """
    if target.exists():
        raise ConflictError(f"{target} exists", "choose another name; a backup never overwrites")
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with disk_errors(f"writing the backup {target}"):
            count = _write(workspace, draft, progress)
            draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return Backup(path=target, objects=count, size_bytes=target.stat().st_size)


def restore(source: Path, folder: Path, *, progress: Progress = _NOTHING) -> Backup:
    """Rebuild a workspace from a backup in a folder that has none; every hash is checked.

    Raises:
        ConflictError: The folder holds a workspace already.
        BadInputError: The file is no backup, or is torn or damaged.
        StorageError: The disk refused.
    """
    if (folder / FILE_NAME).exists() or (folder / ".curiouser").exists():
        raise ConflictError(f"{folder} holds a workspace already", "restore into an empty folder")
    try:
        with tarfile.open(source, "r:") as archive, disk_errors(f"restoring into {folder}"):
            count = _read(archive, source, folder, progress)
    except (tarfile.TarError, KeyError, json.JSONDecodeError, EOFError) as error:
        raise BadInputError(f"{source} is no whole backup: {error}", "take another backup file") from error
    except FileNotFoundError as error:
        raise BadInputError(f"there is no file {source}", "check the path") from error
    return Backup(path=folder, objects=count, size_bytes=source.stat().st_size)


def _write(workspace: Workspace, draft: Path, progress: Progress) -> int:
    if workspace.database.file is None:
        raise StorageError(
            "the database is on a server", "back it up with pg_dump, and the objects by copying their folder"
        )
    hashes: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="curiouser-") as scratch, tarfile.open(draft, "w:") as archive:
        copy = Path(scratch) / _DATABASE
        workspace.database.copy_to(copy)
        hashes[_DATABASE] = _add(archive, _DATABASE, copy)
        hashes[FILE_NAME] = _add(archive, FILE_NAME, workspace.root / FILE_NAME)
        names = list(workspace.objects.names())
        for done, name in enumerate(names, 1):
            member = f"objects/{name}"
            hashes[member] = _add(archive, member, workspace.objects.path(name))
            progress(done, len(names))
        manifest = canonical_json({"format": 1, "members": hashes}).encode()
        entry = tarfile.TarInfo(_MANIFEST)
        entry.size = len(manifest)
        archive.addfile(entry, io.BytesIO(manifest))
    with draft.open("rb+") as file:
        os.fsync(file.fileno())
    return len(names)


def _add(archive: tarfile.TarFile, member: str, path: Path) -> str:
    entry = tarfile.TarInfo(member)
    entry.size = path.stat().st_size
    with path.open("rb") as file:
        archive.addfile(entry, file)
        file.seek(0)
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(archive: tarfile.TarFile, source: Path, folder: Path, progress: Progress) -> int:
    manifest = json.loads(_bytes(archive, _MANIFEST))["members"]
    if not isinstance(manifest, dict) or not {_DATABASE, FILE_NAME} <= set(manifest):
        raise BadInputError(f"{source} is no backup of a workspace", "take another backup file")
    strange = sorted(name for name in manifest if name not in {_DATABASE, FILE_NAME} and not _OBJECT.fullmatch(name))
    if strange:
        raise BadInputError(f"{source} holds {strange[0]!r}, which no backup of ours would", "take another backup file")
    with tempfile.TemporaryDirectory(prefix=".curiouser-", dir=_parent(folder)) as scratch:
        made = Path(scratch)
        for done, (member, expected) in enumerate(manifest.items(), 1):
            _copy(archive, member, str(expected), made / member)
            progress(done, len(manifest))
        _install(made, folder)
    return len(manifest) - 2


def _parent(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _bytes(archive: tarfile.TarFile, member: str) -> bytes:
    file = archive.extractfile(member)
    if file is None:
        raise KeyError(f"{member} is no file")
    return file.read()


def _copy(archive: tarfile.TarFile, member: str, expected: str, target: Path) -> None:
    source = archive.extractfile(member)
    if source is None:
        raise KeyError(f"{member} is no file")
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with target.open("wb") as file:
        while block := source.read(_BLOCK):
            digest.update(block)
            file.write(block)
    if digest.hexdigest() != expected:
        raise BadInputError(
            f"{member} in the backup is damaged: its bytes do not hash to what was written", "take another backup"
        )


def _install(made: Path, folder: Path) -> None:
    """Put the verified parts in place; the configuration comes last, because it makes the folder a workspace."""
    configuration = load_configuration(made / FILE_NAME)
    objects = FolderObjects(objects_folder(folder, configuration))
    for path in sorted((made / "objects").glob("*")):
        objects.adopt(path, suffix=path.name[_HEX:])
    database = Database(database_url(folder, configuration))
    if database.file is None:
        raise StorageError("the backup's configuration names a database server", "restore there with pg_restore")
    if database.file.exists():
        raise ConflictError(f"{database.file} exists", "restore into an empty folder")
    database.file.parent.mkdir(parents=True, exist_ok=True)
    (made / _DATABASE).replace(database.file)
    database.check()
    database.close()
    (made / FILE_NAME).replace(folder / FILE_NAME)
