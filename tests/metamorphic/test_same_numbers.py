"""What must not change a number: the order of rows and columns, names, how data came in, being killed on the way."""

from __future__ import annotations

import itertools
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from tests.terminal import ENVIRONMENT, Terminal

CLASSES = ("no", "maybe", "yes")
RENAMED = {"no": "cha akunjalo", "maybe": "也许", "yes": "👩🏽‍⚕️ yebo"}
"""Classes by other names: isiZulu, Chinese, an emoji of four code points; in the same order."""
PREFIXES = {"Zulu": "umuntu-ongu-", "Chinese": "例子", "emoji": "🐇🕳"}
COUNT = 60
COLUMNS = {f"p_{name}": name for name in CLASSES}


class Case:
    """Rows, two models and a problem; what is measured of them."""

    def __init__(self, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        ids = [f"r{place:03}" for place in range(COUNT)]
        truth = rng.integers(0, 3, COUNT)
        language = [("zu", "en", "sn")[place % 3] for place in range(COUNT)]
        self.rows = pl.DataFrame(
            {
                "id": ids,
                "text": [f"text {place}" for place in range(COUNT)],
                "label": [CLASSES[each] for each in truth],
                "user": [f"u{place // 3}" for place in range(COUNT)],
                "language": language,
                "length": rng.normal(size=COUNT),
            }
        )
        self.models = {name: self._model(rng, ids, truth, sure) for name, sure in (("older", 1.0), ("newer", 2.0))}
        self.problem = [ids[place] for place in range(0, COUNT, 5)]

    @staticmethod
    def _model(rng: np.random.Generator, ids: list[str], truth: Any, sure: float) -> pl.DataFrame:  # noqa: ANN401  codes
        raw = np.exp(rng.normal(size=(len(ids), 3)) + sure * np.eye(3)[truth])
        shares = raw / raw.sum(axis=1, keepdims=True)
        return pl.DataFrame({"id": ids, **{column: shares[:, k] for k, column in enumerate(COLUMNS)}})

    def bring(self, root: Path, classes: str = ",".join(CLASSES)) -> Terminal:
        """Make a workspace and import everything at once."""
        made = a_workspace(root, classes)
        made.imports("rows", self.rows)
        self.add(made)
        return made

    def add(self, made: Terminal) -> None:
        for name, predictions in self.models.items():
            made.adds(name, predictions)
        ids = made.text_file("ids.txt", "\n".join(self.problem))
        made.says("problem", "add", "weak", "--ids", ids, "--affected", "3%", "--because", "a guess", "--harm", "3")


def a_workspace(root: Path, classes: str = ",".join(CLASSES)) -> Terminal:
    flags = ("--user", "user", "--groups", "language")
    return Terminal.init(root, *flags, task="multiclass", classes=classes)


def content(terminal: Terminal) -> str:
    found: str = terminal.body("data", "log", "test")["data_commits"][0]["content_hash"]
    return found


def numbers(terminal: Terminal, names: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Every score, comparison, standing and rank, by a path of keys; names of classes put back as they were."""
    bodies = {
        "evaluate": {one["model"]: one for one in terminal.body("evaluate")["evaluations"]},
        "compare": terminal.body("compare", "older", "newer", "--slices")["pairs"],
        "macro": terminal.body("compare", "older", "newer", "--metric", "macro_f1")["pairs"],
        "triage": terminal.body("problem", "triage", "--model", "older")["problems"],
        "history": terminal.body("problem", "history", "weak")["models"],
        "board": terminal.body("leaderboard")["models"],
    }
    skipped = {"digest", "test_set", "sentence", "note", "notes", "flipped", "fill", "created_at", "method"}
    found = dict(leaves(bodies, (), skipped))
    for old, new in (names or {}).items():
        found = {
            path.replace(f"[{new}]", f"[{old}]").replace(f"={new}", f"={old}"): old if one == new else one
            for path, one in found.items()
        }
    return found


def leaves(node: Any, path: tuple[str, ...], skipped: set[str]) -> Iterator[tuple[str, Any]]:  # noqa: ANN401  a JSON body
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key not in skipped:
                yield from leaves(value, (*path, str(key)), skipped)
    elif isinstance(node, list):
        for place, value in enumerate(node):
            yield from leaves(value, (*path, str(place)), skipped)
    else:
        yield "/".join(path), node


def assert_same(found: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """Numbers agree to 1e-12, everything else exactly."""
    assert found.keys() == expected.keys()
    assert sum(isinstance(one, float) for one in expected.values()) > 200
    for path, one in expected.items():
        other = found[path]
        if isinstance(one, float) and isinstance(other, float):
            assert other == pytest.approx(one, abs=1e-12, rel=1e-12), path
        else:
            assert other == one, path


@pytest.fixture(scope="module")
def case() -> Case:
    return Case()


@pytest.fixture(scope="module")
def usual(case: Case, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """Content hash and numbers of the case as it comes."""
    terminal = case.bring(tmp_path_factory.mktemp("usual") / "ws")
    return content(terminal), numbers(terminal)


def changed(case: Case, change: Callable[[pl.DataFrame], pl.DataFrame], predictions: bool = True) -> Case:  # noqa: FBT001, FBT002  one switch
    """Make another case with its frames changed."""
    made = Case()
    made.rows, made.problem = change(case.rows), list(case.problem)
    made.models = {name: change(frame) if predictions else frame for name, frame in case.models.items()}
    return made


def test_the_order_of_rows_and_columns_changes_nothing(
    case: Case, usual: tuple[str, dict[str, Any]], tmp_path: Path
) -> None:
    def shuffle(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.sample(fraction=1, shuffle=True, seed=3).select(reversed(frame.columns))

    terminal = changed(case, shuffle).bring(tmp_path / "ws")
    assert content(terminal) == usual[0]
    assert_same(numbers(terminal), usual[1])


@pytest.mark.parametrize("language", PREFIXES)
def test_ids_by_other_names_change_no_number(
    case: Case, usual: tuple[str, dict[str, Any]], tmp_path: Path, language: str
) -> None:
    def rename(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.with_columns(id=pl.lit(PREFIXES[language]) + pl.col("id"))

    renamed = changed(case, rename)
    renamed.problem = [PREFIXES[language] + each for each in case.problem]
    terminal = renamed.bring(tmp_path / "ws")
    assert content(terminal) != usual[0]
    assert_same(numbers(terminal), usual[1])


def test_classes_by_other_names_change_no_number_except_in_name(
    case: Case, usual: tuple[str, dict[str, Any]], tmp_path: Path
) -> None:
    def rename(frame: pl.DataFrame) -> pl.DataFrame:
        if "label" in frame.columns:
            return frame.with_columns(pl.col("label").replace_strict(RENAMED))
        return frame.rename({f"p_{old}": f"p_{new}" for old, new in RENAMED.items()})

    terminal = changed(case, rename).bring(tmp_path / "ws", ",".join(RENAMED.values()))
    assert_same(numbers(terminal, RENAMED), usual[1])


def test_however_an_import_is_split_into_data_commits_the_content_and_the_numbers_are_the_same(
    case: Case, usual: tuple[str, dict[str, Any]], tmp_path: Path
) -> None:
    rng = np.random.default_rng(11)
    terminal = a_workspace(tmp_path / "ws")
    shuffled = case.rows.sample(fraction=1, shuffle=True, seed=5)
    cuts = [0, *sorted(rng.choice(np.arange(1, COUNT), 6, replace=False).tolist()), COUNT]
    for start, end in itertools.pairwise(cuts):
        terminal.imports(f"part-{start}", shuffled[start:end])
    wrong = case.rows.head(7).with_columns(label=pl.lit("maybe"))
    terminal.imports("wrong", wrong)
    terminal.imports("right", case.rows.head(7))
    terminal.says("data", "commit", "--delete", "r050", "--dataset", "test", "-m", "by mistake")
    terminal.imports("back", case.rows.filter(pl.col("id") == "r050"))
    case.add(terminal)
    assert content(terminal) == usual[0]
    assert_same(numbers(terminal), usual[1])


SLOW = """
import json, os, time
SHARES = json.load(open("shares.json"))

def predict(rows):
    with open("told/asked", "a") as file:
        file.write("".join(row["text"] + "\\n" for row in rows))
    time.sleep(0.02)
    return [SHARES[row["text"]] for row in rows]
"""


def test_an_evaluation_that_was_killed_and_goes_on_gives_the_same_numbers(
    case: Case, usual: tuple[str, dict[str, Any]], tmp_path: Path
) -> None:
    """The same answers come from callables that are asked in small batches, and the asking is killed twice."""
    terminal = a_workspace(tmp_path / "ws")
    terminal.imports("rows", case.rows)
    (terminal.root / "told").mkdir()
    texts = case.rows["text"].to_list()
    for name, predictions in case.models.items():
        shares = {
            text: {COLUMNS[column]: value for column, value in row.items() if column != "id"}
            for text, row in zip(texts, predictions.iter_rows(named=True), strict=True)
        }
        terminal.text_file(f"{name}.json", pl.Series([shares]).struct.json_encode()[0])
        terminal.text_file(f"asked_{name}.py", SLOW.replace("shares.json", f"{name}.json"))
        words = ("--python", f"asked_{name}:predict", "--writes", "told", "--batch-rows", "6")
        terminal.says("model", "add", name, *words)
    ids = terminal.text_file("ids.txt", "\n".join(case.problem))
    terminal.says("problem", "add", "weak", "--ids", ids, "--affected", "3%", "--because", "a guess", "--harm", "3")
    asked = terminal.root / "told" / "asked"
    for lines in (1, 70):
        child = subprocess.Popen(terminal.command("evaluate"), env=ENVIRONMENT, stdout=subprocess.DEVNULL)
        while child.poll() is None and (not asked.exists() or asked.read_text().count("\n") < lines):
            time.sleep(0.005)
        child.kill()
        child.wait()
        assert terminal.run("fsck").status == 0
    found = numbers(terminal)
    assert content(terminal) == usual[0]
    expected = {path: one for path, one in usual[1].items() if not path.startswith("board/") or "/scores/" in path}
    assert_same({path: one for path, one in found.items() if path in expected}, expected)
