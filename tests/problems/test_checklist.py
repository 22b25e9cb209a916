"""Suites others wrote: read, imported once, and counted as a plain loop counts them."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import Pipeline, make_pipeline

from curiouser.kernel.configuration import Task, TaskKind
from curiouser.problems import BadSuiteError, ProblemExistsError, SuiteImported
from tests.problems.bench import Bench

CLASSES = ("negative", "neutral", "positive")
TASK = Task(name="sentiment", kind=TaskKind.MULTICLASS, inputs=("text",), label="mood", classes=CLASSES)
LABELS = "0=negative,1=neutral,2=positive"
GOOD = re.split(
    " ",
    "good great excellent amazing wonderful happy nice perfect fun adorable brilliant awesome like love enjoy "
    "appreciate recommend welcome thank you thanks helpful best",
)
BAD = re.split(
    " ",
    "bad awful terrible horrible rude sad unhappy boring lame nasty annoying ugly hate dislike regret despise "
    "dread poor frustrating delayed cancelled lost worst",
)
PLAIN = re.split(
    " ",
    "american british italian indian private commercial international see find saw found flight seat crew plane "
    "airport gate ticket monday bag number",
)
FRAMES = ("the {} flight", "i {} this", "that was {}", "it is {} here", "{}", "we think it is {}", "a {} crew and seat")
SMALL: list[dict[str, Any]] = [
    {"test": "Single words", "type": "MFT", "case": 0, "data": "good", "label": 2},
    {"test": "Single words", "type": "MFT", "case": 1, "data": "bad", "label": 0},
    {"test": "Single words", "type": "MFT", "case": 2, "data": "hm", "label": None},
    {"test": "typos!", "type": "INV", "case": 5, "data": ["good food", "godo food"], "label": None},
    {"test": '"more"', "type": "DIR", "case": 1, "data": ["good", "very good", "so good"], "label": None},
]
RULES = {
    "_reading": "ours",
    '"more"': {"quantity": "probability of class 2 (positive)", "rule": "must not fall", "tolerance": 0.1},
}


@pytest.fixture
def moods(tmp_path: Path) -> Iterator[Bench]:
    made = Bench.make(tmp_path / "workspace", TASK)
    made.rows([{"id": f"s{i}", "text": f"sample {i}", "mood": CLASSES[i % 3]} for i in range(9)])
    yield made
    made.workspace.close()


def suite(folder: Path, cases: list[dict[str, Any]] | None = None, rules: object = RULES) -> tuple[Path, Path]:
    path, directions = folder / "suite.jsonl", folder / "directions.json"
    path.write_text("".join(json.dumps(case) + "\n" for case in (SMALL if cases is None else cases)), encoding="utf-8")
    directions.write_text(json.dumps(rules), encoding="utf-8")
    return path, directions


def load(bench: Bench, path: Path, directions: Path | None) -> SuiteImported:
    return bench.problems.import_checklist(path, directions=directions, labels=LABELS, actor="thandi")


def test_each_test_becomes_a_problem_with_cases(moods: Bench, tmp_path: Path) -> None:
    done = load(moods, *suite(tmp_path))
    assert [(one.problem.name, one.problem.description, one.patterns, one.cases) for one in done.problems] == [
        ("single-words", "Single words", 2, 2),
        ("typos", "typos!", 2, 1),
        ("more", '"more"', 3, 1),
    ]
    assert done.skipped == {"single-words": 1}
    rows = moods.test_rows().filter(pl.col("origin") == "pattern")
    assert dict(rows.select("text", "mood").iter_rows()) == {
        "good": "positive", "bad": "negative", "good food": None, "godo food": None, "very good": None, "so good": None,
    }  # fmt: skip


def test_every_direction_that_cannot_be_read_is_named_with_its_reason(moods: Bench, tmp_path: Path) -> None:
    rules = {
        "one": {"quantity": "probability of class 7", "rule": "must not fall"},
        "two": {"quantity": "probability of class 1", "rule": "must dance"},
        "three": {"quantity": "mood", "rule": "must not fall"},
    }
    with pytest.raises(BadSuiteError) as refused:
        load(moods, *suite(tmp_path, rules=rules))
    said = str(refused.value)
    assert "the direction of 'one': label '7' is mapped to no class; see --labels" in said
    assert "the direction of 'two'" in said
    assert "needs a quantity: 'probability of class LABEL'" in said


def test_importing_again_changes_nothing_and_a_new_case_is_a_step(moods: Bench, tmp_path: Path) -> None:
    load(moods, *suite(tmp_path))
    before = (moods.content(), moods.problems.list())
    again = load(moods, *suite(tmp_path))
    assert (again.problems, len(again.unchanged), again.committed) == ((), 3, 0)
    assert (moods.content(), moods.problems.list()) == before
    more = [*SMALL, {"test": "typos!", "type": "INV", "case": 6, "data": ["a", "b"], "label": None}]
    grown = load(moods, *suite(tmp_path, more))
    assert [(one.problem.name, one.added) for one in grown.problems] == [("typos", 2)]
    moods.problems.undo("typos", actor="thandi")
    assert (moods.content(), moods.problems.list()) == before


def test_a_suite_may_be_compressed(moods: Bench, tmp_path: Path) -> None:
    path, directions = suite(tmp_path)
    packed = tmp_path / "suite.jsonl.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert len(load(moods, packed, directions).problems) == 3


@pytest.mark.parametrize(
    ("cases", "rules", "said"),
    [
        ([], RULES, "empty"),
        ([{"test": "x", "type": "MFT", "data": "a", "label": 7}], RULES, "label 7 is mapped to no class"),
        ([{"test": "x", "type": "DIR", "data": ["a", "b"]}], RULES, "no direction is given for the test 'x'"),
        ([{"test": "x", "type": "???", "data": "a"}], RULES, "'type' .MFT, INV or DIR"),
        ([{"test": "x", "type": "INV", "data": [1]}], RULES, "'data' must be a text"),
        (
            [{"test": "X y", "type": "INV", "data": ["a"]}, {"test": "x-y", "type": "INV", "data": ["a"]}],
            RULES,
            "two tests",
        ),
        (SMALL, {"x": {"quantity": "mood", "rule": "must not fall"}}, "direction of 'x': .* needs a"),
        (SMALL, {"x": {"quantity": "probability of class 2", "rule": "dances"}}, "direction of 'x': .* needs a"),
    ],
)
def test_a_suite_that_cannot_be_read_says_where(
    moods: Bench, tmp_path: Path, cases: list[dict[str, Any]], rules: object, said: str
) -> None:
    before = moods.content()
    with pytest.raises(BadSuiteError, match=said):
        load(moods, *suite(tmp_path, cases, rules))
    assert (moods.content(), moods.problems.list()) == (before, ())


def test_a_problem_of_the_teams_own_is_not_overwritten(moods: Bench, tmp_path: Path) -> None:
    moods.problems.add("typos", ids=["s1"], actor="thandi")
    with pytest.raises(ProblemExistsError):
        load(moods, *suite(tmp_path))
    assert [one.problem.name for one in moods.problems.list()] == ["typos"]


@pytest.mark.parametrize("labels", ["0", "0=happy"])
def test_labels_must_map_to_classes(moods: Bench, tmp_path: Path, labels: str) -> None:
    path, directions = suite(tmp_path)
    with pytest.raises(BadSuiteError, match="does not map"):
        moods.problems.import_checklist(path, directions=directions, labels=labels, actor="t")


def trained() -> dict[str, Pipeline]:
    """Two real models on a small set of our own."""
    texts = [frame.format(word) for words in (BAD, PLAIN, GOOD) for word in words for frame in FRAMES]
    moods = [mood for mood, words in zip(CLASSES, (BAD, PLAIN, GOOD), strict=True) for _ in words for _ in FRAMES]
    return {
        "words": make_pipeline(TfidfVectorizer(), LogisticRegression(C=10.0, max_iter=500)).fit(texts, moods),
        "letters": make_pipeline(TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3)), MultinomialNB()).fit(
            texts, moods
        ),
    }


def failure_rates(lines: list[dict[str, Any]], rules: dict[str, Any], model: Pipeline) -> dict[str, tuple[int, int]]:
    """Failed and all cases of every test, one case at a time."""
    texts = sorted(
        {text for line in lines for text in (line["data"] if isinstance(line["data"], list) else [line["data"]])}
    )
    answers = dict(zip(texts, model.predict_proba(texts), strict=True))
    counts: dict[str, list[bool]] = {}
    for line in lines:
        several = [answers[text] for text in (line["data"] if isinstance(line["data"], list) else [line["data"]])]
        first, classes = several[0], [int(np.argmax(one)) for one in several]
        if line["type"] == "MFT":
            failed = classes[0] != line["label"]
        elif line["type"] == "INV":
            failed = len(set(classes)) > 1
        else:
            rule = rules[line["test"]]
            watched = classes[0] if "predicted" in rule["quantity"] else 2
            moves = [one[watched] - first[watched] for one in several[1:]]
            sign = 1 if rule["rule"] == "must not fall" else -1
            failed = any(sign * move < -rule["tolerance"] for move in moves)
        counts.setdefault(line["test"], []).append(failed)
    return {name: (sum(failed), len(failed)) for name, failed in counts.items()}


def test_failure_rates_of_two_real_models_equal_a_plain_count(moods: Bench, shared_data: Path) -> None:
    folder = shared_data / "checklist_sentiment"
    path = folder / "sentiment_tests.jsonl.gz"
    lines = [json.loads(line) for line in gzip.decompress(path.read_bytes()).decode().splitlines()]
    rules = json.loads((folder / "directions.json").read_text(encoding="utf-8"))
    done = load(moods, path, folder / "directions.json")
    assert (len(done.problems), sum(one.cases for one in done.problems)) == (25, 6682)
    models = trained()
    rows = moods.test_rows()
    for name, model in models.items():
        answers = model.predict_proba(rows["text"].to_list())
        frame = pl.DataFrame(
            {"id": rows["id"], **{f"p_{mood}": answers[:, i] for i, mood in enumerate(model.classes_)}}
        )
        moods.workspace.models.add_predictions(name, frame, on="test", actor="thandi")
    history = moods.problems.history()
    assert [one.model for one in history.problems[0].standings] == ["words", "letters"]
    for place, model in enumerate(models.values()):
        ours = {
            line.problem.description: (line.standings[place].failed, line.standings[place].error.n)
            for line in history.problems
        }
        assert ours == failure_rates(lines, rules, model)
