"""A scikit-learn model comes through skops and its sandbox, and answers as it does at home, or is refused.

Loading scikit-learn costs a child seconds, so what the child does with an
estimator is mostly tested where it is written, and only some tests start one.
"""

from __future__ import annotations

import io
import json
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import skops.io
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import LinearSVC

from curiouser.kernel.configuration import Task, TaskKind
from curiouser.kernel.errors import BadInputError
from curiouser.models import ModelRunError, UntrustedTypesError, WrongFormatError
from curiouser.models.sandbox import estimators
from curiouser.models.sandbox.answers import Columns, NoAnswerError, Wanted
from tests.models.project import ACTOR, Project

WANTS = ["a doctor", "a tree", "a house", "some drugs"] * 6
OFFERS = ["pills", "leaves", "bricks", "advice"] * 6
PAIRS = pl.DataFrame({"want": WANTS, "offer": OFFERS})
LABELS = np.array(["no", "yes", "yes", "no"] * 6)
PRICED = Task(name="price", kind=TaskKind.REGRESSION, inputs=("rooms", "size"), label="price", tolerance=1.0)
SIZED = Task(name="big", kind=TaskKind.BINARY, inputs=("rooms", "size"), label="big", classes=("0", "1"))
NUMBERS = pl.DataFrame({"rooms": [1.0, 2.0, 3.0, 4.0] * 6, "size": [30.0, 70.0, 50.0, 90.0] * 6})


def pairs_pipeline() -> Any:  # noqa: ANN401  scikit-learn ships no types
    columns = [("want", TfidfVectorizer(), "want"), ("offer", TfidfVectorizer(), "offer")]
    return make_pipeline(ColumnTransformer(columns), LogisticRegression()).fit(PAIRS, LABELS)


def saved(estimator: object, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "model.skops"
    skops.io.dump(estimator, path)
    return path


def test_a_pipeline_over_named_columns_answers_as_it_does_at_home(tmp_path: Path) -> None:
    project, estimator = Project(tmp_path / "p"), pairs_pipeline()
    added = project.models.add_sklearn("pairs", saved(estimator, tmp_path / "m"), actor=ACTOR).model
    assert added.columns == ("want", "offer")
    assert added.threshold == 0.5
    answers = project.models.predict(added, PAIRS.select("offer", "want"))
    np.testing.assert_array_equal(answers["score"].to_numpy(), estimator.predict_proba(PAIRS)[:, 1])


def answers_of(estimator: object, given: object, kind: str, *classes: str, trust: tuple[str, ...] = ()) -> Columns:
    """What a child answers with, without the child."""
    loaded = estimators.load(skops.io.dumps(estimator), trust)
    wanted = Wanted(kind=kind, classes=classes)
    return estimators.answer(loaded, given, estimators.shape_of(loaded, wanted), wanted)


def test_an_estimator_from_a_notebook_takes_the_same_way(tmp_path: Path) -> None:
    project, estimator = Project(tmp_path / "p"), pairs_pipeline()
    model = project.models.add_estimator("pairs", estimator, actor=ACTOR).model
    np.testing.assert_array_equal(
        project.models.predict(model, PAIRS)["score"].to_numpy(), estimator.predict_proba(PAIRS)[:, 1]
    )


def test_classes_are_matched_by_their_text_and_not_by_their_order() -> None:
    estimator = pairs_pipeline()
    expected = estimator.predict_proba(PAIRS)
    assert answers_of(estimator, PAIRS, "binary", "no", "yes")["score"].tolist() == expected[:, 1].tolist()
    assert answers_of(estimator, PAIRS, "binary", "yes", "no")["score"].tolist() == expected[:, 0].tolist()


def test_a_classifier_of_other_classes_is_refused(tmp_path: Path) -> None:
    project = Project(tmp_path / "p")
    other = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(WANTS, [0, 1, 1, 0] * 6)
    with pytest.raises(ModelRunError, match="knows the classes 0, 1, and the task is configured with no, yes"):
        project.models.add_estimator("pairs", other, inputs=("want",), actor=ACTOR)
    assert project.models.list() == ()


def test_every_class_has_its_column_of_probabilities() -> None:
    estimator = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(WANTS, ["a", "b", "ç", "a"] * 6)
    answers = answers_of(estimator, WANTS, "multiclass", "ç", "b", "a")
    assert list(answers) == ["p_ç", "p_b", "p_a"]
    expected = estimator.predict_proba(WANTS)[:, [2, 1, 0]]
    np.testing.assert_array_equal(np.array(list(answers.values())).T, expected)


def test_a_class_the_model_never_learnt_gets_the_probability_zero() -> None:
    estimator = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(WANTS, ["a", "ç"] * 12)
    answers = answers_of(estimator, WANTS, "multiclass", "a", "b", "ç")
    assert set(answers["p_b"]) == {0.0}
    assert answers["p_ç"].tolist() == estimator.predict_proba(WANTS)[:, 1].tolist()


def test_a_model_without_names_over_several_inputs_is_refused_until_their_order_is_said(tmp_path: Path) -> None:
    project = Project(tmp_path / "p", SIZED)
    estimator = LogisticRegression().fit(NUMBERS.select("size", "rooms").to_numpy(), [0, 1, 0, 1] * 6)
    with pytest.raises(BadInputError, match="in which order it reads them can't be told"):
        project.models.add_estimator("sizes", estimator, actor=ACTOR)
    model = project.models.add_estimator("sizes", estimator, inputs=("size", "rooms"), actor=ACTOR).model
    answers = project.models.predict(model, NUMBERS)["score"].to_numpy()
    np.testing.assert_array_equal(answers, estimator.predict_proba(NUMBERS.select("size", "rooms").to_numpy())[:, 1])


def test_texts_are_never_fed_to_a_model_that_saw_no_names(tmp_path: Path) -> None:
    project = Project(tmp_path / "p")
    estimator = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(WANTS, LABELS)
    model = project.models.add_estimator("pairs", estimator, inputs=("want", "offer"), actor=ACTOR).model
    with pytest.raises(BadInputError, match="was fitted without column names"):
        project.models.predict(model, PAIRS)


def test_columns_that_are_no_inputs_are_refused(tmp_path: Path) -> None:
    project = Project(tmp_path / "p", SIZED)
    estimator = LogisticRegression().fit(NUMBERS.rename({"size": "floor"}), [0, 1, 0, 1] * 6)
    with pytest.raises(BadInputError, match="reads floor, and the task's inputs are rooms, size"):
        project.models.add_estimator("sizes", estimator, actor=ACTOR)


def test_a_model_without_probabilities_gives_margins_that_are_cut_at_zero(tmp_path: Path) -> None:
    project = Project(tmp_path / "p", SIZED)
    estimator = LinearSVC().fit(NUMBERS, [0, 1, 0, 1] * 6)
    model = project.models.add_estimator("sizes", estimator, actor=ACTOR).model
    assert (model.margins, model.threshold) == (True, 0.0)
    answers = answers_of(estimator, NUMBERS, "binary", "0", "1")
    assert answers["score"].tolist() == estimator.decision_function(NUMBERS).tolist()
    turned = answers_of(estimator, NUMBERS, "binary", "1", "0")
    assert turned["score"].tolist() == (-estimator.decision_function(NUMBERS)).tolist()


def test_a_regressor_gives_numbers_and_is_no_classifier() -> None:
    estimator = LinearRegression().fit(NUMBERS, np.arange(24.0))
    answers = answers_of(estimator, NUMBERS, "regression")
    assert answers["number"].tolist() == estimator.predict(NUMBERS).tolist()
    with pytest.raises(NoAnswerError, match="knows no classes"):
        answers_of(estimator, NUMBERS, "binary", "0", "1")
    with pytest.raises(NoAnswerError, match="is a classifier"):
        answers_of(pairs_pipeline(), PAIRS, "regression")


USUAL = [RandomForestClassifier(3), HistGradientBoostingClassifier(), KNeighborsClassifier(3)]


@pytest.mark.parametrize("estimator", USUAL, ids=lambda estimator: type(estimator).__name__)
def test_usual_estimators_need_no_word_of_trust(estimator: Any) -> None:  # noqa: ANN401  untyped
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator.fit(NUMBERS, [0, 1, 0, 1] * 6)
    assert len(answers_of(estimator, NUMBERS, "binary", "0", "1")["score"]) == 24


def test_a_type_of_the_project_needs_a_word_and_its_module_is_watched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(tmp_path / "p", SIZED)
    project.write("features_of_mine.py", "def doubled(frame):\n    return frame.to_numpy() * 2\n")
    monkeypatch.syspath_prepend(project.root)
    import features_of_mine  # type: ignore[import-not-found]  # noqa: PLC0415  written a line above

    estimator = make_pipeline(FunctionTransformer(features_of_mine.doubled), LogisticRegression())
    estimator.fit(NUMBERS, [0, 1, 0, 1] * 6)
    with pytest.raises(UntrustedTypesError, match=r"--trust features_of_mine\.doubled"):
        project.models.add_estimator("sizes", estimator, inputs=("rooms", "size"), actor=ACTOR)
    trusted = ("features_of_mine.doubled",)
    model = project.models.add_estimator("sizes", estimator, inputs=("rooms", "size"), trust=trusted, actor=ACTOR).model
    project.write("features_of_mine.py", "def doubled(frame):\n    return frame * 2 + 0\n")
    assert project.models.current(model).version == 2


def with_function(name: str) -> bytes:
    """A .skops file that names a function which nobody should call."""
    module, _, function = name.rpartition(".")
    data = skops.io.dumps(FunctionTransformer(np.log1p))
    inside = zipfile.ZipFile(io.BytesIO(data))
    schema = json.loads(inside.read("schema.json"))
    func = schema["content"]["content"]["func"]
    func["__loader__"] = "FunctionNode"
    func["__module__"], func["__class__"] = module, function
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("schema.json", json.dumps(schema))
    return made.getvalue()


@pytest.mark.parametrize("name", ["posix.system", "builtins.eval", "subprocess.run", "operator.methodcaller"])
def test_what_runs_commands_is_refused_whatever_is_trusted(name: str) -> None:
    with pytest.raises(estimators.UntrustedError) as refused:
        estimators.load(with_function(name), trust=(name,))
    assert refused.value.dangerous == [name]


def test_a_function_of_numpy_that_is_no_class_needs_a_word() -> None:
    with pytest.raises(estimators.UntrustedError) as refused:
        estimators.load(with_function("numpy.load"), trust=())
    assert refused.value.asked == ["numpy.load"]


def test_a_dangerous_file_is_not_added(tmp_path: Path) -> None:
    project, path = Project(tmp_path / "p", SIZED), tmp_path / "model.skops"
    path.write_bytes(with_function("posix.system"))
    with pytest.raises(UntrustedTypesError, match="which can run commands or code; it was not loaded"):
        project.models.add_sklearn("bad", path, inputs=("rooms",), trust=("posix.system",), actor=ACTOR)
    assert project.models.list() == ()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("model.pkl", b"", "is a pickle by its name"),
        ("model.joblib", b"", "is a pickle by its name"),
        ("model.pkl.gz", b"", "is a pickle by its name"),
        ("model.skops", b"\x80\x04\x95 pickled", "is a pickle by its first bytes"),
        ("model.skops", b"\x1f\x8b zipped pickle", "is a pickle by its first bytes"),
        ("model.skops", b"hello", "it is no zip file"),
    ],
)
def test_another_format_is_refused_and_never_tried(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(WrongFormatError, match=reason):
        Project(tmp_path / "p").models.add_sklearn("bad", path, actor=ACTOR)


def test_a_zip_of_something_else_and_a_bomb_are_refused(tmp_path: Path) -> None:
    project, path = Project(tmp_path / "p"), tmp_path / "model.skops"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data.pkl", "x")
    with pytest.raises(WrongFormatError, match=r"no schema\.json"):
        project.models.add_sklearn("bad", path, actor=ACTOR)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", "0" * 50_000_000)
    with pytest.raises(WrongFormatError, match="unpacks to"):
        project.models.add_sklearn("bad", path, actor=ACTOR)


def test_a_torn_file_is_refused(tmp_path: Path) -> None:
    project, path = Project(tmp_path / "p"), saved(pairs_pipeline(), tmp_path / "m")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(WrongFormatError):
        project.models.add_sklearn("torn", path, actor=ACTOR)
