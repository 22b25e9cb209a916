"""Files are read row by row, strictly; a fast reader and a slow one of the same grammar must agree."""

from __future__ import annotations

import csv
import gzip
import io
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curiouser.data.formats.bad_rows import BadRow, UnreadableFileError, WrongColumnsError
from curiouser.data.formats.chunks import Chunk, Dialect, Rowed
from curiouser.data.formats.delimited import Grammar, read_rows, split_rows
from curiouser.data.formats.frames import rows_of
from curiouser.data.formats.reading import open_rows
from curiouser.kernel.errors import BadInputError

PLAIN = st.text(alphabet="ab,\"\n\r\t;é'=", max_size=6)
CELL = st.none() | st.text(alphabet='ab,"\n\r é;', max_size=5)


def put(folder: Path, name: str, data: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def read(path: Path, dialect: Dialect | None = None) -> tuple[pl.DataFrame, list[int], list[BadRow]]:
    return joined(open_rows(path, dialect))


def joined(rows: Rowed) -> tuple[pl.DataFrame, list[int], list[BadRow]]:
    chunks: list[Chunk] = list(rows.chunks())
    frame = pl.concat([chunk.frame for chunk in chunks], how="diagonal")
    return frame, [int(n) for chunk in chunks for n in chunk.lines], [row for chunk in chunks for row in chunk.bad]


def quoted(value: str | None) -> str:
    """Write one field as the grammar wants it, quoted whenever it may be."""
    return "" if value is None else '"' + value.replace('"', '""') + '"'


def test_a_csv_tells_nothing_from_the_empty_text(tmp_path: Path) -> None:
    frame, _, bad = read(put(tmp_path, "x.csv", 'id,text\n1,""\n2,\n'))
    assert frame["text"].to_list() == ["", None]
    assert bad == []


def test_quoted_newlines_stay_and_lines_are_counted_through_them(tmp_path: Path) -> None:
    frame, lines, bad = read(put(tmp_path, "x.csv", 'id,text\r\n1,"a\r\nb"\r\n\r\n2,c\r\n3\r\n'))
    assert frame["text"].to_list() == ["a\r\nb", "c"]
    assert lines == [2, 5]
    assert [str(row) for row in bad] == ["line 6: has 1 field, the header has 2"]


@pytest.mark.parametrize("data", [b"id,text\n1,a\n2,b", b"\xef\xbb\xbfid,text\n1,a\n2,b\n"])
def test_a_byte_order_mark_and_a_missing_last_newline_change_nothing(tmp_path: Path, data: bytes) -> None:
    frame, _, _ = read(put(tmp_path, "x.csv", data))
    assert frame.to_dict(as_series=False) == {"id": ["1", "2"], "text": ["a", "b"]}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.csv", 'id;text\n1;"a;b"\n'),
        ("x.csv", 'sep=;\r\nid;text\r\n1;"a;b"\r\n'),
        ("x.tsv", "id\ttext\n1\ta;b\n"),
        ("x.csv", "id|text\n1|a;b\n"),
        ("x.jsonl", '{"id": "1", "text": "a;b"}\n'),
        ("x.csv.gz", gzip.compress(b'id,text\n1,"a;b"\n', mtime=0)),
        ("x.jsonl.gz", gzip.compress(b'{"id": "1", "text": "a;b"}', mtime=0)),
    ],
)
def test_the_same_rows_come_out_of_every_format(tmp_path: Path, name: str, data: bytes | str) -> None:
    frame, _, bad = read(put(tmp_path, name, data))
    assert (frame.to_dicts(), bad) == ([{"id": "1", "text": "a;b"}], [])


def test_the_hoped_for_columns_decide_between_delimiters(tmp_path: Path) -> None:
    path = put(tmp_path, "x.csv", "id;a,b,c\n1;x\n")
    assert open_rows(path, expected=["id"]).columns == ("id", "a,b,c")


def test_a_file_without_a_header_is_read_with_the_columns_that_are_said(tmp_path: Path) -> None:
    path = put(tmp_path, "x.tsv", 'ham\the said "no\nspam\t"win\n')
    frame, lines, bad = read(path, Dialect(columns=("label", "text"), quotes=False))
    assert frame["text"].to_list() == ['he said "no', '"win']
    assert (lines, bad) == ([1, 2], [])


def test_after_a_row_that_cannot_be_read_reading_goes_on_at_the_next_line(tmp_path: Path) -> None:
    data = 'id,text\n1,"ab"c\n2,5" pipe\n3,a,b\n4,"never closed\n5,x\n'
    frame, lines, bad = read(put(tmp_path, "x.csv", data))
    assert frame.to_dicts() == [{"id": "2", "text": '5" pipe'}, {"id": "5", "text": "x"}]
    assert lines == [3, 6]
    assert [row.line for row in bad] == [2, 4, 5]
    assert "after the closing quote of field 2" in bad[0].reason
    assert "opens a quote in field 2 that is never closed" in bad[2].reason
    assert bad[2].text == '4,"never closed'


def test_a_row_that_is_no_utf_8_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    frame, _, bad = read(put(tmp_path, "x.csv", "id,text\n1,é\n2,x\n".encode("latin-1")))
    assert frame["id"].to_list() == ["2"]
    assert str(bad[0]) == "line 2: is not UTF-8 (byte 0xe9); save the file as UTF-8"


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("x.csv", "id,text\n1,a\n".encode("utf-16"), "UTF-16"),
        ("x.csv", "id,text\n1,a\n".encode("utf-16-le"), "NUL"),
        ("x.csv", b"", "empty"),
        ("x.csv", b"\xef\xbb\xbf\n\n", "empty"),
        ("x.csv", b"PK\x03\x04rest", "Excel"),
        ("x.csv", b"PAR1", "Parquet"),
        ("x.csv", gzip.compress(b"id,text\n", mtime=0), "gzip"),
        ("x.csv", bytes(range(256)) * 9, "NUL"),
        ("x.csv", b"id,text\r1,a\r2,b\r", "CR only"),
        ("x.csv", b'id,"text\n1,a\n', "quote"),
        ("x.csv", b"a" * (1 << 20) + b"b,c\n", "over 1 MB"),
        ("x.csv.gz", gzip.compress(b"id,text\n1,a\n" * 9999, mtime=0)[:-20], "no whole gzip"),
        ("x.csv.gz", b"id,text\n1,a\n", "no whole gzip"),
        ("x.jsonl", b'[{"id": 1}]', "JSON array"),
        ("x.parquet", b"id,text\n", "no Parquet"),
        ("x.parquet", b"PAR1" + b"x" * 99, "cut off"),
        ("x.parquet", b"PAR1" + b"x" * 99 + b"PAR1", "damaged"),
        ("x.xlsx", b"PK", "does not say its format"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableFileError, match=reason):
        read(put(tmp_path, name, data))


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "d.csv").mkdir()
    for name in ("none.csv", "d.csv"):
        with pytest.raises(UnreadableFileError, match=name):
            open_rows(tmp_path / name)


def test_a_parquet_file_cut_anywhere_is_refused(tmp_path: Path) -> None:
    pl.DataFrame({"id": [str(i) for i in range(999)], "x": range(999)}).write_parquet(tmp_path / "whole.parquet")
    data = (tmp_path / "whole.parquet").read_bytes()
    for size in range(1, len(data), 211):
        with pytest.raises(UnreadableFileError):
            read(put(tmp_path, "cut.parquet", data[:size]))


@pytest.mark.parametrize(
    ("header", "reason"),
    [(",text", "column 1 has no name"), ("a,b,a", "'a' more than once"), ("a,^b$,c", "begin with")],
)
def test_a_header_must_name_every_column_once(tmp_path: Path, header: str, reason: str) -> None:
    with pytest.raises(WrongColumnsError, match=reason):
        open_rows(put(tmp_path, "x.csv", f"{header}\n1,2,3\n"))


@pytest.mark.parametrize("delimiter", ["", ",,", '"', "\n", "é"])
def test_a_delimiter_is_one_plain_character(delimiter: str) -> None:
    with pytest.raises(BadInputError, match="no delimiter"):
        Dialect(delimiter=delimiter)


def test_the_apostrophe_of_a_formula_safe_file_is_taken_off_unless_the_file_is_raw(tmp_path: Path) -> None:
    path = put(tmp_path, "x.csv", "id,'=text\n1,'=1+1\n2,'tis\n3,''-x\n")
    frame, _, _ = read(path)
    assert frame["=text"].to_list() == ["=1+1", "'tis", "'-x"]
    assert sum(chunk.unescaped for chunk in open_rows(path).chunks()) == 2
    frame, _, _ = read(path, Dialect(raw=True))
    assert frame["'=text"].to_list() == ["'=1+1", "'tis", "''-x"]


def test_json_values_keep_the_text_that_stands_there(tmp_path: Path) -> None:
    data = '{"a": 1.10, "b": true, "c": "007", "d": 123456789012345678901}\n{"a": null, "e": NaN}\n'
    (chunk,) = open_rows(put(tmp_path, "x.jsonl", data)).chunks()
    assert chunk.frame.row(0) == ("1.10", "true", "007", "123456789012345678901", None)
    assert chunk.frame.row(1) == (None, None, None, None, "NaN")
    assert chunk.said is not None
    assert (chunk.said["c"], chunk.said["d"]) == (frozenset({"text"}), frozenset({"number"}))


def test_each_bad_line_of_json_is_told_with_its_reason(tmp_path: Path) -> None:
    data = '{"a": 1}\n{"a": \n[1]\n{"a": [1]}\n{"a": 1, "a": 2}\n{"a": "\\ud800"}\n' + "[" * 5000 + '\n\n{"b": 1}\n{}'
    frame, lines, bad = read(put(tmp_path, "x.jsonl", data))
    assert lines == [1, 9]
    assert frame.height == 2
    assert sorted(row.line for row in bad) == [2, 3, 4, 5, 6, 7, 10]


def test_records_and_frames_are_rows_too() -> None:
    pandas = pytest.importorskip("pandas")
    records = [{"id": 1, "x": 0.5, "ok": True}, {"id": 2, "x": None, "ok": False}]
    frame, lines, _ = joined(rows_of(records))
    assert frame.to_dicts() == [{"id": "1", "x": "0.5", "ok": "true"}, {"id": "2", "x": None, "ok": "false"}]
    assert lines == [1, 2]
    for given_frame in (pandas.DataFrame(records), pl.DataFrame(records), pl.LazyFrame(records)):
        frame, lines, _ = joined(rows_of(given_frame))
        assert frame.to_dicts() == records
        assert lines == [1, 2]
    with pytest.raises(BadInputError, match="a dict holds no rows"):
        rows_of({"id": [1]})


@given(st.text(alphabet='ab,"\n\r', max_size=60), st.booleans())
def test_the_fast_reader_and_the_slow_one_agree_on_any_text(text: str, quotes: object) -> None:
    grammar, data = Grammar(delimiter=",", quotes=bool(quotes)), text.encode() + b"\n"
    slow = split_rows(data, grammar, ["x", "y"], at_end=True)
    rows, lines, bad, line = [], [], [], 0
    while data:
        part = read_rows(data, grammar, ["x", "y"], at_end=True)
        rows += part.frame.rows()
        lines += [int(n) + line for n in part.lines]
        bad += [(row.line + line, row.text) for row in part.bad]
        line += data.count(b"\n", 0, part.consumed)
        data = data[part.consumed :]
    assert rows == slow.frame.rows()
    assert lines == slow.lines.tolist()
    assert sorted(bad) == sorted((row.line, row.text) for row in slow.bad)


@given(st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=12), st.sampled_from(["\n", "\r\n"]))
def test_what_is_written_by_the_grammar_is_read_back(rows: list[tuple[str | None, ...]], newline: str) -> None:
    data = "".join(",".join(map(quoted, row)) + newline for row in rows).encode()
    grammar = Grammar(delimiter=",")
    read_back = read_rows(data, grammar, ["a", "b", "c"], at_end=True)
    assert (read_back.frame.rows(), read_back.bad, read_back.consumed) == (rows, [], len(data))


@given(st.lists(st.tuples(PLAIN, PLAIN), min_size=1, max_size=12))
def test_what_pythons_own_writer_writes_is_read_back(rows: list[tuple[str, str]]) -> None:
    stream = io.StringIO()
    csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    read_back = read_rows(stream.getvalue().encode(), Grammar(delimiter=","), ["a", "b"], at_end=True)
    assert (read_back.frame.rows(), read_back.bad) == (rows, [])


@given(st.text(alphabet='ab,"\n\ré', max_size=80), st.integers(1, 79))
def test_where_a_buffer_ends_changes_no_row(text: str, cut: int) -> None:
    data, grammar = text.encode() + b"\n", Grammar(delimiter=",")
    whole = split_rows(data, grammar, ["x", "y"], at_end=True)
    first = read_rows(data[:cut], grammar, ["x", "y"], at_end=False)
    assert first.frame.rows() == whole.frame.rows()[: first.frame.height]


def test_chunks_split_nothing_in_a_file_of_many_megabytes(tmp_path: Path) -> None:
    rows = [(str(i), f'text {i}, "quoted"\nand more ' + "x" * (i % 97)) for i in range(120_000)]
    pl.DataFrame(rows, schema=["id", "text"], orient="row").write_csv(tmp_path / "x.csv")
    frame, lines, bad = read(tmp_path / "x.csv")
    assert frame.rows() == rows
    assert (lines[0], lines[-1], bad) == (2, 2 + 2 * 119_999, [])


@pytest.mark.parametrize(
    ("name", "filling", "around", "line"),
    [
        ("x.csv", b"abcd, ef\n", ('id,text\n1,ok\n2,"', '"\n3,ok\n'), 3),
        ("x.csv", b"abcd; ef ", ("id,text\n1,ok\n2,", "\n3,ok\n"), 3),
        ("x.jsonl", b"abcd,: \\n", ('{"id": 1}\n{"id": 2, "text": "', '"}\n{"id": 3}\n'), 2),
    ],
)
def test_a_field_of_200_mb_is_one_bad_row_and_never_held(
    tmp_path: Path, name: str, filling: bytes, around: tuple[str, str], line: int
) -> None:
    path = tmp_path / name
    with path.open("wb") as stream:
        stream.write(around[0].encode())
        for _ in range(200):
            stream.write(filling * 111_112)
        stream.write(around[1].encode())
    program = (
        "import resource, sys; from pathlib import Path; from curiouser.data.formats.reading import open_rows\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "for chunk in open_rows(Path(sys.argv[1])).chunks():\n"
        "    [print('good', line) for line in chunk.lines]; [print(row) for row in chunk.bad]\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    *told, grew_mb = done.stdout.splitlines()
    assert told[:2] == [
        f"good {line - 1}",
        f"line {line}, column 'text': is larger than the 10 MB that a field may have",
    ]
    lines_inside = 200 * 111_112 * filling.count(b"\n")
    assert told[2:] == [f"good {line + 1 + lines_inside}"]
    assert int(grew_mb) < 450


def test_a_quote_that_is_never_closed_costs_one_row_even_in_a_large_file(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b'id,text\n1,"open\n' + b"2,some text that fills the file\n" * 1_300_000)
    rows = open_rows(path)
    chunks = list(rows.chunks())
    assert sum(chunk.frame.height for chunk in chunks) == 1_300_000
    assert [str(row) for chunk in chunks for row in chunk.bad] == [
        "line 2, column 'text': opens a quote that is never closed"
    ]


def test_real_files_have_the_rows_that_are_known_of_them(shared_data: Path) -> None:
    plain = {"banking77/train.csv.gz": 10_003, "banking77/test.csv.gz": 3_080}
    for name, count in plain.items():
        frame, _, bad = read(shared_data / name)
        assert (frame.height, frame.columns, bad) == (count, ["text", "category"], [])
    dialect = Dialect(columns=("label", "text"), quotes=False)
    frame, _, bad = read(shared_data / "sms_spam" / "sms.tsv.gz", dialect)
    assert (frame.height, (frame["label"] == "spam").sum(), bad) == (5_574, 747, [])
    assert frame.height - frame.unique().height == 403
    dialect = Dialect(columns=("left", "right", "match"), quotes=False, delimiter="\t")
    for part, count, matches in (("train", 5_743, 616), ("valid", 1_916, 206), ("test", 1_916, 206)):
        frame, _, bad = read(shared_data / "er_abt_buy" / f"{part}.txt.gz", dialect)
        assert (frame.height, (frame["match"] == "1").sum(), bad) == (count, matches, [])
