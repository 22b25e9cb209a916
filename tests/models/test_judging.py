"""Functions of the project that judge rows: what they may return, and what happens where they misbehave."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from curiouser.kernel.configuration import Task, TaskKind
from curiouser.models import Limits, ModelRunError, RowJudges
from curiouser.models.sandbox.answers import NoAnswerError
from curiouser.models.sandbox.verdicts import wrong_rows
from curiouser.storage import Database, FolderObjects

TASK = Task(name="t", kind=TaskKind.BINARY, inputs=("text",), label="label", classes=("no", "yes"))
ROWS = pl.DataFrame({"id": ["a", "b", "c"], "text": ["x", "yy", None], "age": [1.0, 2.0, 3.0]})
CODE = """
import polars
def reasons(rows):
    return ["has no text" if row["text"] is None else None for row in rows]
def frame(rows: polars.DataFrame):
    return rows["age"] > 1.5
def few(rows):
    return [None]
def number(rows):
    return [1, 2, 3]
def hangs(rows):
    while True: pass
def exits(rows):
    raise SystemExit(0)
def connects(rows):
    import socket
    socket.create_connection(("127.0.0.1", 9), 1)
def counts(rows):
    return [f"{len(rows)} rows"] * len(rows)
"""


@pytest.fixture(scope="module")
def judges(tmp_path_factory: pytest.TempPathFactory) -> RowJudges:
    root = tmp_path_factory.mktemp("project")
    (root / "ours.py").write_text(CODE, encoding="utf-8")
    database = Database(f"sqlite:///{root}/.curiouser/meta.db")
    return RowJudges(database, FolderObjects(root / ".curiouser" / "objects"), task=TASK, root=root)


def judged(judges: RowJudges, name: str, limits: Limits | None = None, *, whole: bool = False) -> dict[int, str]:
    with judges.judging(f"ours:{name}", limits) as judge:
        return judge.wrong(ROWS, whole=whole)


def test_verdicts_are_reasons_or_truth_per_row(judges: RowJudges) -> None:
    assert judged(judges, "reasons") == {2: "has no text"}
    assert judged(judges, "frame") == {1: "", 2: ""}


def test_a_function_sees_a_batch_or_all_rows_as_it_asks(judges: RowJudges) -> None:
    one_at_a_time = Limits(batch_rows=1)
    assert judged(judges, "counts", one_at_a_time) == dict.fromkeys(range(3), "1 rows")
    assert judged(judges, "counts", one_at_a_time, whole=True) == dict.fromkeys(range(3), "3 rows")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("few", "returned 1 verdicts for 3 rows"), ("number", "returned int as a verdict"),
        ("exits", "SystemExit"), ("connects", "raised"), ("nothing", "AttributeError"),
    ],
)  # fmt: skip
def test_what_is_no_verdict_is_an_error_that_says_so(judges: RowJudges, name: str, said: str) -> None:
    with pytest.raises(ModelRunError, match=said):
        judged(judges, name)


def test_a_function_that_hangs_is_stopped(judges: RowJudges) -> None:
    with pytest.raises(ModelRunError, match="took longer than"):
        judged(judges, "hangs", Limits(batch_s=0.5))


def test_the_files_that_a_function_loads_are_known(judges: RowJudges, tmp_path: Path) -> None:
    with judges.judging("ours:reasons") as judge:
        assert list(judge.files) == ["ours.py"]
        assert judges.hashes_now(judge.files) == judge.files


@pytest.mark.parametrize("returned", [None, 3, "ab", b"ab", {"a": 1}])
def test_what_is_no_list_is_refused(returned: object) -> None:
    with pytest.raises(NoAnswerError):
        wrong_rows(returned, 2)
