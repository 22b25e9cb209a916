"""All rows of a data commit as small Parquet files, with a listing of which ids each file starts at.

A file holds at most 2,048 rows, sorted by id, so that reading a hundred ids
reads at most a hundred small files, whatever the size of the table: within
larger files, Polars' own pushdown of ``id in (…)`` read no less when measured,
and cost more than reading whole files of this size. Files are objects: named
by their hash, verified when opened, and shared by snapshots where equal.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path

import polars as pl

from curiouser.data.stored import ID, Schema, dtypes_of, empty_rows
from curiouser.kernel.ids import ObjectName
from curiouser.storage import FolderObjects
from curiouser.storage.objects import disk_errors

ROWS_SUFFIX, LISTING_SUFFIX, CHANGES_SUFFIX = ".rows.parquet", ".listing.parquet", ".changes.parquet"
_LISTING = {"first": pl.String(), "object": pl.String(), "rows": pl.Int64(), "size_bytes": pl.Int64()}
ROW_GROUP = 8_192
"""Rows of a row group, in files that have more than one."""
_AT_ONCE = 256  # files written before they are made durable together


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How tables are cut up; what is written with one layout can be read with any."""

    file_rows: int = 2_048
    """Most rows of a file, > 0."""
    range_files: int = 32
    """Files that are read together when a whole table is walked, > 0."""
    run_rows: int = 262_144
    """Rows that are sorted at once when there are too many for memory, > 0."""
    fold_chain: int = 64
    """Changesets that may lie over a snapshot before a new one is written, >= 0."""
    fold_share: float = 0.1
    """Share of a table's rows that they may touch before that, in [0, 1]."""

    @property
    def range_rows(self) -> int:
        """Rows that are read together when a whole table is walked."""
        return self.file_rows * self.range_files

    def most_touched(self, rows: int) -> float:
        """Say how many rows changesets may touch in a table of ``rows``; those of one file are always few."""
        return max(self.fold_share * rows, self.file_rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A listing of files, in the order of their ids."""

    name: ObjectName
    """The object that holds the listing."""
    files: pl.DataFrame
    """``first`` id, ``object``, ``rows`` and ``size_bytes`` of each file."""

    @property
    def rows(self) -> int:
        """Rows in all, >= 0."""
        return int(self.files.get_column("rows").sum())

    @property
    def size_bytes(self) -> int:
        """Bytes of all files, >= 0."""
        return int(self.files.get_column("size_bytes").sum())

    def holding(self, ids: pl.Series) -> pl.DataFrame:
        """Choose the files that could hold some ids."""
        if self.files.is_empty():
            return self.files
        places = self.files.get_column("first").search_sorted(ids, side="right").cast(pl.Int64) - 1
        return self.files[places.filter(places >= 0).unique().sort()]

    def between(self, low: str | None, high: str | None) -> pl.DataFrame:
        """Choose the files that could hold ids from ``low`` to before ``high``."""
        firsts = self.files.get_column("first")
        start = 0 if low is None else max(int(firsts.search_sorted(low, side="right")) - 1, 0)
        stop = len(firsts) if high is None else int(firsts.search_sorted(high, side="left"))
        return self.files[start:stop]


class RowFiles:
    """Reads and writes the Parquet files of rows and changes.

    Args:
        objects: Where they are kept.
        layout: How tables are cut up.
    """

    def __init__(self, objects: FolderObjects, layout: Layout) -> None:
        self.objects, self.layout = objects, layout
        self._listing = lru_cache(maxsize=8)(self._read_listing)

    def snapshot(self, name: ObjectName) -> Snapshot:
        """Read a listing; the last few are remembered.

        Raises:
            ObjectNotFoundError: It is missing.
            ObjectCorruptError: It is damaged.
        """
        return self._listing(name)

    def forget(self) -> None:
        """Read listings afresh."""
        self._listing.cache_clear()

    def read(self, files: pl.DataFrame, schema: Schema, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """Read whole files of a snapshot, in order.

        Args:
            files: Lines of its listing.
            schema: The columns of the data commit; one that a file lacks is missing in its rows.
            columns: Which of them to read; all when left out.

        Raises:
            ObjectNotFoundError: A file is missing.
            ObjectCorruptError: A file is damaged.
        """
        wanted = {name: schema[name] for name in (schema if columns is None else columns)}
        paths = [self.objects.path(ObjectName(name)) for name in files.get_column("object")]
        if not paths:
            return empty_rows(wanted)
        scan = pl.scan_parquet(
            paths, schema=dtypes_of(wanted), missing_columns="insert", extra_columns="ignore", glob=False
        )
        return scan.select(list(wanted)).collect()

    def write_snapshot(self, parts: Iterable[pl.DataFrame]) -> Snapshot:
        """Write all rows of a data commit.

        Args:
            parts: Rows in stored form; ids ascend within and across parts.

        Raises:
            StorageError: The disk refused.
        """
        groups = _groups(parts, self.layout.file_rows)
        lines = [pl.DataFrame(schema=_LISTING)]
        while not (written := self._write_files(islice(groups, _AT_ONCE))).is_empty():
            lines.append(written)
        files = pl.concat(lines)
        return Snapshot(name=self._write(files, LISTING_SUFFIX), files=files)

    def write_changes(self, changes: pl.DataFrame) -> ObjectName:
        """Write a changeset.

        Raises:
            StorageError: The disk refused.
        """
        return self._write(changes, CHANGES_SUFFIX)

    def read_changes(self, name: ObjectName) -> pl.DataFrame:
        """Read a changeset.

        Raises:
            ObjectNotFoundError: It is missing.
            ObjectCorruptError: It is damaged.
        """
        return pl.read_parquet(self.objects.path(name), glob=False)

    def _write(self, frame: pl.DataFrame, suffix: str) -> ObjectName:
        with self.objects.writing() as path, disk_errors("writing rows"):
            write_parquet(frame, path)
            return self.objects.adopt(path, suffix=suffix)

    def _write_files(self, groups: Iterable[pl.DataFrame]) -> pl.DataFrame:
        """Write each group as it comes, so that none is held, and make the files durable together."""
        firsts, rows, paths = list[str](), list[int](), list[Path]()
        with ExitStack() as stack:
            for group in groups:
                paths.append(stack.enter_context(self.objects.writing()))
                with disk_errors("writing rows"):
                    write_parquet(group, paths[-1])
                firsts.append(group.get_column(ID)[0])
                rows.append(group.height)
            with disk_errors("writing rows"):
                sizes = [path.stat().st_size for path in paths]
            names = self.objects.adopt_all(paths, suffix=ROWS_SUFFIX)
        return pl.DataFrame({"first": firsts, "object": names, "rows": rows, "size_bytes": sizes}, schema=_LISTING)

    def _read_listing(self, name: ObjectName) -> Snapshot:
        return Snapshot(name=name, files=pl.read_parquet(self.objects.path(name), glob=False))


def write_parquet(frame: pl.DataFrame, path: Path) -> None:
    """Write rows to a file, by way of memory: Polars itself reports a full disk as a malformed file.

    Raises:
        OSError: The disk refused.
    """
    written = io.BytesIO()
    # No statistics: the listing says where ids are, and they would be most of a small file.
    # Level 1: in files of this size a higher one saves hardly a hundredth, for a quarter more time.
    frame.write_parquet(written, compression="zstd", compression_level=1, statistics=False, row_group_size=ROW_GROUP)
    path.write_bytes(written.getbuffer())


def _groups(parts: Iterable[pl.DataFrame], size: int) -> Iterator[pl.DataFrame]:
    """Cut rows into files of equal size, whatever the size of the parts they come in."""
    rest: pl.DataFrame | None = None
    for part in parts:
        rows = part if rest is None or rest.is_empty() else pl.concat([rest, part])
        whole = rows.height // size * size
        yield from rows.head(whole).iter_slices(size)
        rest = rows.slice(whole)
    if rest is not None and not rest.is_empty():
        yield rest
