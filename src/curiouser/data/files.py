"""The service of the datasets, with files and frames in and out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Unpack

import polars as pl

from curiouser.data.formats.chunks import Dialect
from curiouser.data.formats.frames import rows_of
from curiouser.data.formats.reading import open_rows
from curiouser.data.formats.streams import format_of
from curiouser.data.formats.writing import Layout, write_file, write_stream
from curiouser.data.importing.importer import check_options, import_rows
from curiouser.data.importing.plans import Imported, ImportOptions, ImportPlan, Told, nobody
from curiouser.data.predicates import Predicate, parse
from curiouser.data.records import DataCommit
from curiouser.data.service import DataService
from curiouser.data.stored import ID
from curiouser.kernel.errors import BadInputError


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportPlan:
    """What to write of a version of a dataset."""

    ref: str
    """Which version."""
    columns: tuple[str, ...] = ()
    """Which columns, in this order; all when empty."""
    where: str | None = None
    """A predicate; only rows for which it holds."""
    raw: bool = False
    """CSV and TSV: leave texts alone that a spreadsheet would take for formulas."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written."""

    data_commit: DataCommit
    """The version."""
    rows: int
    """Rows written, >= 0."""


class DataFiles(DataService):
    """A :class:`DataService` that also reads and writes files and frames."""

    def import_file(
        self,
        path: str | Path,
        *,
        dataset: str,
        message: str,
        actor: str,
        dialect: Dialect | None = None,
        tell: Told = nobody,
        **options: Unpack[ImportOptions],
    ) -> Imported:
        """Import a CSV, TSV, JSON lines or Parquet file.

        Args:
            path: The file; its name says the format.
            dataset: Made by its first import, which also decides whether it is labelled.
            message: Why.
            actor: Who.
            dialect: How a delimited file is written, where looking at it is not enough.
            tell: Is told how far the work is.
            options: As in :class:`ImportPlan`: ``branch``, ``replace``, ``origin``, ``skip_bad``, ``dry_run`` …

        Raises:
            As :func:`curiouser.data.importing.importer.import_rows`.
        """
        path = Path(path)
        plan = ImportPlan(dataset=dataset, message=message, actor=actor, **options)
        check_options(plan, path)
        rows = open_rows(path, dialect, [*self.task.inputs, self.task.label, self.task.id])
        return import_rows(self, rows, plan, folder=path.parent, tell=tell)

    def add(
        self, frame: object, dataset: str, *, message: str, actor: str, **options: Unpack[ImportOptions]
    ) -> Imported:
        """Import a Polars or pandas frame, or a list of dictionaries.

        Args:
            frame: The rows.
            dataset: Made by its first import, which also decides whether it is labelled.
            message: Why.
            actor: Who.
            options: As in :class:`ImportPlan`: ``branch``, ``replace``, ``origin``, ``allow_input_changes`` …

        Raises:
            As :func:`curiouser.data.importing.importer.import_rows`.
        """
        plan = ImportPlan(dataset=dataset, message=message, actor=actor, **options)
        return import_rows(self, rows_of(frame), plan)

    def export_file(self, path: str | Path, plan: ExportPlan, *, tell: Told = nobody) -> Exported:
        """Write rows, sorted by id, to a CSV, TSV, JSON lines or Parquet file.

        Importing what was exported changes nothing: nothing between two delimiters is null, ``""`` is the empty
        text, and the apostrophe before a text that looks like a formula comes off again (or use ``raw`` for both).

        Args:
            path: The file; its name says the format; what stands there is replaced when the new file is whole.
            plan: What to write.
            tell: Is told how far the work is.

        Raises:
            RefNotFoundError: No such version.
            BadInputError: No such column, or a predicate that cannot be read.
            StorageError: The disk refused; what stood there still does.
        """
        path = Path(path)
        at, layout, frames = self._outgoing(plan, format_of(path), tell)
        return Exported(data_commit=at, rows=write_file(path, frames, layout))

    def export_stream(self, stream: IO[bytes], plan: ExportPlan, *, form: str = "csv") -> Exported:
        """Write rows to an open stream, as :meth:`export_file` does; ``form`` is csv, tsv or jsonl."""
        at, layout, frames = self._outgoing(plan, form, nobody)
        return Exported(data_commit=at, rows=write_stream(stream, frames, layout))

    def _outgoing(self, plan: ExportPlan, form: str, tell: Told) -> tuple[DataCommit, Layout, Iterator[pl.DataFrame]]:
        at = self.resolve(plan.ref)
        names = {self.task.id: ID}
        first = [ID, *self.task.inputs, self.task.label]
        order = sorted(at.schema, key=lambda name: first.index(name) if name in first else len(first))
        columns = [names.get(name, name) for name in plan.columns] or order
        unknown = [name for name in columns if name not in at.schema]
        if unknown:
            raise BadInputError(
                f"{plan.ref} has no column {', '.join(map(repr, unknown))}", f"its columns: {', '.join(order)}"
            )
        layout = Layout(
            format=form, schema={name: at.schema[name] for name in columns}, id_name=self.task.id, raw=plan.raw
        )
        chosen = None if plan.where is None else parse(plan.where, at.schema)
        return at, layout, self._selected(at, columns, chosen, tell)

    def _selected(
        self, at: DataCommit, columns: Sequence[str], chosen: Predicate | None, tell: Told
    ) -> Iterator[pl.DataFrame]:
        needed = list(dict.fromkeys([*columns, *(chosen.columns if chosen else ())]))
        done = 0
        for piece in self.batches(at.id, needed):
            done += piece.height
            tell(done, at.rows)
            yield piece if chosen is None else piece.filter(chosen.expression())
