"""Slices: parts of the rows by predicate, by ids, or by the task's groups."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from curiouser.evaluations import SliceExistsError, SliceNotFoundError
from curiouser.evaluations.slices import MOST_AUTOMATIC
from curiouser.kernel.configuration import Task, TaskKind
from curiouser.kernel.errors import BadInputError, UsageError
from tests.evaluations.bench import ACTOR, Bench

TASK = Task(
    name="meet", kind=TaskKind.BINARY, inputs=("text",), label="label", classes=("no", "yes"), groups=("language",)
)


def a_bench(root: Path, languages: Sequence[str | None], **more: list[object]) -> Bench:
    """The first model answers "yes" everywhere; rows with an even number are "yes"."""
    n = len(languages)
    ids = [f"r{i:03}" for i in range(n)]
    bench = Bench(root, TASK)
    rows = {"id": ids, "text": ["x" * (i + 1) for i in range(n)], "label": [("yes", "no")[i % 2] for i in range(n)]}
    bench.commit(pl.DataFrame({**rows, "language": pl.Series(languages, dtype=pl.String), **more}))
    bench.file_model("m", pl.DataFrame({"id": ids, "score": [1.0] * n}))
    return bench


def accuracy(bench: Bench, *slices: str) -> dict[str, tuple[float | None, int]]:
    one = bench.evaluation("m", slices=slices)
    return {name: (scores["accuracy"].value, scores["accuracy"].n) for name, scores in one.slices.items()}


def test_groups_are_slices_by_themselves(tmp_path: Path) -> None:
    bench = a_bench(tmp_path, ["zu", "zu", "en", None, 'a "b"\\c', "zu"])
    assert accuracy(bench) == {
        "language=zu": (pytest.approx(1 / 3), 3),
        "language=en": (1.0, 1),
        "language is missing": (0.0, 1),
        'language=a "b"\\c': (1.0, 1),
    }


def test_a_group_without_a_row_drawn_from_users_is_no_slice(tmp_path: Path) -> None:
    bench = a_bench(tmp_path, ["zu", "en"], origin=["sample", "pattern"])
    assert accuracy(bench) == {"language=zu": (1.0, 1)}


def test_too_many_groups_are_cut_and_it_is_said(tmp_path: Path) -> None:
    bench = a_bench(tmp_path, [f"l{i:03}" for i in range(MOST_AUTOMATIC + 5)] + ["l054"])
    run = bench.evaluate("m")
    assert len(run.evaluations[0].slices) == MOST_AUTOMATIC
    assert "language=l054" in run.evaluations[0].slices
    assert any("55 values" in note and "5 are not" in note for note in run.notes)


def test_a_named_slice_is_scored_from_then_on(tmp_path: Path) -> None:
    bench = a_bench(tmp_path, ["zu"] * 6)
    bench.evaluations.add_slice("long", where="len(text)  >  4", actor=ACTOR)
    assert accuracy(bench)["long"] == (0.5, 2)
    assert accuracy(bench, "len(text) <= 1")["len(text) <= 1"] == (1.0, 1)
    bench.evaluations.add_slice("first", ids=["r000"], actor=ACTOR)
    assert accuracy(bench)["first"] == (1.0, 1)


def test_a_slice_of_ids_comes_from_a_file_with_or_without_a_header(tmp_path: Path) -> None:
    bench = a_bench(tmp_path, ["zu"] * 3)
    plain, table = tmp_path / "ids.txt", tmp_path / "ids.csv"
    plain.write_text("\ufeffr000\n\nr002\n", encoding="utf-8")
    table.write_text("why,id\nodd,r000\nodd,r002\n", encoding="utf-8")
    one = bench.evaluations.add_slice("plain", ids=plain, actor=ACTOR)
    two = bench.evaluations.add_slice("table", ids=table, actor=ACTOR)
    assert one.ids == two.ids == ("r000", "r002")


def test_naming_the_same_rows_again_changes_nothing_and_other_rows_are_refused(tmp_path: Path) -> None:
    bench = a_bench(tmp_path, ["zu"] * 3)
    made = bench.evaluations.add_slice("long", where="len(text) > 1", actor=ACTOR)
    assert bench.evaluations.add_slice("long", where="len( text )>1", actor=ACTOR) == made
    with pytest.raises(SliceExistsError, match="curiouser slice remove long"):
        bench.evaluations.add_slice("long", where="len(text) > 2", actor=ACTOR)


def test_removing_a_slice_is_undone_by_adding_it_again(tmp_path: Path) -> None:
    bench = a_bench(tmp_path, ["zu"] * 3)
    bench.evaluations.add_slice("long", where="len(text) > 1", actor=ACTOR)
    before = accuracy(bench)
    gone = bench.evaluations.remove_slice("long")
    assert "long" not in accuracy(bench)
    bench.evaluations.add_slice("long", where=gone.where, actor=ACTOR)
    assert accuracy(bench) == before
    with pytest.raises(SliceNotFoundError, match="known slices: long"):
        bench.evaluations.remove_slice("short")


@pytest.mark.parametrize(
    ("where", "ids", "error", "said"),
    [
        (None, None, UsageError, "one of the two"),
        ("len(text) > 1", ["r000"], UsageError, "one of the two"),
        ("salary > 1", None, BadInputError, "salary"),
        ("__import__('os')", None, BadInputError, "predicate"),
        (None, [], BadInputError, "no ids"),
        (None, ["nobody"], BadInputError, "nobody"),
    ],
)
def test_what_selects_nothing_sensible_is_refused(
    tmp_path: Path, where: str | None, ids: list[str] | None, error: type[Exception], said: str
) -> None:
    bench = a_bench(tmp_path, ["zu"])
    with pytest.raises(error, match=said):
        bench.evaluations.add_slice("s", where=where, ids=ids, actor=ACTOR)
    assert [one.slice.name for one in bench.evaluations.slices(bench.evaluations.test_set())] == ["language=zu"]


@pytest.mark.parametrize("name", ["all", "sample", "language=zu", "two words", ""])
def test_a_name_that_means_something_else_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInputError):
        a_bench(tmp_path, ["zu"]).evaluations.add_slice(name, where="len(text) > 1", actor=ACTOR)


def test_a_mistyped_slice_is_no_predicate_but_a_name_nobody_has(tmp_path: Path) -> None:
    bench = a_bench(tmp_path, ["zu"])
    with pytest.raises(SliceNotFoundError, match="language=zu"):
        bench.evaluation("m", slices=["lonng"])


def test_a_slice_whose_rows_lack_an_answer_is_incomplete_alone(tmp_path: Path) -> None:
    bench = a_bench(tmp_path, ["zu", "zu", "en"])
    bench.file_model("partial", pl.DataFrame({"id": ["r000", "r001"], "score": [1.0, 1.0]}))
    one = bench.evaluation("partial")
    assert one.scores["accuracy"].value is None
    assert one.slices["language=zu"]["accuracy"].value == 0.5
    assert one.slices["language=en"]["accuracy"].reason == "needs 1 prediction"
