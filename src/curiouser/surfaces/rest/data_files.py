"""Rows of datasets as files over REST: an upload that is imported, and an export that is downloaded."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import Field
from starlette.responses import Response

from curiouser.data import ColumnType, Dialect, ExportPlan, Origin
from curiouser.kernel.errors import UsageError
from curiouser.surfaces.bodies.data_files import imported_body
from curiouser.surfaces.rest.downloads import file_answer, written
from curiouser.surfaces.rest.parameters import Body, Name, Ref, Text
from curiouser.surfaces.rest.uploads import TABLES, Table, file_body
from curiouser.surfaces.serving.answers import body_answer
from curiouser.surfaces.serving.roles import Verb
from curiouser.surfaces.serving.routes import Asked, Caller, Routes

routes = Routes(tags=["data"])
_FORMS = ("csv", "tsv", "jsonl", "parquet")
_MOST_REJECTS = 1_000_000
_Few = Field(max_length=1_000)


class ImportOptions(Body):
    """What may be said of an import; the options of `curiouser data import`."""

    message: Text
    branch: Name = "main"
    replace: bool = False
    origin: Origin | None = None
    skip_bad: bool = False
    allow_input_changes: bool = False
    type: Annotated[tuple[Name, ...], _Few] = ()
    file_column: Annotated[tuple[Name, ...], _Few] = ()
    unlabelled: bool = False
    expect: Ref | None = None
    dry_run: bool = False
    delimiter: Annotated[str, Field(max_length=3)] | None = None
    column: Annotated[tuple[Name, ...], _Few] = ()
    no_quotes: bool = False
    decimal_comma: bool = False
    raw: bool = False

    def dialect(self) -> Dialect:
        """Say how a delimited file is written."""
        delimiter = {r"\t": "\t", "tab": "\t"}.get(self.delimiter or "", self.delimiter)
        return Dialect(
            delimiter=delimiter,
            columns=tuple(self.column),
            quotes=not self.no_quotes,
            decimal_comma=self.decimal_comma,
            raw=self.raw,
        )


class ExportOptions(Body):
    """Which rows, and as what; the options of `curiouser data export`."""

    ref: Ref = "test"
    format: Literal["csv", "tsv", "jsonl", "parquet"] = "csv"
    column: Annotated[tuple[Name, ...], _Few] = ()
    where: Text | None = None
    raw: bool = False


@routes.post("/datasets/{dataset}/rows", does=Verb.IMPORT_ROWS, takes_files=True, openapi_extra=file_body(TABLES))
def import_rows(caller: Asked, dataset: Name, said: Annotated[ImportOptions, Query()], file: Table) -> Response:
    """Import the rows sent as the body: known ids are changed, others added; `curiouser data import`.

    Every row is checked first. When any is bad, all bad ones are named and nothing is imported, unless
    ``skip_bad``: then ``rejects`` holds them as CSV, each with its reason.
    """
    rejects = file.with_name("rejects.csv") if said.skip_bad else None
    done = caller.workspace.data.import_file(
        file, dataset=dataset, dialect=said.dialect(), skip_bad=rejects, actor=caller.actor, **_options(caller, said)
    )
    return body_answer(imported_body(done, _text_of(rejects) if done.rejected else None))


@routes.get("/export", does=Verb.READ, responses=file_answer(*_FORMS))
def export(caller: Asked, said: Annotated[ExportOptions, Query()]) -> Response:
    """Download the rows of a version; importing the file again changes nothing; `curiouser data export`."""
    plan = ExportPlan(ref=said.ref, columns=tuple(said.column), where=said.where, raw=said.raw)
    data, name = caller.workspace.data, said.ref.replace("@", "-")
    return written(lambda path: data.export_file(path, plan), name, said.format)


def _options(caller: Caller, said: ImportOptions) -> dict[str, Any]:
    plain = ("message", "branch", "replace", "origin", "allow_input_changes", "unlabelled", "dry_run")
    return {
        **{name: getattr(said, name) for name in plain},
        "types": dict(map(_typed, said.type)),
        "file_columns": tuple(said.file_column),
        "expect": None if said.expect is None else caller.workspace.data.resolve(said.expect).id,
    }


def _typed(text: str) -> tuple[str, ColumnType]:
    column, sign, kind = text.rpartition("=")
    if not sign or not column or kind not in set(ColumnType):
        raise UsageError(f"type={text!r} is no column with a type", f"write COL=TYPE, one of {', '.join(ColumnType)}")
    return column, ColumnType(kind)


def _text_of(path: Path | None) -> str | None:
    if path is None or not path.exists():
        return None
    with path.open(encoding="utf-8") as file:
        return file.read(_MOST_REJECTS)
