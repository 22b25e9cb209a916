"""``curiouser.toml`` is checked whole, and what is written reads back."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curiouser.kernel.configuration import (
    Configuration,
    StoreSettings,
    Task,
    TaskKind,
    configuration_from,
    configuration_text,
    load_configuration,
)
from curiouser.kernel.errors import ConfigurationError

TASK: dict[str, Any] = {"kind": "binary", "inputs": ["want", "offer"], "label": "meet", "classes": ["no", "yes"]}


def mistakes_of(raw: dict[str, Any]) -> str:
    with pytest.raises(ConfigurationError) as caught:
        configuration_from(raw)
    return "\n".join(caught.value.mistakes)


def test_the_last_class_of_a_binary_task_is_the_positive_one() -> None:
    assert configuration_from({"task": TASK}).task.positive == "yes"


def test_every_mistake_is_told_at_once() -> None:
    raw = {
        "task": {"kind": "multi-label", "inputs": [], "groups": "language", "lable": "x"},
        "harm": {"bad": -1, "worse": "very"},
        "store": {"engine": "ray"},
        "extra": 1,
    }
    told = mistakes_of(raw)
    for part in (
        "extra is not a setting",
        "task.lable is not a setting; did you mean 'label'?",
        "task.kind is 'multi-label' (multi-label is not supported)",
        "task.inputs must be a list of texts",
        "task.label is missing",
        "task.groups must be a list of texts",
        "harm.bad must be a finite number >= 0",
        "harm.worse must be a finite number >= 0",
        "store.engine 'ray' is not built yet",
    ):
        assert part in told


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"classes": ["a", "b", "c"]}, "must name two classes"),
        ({"classes": ["a", "a"]}, "names 'a' more than once"),
        ({"label": "want"}, "the model would read the answer"),
        ({"groups": ["want"]}, "a group is for slices"),
        ({"user": "weight"}, "a column of our own"),
        ({"id": "want"}, "cannot be an input or the label as well"),
        ({"id": "key", "user": "id"}, "no other column may be called 'id'"),
        ({"tolerance": 1}, "task.tolerance is for a regression"),
        ({"top_k": [0]}, "whole numbers > 0"),
        ({"kind": "regression", "classes": None}, "task.tolerance is missing"),
        ({"kind": "regression", "classes": None, "tolerance": float("nan")}, "must be a number >= 0"),
        ({"kind": "regression", "tolerance": 1}, "no meaning for a regression"),
        ({"kind": "multiclass", "classes": ["a"]}, "at least two classes"),
    ],
)
def test_a_task_that_cannot_be_meant_is_refused(change: dict[str, Any], told: str) -> None:
    task = {key: value for key, value in {**TASK, **change}.items() if value is not None}
    assert told in mistakes_of({"task": task})


def test_a_file_that_is_no_toml_says_where(tmp_path: Path) -> None:
    (tmp_path / "curiouser.toml").write_text("[task\n")
    with pytest.raises(ConfigurationError, match=r"(?s)curiouser\.toml has 1 mistake.*line 1"):
        load_configuration(tmp_path / "curiouser.toml")


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    text = configuration_text(configuration_from({"task": TASK}))
    (tmp_path / "curiouser.toml").write_text(text, encoding="utf-8-sig")
    assert load_configuration(tmp_path / "curiouser.toml").task.label == "meet"


names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=8).filter(str.strip)


@given(columns=st.lists(names, min_size=3, max_size=6, unique=True), levels=st.dictionaries(names, st.floats(0, 1e6)))
def test_what_is_written_reads_back_for_any_text(columns: list[str], levels: dict[str, float]) -> None:
    if {"id", "origin", "weight"} & set(columns):
        return
    task = Task(
        name=columns[0],
        kind=TaskKind.BINARY,
        inputs=tuple(columns[2:]),
        label=columns[1],
        classes=("n", columns[0] + "y"),
    )
    written = Configuration(task=task, harm={**levels, "x": 1.0}, store=StoreSettings(objects=columns[0]))
    read = configuration_from(tomllib.loads(configuration_text(written)))
    assert (read.task, read.store) == (written.task, written.store)
    assert read.harm == pytest.approx(dict(written.harm), rel=1e-5)
