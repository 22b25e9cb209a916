"""What a model is for is guessed from a file, each guess with its reason, and what is guessed is a valid task."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from curiouser.data import Dialect, UnreadableFileError
from curiouser.data.importing.inference import InferredTask, infer_task
from curiouser.kernel.configuration import TaskKind, configuration_from

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "introductions" / "data" / "test.csv"


def inferred(folder: Path, columns: dict[str, list[object]]) -> InferredTask:
    pl.DataFrame(columns, strict=False).write_csv(folder / "rows.csv")
    return infer_task(folder / "rows.csv")


def texts(count: int) -> list[object]:
    return [f"some longer text about {i} and {i * 7}" for i in range(count)]


def test_the_bundled_example_is_understood() -> None:
    task = configuration_from({"task": {"name": "x", **infer_task(EXAMPLE).settings}}).task
    assert (task.kind, task.inputs, task.label, task.classes) == (
        TaskKind.BINARY,
        ("want", "offer"),
        "meet",
        ("no", "yes"),
    )
    assert (task.id, task.user, task.groups, task.time) == ("id", "user_id", ("language", "gender"), "at")


def test_every_guess_has_its_reason_and_stands_in_the_settings(tmp_path: Path) -> None:
    found = inferred(tmp_path, {"id": list(range(40)), "text": texts(40), "spam": ["ham", "spam"] * 20})
    assert [guess.setting for guess in found.guesses] == list(found.settings)
    assert all(guess.reason and guess.value for guess in found.guesses)
    assert found.settings == {
        "kind": "binary",
        "inputs": ["text"],
        "label": "spam",
        "classes": ["ham", "spam"],
        "id": "id",
    }


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        (["yes", "no"], ["no", "yes"]),
        (["1", "0"], ["0", "1"]),
        (["True", "False"], ["False", "True"]),
        (["positive", "negative"], ["negative", "positive"]),
        (["rare", "common", "common", "common"], ["common", "rare"]),
        (["zebra", "apple", "apple", "apple"], ["apple", "zebra"]),
    ],
)
def test_the_positive_class_is_last_by_its_name_or_because_it_is_rarer(
    tmp_path: Path, values: list[object], classes: list[str]
) -> None:
    found = inferred(tmp_path, {"text": texts(40), "label": (values * 20)[:40]})
    assert (found.settings["kind"], found.settings["classes"]) == ("binary", classes)


def test_many_different_numbers_are_a_regression_with_a_tolerance(tmp_path: Path) -> None:
    found = inferred(tmp_path, {"rooms": [i % 7 for i in range(100)], "price": [i * 10.5 for i in range(100)]})
    task = configuration_from({"task": {"name": "x", **found.settings}}).task
    assert (task.kind, task.label, task.inputs, task.tolerance) == (TaskKind.REGRESSION, "price", ("rooms",), 50.0)


def test_several_labels_are_classes_and_a_number_of_few_values_is_one_too(tmp_path: Path) -> None:
    found = inferred(tmp_path, {"text": texts(60), "intent": [f"class {i % 5}" for i in range(60)]})
    assert (found.settings["kind"], found.settings["classes"]) == ("multiclass", [f"class {i}" for i in range(5)])
    found = inferred(tmp_path, {"text": texts(60), "rating": [i % 5 for i in range(60)]})
    assert (found.settings["kind"], found.settings["classes"]) == ("multiclass", ["0", "1", "2", "3", "4"])


def test_a_column_with_repeats_names_no_rows_and_one_without_names_no_users(tmp_path: Path) -> None:
    found = inferred(tmp_path, {"id": [1] * 40, "user_id": list(range(40)), "text": texts(40), "y": [0, 1] * 20})
    assert {"id", "user"}.isdisjoint(found.settings)


def test_without_a_label_none_is_guessed(tmp_path: Path) -> None:
    found = inferred(tmp_path, {"text": texts(40)})
    assert "label" not in found.settings
    assert found.settings["inputs"] == ["text"]


def test_a_table_of_numbers_is_all_inputs(tmp_path: Path) -> None:
    columns: dict[str, list[object]] = {name: [i * k % 11 for i in range(60)] for k, name in enumerate("abc", 2)}
    found = inferred(tmp_path, {**columns, "constant": [1] * 60, "class": ["x", "y"] * 30})
    assert found.settings["inputs"] == ["a", "b", "c"]


def test_a_file_without_rows_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("id,text,label\n")
    with pytest.raises(UnreadableFileError, match="no rows"):
        infer_task(tmp_path / "x.csv")


def test_real_files_are_understood(shared_data: Path) -> None:
    found = infer_task(shared_data / "banking77" / "test.csv.gz").settings
    assert (found["kind"], found["inputs"], found["label"]) == ("multiclass", ["text"], "category")
    assert isinstance(found["classes"], list)
    assert len(found["classes"]) == 77
    dialect = Dialect(columns=("left", "right", "match"), quotes=False, delimiter="\t")
    found = infer_task(shared_data / "er_abt_buy" / "test.txt.gz", dialect).settings
    assert (found["inputs"], found["label"], found["classes"]) == (["left", "right"], "match", ["0", "1"])
    found = infer_task(shared_data / "compas" / "compas_for_aequitas.csv.gz").settings
    assert (found["kind"], found["groups"]) == ("binary", ["sex", "race"])
