"""What is exported comes back equal, in every format, and is no formula to a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curiouser.data import ColumnType, DataFiles, Dialect, ExportPlan, PredicateError, formula_safe
from curiouser.data.formats.reading import unescape
from curiouser.data.formats.streams import open_bytes
from curiouser.data.formats.writing import Layout, write_file
from curiouser.data.stored import empty_rows
from curiouser.kernel.configuration import Task, TaskKind
from curiouser.kernel.errors import BadInputError, StorageError
from curiouser.storage import Database, FolderObjects

TASK = Task(name="t", kind=TaskKind.BINARY, inputs=("text",), label="spam", classes=("no", "yes"), id="nr")
NOW = datetime(2019, 10, 10, tzinfo=UTC)
TYPES = {
    "id": ColumnType.TEXT,
    "text": ColumnType.TEXT,
    "spam": ColumnType.CATEGORY,
    "n": ColumnType.NUMBER,
    "ok": ColumnType.BOOLEAN,
    "when": ColumnType.TIMESTAMP,
    "=more": ColumnType.TEXT,
    "origin": ColumnType.CATEGORY,
}
TEXT = st.text(alphabet="ab,;\"'\n\r\té =+-@|\\0", max_size=6)
MOMENTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001  the zone comes next
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "text": TEXT,
            "spam": st.none() | st.sampled_from(["no", "yes"]),
            "n": st.none() | st.floats(allow_nan=False, allow_infinity=False).map(lambda x: x + 0.0),
            "ok": st.none() | st.booleans(),
            "when": st.none() | MOMENTS,
            "=more": st.none() | TEXT,
            "origin": st.sampled_from(["sample", "pattern"]),
        }
    ),
    min_size=1,
    max_size=8,
)


def store(folder: Path) -> DataFiles:
    database = Database(f"sqlite:///{folder}/meta.db")
    database.create()
    return DataFiles(database, FolderObjects(folder / "objects"), TASK, lambda: NOW)


def frame_of(rows: list[dict[str, object]]) -> pl.DataFrame:
    named = [{"id": f"{'=' if i % 2 else '0'}{i}", **row} for i, row in enumerate(rows)]
    return pl.DataFrame(named, schema=empty_rows(TYPES).schema)


@pytest.mark.parametrize("name", ["x.csv", "x.tsv", "x.csv.gz", "x.jsonl", "x.parquet", "raw.csv"])
@settings(max_examples=6)
@given(ROWS)
def test_importing_what_was_exported_gives_the_same_rows(
    tmp_path_factory: pytest.TempPathFactory, name: str, rows: list[dict[str, object]]
) -> None:
    folder = tmp_path_factory.mktemp("round")
    data, raw = store(folder), name.startswith("raw")
    done = data.commit("test", upserts=frame_of(rows), schema=TYPES, message="w", actor="a")
    data.export_file(folder / name, ExportPlan(ref="test", raw=raw))
    dialect = Dialect(raw=raw)
    types = {name: kind for name, kind in TYPES.items() if name not in {"id", "spam", "origin"}}
    again = data.import_file(folder / name, dataset="again", message="w", actor="a", types=types, dialect=dialect)
    assert again.content_hash == done.content_hash
    same = data.import_file(folder / name, dataset="test", message="w", actor="a", dialect=dialect)
    assert same.data_commit == done.data_commit


def test_a_parquet_file_says_its_types_itself(tmp_path: Path) -> None:
    data = store(tmp_path)
    rows = frame_of([{"text": "1", "spam": "no", "=more": "2020-01-01", "origin": "sample"}])
    data.commit("test", upserts=rows, schema=TYPES, message="w", actor="a")
    data.export_file(tmp_path / "x.parquet", ExportPlan(ref="test"))
    data.import_file(tmp_path / "x.parquet", dataset="again", message="w", actor="a")
    assert data.head("again").schema["=more"] is ColumnType.TEXT


@given(st.lists(st.none() | TEXT, min_size=1))
def test_making_texts_safe_can_be_undone_exactly(texts: list[str | None]) -> None:
    frame = pl.DataFrame({"x": texts}, schema={"x": pl.String})
    safe = formula_safe(frame)
    assert not safe["x"].drop_nulls().str.contains(r"^[=+\-@\t\r]").any()
    assert unescape(safe)[0]["x"].to_list() == texts


def test_a_spreadsheet_sees_no_formula_but_numbers_stay_numbers(tmp_path: Path) -> None:
    data = store(tmp_path)
    rows = frame_of([{"text": '=HYPERLINK("http://x")', "spam": "no", "n": -3.0, "=more": "@x", "origin": "sample"}])
    data.commit("test", upserts=rows, schema=TYPES, message="w", actor="a")
    stream = io.BytesIO()
    data.export_stream(stream, ExportPlan(ref="test"))
    header, cells = csv.reader(io.StringIO(stream.getvalue().decode()))
    assert not [cell for cell in [*header, *cells] if cell.startswith(("=", "+", "@", "\t", "\r"))]
    assert cells[header.index("n")] == "-3"
    assert header[:3] == ["nr", "text", "spam"]
    stream = io.BytesIO()
    data.export_stream(stream, ExportPlan(ref="test", raw=True))
    assert b"=HYPERLINK" in stream.getvalue()
    assert b"'" not in stream.getvalue()


def test_columns_and_rows_can_be_chosen(tmp_path: Path) -> None:
    data = store(tmp_path)
    rows = frame_of([{"text": f"t{i}", "spam": "no", "n": float(i), "origin": "sample"} for i in range(9)])
    data.commit("test", upserts=rows, schema=TYPES, message="w", actor="a")
    done = data.export_file(tmp_path / "x.jsonl", ExportPlan(ref="test", columns=("text", "nr"), where="n >= 7"))
    assert done.rows == 2
    assert (tmp_path / "x.jsonl").read_text() == '{"text":"t8","nr":"08"}\n{"text":"t7","nr":"=7"}\n'
    with pytest.raises(BadInputError, match="no column 'nope'"):
        data.export_file(tmp_path / "y.csv", ExportPlan(ref="test", columns=("nope",)))
    with pytest.raises(PredicateError):
        data.export_file(tmp_path / "y.csv", ExportPlan(ref="test", where="n ="))
    assert not list(tmp_path.glob("y.csv*"))


@pytest.mark.parametrize("name", ["x.csv", "x.jsonl", "x.parquet", "x.csv.gz"])
def test_equal_rows_make_equal_files_in_parts_or_whole(tmp_path: Path, name: str) -> None:
    frame = frame_of([{"text": f"t{i}", "when": NOW + timedelta(days=i), "origin": "sample"} for i in range(500)])
    layout = Layout(format=name.split(".")[1], schema=TYPES)
    assert write_file(tmp_path / name, [frame], layout) == 500
    with open_bytes(tmp_path / name) as stream:
        whole = stream.read()
    assert write_file(tmp_path / name, frame.iter_slices(77), layout) == 500
    with open_bytes(tmp_path / name) as stream:
        assert name == "x.parquet" or stream.read() == whole
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_file_that_cannot_be_written_leaves_what_stood_there(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        write_file(tmp_path / "none" / "x.csv", [], Layout(format="csv", schema=TYPES))

    def broken() -> Iterator[pl.DataFrame]:
        yield frame_of([{"text": "a", "origin": "sample"}])
        raise StorageError("the store is damaged")

    for name in ("x.csv", "x.parquet"):
        (tmp_path / name).write_text("before")
        with pytest.raises(StorageError, match="damaged"):
            write_file(tmp_path / name, broken(), Layout(format=name[2:], schema=TYPES))
        assert (tmp_path / name).read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.csv", "x.parquet"]
