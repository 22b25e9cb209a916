"""Columns whose values are files: the file becomes an object, the column holds its SHA-256."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from curiouser.data.importing.schema import Trouble
from curiouser.kernel.errors import ObjectNotFoundError
from curiouser.kernel.ids import ObjectName
from curiouser.storage import FolderObjects

_SHA256 = re.compile(r"[0-9a-f]{64}")
_SUFFIX = ".bin"
_BLOCK = 1 << 20


def file_object(digest: str) -> ObjectName:
    """Name the object that holds a file, by the SHA-256 that stands in the column."""
    return ObjectName(digest + _SUFFIX)


class FileColumns:
    """Turns paths into the SHA-256 of what they point to.

    Paths are relative to a folder and stay inside it: a data file from
    somebody else must not fetch what it was not given. A SHA-256 of a file
    that is stored already stands for itself.

    Args:
        objects: Where files are kept.
        folder: Where paths begin; None when there are no files to read.
    """

    def __init__(self, objects: FolderObjects, folder: Path | None) -> None:
        self._objects, self._folder = objects, None if folder is None else folder.resolve()
        self._digests: dict[str, str] = {}

    def hashed(self, frame: pl.DataFrame, columns: Iterable[str]) -> tuple[pl.DataFrame, list[Trouble]]:
        """Put the SHA-256 of each file in place of its path; what is no file becomes null and a trouble."""
        troubles: list[Trouble] = []
        for name in columns:
            reasons: dict[str, list[bool]] = {}
            digests: list[str | None] = []
            for i, value in enumerate(frame[name]):
                digest, reason = (None, None) if value is None else self._digest(value)
                digests.append(digest)
                if reason is not None:
                    reasons.setdefault(reason, [False] * frame.height)[i] = True
            troubles += [Trouble(column=name, where=pl.Series(where), reason=why) for why, where in reasons.items()]
            frame = frame.with_columns(pl.Series(name, digests, dtype=pl.String))
        return frame, troubles

    def store(self, paths: Iterable[str | None]) -> None:
        """Keep the files that some rows point to.

        Raises:
            StorageError: The disk refused.
        """
        for value in paths:
            if value is not None and not _SHA256.fullmatch(value):
                path = self._inside(value)
                if isinstance(path, Path):
                    self._put(path)

    def _put(self, path: Path) -> None:
        with self._objects.writing() as temporary:
            with path.open("rb") as source, temporary.open("wb") as target:
                while block := source.read(_BLOCK):
                    target.write(block)
            self._objects.adopt(temporary, suffix=_SUFFIX)

    def _digest(self, value: str) -> tuple[str | None, str | None]:
        if value in self._digests:
            return self._digests[value], None
        if _SHA256.fullmatch(value):
            try:
                self._objects.path(file_object(value))
            except ObjectNotFoundError:
                return None, "is the SHA-256 of a file that is not stored here"
            self._digests[value] = value
            return value, None
        path = self._inside(value)
        if isinstance(path, str):
            return None, path
        with path.open("rb") as stream:
            self._digests[value] = hashlib.file_digest(stream, "sha256").hexdigest()
        return self._digests[value], None

    def _inside(self, value: str) -> Path | str:
        """Find a file, or say why it is none."""
        if self._folder is None:
            return "is no SHA-256 of a stored file"
        if "\0" in value:
            return "is no path"
        path = (self._folder / value).resolve()
        if not path.is_relative_to(self._folder):
            return "lies outside the folder of the data file"
        return path if path.is_file() else "is no file beside the data file"
