"""Models have names, thresholds and a history; one is live; a complaint is put to all of them at once."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import polars as pl
import pytest

from curiouser.kernel.errors import BadInputError, ConflictError
from curiouser.models import InputRefusedError, ModelExistsError, ModelNotFoundError, ReportedOnlyError
from tests.models.project import ACTOR, MULTICLASS, REGRESSION, Project

INPUT = {"want": "want r00001", "offer": "offer r00001"}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path / "project")
    made.rows(3)
    made.write("scoring.py", "def score(rows):\n    return [0.6] * len(rows)\n")
    return made


def test_a_name_of_any_script_is_found_and_a_wrong_one_says_which_there_are(project: Project) -> None:
    project.add("scoring:score", "modèle-3.1")
    assert project.models.get("modèle-3.1").title == "modèle-3.1"
    with pytest.raises(ModelNotFoundError, match=r"no model named 'other'; known models: modèle-3\.1"):
        project.models.get("other")
    with pytest.raises(ModelNotFoundError):
        project.models.get("modèle-3.1@2")
    with pytest.raises(BadInputError, match="is no name for a model"):
        project.add("scoring:score", "a@2")


def test_a_renamed_model_keeps_its_digest_and_history_and_frees_its_name(project: Project) -> None:
    before = project.add("scoring:score", "old")
    project.add("scoring:score", "taken")
    with pytest.raises(ModelExistsError, match="'taken' is here already"):
        project.models.rename("old", "taken", actor=ACTOR)
    assert project.models.rename("old", "new", actor="bob").digest == before.digest
    assert [(event.what, event.actor) for event in project.models.history("new")] == [
        ("added", "alice"),
        ("renamed", "bob"),
    ]
    assert project.models.current(project.models.get("new")).version == 1
    again = project.add("scoring:score", "old")
    assert again.digest != before.digest


def test_a_retired_model_is_left_out_and_can_come_back(project: Project) -> None:
    project.add("scoring:score")
    assert project.models.retire("mine", actor=ACTOR).retired
    assert project.models.list() == ()
    assert project.models.list(include_retired=True)[0].name == "mine"
    with pytest.raises(BadInputError, match="is retired"):
        project.models.set_live("mine", actor=ACTOR)
    project.models.restore("mine", actor=ACTOR)
    assert [model.name for model in project.models.list()] == ["mine"]


def test_the_model_that_users_meet_is_not_retired(project: Project) -> None:
    project.add("scoring:score")
    project.add("scoring:score", "other")
    project.models.set_live("mine", actor=ACTOR)
    with pytest.raises(BadInputError, match="'mine' is live, so it cannot be retired"):
        project.models.retire("mine", actor=ACTOR)
    assert [model.name for model in project.models.list()] == ["mine", "other"]
    project.models.set_live("other", actor=ACTOR)
    assert project.models.retire("mine", actor=ACTOR).retired


def test_one_model_is_live_at_most(project: Project) -> None:
    assert project.models.live() is None
    for name in ("one", "two"):
        project.add("scoring:score", name)
        assert project.models.set_live(name, actor=ACTOR).live
    assert [model.name for model in project.models.list() if model.live] == ["two"]


def test_a_threshold_is_recorded_and_asks_no_model_again(project: Project) -> None:
    before = project.add("scoring:score")
    after = project.models.set_threshold("mine", 0.7, actor="bob")
    assert (after.threshold, after.digest) == (0.7, before.digest)
    event = project.models.history("mine")[-1]
    assert (event.what, event.detail, event.actor) == ("threshold", "mine: from 0.5 to 0.7", "bob")


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan"), float("inf")])
def test_a_threshold_off_the_scale_is_refused(project: Project, threshold: float) -> None:
    project.add("scoring:score")
    with pytest.raises(BadInputError, match="is not on the scale of the scores"):
        project.models.set_threshold("mine", threshold, actor=ACTOR)


def test_only_a_binary_task_has_thresholds(tmp_path: Path) -> None:
    for at, task in enumerate((MULTICLASS, REGRESSION)):
        project = Project(tmp_path / str(at), task)
        project.write("m.py", "def f(rows):\n    return [1.0] * len(rows)\n")
        assert project.add("m:f").threshold is None
        with pytest.raises(BadInputError, match="only scores of a binary task have a threshold"):
            project.models.set_threshold("mine", 0.5, actor=ACTOR)


def test_one_input_is_put_to_every_model_of_any_kind(project: Project) -> None:
    project.add("scoring:score", "callable")
    project.models.set_threshold("callable", 0.7, actor=ACTOR)
    project.write("classes.py", "def f(rows):\n    return [{'no': 0.2, 'yes': 0.8} for _ in rows]\n")
    project.add("classes:f", "probable")
    project.add_file([{"id": "r00001", "score": 0.9}], "file")
    project.add_file([{"id": "r00002", "prediction": "yes"}], "elsewhere")
    project.models.add_reported("lost", {"accuracy": 0.8}, actor=ACTOR)
    asked = {str(one.model.name): one for one in project.models.ask(INPUT)}
    assert {name: (one.answer, one.score) for name, one in asked.items()} == {
        "callable": ("no", 0.6),
        "probable": ("yes", 0.8),
        "file": ("yes", 0.9),
        "elsewhere": (None, None),
        "lost": (None, None),
    }
    assert asked["file"].known_as == "r00001"
    assert "without one for row r00001" in str(asked["elsewhere"].error)
    assert "only reported scores" in str(asked["lost"].error)


def test_answers_are_given_out_as_they_come_and_a_wrong_input_before_any(project: Project) -> None:
    project.add("scoring:score", "callable")
    project.models.add_reported("lost", {"accuracy": 0.8}, actor=ACTOR)
    models = project.models.list()
    coming = project.models.asker.each(INPUT, models)
    first = next(coming)
    assert first.model.name == "lost"
    assert {one.model.name for one in (first, *coming)} == {one.name for one in models}
    assert [one.model.name for one in project.models.ask(INPUT)] == [one.name for one in models]
    with pytest.raises(InputRefusedError):
        project.models.asker.each({}, models)


def test_a_file_says_when_no_row_holds_the_input(project: Project) -> None:
    project.add_file([{"id": "r00001", "score": 0.9}], "file")
    (asked,) = project.models.ask({**INPUT, "want": "something else"})
    assert asked.error == "it is a file of predictions, and no row of the test set holds this input"


def test_asking_looks_at_the_code_as_it_is_now(project: Project) -> None:
    project.add("scoring:score")
    project.write("scoring.py", "def score(rows):\n    return [0.1] * len(rows)\n")
    (asked,) = project.models.ask(INPUT)
    assert (asked.model.version, asked.score) == (2, 0.1)


def test_multiclass_answers_with_the_most_probable_class_and_ties_go_to_the_first(tmp_path: Path) -> None:
    project = Project(tmp_path, MULTICLASS)
    project.write("m.py", "def f(rows):\n    return [{'ç': 0.4, 'b': 0.4, 'a': 0.2} for _ in rows]\n")
    project.add("m:f")
    (asked,) = project.models.ask({"text": "hello"})
    assert asked.answer == "b"
    assert asked.probabilities == {"a": 0.2, "b": 0.4, "ç": 0.4}


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"want": "x"}, "'offer' is missing"),
        ({**INPUT, "language": "zu"}, "'language' is no input"),
        ({**INPUT, "want": ["a", "b"]}, "must be one value"),
    ],
)
def test_an_input_that_is_not_the_task_s_is_refused(project: Project, given: dict[str, object], reason: str) -> None:
    with pytest.raises(InputRefusedError, match=reason):
        project.models.ask(given)


def test_reported_scores_keep_what_was_said_and_refuse_the_rest(project: Project, tmp_path: Path) -> None:
    table = tmp_path / "scores.csv"
    table.write_text(
        "metric,value,n,test_set,slice,note\naccuracy,0.84,600,autumn,,ours\naccuracy,0.39,100,autumn,lexical,\n"
    )
    model = project.models.add_reported("lost", table, actor=ACTOR).model
    assert project.models.reported(model)["accuracy"].n == 600
    assert [score.slice for score in project.models.reported_scores(model)] == [None, "lexical"]
    for refused in (
        lambda: project.models.predict(model, project.inputs()),
        lambda: project.models.missing("lost"),
        lambda: project.models.set_threshold("lost", 0.5, actor=ACTOR),
        lambda: project.models.update("lost", project.file([{"id": "r00001", "score": 0.5}]), actor=ACTOR),
    ):
        with pytest.raises(ReportedOnlyError, match="only reported scores of it remain"):
            refused()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("metric,value\naccuracy,high\n", "no finite number"),
        ("metric,value\naccuracy,nan\n", "no finite number"),
        ("metric,value\naccuracy,0.5\naccuracy,0.6\n", "is reported twice"),
        ("metric,value,n\naccuracy,0.5,-3\n", "no whole number"),
        ("metric,score\naccuracy,0.5\n", "has no column value"),
        ("model,metric,value\nx,accuracy,0.5\n", "--each"),
    ],
)
def test_wrong_reported_scores_are_refused(project: Project, tmp_path: Path, text: str, reason: str) -> None:
    table = tmp_path / "scores.csv"
    table.write_text(text)
    with pytest.raises(BadInputError, match=reason):
        project.models.add_reported("lost", table, actor=ACTOR)
    assert project.models.list() == ()


def test_a_hundred_lost_models_are_entered_in_one_call_or_not_at_all(
    project: Project, shared_data: Path, tmp_path: Path
) -> None:
    source = shared_data / "hans_100_bert_runs" / "accuracies_by_run.csv.gz"
    wide = pl.read_csv(source.read_bytes(), infer_schema_length=None).head(100)
    said = wide.rename({"Run": "model"}).unpivot(index="model", variable_name="slice", value_name="value")
    said = said.with_columns(
        pl.col("model").str.replace(" ", "-"),
        pl.lit("accuracy").alias("metric"),
        pl.when(pl.col("slice") != "MNLI dev acc.").then(pl.col("slice")).alias("slice"),
    )
    table = tmp_path / "runs.csv"
    said.write_csv(table)
    project.models.add_reported("Run-99", {"accuracy": 0.5}, actor=ACTOR)
    with pytest.raises(ConflictError):
        project.models.add_each_reported(table, actor=ACTOR)
    assert len(project.models.list()) == 1
    project.models.rename("Run-99", "other", actor=ACTOR)
    assert len(project.models.add_each_reported(table, actor=ACTOR)) == 100
    best = project.models.reported(project.models.get("Run-0"))["accuracy"]
    assert best.value == pytest.approx(0.8456444)


PROGRAM = """
import sys
from pathlib import Path
from tests.models.project import ACTOR, Project
from curiouser.kernel.errors import ConflictError

project = Project(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for at in range(20):
    try:
        project.models.add_reported(f"model-{at}", {"accuracy": 0.5}, actor=sys.argv[2])
        print("added", at, flush=True)
    except ConflictError:
        pass
"""


def test_two_processes_that_take_the_same_names_get_each_once(project: Project) -> None:
    here = Path(__file__).parents[2]
    program = [sys.executable, "-c", textwrap.dedent(PROGRAM), str(project.root)]
    both = [
        subprocess.Popen([*program, who], cwd=here, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for who in ("alice", "bob")
    ]
    added = []
    for process in both:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in both:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in both:
        out, _ = process.communicate()
        assert process.returncode == 0
        added += out.splitlines()
    assert sorted(added) == sorted(f"added {at}" for at in range(20))
    assert len(project.models.list()) == 20
