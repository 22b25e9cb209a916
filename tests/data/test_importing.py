"""Imports change everything or nothing, and the way rows come in leaves no trace in what they are."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curiouser.data import (
    BadDataError,
    ChangedInputError,
    ColumnType,
    DataFiles,
    Dialect,
    Imported,
    Origin,
    UnreadableFileError,
    WrongColumnsError,
    WrongDatasetKindError,
)
from curiouser.data.formats.reading import open_rows
from curiouser.data.importing.file_columns import file_object
from curiouser.data.importing.importer import import_rows
from curiouser.data.importing.plans import ImportPlan, Sizes
from curiouser.kernel.configuration import Configuration, Task, TaskKind
from curiouser.kernel.errors import StaleEditError, UsageError
from curiouser.storage import Database, FolderObjects
from curiouser.surfaces.cli.program import cli
from curiouser.workspace.making import make_workspace

SPAM = Task(name="spam", kind=TaskKind.BINARY, inputs=("text",), label="spam", classes=("no", "yes"))
PRICE = Task(name="price", kind=TaskKind.REGRESSION, inputs=("a", "b"), label="price", tolerance=1.0, time="at")
NOW = datetime(2019, 10, 10, tzinfo=UTC)


def store(folder: Path, task: Task = SPAM) -> DataFiles:
    folder.mkdir(exist_ok=True)
    database = Database(f"sqlite:///{folder}/meta.db")
    database.create()
    return DataFiles(database, FolderObjects(folder / "objects"), task, lambda: NOW)


@pytest.fixture
def data(tmp_path: Path) -> DataFiles:
    return store(tmp_path / "store")


def put(folder: Path, text: str, name: str = "rows.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def bring(data: DataFiles, path: Path, dataset: str = "test", **options: Any) -> Imported:  # noqa: ANN401  any option
    return data.import_file(path, dataset=dataset, message="why", actor="me", **options)


def rows_of(data: DataFiles, dataset: str = "test") -> list[dict[str, object]]:
    return data.rows(dataset).to_dicts()


def test_ids_users_and_labels_are_text_whatever_they_look_like(tmp_path: Path) -> None:
    task = Task(name="t", kind=TaskKind.BINARY, inputs=("x",), label="y", classes=("0", "1"), user="u", groups=("g",))
    data = store(tmp_path / "store", task)
    bring(data, put(tmp_path, "id,x,y,u,g\n007,1,1,01,2\n7,2.5,0,1,02\n"))
    assert rows_of(data) == [
        {"id": "007", "x": 1.0, "y": "1", "u": "01", "g": "2", "origin": "sample"},
        {"id": "7", "x": 2.5, "y": "0", "u": "1", "g": "02", "origin": "sample"},
    ]


def test_types_are_inferred_once_over_all_rows_and_obeyed_afterwards(data: DataFiles, tmp_path: Path) -> None:
    lines = [f"{i},t{i},no,{i}.5,true,2020-01-01,{'x' if i == 9 else i}" for i in range(10)]
    bring(data, put(tmp_path, "id,text,spam,n,ok,at,mixed\n" + "\n".join(lines)))
    schema = data.head("test").schema
    assert [schema[name].value for name in ("n", "ok", "at", "mixed")] == ["number", "boolean", "timestamp", "text"]
    with pytest.raises(BadDataError) as caught:
        bring(data, put(tmp_path, "id,text,spam,n,ok,at,mixed\na,b,no,many,perhaps,2020-13-01,5\n"))
    assert [str(row) for row in caught.value.rows] == [
        "line 2, column 'n': 'many' is no number",
        "line 2, column 'ok': 'perhaps' is neither true nor false",
        "line 2, column 'at': '2020-13-01' is no moment; write 2019-10-10 or 2019-10-10T09:30:00Z",
    ]
    assert data.head("test").rows == 10


def test_a_type_that_is_said_wins_over_what_a_column_looks_like(data: DataFiles, tmp_path: Path) -> None:
    path = put(tmp_path, "id,text,spam,zip\n1,a,no,123\n")
    bring(data, path, types={"zip": ColumnType.TEXT})
    assert rows_of(data)[0]["zip"] == "123"
    with pytest.raises(UsageError, match="'zip' is text, not number"):
        bring(data, path, types={"zip": ColumnType.NUMBER})
    with pytest.raises(UsageError, match="'spam' is category, not number"):
        bring(data, path, types={"spam": ColumnType.NUMBER})
    with pytest.raises(WrongColumnsError, match="no column 'zap'"):
        bring(data, path, types={"zap": ColumnType.NUMBER})


def test_a_column_that_is_nearly_all_numbers_is_text_and_a_note_says_where_it_fails(
    data: DataFiles, tmp_path: Path
) -> None:
    lines = [f"{i},t,no,{'n/a' if i == 40 else i}" for i in range(50)]
    done = bring(data, put(tmp_path, "id,text,spam,n\n" + "\n".join(lines)))
    assert [note for note in done.notes if "'n'" in note] == [
        "column 'n' is text because line 42 holds 'n/a'; --type n=number refuses such rows instead"
    ]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("1,,no", "line 2, column 'text': is missing, and the model reads it"),
        ("1,a,maybe", "line 2, column 'spam': 'maybe' is no class of the task (no, yes)"),
        ("1,a,yess", "did you mean 'yes'?"),
        (",a,no", "line 2, column 'id': the id is empty"),
        ('"  ",a,no', "line 2, column 'id': '  ' the id is empty"),
        ("1,a,no\n2,b,no\n1,c,no", "line 4, column 'id': '1' stands on line 2 already"),
        ("1,a,no,extra", "line 2: has 4 fields, the header has 3"),
        ('1,"a,no', "line 2: opens a quote in field 2 that is never closed"),
        ("1,a\0b,no", "line 2: holds a NUL byte"),
    ],
)
def test_each_kind_of_bad_row_is_told_with_its_place(data: DataFiles, tmp_path: Path, rows: str, told: str) -> None:
    with pytest.raises(BadDataError) as caught:
        bring(data, put(tmp_path, f"id,text,spam\n{rows}\n"))
    assert told in "\n".join(map(str, caught.value.rows))
    assert data.datasets() == []


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("origin\nx", "is no origin (sample, pattern)"),
        ("weight\n0", "is not above 0"),
        ("weight\n-1", "is not above 0"),
        ("weight\nnan", "is not finite"),
        ("price\ninf", "is not finite"),
        ("price\n1e999", "is not finite"),
        ("price\n9007199254740993", "too large to be kept exactly"),
        ("price\n1,5", "say --decimal-comma"),
        ("at\nyesterday", "is no moment"),
    ],
)
def test_numbers_origins_and_moments_are_checked(tmp_path: Path, cell: str, reason: str) -> None:
    data = store(tmp_path / "store", PRICE)
    name, _, value = cell.partition("\n")
    record = {"id": "1", "a": "1", "b": "x", "price": "1", name: value}
    text = ";".join(record) + "\n" + ";".join(record.values()) + "\n"
    with pytest.raises(BadDataError) as caught:
        bring(data, put(tmp_path, text))
    assert [row.column for row in caught.value.rows] == [name]
    assert reason in caught.value.rows[0].reason


def test_a_row_needs_some_input_but_a_number_may_be_missing(tmp_path: Path) -> None:
    data = store(tmp_path / "store", PRICE)
    lines = ["id,a,b,price", *(f"{i},{i},2,3" for i in range(5)), "x,,2,", "y,,,1"]
    with pytest.raises(BadDataError) as caught:
        bring(data, put(tmp_path, "\n".join(lines)))
    assert [str(row) for row in caught.value.rows] == ["line 8: has no input at all"]
    done = bring(data, put(tmp_path, "\n".join(lines[:-1])))
    assert (done.added, done.notes) == (6, ("1 row has no label; it is counted, and never scored",))


def test_decimal_commas_are_read_when_said(tmp_path: Path) -> None:
    data = store(tmp_path / "store", PRICE)
    bring(data, put(tmp_path, "id;a;b;price\n1;0,5;2;-3,25\n"), dialect=Dialect(decimal_comma=True))
    assert (rows_of(data)[0]["a"], rows_of(data)[0]["price"]) == (0.5, -3.25)


def test_ten_thousand_bad_rows_are_all_told_and_set_aside_on_request(data: DataFiles, tmp_path: Path) -> None:
    lines = [f"{i},t{i},{'maybe' if i % 2 else 'no'}" for i in range(20_000)]
    path = put(tmp_path, "id,text,spam\n" + "\n".join(lines) + "\n")
    with pytest.raises(BadDataError) as caught:
        bring(data, path)
    assert [row.line for row in caught.value.rows] == [i + 2 for i in range(20_000) if i % 2]
    assert "10,000 bad rows;" in str(caught.value)
    assert data.datasets() == []
    done = bring(data, path, skip_bad=tmp_path / "rejects.csv")
    assert (done.added, done.rejected) == (10_000, 10_000)
    rejects = pl.read_csv(tmp_path / "rejects.csv", infer_schema=False)
    assert rejects["rejected_line"].cast(pl.Int64).to_list() == [row.line for row in caught.value.rows]


def test_corrected_rejects_come_back_as_they_are(data: DataFiles, tmp_path: Path) -> None:
    path = put(tmp_path, 'id,text,spam,n\n1,=a,no,1\n2,"b, ""c""",maybe,2\n3,x\n=4,,no,4\n')
    rejects = tmp_path / "rejects.csv"
    assert bring(data, path, skip_bad=rejects).rejected == 3
    text = rejects.read_text()
    assert "'=4" in text
    rejects.write_text(text.replace("maybe", "yes").replace("'=4,,no", "'=4,d,no").replace(",,,,4", "3,x,no,3,4"))
    done = bring(data, rejects)
    assert (done.added, done.rows) == (3, 4)
    assert [row["id"] for row in rows_of(data)] == ["1", "2", "3", "=4"]
    assert set(data.head("test").schema) == {"id", "text", "spam", "n", "origin"}


def test_rejects_cannot_replace_the_file_itself(data: DataFiles, tmp_path: Path) -> None:
    path = put(tmp_path, "id,text,spam\n1,a,maybe\n")
    with pytest.raises(UsageError, match="--skip-bad"):
        bring(data, path, skip_bad=path)
    with pytest.raises(BadDataError):
        bring(data, path, skip_bad=tmp_path / "rejects.csv")
    assert data.datasets() == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("id,text\n1,a\n", "no column 'spam'; its columns: id, text"),
        ("id,Text,SPAM\n1,a,no\n", "rename 'Text', 'SPAM'"),
        ("id,spam\n1,no\n", "no column 'text'"),
    ],
)
def test_a_missing_column_is_named_once_and_not_per_row(
    data: DataFiles, tmp_path: Path, text: str, reason: str
) -> None:
    with pytest.raises(WrongColumnsError, match=reason):
        bring(data, put(tmp_path, text))


def test_known_rows_may_come_with_some_columns_only(data: DataFiles, tmp_path: Path) -> None:
    bring(data, put(tmp_path, "id,text,spam,n\n1,a,no,1\n2,b,no,2\n"), origin=Origin.PATTERN)
    done = bring(data, put(tmp_path, "id,spam\n2,yes\n"))
    assert (done.added, done.changed) == (0, 1)
    assert rows_of(data)[1] == {"id": "2", "text": "b", "spam": "yes", "n": 2.0, "origin": "pattern"}
    with pytest.raises(WrongColumnsError, match="no column 'text', and '3' is no row of test yet"):
        bring(data, put(tmp_path, "id,spam\n2,no\n3,no\n"))


def test_a_configured_id_column_must_be_there_and_is_stored_as_id(tmp_path: Path) -> None:
    task = Task(name="t", kind=TaskKind.BINARY, inputs=("text",), label="spam", classes=("no", "yes"), id="nr")
    data = store(tmp_path / "store", task)
    with pytest.raises(WrongColumnsError, match="no column 'nr'"):
        bring(data, put(tmp_path, "text,spam\na,no\n"))
    with pytest.raises(WrongColumnsError, match="has a column 'id'"):
        bring(data, put(tmp_path, "nr,id,text,spam\n1,2,a,no\n"))
    with pytest.raises(BadDataError, match="column 'nr'"):
        bring(data, put(tmp_path, "nr,text,spam\n,a,no\n"))
    bring(data, put(tmp_path, "nr,text,spam\n1,a,no\n"))
    assert rows_of(data) == [{"id": "1", "text": "a", "spam": "no", "origin": "sample"}]


def test_an_id_that_changes_its_input_is_refused_unless_allowed(data: DataFiles, tmp_path: Path) -> None:
    bring(data, put(tmp_path, "id,text,spam\n1,a,no\n"))
    changed = put(tmp_path, "id,text,spam\n1,b,no\n")
    for dry_run in (True, False):
        with pytest.raises(ChangedInputError, match="1 example"):
            bring(data, changed, dry_run=dry_run)
    assert bring(data, changed, allow_input_changes=True).changed == 1


def test_rows_without_ids_get_the_hash_of_their_input_and_numbers_for_repeats(data: DataFiles, tmp_path: Path) -> None:
    done = bring(data, put(tmp_path, "text,spam\na,no\nb,no\na,yes\na,no\n"))
    ids = [str(row["id"]) for row in rows_of(data)]
    base = next(i for i in ids if f"{i}-2" in ids)
    assert sorted(i for i in ids if i.startswith(base)) == [base, f"{base}-2", f"{base}-3"]
    assert len(base) == 32
    assert "2 rows repeat an input" in done.notes[0]
    again = bring(data, put(tmp_path, "text,spam\na,yes\na,no\na,no\nb,no\n"))
    assert (again.added, again.changed, again.removed) == (0, 0, 0)


def test_an_unlabelled_dataset_stays_unlabelled(data: DataFiles, tmp_path: Path) -> None:
    bring(data, put(tmp_path, "id,text\n1,a\n"), "raw", unlabelled=True)
    bring(data, put(tmp_path, "id,text\n2,b\n"), "raw")
    assert data.head("raw").rows == 2
    bring(data, put(tmp_path, "id,text,spam\n1,a,no\n"))
    with pytest.raises(WrongDatasetKindError):
        bring(data, put(tmp_path, "id,text\n1,a\n"), unlabelled=True)


def test_replace_takes_the_file_for_the_whole_table(data: DataFiles, tmp_path: Path) -> None:
    bring(data, put(tmp_path, "id,text,spam\n1,a,no\n2,b,no\n3,c,no\n"))
    path = put(tmp_path, "id,text,spam\n2,b,yes\n4,d,no\n")
    would = bring(data, path, replace=True, dry_run=True)
    done = bring(data, path, replace=True)
    assert (done.rows, done.added, done.changed, done.removed) == (2, 1, 1, 2)
    assert (would.rows, would.added, would.changed, would.removed) == (2, 1, 1, 2)
    assert (would.dry_run, would.content_hash) == (True, None)


def test_an_import_may_ask_where_the_branch_stands(data: DataFiles, tmp_path: Path) -> None:
    first = bring(data, put(tmp_path, "id,text,spam\n1,a,no\n"))
    second = bring(data, put(tmp_path, "id,text,spam\n2,b,no\n"), expect=first.data_commit)
    with pytest.raises(StaleEditError, match=str(first.data_commit)[:12]):
        bring(data, put(tmp_path, "id,text,spam\n3,c,no\n"), expect=first.data_commit)
    assert data.head("test").id == second.data_commit


def test_a_file_without_rows_changes_nothing_even_as_a_replacement(data: DataFiles, tmp_path: Path) -> None:
    bring(data, put(tmp_path, "id,text,spam\n1,a,no\n"))
    with pytest.raises(UnreadableFileError, match="no rows"):
        bring(data, put(tmp_path, "id,text,spam\n"), replace=True)
    assert data.head("test").rows == 1


def test_a_column_without_a_value_gets_its_type_with_the_first_one(data: DataFiles, tmp_path: Path) -> None:
    done = bring(data, put(tmp_path, "id,text,spam,n\n1,a,no,\n"))
    assert "left out 'n'" in done.notes[0]
    bring(data, put(tmp_path, "id,text,spam,n\n1,a,no,5\n"))
    assert data.head("test").schema["n"] is ColumnType.NUMBER


def test_files_of_a_column_are_stored_and_named_by_their_hash(tmp_path: Path) -> None:
    task = Task(name="t", kind=TaskKind.BINARY, inputs=("image",), label="cat", classes=("no", "yes"))
    data = store(tmp_path / "store", task)
    (tmp_path / "in" / "pictures").mkdir(parents=True)
    (tmp_path / "in" / "pictures" / "a.png").write_bytes(b"a cat")
    (tmp_path / "secret").write_bytes(b"secret")
    text = "id,image,cat\n1,pictures/a.png,yes\n"
    bring(data, put(tmp_path / "in", text), file_columns=["image"])
    digest = hashlib.sha256(b"a cat").hexdigest()
    assert rows_of(data)[0]["image"] == digest
    assert data.objects.get(file_object(digest)) == b"a cat"
    assert bring(data, put(tmp_path, f"id,image,cat\n1,{digest},yes\n")).changed == 0
    with pytest.raises(BadDataError) as caught:
        bring(
            data, put(tmp_path / "in", f"id,image,cat\n2,none.png,no\n3,../secret,no\n4,{'0' * 64},no\n5,pictures,no\n")
        )
    assert [row.line for row in caught.value.rows] == [2, 3, 4, 5]
    assert "outside the folder" in caught.value.rows[1].reason
    assert len(list(data.objects.names())) == len(list(data.objects.root.glob("??/*")))


def test_frames_and_records_come_in_like_files(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    records = [{"id": 7, "text": "a", "spam": "no", "n": 1.5}, {"id": 8, "text": "b", "spam": None, "n": None}]
    hashes = set()
    for number, frame in enumerate((records, pl.DataFrame(records), pandas.DataFrame(records))):
        data = store(tmp_path / str(number))
        done = data.add(frame, "test", message="why", actor="me")
        hashes.add(done.content_hash)
        assert [row["id"] for row in rows_of(data)] == ["7", "8"]
    assert len(hashes) == 1
    with pytest.raises(BadDataError, match="line 1, column 'n': 'nan' is not finite"):
        store(tmp_path / "x").add(
            pl.DataFrame({"id": [1], "text": ["a"], "spam": ["no"], "n": [float("nan")]}), "t", message="w", actor="a"
        )


def test_a_dry_run_says_what_would_change_and_changes_nothing(data: DataFiles, tmp_path: Path) -> None:
    path = put(tmp_path, "id,text,spam,n\n1,a,no,1\n2,b,no,2\n")
    assert bring(data, path, dry_run=True).added == 2
    assert data.datasets() == []
    bring(data, path)
    would = bring(data, put(tmp_path, "id,text,spam\n2,b,yes\n3,c,no\n1,a,no\n"), dry_run=True)
    assert (would.rows, would.added, would.changed, would.removed) == (3, 1, 1, 0)
    assert data.head("test").rows == 2


ROWS = st.lists(
    st.tuples(
        st.text(alphabet="ab,\"\n é=-'", min_size=0, max_size=5),
        st.none() | st.sampled_from(["no", "yes"]),
        st.none() | st.floats(allow_nan=False, allow_infinity=False),
        st.none() | st.booleans(),
        st.none() | st.text(alphabet="@x \t", max_size=3),
    ),
    min_size=1,
    max_size=12,
)
TYPES = {"n": ColumnType.NUMBER, "ok": ColumnType.BOOLEAN, "more": ColumnType.TEXT}


def frame_of(rows: Sequence[tuple[object, ...]]) -> pl.DataFrame:
    schema = {"text": pl.String, "spam": pl.String, "n": pl.Float64, "ok": pl.Boolean, "more": pl.String}
    frame = pl.DataFrame(list(rows), schema=schema, orient="row")
    return frame.insert_column(0, pl.Series("id", [f"r{i}" for i in range(frame.height)]))


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, st.randoms(use_true_random=False))
def test_order_columns_and_the_way_in_leave_no_trace(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[object, ...]], dice: random.Random
) -> None:
    folder, frame = tmp_path_factory.mktemp("way"), frame_of(rows)
    data = store(folder / "store")
    whole = data.add(frame, "whole", message="w", actor="a", types=TYPES)
    columns = dice.sample(frame.columns, len(frame.columns))
    shuffled = frame.sample(fraction=1, shuffle=True, seed=dice.randrange(99)).select(columns)
    data.add(frame_of([("", "no", 1.0, True, "x")]).with_columns(id=pl.lit("gone")), "parts", message="w", actor="a")
    start = 0
    while start < shuffled.height:
        size = dice.randint(1, 5)
        shuffled.slice(start, size).write_csv(folder / "part.csv")
        bring(data, folder / "part.csv", "parts", types=TYPES, dialect=Dialect(raw=True))
        start += size
    data.commit("parts", deletes=["gone"], message="w", actor="a")
    assert data.head("parts").content_hash == whole.content_hash


@settings(max_examples=12)
@given(ROWS, st.randoms(use_true_random=False))
def test_made_ids_do_not_depend_on_the_order_of_the_file(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[object, ...]], dice: random.Random
) -> None:
    data = store(tmp_path_factory.mktemp("ids"))
    frame = frame_of(rows * 2).drop("id")
    one = data.add(frame, "one", message="w", actor="a", types=TYPES)
    shuffled = frame.sample(fraction=1, shuffle=True, seed=dice.randrange(99)).select(reversed(frame.columns))
    two = data.add(shuffled, "two", message="w", actor="a", types=TYPES)
    assert one.content_hash == two.content_hash
    assert one.rows == len(rows) * 2


TINY = Sizes(kept_bytes=1_000, at_once_rows=1_000)


def test_what_is_streamed_is_the_same_as_what_is_handed_over_at_once(tmp_path: Path) -> None:
    lines = [f'{i},"text {i % 700}, ""é""",{"yes" if i % 3 else "no"},{i / 7},{i % 5}' for i in range(30_000)]
    path = put(tmp_path, "id,text,spam,n,m\n" + "\n".join(lines))
    without_ids = put(tmp_path, "text,spam,n\n" + "\n".join(line.split(",", 1)[1][:-2] for line in lines), "b.csv")
    at_once, streamed = store(tmp_path / "at_once"), store(tmp_path / "streamed")

    def stream(path: Path, dataset: str, skip_bad: Path | None = None) -> Imported:
        plan = ImportPlan(dataset=dataset, message="why", actor="me", skip_bad=skip_bad)
        return import_rows(streamed, open_rows(path), plan, sizes=TINY)

    hashes = [bring(at_once, path, "a").content_hash, bring(at_once, without_ids, "b").content_hash]
    done = stream(path, "a")
    assert [done.content_hash, stream(without_ids, "b").content_hash] == hashes
    assert (done.added, streamed.head("a").rows) == (30_000, 30_000)
    path.write_text(path.read_text() + "\n1,again,no,1,1\nx,bad,maybe,1,1\n")
    with pytest.raises(BadDataError) as caught:
        stream(path, "a")
    assert [(row.line, row.column) for row in caught.value.rows] == [(30_002, "id"), (30_003, "spam")]
    assert stream(path, "c", tmp_path / "r.csv").content_hash == hashes[0]


def test_many_rows_are_imported_in_bounded_memory(tmp_path: Path) -> None:
    program = (
        "import resource, sys; from pathlib import Path\n"
        "import numpy as np, polars as pl\n"
        "from tests.data.test_importing import bring, store\n"
        "folder = Path(sys.argv[1]); data = store(folder / 'store')\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "done = bring(data, folder / 'rows.csv')\n"
        "print(done.rows, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)\n"
    )
    with (tmp_path / "rows.csv").open("w") as stream:
        stream.write("id,text,spam,n\n")
        stream.writelines(f"row-{i},{'some text ' * 20}{i},no,{i}\n" for i in range(300_000))
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True, cwd=root
    )
    rows, grew_mb = map(int, done.stdout.split())
    assert rows == 300_000
    assert grew_mb < 700


def test_a_file_that_changes_while_it_is_read_is_refused(data: DataFiles, tmp_path: Path) -> None:
    path = put(tmp_path, "id,text,spam\n" + "".join(f"{i},a,no\n" for i in range(9)))
    plan = ImportPlan(dataset="test", message="why", actor="me")

    calls: list[int] = []

    def shorten(done: int, _total: int | None) -> None:
        calls.append(done)
        if len(calls) == 2:  # types are decided and rows are checked by now
            path.write_text("id,text,spam\n1,a,no\n")

    with pytest.raises(UnreadableFileError, match="changed while it was read"):
        import_rows(data, open_rows(path), plan, sizes=Sizes(kept_bytes=-1), tell=shorten)
    assert data.datasets() == []


@dataclass(frozen=True)
class Real:
    """A public file, and what is known of it."""

    name: str
    task: Task
    rows: int
    dialect: Dialect | None = None


REAL = (
    Real(
        "banking77/test.csv.gz",
        Task(name="b", kind=TaskKind.MULTICLASS, inputs=("text",), label="category"),
        3_080,
    ),
    Real(
        "sms_spam/sms.tsv.gz",
        Task(name="s", kind=TaskKind.BINARY, inputs=("text",), label="label", classes=("ham", "spam")),
        5_574,
        Dialect(columns=("label", "text"), quotes=False),
    ),
    Real(
        "er_abt_buy/test.txt.gz",
        Task(name="e", kind=TaskKind.BINARY, inputs=("left", "right"), label="match", classes=("0", "1")),
        1_916,
        Dialect(columns=("left", "right", "match"), quotes=False, delimiter="\t"),
    ),
)


@pytest.mark.parametrize("real", REAL, ids=[each.name for each in REAL])
def test_real_files_come_in_with_every_row_and_again_with_no_change(
    shared_data: Path, tmp_path: Path, real: Real
) -> None:
    task, path = real.task, shared_data / real.name
    if task.kind is TaskKind.MULTICLASS:
        labels = pl.concat([chunk.frame for chunk in open_rows(path).chunks()])[task.label]
        task = replace(task, classes=tuple(labels.unique().sort()))
        assert len(task.classes) == 77
    data = store(tmp_path / "store", task)
    done = bring(data, path, dialect=real.dialect)
    assert (done.rows, done.rejected) == (real.rows, 0)
    again = bring(data, path, dialect=real.dialect)
    assert (again.data_commit, again.changed) == (done.data_commit, 0)
    counts = dict(data.rows("test")[task.label].value_counts().iter_rows())
    known = {"sms_spam": {"spam": 747, "ham": 4_827}, "er_abt_buy": {"1": 206, "0": 1_710}}
    assert counts == known.get(real.name.split("/")[0], counts)


def test_the_command_line_imports_exports_and_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_workspace(tmp_path, Configuration(task=SPAM)).close()
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["--actor", "me", *arguments])

    put(tmp_path, 'id,text,spam\n007,"=a, b",yes\n8,"",no\n', "a.csv")
    body = json.loads(run("data", "import", "a.csv", "--dataset", "test", "-m", "first", "--json").stdout)
    assert (body["rows"], body["added"], body["changed"], body["removed"]) == (2, 2, 0, 0)
    assert len(body["data_commit"]) == len(body["content_hash"]) == 64
    assert run("data", "export", "test").stdout == 'id,text,spam,origin\n007,"\'=a, b",yes,sample\n8,"",no,sample\n'
    assert run("data", "export", "-o", "b.parquet", "--where", 'spam == "no"').exit_code == 0
    assert pl.read_parquet("b.parquet")["id"].to_list() == ["8"]
    assert run("data", "export", "-o", "b.csv").exit_code == 0
    assert "Nothing changed" in run("data", "import", "b.csv", "-m", "again").stdout
    put(tmp_path, "id,text,spam\n1,a,no\n2,b,maybe\n", "c.csv")
    refused = run("data", "import", "c.csv", "-m", "more")
    assert isinstance(refused.exception, BadDataError)
    done = run(
        "data", "import", "c.csv", "-m", "more", "--skip-bad", "r.csv", "--origin", "pattern", "--type", "n=number"
    )
    assert isinstance(done.exception, WrongColumnsError)
    done = run("data", "import", "c.csv", "-m", "more", "--skip-bad", "r.csv", "--origin", "pattern")
    assert "1 added" in done.stdout
    assert "1 bad row set aside in r.csv" in done.stdout
    assert run("data", "export", "--json").exception is not None
