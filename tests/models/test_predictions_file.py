"""A file of predictions is taken whole or not at all, and every mistake in it is told."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from curiouser.kernel.errors import BadInputError
from curiouser.models import ModelExistsError, ModelRunError, PredictionsRefusedError, WrongFormatError
from tests.models.project import ACTOR, MULTICLASS, REGRESSION, Project

SCORES = [0.1, 0.9, 0.2, 0.8]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path / "project")
    made.rows(4)
    return made


def stored(project: Project, name: str = "mine") -> dict[str, NDArray[Any]]:
    model = project.models.get(name)
    rows = project.data.rows("test")
    found = project.predictions.read(model.digest, project.predictions.intern(rows, model.columns))
    return {column: values[found.valid] for column, values in found.columns.items()}


def scored(**changes: float) -> list[dict[str, Any]]:
    return [{"id": f"r{at:05}", "score": changes.get(f"r{at}", score)} for at, score in enumerate(SCORES)]


@pytest.mark.parametrize("file", ["p.csv", "p.jsonl", "p.parquet"])
def test_scores_come_back_as_they_were_given(project: Project, file: str) -> None:
    added = project.add_file(scored(), file=file)
    assert (added.rows, added.answered, added.missing, added.notes) == (4, 4, 0, ())
    assert stored(project)["score"].tolist() == SCORES
    assert added.model.threshold == 0.5
    assert added.model.columns == ("id", "want", "offer")


def test_rows_in_another_order_are_the_same_predictions(project: Project) -> None:
    project.add_file(list(reversed(scored())))
    assert stored(project)["score"].tolist() == SCORES


def test_single_precision_stays_single_and_everything_else_is_double(project: Project) -> None:
    frame = pl.DataFrame(scored(), schema={"id": pl.String, "score": pl.Float32})
    project.models.add_predictions("single", frame, actor=ACTOR)
    project.models.add_predictions("double", frame.cast({"score": pl.Float64}), actor=ACTOR)
    assert stored(project, "single")["score"].dtype == np.float32
    assert stored(project, "double")["score"].dtype == np.float64


def test_two_models_of_equal_files_have_digests_of_their_own(project: Project) -> None:
    first, second = project.add_file(scored(), "one").model, project.add_file(scored(), "two").model
    assert first.digest != second.digest


def test_classes_are_stored_as_their_place_in_the_configuration(project: Project) -> None:
    project.add_file([{"id": f"r{at:05}", "prediction": word} for at, word in enumerate(["no", "yes", "yes", "no"])])
    assert stored(project)["class"].tolist() == [0, 1, 1, 0]


def test_probabilities_of_both_classes_become_the_score_of_the_positive_one(project: Project) -> None:
    project.add_file([{"id": f"r{at:05}", "p_no": 1 - p, "p_yes": p} for at, p in enumerate(SCORES)])
    assert stored(project)["score"].tolist() == SCORES


def test_half_of_the_ids_may_be_missing_and_that_is_said(project: Project) -> None:
    added = project.add_file(scored()[:2])
    assert (added.rows, added.answered, added.missing) == (4, 2, 2)
    assert project.models.missing("mine").get_column("id").to_list() == ["r00002", "r00003"]
    assert project.models.missing("mine").columns == ["id", "want", "offer"]


def test_the_user_s_own_id_column_is_as_good_as_id(project: Project) -> None:
    rows = [{"id": row["id"], "score": row["score"], "comment": "fine"} for row in scored()]
    assert project.add_file(rows).answered == 4


BAD_ROWS: dict[str, tuple[list[dict[str, Any]], str]] = {
    "nan": (scored(r1=math.nan), "is no finite number"),
    "infinite": (scored(r1=math.inf), "is no finite number"),
    "above one": (scored(r1=1.5), "lies outside [0, 1]"),
    "below zero": (scored(r1=-0.1), "lies outside [0, 1]"),
    "text": ([{"id": "r00000", "score": "0.1"}, {"id": "r00001", "score": "high"}], "is no number"),
    "empty": ([{"id": "r00000", "score": "0.1"}, {"id": "r00001", "score": None}], "is empty"),
    "unknown id": ([*scored(), {"id": "r77777", "score": 0.5}], "is the id of no row of test"),
    "same id twice": ([*scored(), {"id": "r00002", "score": 0.5}], "stands in an earlier line too"),
    "no id": ([{"id": "r00000", "score": 0.5}, {"id": None, "score": 0.5}], "needs the id of its row"),
    "strange class": ([{"id": "r00001", "prediction": "perhaps"}], "is no configured class (no, yes)"),
    "sum": ([{"id": "r00001", "p_no": 0.5, "p_yes": 0.6}], "sum to 1.1"),
    "score and prediction": ([{"id": "r00001", "score": 0.9, "prediction": "no"}], "disagrees with the row's score"),
    "score and probability": ([{"id": "r00001", "score": 0.9, "p_no": 0.9, "p_yes": 0.1}], "is not the score"),
    "another input": ([{"id": "r00001", "score": 0.9, "want": "something else"}], "is for another input"),
}


NO_WORD_IN_JSON = {"nan", "infinite"}
KINDS = [(file, what) for file in ("p.csv", "p.jsonl", "p.parquet") for what in BAD_ROWS]


@pytest.mark.parametrize(
    ("file", "what"), [(file, what) for file, what in KINDS if file != "p.jsonl" or what not in NO_WORD_IN_JSON]
)
def test_a_bad_row_is_refused_with_its_reason_and_nothing_is_stored(project: Project, file: str, what: str) -> None:
    rows, reason = BAD_ROWS[what]
    with pytest.raises(PredictionsRefusedError) as refused:
        project.add_file(rows, file=file)
    assert reason in str(refused.value)
    assert project.models.list() == ()


def test_every_bad_row_is_named_with_its_line_and_column(project: Project) -> None:
    rows = [{"id": f"r{at:05}", "score": score} for at, score in enumerate([2.0, 0.5, math.nan, 0.5])]
    with pytest.raises(PredictionsRefusedError) as refused:
        project.add_file([*rows, {"id": "nobody", "score": 0.5}, {"id": "r00001", "score": 0.4}])
    problems = refused.value.problems
    assert [problem.split(":")[0] for problem in problems] == [
        "line 2, column 'score'",
        "line 4, column 'score'",
        "line 6, column 'id'",
        "line 7, column 'id'",
    ]


def test_a_disagreement_names_the_threshold_at_which_all_rows_agree(project: Project) -> None:
    rows = [{"id": f"r{at:05}", "score": s, "prediction": p} for at, (s, p) in enumerate([(0.6, "no"), (0.7, "yes")])]
    with pytest.raises(PredictionsRefusedError, match=r"--threshold 0\.7"):
        project.add_file(rows)
    assert project.add_file(rows, threshold=0.7).answered == 2


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"score": 0.5}, "has no column 'id'"),
        ({"id": "r00001", "answer": "yes"}, "has no predictions"),
        ({"id": "r00001", "p_yes": 0.5}, "p_no is missing"),
        ({"id": "r00001", "p_no": 0.5, "p_yes": 0.5, "p_maybe": 0.0}, "p_maybe stands for no configured class"),
    ],
)
def test_wrong_columns_are_refused_before_any_row_is_read(
    project: Project, columns: dict[str, Any], reason: str
) -> None:
    with pytest.raises(WrongFormatError, match=reason):
        project.add_file([columns])


def test_a_file_with_a_header_alone_has_no_rows(project: Project) -> None:
    project.write("empty.csv", "id,score\n")
    with pytest.raises(WrongFormatError, match=r"empty\.csv has no rows; it needs one row per prediction"):
        project.models.add_predictions("mine", project.root / "empty.csv", actor=ACTOR)


def test_a_slight_excess_is_put_right_and_said(project: Project) -> None:
    added = project.add_file(scored(r1=1 + 1e-7))
    assert stored(project)["score"].max() == 1.0
    assert "moved onto its edge" in added.notes[0]


def test_a_sum_that_is_nearly_one_is_normalised_and_said(tmp_path: Path) -> None:
    project = Project(tmp_path, MULTICLASS)
    project.rows(2)
    rows = [
        {"id": "r00000", "p_a": 0.5002, "p_b": 0.25, "p_ç": 0.25},
        {"id": "r00001", "p_a": 1.0, "p_b": 0.0, "p_ç": 0.0},
    ]
    added = project.add_file(rows)
    found = stored(project)
    assert found["p_a"][0] + found["p_b"][0] + found["p_ç"][0] == pytest.approx(1, abs=1e-12)
    assert found["p_a"][1] == 1.0
    assert "normalised" in added.notes[0]


def test_a_multiclass_prediction_must_be_the_most_probable_class(tmp_path: Path) -> None:
    project = Project(tmp_path, MULTICLASS)
    project.rows(2)
    rows = [{"id": "r00000", "p_a": 0.5, "p_b": 0.5, "p_ç": 0.0, "prediction": "b"}]
    assert project.add_file(rows, "tied").answered == 1
    with pytest.raises(PredictionsRefusedError, match="not the class of the highest probability"):
        project.add_file([{**rows[0], "prediction": "ç"}], "wrong")


def test_regression_predictions_are_numbers_of_any_size(tmp_path: Path) -> None:
    project = Project(tmp_path, REGRESSION)
    project.rows(2)
    project.add_file([{"id": "r00000", "prediction": -1e300}, {"id": "r00001", "prediction": 7}])
    assert stored(project)["number"].tolist() == [-1e300, 7.0]
    with pytest.raises(PredictionsRefusedError, match="no finite number"):
        project.add_file([{"id": "r00000", "prediction": math.inf}], "infinite")


def test_margins_are_taken_when_it_is_said_where_they_are_cut(project: Project) -> None:
    added = project.add_file(scored(r1=3.5, r0=-2.0), threshold=0.0, margins=True)
    assert stored(project)["score"].tolist() == [-2.0, 3.5, 0.2, 0.8]
    assert added.model.margins
    with pytest.raises(BadInputError, match="where they are cut"):
        project.add_file(scored(), "uncut", margins=True)


def test_whole_floats_and_truth_values_are_classes_by_their_text(tmp_path: Path) -> None:
    task = replace(MULTICLASS, classes=("0", "1", "2"))
    project = Project(tmp_path, task)
    project.rows(3)
    project.add_file([{"id": f"r{at:05}", "prediction": float(at)} for at in range(3)], file="p.parquet")
    assert stored(project)["class"].tolist() == [0, 1, 2]


def test_a_name_is_taken_once(project: Project) -> None:
    project.add_file(scored())
    with pytest.raises(ModelExistsError, match="is here already"):
        project.add_file(scored())


def test_a_truncated_parquet_is_refused(project: Project) -> None:
    path = project.file(scored(), "p.parquet")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(BadInputError):
        project.models.add_predictions("torn", path, actor=ACTOR)
    assert project.models.list() == ()


def test_update_adds_what_is_new_and_keeps_the_digest(project: Project) -> None:
    before = project.add_file(scored()[:2]).model
    updated = project.models.update("mine", project.file(scored()), actor=ACTOR)
    assert (updated.added, updated.unchanged, updated.missing) == (2, 2, 0)
    assert project.models.get("mine").digest == before.digest
    assert stored(project)["score"].tolist() == SCORES


def test_update_refuses_another_answer_for_a_known_input_and_stores_nothing(project: Project) -> None:
    project.add_file(scored()[:2])
    with pytest.raises(
        PredictionsRefusedError, match=r"row 'r00001': has the prediction score 0\.9, and the file says 0\.3"
    ):
        project.models.update("mine", project.file(scored(r1=0.3)), actor=ACTOR)
    assert len(project.models.missing("mine")) == 2


def test_an_edited_input_makes_its_prediction_missing_and_update_takes_the_new_one(project: Project) -> None:
    project.add_file(scored())
    edited = pl.DataFrame({"id": ["r00001"], "want": ["a doctor, now"]})
    project.data.commit("test", upserts=edited, message="edit", actor=ACTOR, allow_input_changes=True)
    assert project.models.missing("mine").get_column("id").to_list() == ["r00001"]
    updated = project.models.update("mine", project.file([{"id": "r00001", "score": 0.4}]), actor=ACTOR)
    assert (updated.added, updated.missing) == (1, 0)


def test_classes_in_another_order_make_stored_classes_meaningless_and_that_is_said(project: Project) -> None:
    project.add_file([{"id": "r00000", "prediction": "yes"}])
    project.task = replace(project.task, classes=("yes", "no"))
    turned = project.service()
    with pytest.raises(ModelRunError, match="was added when the classes were no, yes"):
        turned.current(turned.get("mine"))
    with pytest.raises(WrongFormatError, match="was added when the classes were no, yes"):
        turned.update("mine", project.file([{"id": "r00001", "prediction": "yes"}]), actor=ACTOR)
