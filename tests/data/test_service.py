"""What committing, reading, comparing, naming, undoing and collecting promise."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import Connection

from curiouser.data import (
    BadExamplesError,
    BranchMovedError,
    Cell,
    ChangedInputError,
    ColumnType,
    ColumnTypeError,
    DataService,
    DatasetKind,
    DatasetNotFoundError,
    ExamplesNotFoundError,
    RefExistsError,
    RefNotFoundError,
    RevertConflictError,
    WrongDatasetKindError,
    content_hash_of,
)
from curiouser.data.snapshots import Layout
from curiouser.kernel.configuration import Task, TaskKind
from curiouser.kernel.errors import BadInputError, ConflictError, OutcomeUnknownError, StorageError
from curiouser.storage import Database, FolderObjects
from tests.data.rows import START, TASK, Ticking, a_store, labels, some_rows


@pytest.fixture
def data(tmp_path: Path) -> DataService:
    return a_store(tmp_path)


def started(data: DataService, ids: str = "abc") -> DataService:
    data.commit("test", upserts=some_rows(list(ids)), message="first", actor="ann")
    return data


def relabel(data: DataService, branch: str = "main", **answers: str | None) -> str:
    return data.commit("test", branch, upserts=labels(**answers), message="relabel", actor="ann").data_commit


def test_a_first_commit_makes_the_dataset_and_its_main_branch(data: DataService) -> None:
    made = started(data).head("test")
    assert (made.rows, made.added, made.depth, made.parents) == (3, 3, 0, ())
    assert [(each.name, each.kind) for each in data.datasets()] == [("test", DatasetKind.LABELLED)]
    assert data.rows("test").get_column("origin").unique().to_list() == ["sample"]


def test_rows_come_back_sorted_by_id_whatever_their_order(data: DataService) -> None:
    started(data, "cab")
    assert data.rows("test").get_column("id").to_list() == ["a", "b", "c"]


def test_columns_that_are_absent_keep_their_value(data: DataService) -> None:
    relabel(started(data), b="yes")
    assert data.rows("test", ids=["b"]).select("want", "meet").row(0) == ("want b", "yes")


def test_a_change_that_comes_to_nothing_makes_no_data_commit(data: DataService) -> None:
    head = started(data).head("test")
    again = data.commit("test", upserts=some_rows(["b"]), message="the same", actor="ann")
    assert (again.data_commit, again.added + again.changed + again.removed) == (head.id, 0)
    assert len(data.log("test")) == 1


def test_extra_columns_are_kept_and_an_empty_one_changes_no_hash(data: DataService) -> None:
    before = started(data).head("test")
    data.commit(
        "test", upserts=some_rows(["a"]).with_columns(note=pl.lit(None, dtype=pl.String)), message="m", actor="a"
    )
    after = data.head("test")
    assert after.content_hash == before.content_hash
    assert after.schema["note"] is ColumnType.TEXT
    assert after.id != before.id


def test_a_column_without_values_may_still_become_another_type(data: DataService) -> None:
    rows = some_rows(["a", "b"]).with_columns(size=pl.lit(None, dtype=pl.String))
    data.commit("test", upserts=rows, message="m", actor="ann")
    data.commit("test", upserts=pl.DataFrame({"id": ["a"], "size": [1.5]}), message="m", actor="ann")
    assert data.rows("test").get_column("size").to_list() == [1.5, None]
    assert data.head("test").schema["size"] is ColumnType.NUMBER
    assert data.verify() == []


def test_a_column_with_values_keeps_its_type(data: DataService) -> None:
    started(data)
    data.commit("test", upserts=pl.DataFrame({"id": ["a"], "size": [1.5]}), message="m", actor="ann")
    with pytest.raises(ColumnTypeError, match="number column"):
        data.commit("test", upserts=pl.DataFrame({"id": ["b"], "size": ["big"]}), message="m", actor="ann")


def test_replacing_removes_what_is_not_given(data: DataService) -> None:
    started(data)
    made = data.commit("test", upserts=some_rows(["b", "d"]), replace=True, message="all", actor="ann")
    assert (made.added, made.changed, made.removed, made.rows) == (1, 0, 2, 2)


def test_replacing_without_a_column_drops_it(data: DataService) -> None:
    data.commit("test", upserts=some_rows(["a"]).with_columns(note=pl.lit("x")), message="m", actor="ann")
    made = data.commit("test", upserts=some_rows(["a"]), replace=True, message="m", actor="ann")
    assert made.changed == 1
    assert "note" not in data.rows("test").columns
    data.commit("test", upserts=pl.DataFrame({"id": ["a"], "note": [1.0]}), message="m", actor="ann")
    assert data.rows("test").get_column("note").to_list() == [1.0]
    assert data.verify() == []


def test_another_input_under_a_known_id_is_refused_and_names_it(data: DataService) -> None:
    started(data)
    with pytest.raises(ChangedInputError, match=r"1 example.*: b;.*--allow-input-changes"):
        data.commit("test", upserts=some_rows(["a", "b"]).with_columns(
            want=pl.Series(["want a", "other"])), message="m", actor="ann")  # fmt: skip
    made = data.commit("test", upserts=pl.DataFrame({"id": ["b"], "want": ["other"]}), message="m", actor="ann",
                       allow_input_changes=True)  # fmt: skip
    assert made.changed == 1


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ({"id": [None, "x"]}, "1 row.*no id"),
        ({"id": ["", "x"]}, "1 row.*no id"),
        ({"id": ["x", "x"]}, "more than one row: x"),
        ({"id": ["x", "y"], "origin": ["sample", "guess"]}, "neither sample nor pattern: y"),
        ({"id": ["x", "y"], "weight": [1.0, 0.0]}, "weight is not above 0: y"),
        ({"id": ["x", "y"], "size": [1.0, float("inf")]}, "size is infinite: y"),
        ({"id": ["x", "y"], "meet": ["no", "maybe"]}, "meet is no class of the task: y"),
    ],
)
def test_rows_that_cannot_be_stored_are_named(data: DataService, bad: dict[str, list[object]], said: str) -> None:
    started(data)
    with pytest.raises(BadExamplesError, match=said):
        data.commit("test", upserts=pl.DataFrame(bad), message="m", actor="ann")
    assert data.head("test").rows == 3


def test_every_kind_of_trouble_is_told_at_once(data: DataService) -> None:
    rows = pl.DataFrame({"id": ["x", "x"], "size": [1.0, float("-inf")], "weight": [-1.0, 1.0]})
    with pytest.raises(BadExamplesError) as caught:
        data.commit("test", upserts=rows, message="m", actor="ann")
    assert len(caught.value.problems) == 3


def test_values_are_brought_to_one_form(data: DataService) -> None:
    rows = some_rows(["a", "b"]).with_columns(
        n=pl.Series([-0.0, float("nan")]),
        whole=pl.Series([1, 2]),
        day=pl.Series([date(2019, 10, 10), None]),
        local=pl.Series([datetime(2019, 10, 10, 12)] * 2).dt.replace_time_zone("Africa/Johannesburg"),  # noqa: DTZ001  its zone is put on
        kind=pl.Series(["x", "y"], dtype=pl.Categorical),
    )
    data.commit("test", upserts=rows, message="m", actor="ann")
    found = data.rows("test").row(0, named=True)
    assert str(found["n"]) == "0.0"
    assert data.rows("test").get_column("n").to_list() == [0.0, None]
    assert found["whole"] == 1.0
    assert found["day"] == datetime(2019, 10, 10, tzinfo=UTC)
    assert found["local"] == datetime(2019, 10, 10, 10, tzinfo=UTC)
    schema = data.head("test").schema
    assert (schema["kind"], schema["day"], schema["meet"]) == (
        ColumnType.CATEGORY, ColumnType.TIMESTAMP, ColumnType.CATEGORY)  # fmt: skip


def test_whole_numbers_that_a_float_would_round_are_refused(data: DataService) -> None:
    with pytest.raises(ColumnTypeError, match="2\\^53"):
        data.commit("test", upserts=some_rows(["a"]).with_columns(n=pl.lit((1 << 53) + 1)), message="m", actor="ann")


def test_a_column_of_lists_is_refused(data: DataService) -> None:
    with pytest.raises(ColumnTypeError, match="text column"):
        data.commit("test", upserts=some_rows(["a"]).with_columns(n=pl.Series([[1]])), message="m", actor="ann")


def test_ids_under_another_name_are_stored_as_id(tmp_path: Path) -> None:
    task = Task(name="t", kind=TaskKind.REGRESSION, inputs=("want",), label="price", id="code", tolerance=1.0)
    data = a_store(tmp_path, task=task)
    data.commit("test", upserts=pl.DataFrame({"code": [7], "want": ["x"], "price": [3]}), message="m", actor="ann")
    assert data.rows("test").select("id", "price").row(0) == ("7", 3.0)


def test_labelled_and_unlabelled_do_not_mix(data: DataService) -> None:
    started(data)
    with pytest.raises(WrongDatasetKindError, match="is labelled"):
        data.commit("test", upserts=some_rows(["z"]), kind=DatasetKind.UNLABELLED, message="m", actor="ann")
    data.commit("pool", upserts=some_rows(["z"]).drop("meet"), message="m", actor="ann")
    with pytest.raises(WrongDatasetKindError, match="is unlabelled"):
        data.commit("pool", upserts=some_rows(["y"]), message="m", actor="ann")


def test_a_column_that_the_task_needs_must_be_there(data: DataService) -> None:
    with pytest.raises(BadInputError, match="no column 'offer'"):
        data.commit("test", upserts=some_rows(["a"]).drop("offer"), message="m", actor="ann")


def test_unknown_ids_cannot_be_deleted(data: DataService) -> None:
    with pytest.raises(ExamplesNotFoundError, match="x"):
        started(data).commit("test", deletes=["a", "x"], message="m", actor="ann")
    assert data.head("test").rows == 3


def test_an_id_cannot_be_written_and_deleted_at_once(data: DataService) -> None:
    with pytest.raises(BadExamplesError, match="both written and deleted: a"):
        started(data).commit("test", upserts=some_rows(["a"]), deletes=["a"], message="m", actor="ann")


def test_a_data_commit_needs_a_message_and_something_to_do(data: DataService) -> None:
    with pytest.raises(BadInputError, match="needs a message"):
        data.commit("test", upserts=some_rows(["a"]), message=" ", actor="ann")
    with pytest.raises(BadInputError, match="nothing to commit"):
        data.commit("test", message="m", actor="ann")


def test_a_commit_expected_elsewhere_is_refused(data: DataService) -> None:
    first = started(data).head("test").id
    relabel(data, a="yes")
    with pytest.raises(BranchMovedError):
        data.commit("test", upserts=labels(b="yes"), message="m", actor="ann", expect=first)
    with pytest.raises(BranchMovedError):
        data.commit_large("test", parts=[labels(b="yes")], message="m", actor="ann", expect=first)


def test_the_same_rows_have_the_same_content_whatever_the_way(data: DataService) -> None:
    started(data)
    relabel(data, a="yes")
    data.commit("test", deletes=["c"], message="m", actor="ann")
    data.commit("other", upserts=some_rows(["b"]), message="m", actor="ann")
    data.commit("other", upserts=some_rows(["a"], meet="yes"), message="m", actor="ann")
    assert data.head("test").content_hash == data.head("other").content_hash == content_hash_of(data.rows("test"))


def test_refs_name_branches_tags_and_prefixes(data: DataService) -> None:
    first = started(data).head("test").id
    data.tag("test", "v1", actor="ann")
    data.branch("test", "side", actor="ann")
    second = relabel(data, a="yes")
    found = [data.resolve(ref).id for ref in ("test", "test@main", "test@side", "test@v1", first[:8], f"test@{second}")]
    assert found == [second, second, first, first, first, second]


@pytest.mark.parametrize("ref", ["test@nothing", "test@0000000", "0123abcd"])
def test_a_ref_that_names_nothing_says_so(data: DataService, ref: str) -> None:
    with pytest.raises((RefNotFoundError, DatasetNotFoundError), match=ref):
        started(data).resolve(ref)


def test_an_unknown_dataset_says_which_there_are(data: DataService) -> None:
    with pytest.raises(DatasetNotFoundError, match="known datasets: test"):
        started(data).rows("train")


def test_names_are_unique_and_cannot_pose_as_versions(data: DataService) -> None:
    started(data).branch("test", "side", actor="ann")
    with pytest.raises(RefExistsError):
        data.tag("test", "side", actor="ann")
    with pytest.raises(BadInputError, match="beginning of a data commit"):
        data.tag("test", "deadbeef", actor="ann")
    with pytest.raises(BadInputError, match="no name for a branch"):
        data.branch("test", "a/b", actor="ann")


def test_main_cannot_be_deleted_and_a_tag_does_not_move(data: DataService) -> None:
    started(data).tag("test", "v1", actor="ann")
    with pytest.raises(ConflictError):
        data.delete_branch("test", "main", actor="ann")
    with pytest.raises(RefNotFoundError, match="tags don't move"):
        relabel(data, "v1", a="yes")


def test_a_commit_to_a_branch_leaves_the_others(data: DataService) -> None:
    started(data).branch("test", "side", actor="ann")
    relabel(data, "side", a="yes")
    assert data.rows("test", ids=["a"]).get_column("meet").to_list() == ["no"]
    assert data.rows("test@side", ids=["a"]).get_column("meet").to_list() == ["yes"]


def test_a_log_goes_on_where_the_last_page_ended(data: DataService) -> None:
    started(data)
    for label in ("yes", "no", "yes", "no"):
        relabel(data, a=label)
    whole = data.log("test")
    first = data.log("test", limit=2)
    assert [*first, *data.log("test", limit=10, before=first[-1].id)] == whole
    assert [each.depth for each in whole] == [4, 3, 2, 1, 0]


def test_a_diff_across_branches_goes_through_what_they_share(data: DataService) -> None:
    started(data).branch("test", "side", actor="ann")
    relabel(data, a="yes")
    relabel(data, "side", b="yes")
    found = data.diff("test", "test@side")
    assert {row.id: dict(row.fields) for row in found.rows} == {
        "a": {"meet": ("yes", "no")},
        "b": {"meet": ("no", "yes")},
    }


def test_a_diff_lists_up_to_the_limit_and_counts_all(data: DataService) -> None:
    first = started(data).head("test").id
    relabel(data, a="yes", b="yes", c=None)
    found = data.diff(first, "test", limit=2)
    assert ([row.id for row in found.rows], found.changed, found.truncated) == (["a", "b"], 3, True)


def test_datasets_can_be_compared_with_each_other(data: DataService) -> None:
    started(data).commit("other", upserts=some_rows(["b", "z"]), message="m", actor="ann")
    found = data.diff("test", "other")
    assert (found.added, found.removed, found.changed) == (1, 2, 0)


def test_undoing_brings_back_what_was_and_keeps_what_came_later(data: DataService) -> None:
    started(data)
    undone = data.commit(
        "test",
        upserts=pl.concat([some_rows(["z"]), some_rows(["a"], meet="yes")]),
        deletes=["c"],
        message="m",
        actor="ann",
    )
    relabel(data, b="yes")
    data.revert("test", "main", undone.data_commit[:10], actor="ann")
    assert data.rows("test").select("id", "meet").rows() == [("a", "no"), ("b", "yes"), ("c", "no")]
    assert data.head("test").message.startswith("Undo")


def test_undoing_is_refused_when_later_commits_touched_the_rows(data: DataService) -> None:
    started(data)
    undone = relabel(data, a="yes", b="yes")
    relabel(data, b=None)
    with pytest.raises(RevertConflictError, match=r"1 of its rows.*: b") as caught:
        data.revert("test", "main", undone, actor="ann")
    assert caught.value.ids == ("b",)


def test_the_first_version_and_other_branches_cannot_be_undone(data: DataService) -> None:
    started(data).branch("test", "side", actor="ann")
    aside = relabel(data, "side", a="yes")
    with pytest.raises(BadInputError, match="first version"):
        data.revert("test", "main", data.head("test").id, actor="ann")
    with pytest.raises(BadInputError, match="not part of test@main"):
        data.revert("test", "main", aside, actor="ann")


def test_cells_are_set_by_text_and_read_by_their_type(data: DataService) -> None:
    data.commit("test", upserts=some_rows(["a", "b"]).with_columns(n=1.5, ok=True), message="m", actor="ann")
    cells = [
        Cell(id="a", column="n", text="2"),
        Cell(id="a", column="ok", text="false"),
        Cell(id="b", column="n", text=None),
    ]
    data.edit("test", cells=cells, message="m", actor="ann")
    assert data.rows("test").select("n", "ok").rows() == [(2.0, False), (None, True)]
    with pytest.raises(BadExamplesError, match="n of a cannot be 'two'"):
        data.edit("test", cells=[Cell(id="a", column="n", text="two")], message="m", actor="ann")
    with pytest.raises(BadInputError, match="'colour' is no column"):
        data.edit("test", cells=[Cell(id="a", column="colour", text="x")], message="m", actor="ann")
    with pytest.raises(ExamplesNotFoundError):
        data.edit("test", cells=[Cell(id="q", column="n", text="1")], message="m", actor="ann")


def test_large_commits_find_ids_that_stand_in_two_parts(data: DataService) -> None:
    with pytest.raises(BadExamplesError, match=r"1 id.*: b"):
        data.commit_large("test", parts=[some_rows(["a", "b"]), some_rows(["b", "c"])], message="m", actor="ann")
    assert data.datasets() == []


def test_large_commits_refuse_changed_inputs(data: DataService) -> None:
    started(data)
    with pytest.raises(ChangedInputError, match="1 example"):
        data.commit_large("test", parts=[some_rows(["a"], want="other {}".format)], message="m", actor="ann")


def test_large_and_plain_commits_come_to_the_same(tmp_path: Path) -> None:
    small = Layout(file_rows=8, range_files=2, run_rows=32)
    ids = [f"{number:03}" for number in range(300)]
    stores = []
    for name in ("plain", "large"):
        database = Database(f"sqlite:///{tmp_path}/{name}.db")
        database.create()
        stores.append(DataService(database, FolderObjects(tmp_path / name), TASK, Ticking(), layout=small))
    plain, large = stores
    for change in (some_rows(ids[::2]), some_rows(ids[100:]), some_rows(ids[:10], meet="yes")):
        one = plain.commit("test", upserts=change, message="m", actor="ann")
        other = large.commit_large("test", parts=change.iter_slices(7), message="m", actor="ann")
        assert one.content_hash == other.content_hash
        assert (one.added, one.changed, one.rows) == (other.added, other.changed, other.rows)
    assert plain.rows("test").equals(large.rows("test"))
    found = large.diff(large.log("test")[1].id, "test")
    assert (found.added, found.changed) == (5, 5)
    assert plain.verify() == large.verify() == []


def test_a_first_large_commit_without_rows_makes_an_empty_dataset(data: DataService) -> None:
    made = data.commit_large("test", parts=[some_rows([])], message="m", actor="ann")
    assert made.rows == 0
    assert data.rows("test").is_empty()
    assert relabel(started(data), a="yes")


def test_rows_can_be_chosen_by_column_id_and_predicate(data: DataService) -> None:
    relabel(started(data), b="yes")
    assert data.rows("test", columns=["meet", "id"], where=pl.col("want") == "want b").rows() == [("yes", "b")]
    assert data.rows("test", ids=["c", "nobody", "a"], columns=["id"]).rows() == [("a",), ("c",)]
    with pytest.raises(BadInputError, match="no column 'colour'"):
        data.rows("test", columns=["colour"])


def test_batches_walk_all_rows_in_order(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/meta.db")
    database.create()
    layout = Layout(file_rows=4, range_files=2)
    data = DataService(database, FolderObjects(tmp_path / "objects"), TASK, Ticking(), layout=layout)
    ids = [f"{number:02}" for number in range(30)]
    data.commit("test", upserts=some_rows(ids[:-3]), message="m", actor="ann")
    data.commit("test", upserts=some_rows(ids[-3:]), deletes=["05"], message="m", actor="ann")
    parts = list(data.batches("test", ["id"], size=3))
    assert max(part.height for part in parts) == 3
    assert pl.concat(parts).get_column("id").to_list() == [each for each in ids if each != "05"]


def test_status_counts_branches_rows_and_bytes(data: DataService) -> None:
    started(data).tag("test", "v1", actor="ann")
    relabel(data, a="yes")
    [found] = data.status()
    assert [(ref.name, at.rows) for ref, at in found.heads] == [("main", 3), ("v1", 3)]
    assert found.size_bytes > 1_000
    [line] = data.overview()
    assert (line.dataset, line.rows, line.branches) == ("test", 3, 1)


def in_a_year(tmp_path: Path) -> DataService:
    return a_store(tmp_path, clock=Ticking(datetime(2200, 1, 1, tzinfo=UTC)))


def test_garbage_collection_keeps_every_version_that_a_ref_leads_to(tmp_path: Path) -> None:
    data = started(a_store(tmp_path))
    versions = [relabel(data, a=label) for label in ("yes", "no", "yes")]
    expected = [data.rows(each) for each in versions]
    assert in_a_year(tmp_path).gc(timedelta(0)).data_commits == 0
    fresh = a_store(tmp_path)
    assert all(fresh.rows(each).equals(rows) for each, rows in zip(versions, expected, strict=True))
    assert fresh.verify() == []


def test_garbage_collection_removes_what_a_deleted_branch_left(tmp_path: Path) -> None:
    data = started(a_store(tmp_path))
    data.branch("test", "side", actor="ann")
    lost = relabel(data, "side", a="yes")
    data.delete_branch("test", "side", actor="ann")
    planned = in_a_year(tmp_path).gc(timedelta(0), dry_run=True)
    assert (planned.data_commits, planned.objects, planned.dry_run) == (1, 1, True)
    assert data.rows(lost).height == 3
    done = in_a_year(tmp_path).gc(timedelta(0))
    assert (done.data_commits, done.objects, done.size_bytes) == (1, 1, planned.size_bytes)
    with pytest.raises(RefNotFoundError):
        a_store(tmp_path).resolve(f"test@{lost}")
    assert a_store(tmp_path).verify() == []


def test_garbage_collection_keeps_what_was_deleted_within_the_grace(tmp_path: Path) -> None:
    data = started(a_store(tmp_path))
    data.branch("test", "side", actor="ann")
    lost = relabel(data, "side", a="yes")
    data.delete_branch("test", "side", actor="ann")
    later = a_store(tmp_path, clock=Ticking(START + timedelta(days=13)))
    assert later.gc().data_commits == 0
    assert later.rows(lost).height == 3


def test_garbage_collection_keeps_what_it_is_told_to(tmp_path: Path) -> None:
    data = started(a_store(tmp_path))
    data.branch("test", "side", actor="ann")
    lost = data.resolve(relabel(data, "side", a="yes"))
    data.delete_branch("test", "side", actor="ann")
    in_a_year(tmp_path).gc(timedelta(0), keep=[lost.id])
    assert a_store(tmp_path).rows(lost.id).height == 3


def test_garbage_collection_leaves_objects_of_others_alone(tmp_path: Path) -> None:
    data = started(a_store(tmp_path))
    name = data.objects.put(b"a model", suffix=".skops")
    in_a_year(tmp_path).gc(timedelta(0))
    assert data.objects.get(name) == b"a model"


def test_a_failed_write_that_landed_all_the_same_is_no_failure(tmp_path: Path) -> None:
    data = breaking(tmp_path, also_reading=False)
    made = data.commit("test", upserts=some_rows(["a"]), message="m", actor="ann")
    assert a_store(tmp_path).head("test").id == made.data_commit


def test_a_write_of_unknown_outcome_says_that_trying_again_is_not_safe(tmp_path: Path) -> None:
    data = breaking(tmp_path, also_reading=True)
    with pytest.raises(OutcomeUnknownError, match="may or may not have landed"):
        data.commit("test", upserts=some_rows(["a"]), message="m", actor="ann")
    assert a_store(tmp_path).head("test").rows == 1


class Breaking(Database):
    """A database whose connection breaks right after it has committed."""

    def __init__(self, url: str, *, also_reading: bool) -> None:
        super().__init__(url)
        self.also_reading, self.broken = also_reading, False

    @contextmanager
    def read(self) -> Iterator[Connection]:
        if self.broken and self.also_reading:
            raise StorageError("reading the database: the connection is closed")
        with super().read() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with super().write() as connection:
            yield connection
        self.broken = True
        raise StorageError("writing to the database: the connection broke")


def breaking(folder: Path, *, also_reading: bool) -> DataService:
    a_store(folder)
    database = Breaking(f"sqlite:///{folder}/meta.db", also_reading=also_reading)
    return DataService(database, FolderObjects(folder / "objects"), TASK, Ticking())


def test_a_column_keeps_its_type_even_when_the_table_is_replaced(data: DataService) -> None:
    rows = some_rows(["a", "b"])
    data.commit("test", upserts=rows.with_columns(note=pl.Series(["x", "2.5"])), message="first", actor="ann")
    for values in ([1.0, 2.0], [2.5, 2.5]):
        with pytest.raises(ColumnTypeError):
            data.commit(
                "test", upserts=rows.with_columns(note=pl.Series(values)), replace=True, message="m", actor="ann"
            )
    assert data.verify() == []


def test_a_column_that_came_back_with_another_type_is_compared_as_text(data: DataService) -> None:
    rows = some_rows(["a", "b"])
    data.commit("test", upserts=rows.with_columns(note=pl.Series(["x", None])), message="first", actor="ann")
    first = data.head("test").id
    data.commit("test", upserts=rows, replace=True, message="without", actor="ann")
    data.commit("test", upserts=rows.with_columns(note=pl.Series([2.5, None])), message="number", actor="ann")
    (change,) = data.diff(first, "test").rows
    assert change.fields == {"note": ("x", "2.5")}
    assert data.verify() == []


def test_undoing_the_drop_of_a_column_brings_it_back(data: DataService) -> None:
    rows = some_rows(["a", "b"])
    data.commit("test", upserts=rows.with_columns(note=pl.Series(["x", None])), message="first", actor="ann")
    before = data.head("test").content_hash
    dropped = data.commit("test", upserts=rows, replace=True, message="without", actor="ann").data_commit
    relabel(data, b="yes")
    relabel(data, b="no")
    data.revert("test", "main", dropped, actor="ann")
    assert data.rows("test")["note"].to_list() == ["x", None]
    assert data.head("test").content_hash == before
    assert data.verify() == []


def test_a_column_that_has_another_type_by_now_is_not_brought_back(data: DataService) -> None:
    rows = some_rows(["a", "b"])
    data.commit("test", upserts=rows.with_columns(note=pl.Series(["x", None])), message="first", actor="ann")
    dropped = data.commit("test", upserts=rows, replace=True, message="without", actor="ann").data_commit
    data.commit("test", upserts=rows.with_columns(note=pl.Series([2.5, None])), message="number", actor="ann")
    with pytest.raises(ColumnTypeError, match="was a text column then, and is a number column now"):
        data.revert("test", "main", dropped, actor="ann")
