"""Immutable files named by the SHA-256 of their bytes, in a folder.

A put writes a temporary file, fsyncs it, renames it to its name and fsyncs the
directory: after a crash a name is either absent or whole. Two writers of the
same bytes both win. An object is verified when it is first opened by a process.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from curiouser.kernel.errors import ObjectCorruptError, ObjectNotFoundError, StorageError
from curiouser.kernel.ids import ObjectName

_BLOCK = 1 << 20
_WAITING_TOGETHER = 8  # fsyncs at a time; a journal writes what waits for it in one go


@contextmanager
def disk_errors(doing: str) -> Iterator[None]:
    """Turn the operating system's refusal to write into a :class:`StorageError` that says what to do."""
    try:
        yield
    except StorageError:
        raise
    except OSError as error:
        raise storage_error(error, doing) from error


def storage_error(error: OSError, doing: str) -> StorageError:
    """Say which kind of refusal this was."""
    repairs = {
        errno.ENOSPC: "free some space and run the same command again",
        errno.EDQUOT: "your quota is used up: free some space and run the same command again",
        errno.EFBIG: "the file-size limit (ulimit -f) is too small for this",
        errno.EROFS: "the file system is read-only: copy the workspace elsewhere, or mount it writable",
        errno.EACCES: "you may not write there: check the owner and mode of the folder",
        errno.ENOENT: "check the path: that file or folder is not there",
        errno.ENOTDIR: "check the path: a part of it is a file, not a folder",
        errno.EISDIR: "this is a folder: name a file in it",
        errno.EPERM: "you may not write there: check the owner and mode of the folder",
    }
    number = error.errno or _number_in(str(error))
    said = os.strerror(number) if number in repairs else error.strerror or str(error)
    return StorageError(
        f"{doing}: {said}; nothing was changed", repairs.get(number, "check the disk, then run `curiouser fsck`")
    )


def _number_in(said: str) -> int:
    """Find the number of the error in a message of Polars, which sets no ``errno``."""
    found = re.search(r"\(os error (\d+)\)", said)
    return int(found[1]) if found else 0


class FolderObjects:
    """Content-addressed objects in a folder: ``ab/abcd…ef.parquet``.

    Args:
        root: The folder; made on the first put.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._verified: set[ObjectName] = set()

    def put(self, data: bytes, *, suffix: str = ".bin") -> ObjectName:
        """Store bytes; idempotent.

        Raises:
            StorageError: The disk refused; nothing was stored.
        """
        with self.writing() as temporary:
            temporary.write_bytes(data)
            return self.adopt(temporary, suffix=suffix)

    @contextmanager
    def writing(self) -> Iterator[Path]:
        """Lend a path for a new file beside the objects; what is not adopted is removed.

        Raises:
            StorageError: The disk refused.
        """
        with disk_errors("writing an object"):
            folder = self.root / "tmp"
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"{os.getpid()}-{uuid.uuid4().hex}"
        try:
            with disk_errors("writing an object"):
                yield path
        except BaseException:
            # The first refusal is the one to tell: where nothing can be written, nothing can be removed either.
            with suppress(OSError):
                path.unlink(missing_ok=True)
            raise
        with disk_errors("removing a temporary file"):
            path.unlink(missing_ok=True)

    def adopt(self, temporary: Path, *, suffix: str = ".bin") -> ObjectName:
        """Name a finished file by its hash and make it durable.

        Raises:
            StorageError: The disk refused; nothing was stored.
        """
        with disk_errors("storing an object"):
            name = ObjectName(_hash_file(temporary) + suffix)
            target = self._path(name)
            made = _make_directories(target.parent)
            _fsync_file(temporary)
            temporary.replace(target)
            for folder in [target.parent, *made]:
                _fsync_directory(folder)
        self._verified.add(name)
        return name

    def adopt_all(self, temporaries: Sequence[Path], *, suffix: str = ".bin") -> list[ObjectName]:
        """Adopt many files at once; their fsyncs wait together instead of one after the other.

        Returns:
            Their names, in order.

        Raises:
            StorageError: The disk refused; those already named stay, unused, until a garbage collection.
        """
        with disk_errors("storing objects"), ThreadPoolExecutor(_WAITING_TOGETHER) as pool:
            names = [ObjectName(digest + suffix) for digest in map(_hash_file, temporaries)]
            targets = [self._path(name) for name in names]
            folders = {target.parent for target in targets}
            made = {parent for folder in sorted(folders) for parent in _make_directories(folder)}
            list(pool.map(_fsync_file, temporaries))
            for temporary, target in zip(temporaries, targets, strict=True):
                temporary.replace(target)
            list(pool.map(_fsync_directory, sorted(folders | made)))
        self._verified.update(names)
        return names

    def path(self, name: ObjectName) -> Path:
        """Find an object's file, verified once per process.

        Raises:
            ObjectNotFoundError: Nothing has this name.
            ObjectCorruptError: The bytes do not hash to their name.
        """
        path = self._path(name)
        if name in self._verified and path.exists():
            return path
        if not path.is_file():
            raise ObjectNotFoundError(
                f"object {name} is missing from {self.root}", "restore it from a backup, then run `curiouser fsck`"
            )
        if not self.is_whole(name):
            raise ObjectCorruptError(
                f"object {name} is damaged: its bytes no longer hash to its name",
                "run `curiouser fsck`, then restore it from a backup",
            )
        self._verified.add(name)
        return path

    def get(self, name: ObjectName) -> bytes:
        """Read one object, verified.

        Raises:
            ObjectNotFoundError: Nothing has this name.
            ObjectCorruptError: The bytes do not hash to their name.
        """
        return self.path(name).read_bytes()

    def is_whole(self, name: ObjectName) -> bool:
        """Hash the file afresh and compare with its name."""
        return _hash_file(self._path(name)) == name.partition(".")[0]

    def has(self, name: ObjectName) -> bool:
        """Tell whether an object is there, without reading it."""
        return self._path(name).is_file()

    def size_bytes(self, name: ObjectName) -> int:
        """Tell how many bytes an object has."""
        return self._path(name).stat().st_size

    def modified_at(self, name: ObjectName) -> float:
        """Tell when an object was last put, seconds since 1970."""
        return self._path(name).stat().st_mtime

    def names(self) -> Iterator[ObjectName]:
        """List every object, in order."""
        for folder in sorted(self.root.glob("[0-9a-f][0-9a-f]")):
            for path in sorted(folder.iterdir()):
                yield ObjectName(path.name)

    def leftovers(self) -> list[Path]:
        """List temporary files that a killed process left behind."""
        return sorted((self.root / "tmp").glob("*"))

    def remove(self, name: ObjectName) -> None:
        """Delete an object; only gc does, after its grace period."""
        self._verified.discard(name)
        with disk_errors(f"removing object {name}"):
            self._path(name).unlink(missing_ok=True)

    def quarantine(self, name: ObjectName) -> Path:
        """Move a damaged object aside; it is never deleted."""
        self._verified.discard(name)
        with disk_errors(f"setting object {name} aside"):
            folder = self.root / "quarantine"
            folder.mkdir(parents=True, exist_ok=True)
            target = folder / f"{name}.{uuid.uuid4().hex[:8]}"
            shutil.move(self._path(name), target)
        return target

    def _path(self, name: ObjectName) -> Path:
        return self.root / name[:2] / name


def _hash_file(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _make_directories(folder: Path) -> list[Path]:
    """Make a folder; return the parents whose entries changed, to be fsynced."""
    if folder.is_dir():
        return []
    parents = []
    missing = folder
    while not missing.exists():
        parents.append(missing.parent)
        missing = missing.parent
    folder.mkdir(parents=True, exist_ok=True)
    return parents


def _fsync_file(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _fsync_directory(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
