"""The house from Python: the same services, who acts filled in, tables that show themselves."""

import html.parser
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import polars as pl
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import curiouser
from curiouser.kernel.configuration import configuration_from
from curiouser.kernel.errors import BadRowsError, UsageError, WorkspaceNotFoundError
from curiouser.surfaces.notebook import Shown
from curiouser.workspace.making import make_workspace

TASK = {"kind": "binary", "inputs": ["text"], "label": "spam", "classes": ["ham", "spam"], "user": "who"}
ROWS = [
    {
        "id": f"{i:03}",
        "text": f"win money {i}" if i % 3 == 0 else f"see you {i}",
        "spam": "spam" if i % 3 == 0 else "ham",
        "who": f"u{i % 20}",
    }
    for i in range(60)
]

ANSWERING = """
def words(rows):
    return [0.9 if "win" in row["text"] else 0.1 for row in rows]

def never(rows):
    return [0.1 for row in rows]
"""
"""Two models of the project: one finds all spam by a word, one never finds any."""


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[curiouser.Session]:
    make_workspace(tmp_path, configuration_from({"task": TASK})).close()
    with curiouser.open(tmp_path, actor="alice") as opened:
        yield opened


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with rows and two models that have answered them: starting models is what costs here."""
    folder = tmp_path_factory.mktemp("notebook") / "evaluated"
    make_workspace(folder, configuration_from({"task": TASK})).close()
    (folder / "answering.py").write_text(ANSWERING, encoding="utf-8")
    with curiouser.open(folder, actor="alice") as ws:
        ws.data.add(ROWS, message="first rows")
        for name in ("words", "never"):
            ws.models.add(name, f"answering:{name}")
        ws.evaluate()
    return folder


@pytest.fixture
def full(evaluated: Path, tmp_path: Path) -> Iterator[curiouser.Session]:
    """A copy of that folder, opened."""
    shutil.copytree(evaluated, tmp_path / "copy")
    with curiouser.open(tmp_path / "copy", actor="alice") as opened:
        yield opened


def shown(table: Shown) -> tuple[list[str], list[list[str]]]:
    """Read heads and cells of the first table that a notebook shows, and make sure that all tags are closed."""
    written = table._repr_html_()
    page = WellFormed()
    page.feed(written)
    assert page.open == []
    assert repr(table)
    first = written[written.index("<table") : written.index("</table>")]
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in re.findall(r"<tr>(.*?)</tr>", first)]
    return rows[0], rows[1:]


class WellFormed(html.parser.HTMLParser):
    """Collects the text of cells, and fails on a tag that is closed out of turn."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag != "script"
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag != "script"

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.mark.parametrize("frame", [ROWS, pl.DataFrame(ROWS), pd.DataFrame(ROWS)], ids=["dicts", "polars", "pandas"])
def test_rows_come_from_any_frame_and_mean_the_same(ws: curiouser.Session, frame: object) -> None:
    ws.data.add(frame, message="first rows")
    again = ws.data.add(ROWS, message="the same rows again")
    assert (again.rows, again.added, again.changed) == (60, 0, 0)
    assert ws.data.log("test")[0].author == "alice"


def test_bad_rows_are_all_named_and_nothing_changes(ws: curiouser.Session) -> None:
    with pytest.raises(BadRowsError, match="2 bad row"):
        ws.data.add([{**ROWS[0], "spam": "eggs"}, {**ROWS[1], "spam": "bacon"}, ROWS[2]], message="odd ones")
    assert ws.status().standing.test_rows == 0


def test_a_fitted_estimator_a_frame_and_reported_scores_are_models(full: curiouser.Session) -> None:
    texts, labels = [row["text"] for row in ROWS], [row["spam"] for row in ROWS]
    fitted = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, labels)
    assert str(full.models.add("fitted", fitted).model.kind) == "sklearn"
    assert shown(full.evaluate("fitted"))[1][0][1].startswith("1.000 [")
    scores = pd.DataFrame({"id": [row["id"] for row in ROWS], "score": [0.75] * 60})
    assert str(full.models.add("guesses", scores).model.kind) == "predictions"
    assert str(full.models.add("lost", {"accuracy": 0.75}).model.kind) == "reported"
    assert {model.name for model in full.models.list()} == {"words", "never", "fitted", "guesses", "lost"}


def test_a_function_that_lives_in_a_notebook_is_refused_with_the_way_out(ws: curiouser.Session) -> None:
    with pytest.raises(UsageError, match=r"move it to a \.py file"):
        ws.models.add("mine", lambda rows: [0.5] * len(rows))
    with pytest.raises(UsageError, match="a int is no model"):
        ws.models.add("mine", 7)


def test_tables_show_themselves_and_become_frames(full: curiouser.Session) -> None:
    full.problems.add("money", patterns=[{"text": "win a <b>prize</b>", "spam": "spam"}], harm="costly", actor="alice")
    board, triage = full.leaderboard(), full.problems.triage(model="never")
    assert board.rows[0]["model"] == "words"
    assert triage.to_polars().height == triage.to_pandas().shape[0] == 1
    assert triage.to_polars()["name"].to_list() == ["money"]
    for table in (board, triage, full.compare("never", "words")):
        page = WellFormed()
        page.feed(table._repr_html_())
        assert page.open == []
        assert repr(table)


def test_a_leaderboard_shows_rank_and_score_then_and_now(full: curiouser.Session) -> None:
    old = full.leaderboard().test_sets[0][:8]
    full.data.add([{"id": "new", "text": "see me", "spam": "ham", "who": "u1"}], message="one more")
    full.data.add([{"id": "t0", "text": "SEE  YOU 1", "spam": "ham", "who": "u1"}], "train", message="training data")
    full.models.add("lost", {"accuracy": 0.75})
    full.evaluate()
    today = full.leaderboard().test_sets[1][:8]
    heads, rows = shown(full.leaderboard())
    then, now = f"accuracy then, on {old}", f"accuracy today, on {today}"
    assert heads == ["Rank", "Model", then, now, "Reported", "Seen in training", ""]
    assert [row[:2] for row in rows] == [["1", "words"], ["2", "never"], ["–", "lost"]]
    assert re.fullmatch(r"0\.667 \[0\.\d{3}, 0\.\d{3}\] n=60", rows[1][2])
    assert rows[1][3].startswith("0.672 [")
    assert rows[1][4:] == ["–", "1", ""]
    assert rows[2][2:] == ["–", "–", "0.75", "–", "reported"]
    assert "1 of 61 test rows stands in the training data of words, never" in full.leaderboard()._repr_html_()


def test_a_triage_shows_what_the_command_line_shows_and_its_frame_has_no_empty_parents(
    full: curiouser.Session,
) -> None:
    full.problems.add("money", patterns=[{"text": "win 1", "spam": "spam"}], harm="costly", affected="3%", because="x")
    full.problems.add("winners", patterns=[{"text": "win 2", "spam": "spam"}])
    full.evaluate()
    heads, rows = shown(full.problems.triage(model="never"))
    assert heads == ["Problem", "Impact", "Rank", "State", "Error", "Affected", "Harm", "Memorised"]
    ranked, unranked = rows
    assert (ranked[0], ranked[2:4], ranked[6:]) == ("money", ["1", "failing"], ["3", "0"])
    assert ranked[1].startswith("9 [")
    assert ranked[4].startswith("1.000 [")
    assert ranked[5] == "3% [3, 3] stated"
    assert unranked[:4] == ["winners", "–", "–", "failing"]
    assert "winners: harm" in full.problems.triage(model="never")._repr_html_()
    frame = full.problems.triage(model="never").to_polars()
    assert {"impact.value", "impact.low", "rank.best", "affected.percent", "error.n", "sentence"} <= set(frame.columns)
    assert not {"impact", "rank", "affected", "error"} & set(frame.columns)
    assert frame["impact.value"].to_list()[1] is None


def test_a_problem_shows_its_patterns_on_every_model(full: curiouser.Session) -> None:
    full.problems.add("money", patterns=[{"id": "p1", "text": "win <b>", "spam": "spam"}], description="wins & losses")
    full.evaluate()
    problem = full.problems.show("money")
    heads, rows = shown(problem)
    assert heads == ["Row", "text", "spam", "Expectation", "words", "never"]
    assert rows[0][:4] == ["p1", "win &lt;b&gt;", "spam", "label"]
    assert rows[0][4].startswith("TP spam 0.")
    assert rows[0][5].startswith("FN ham")
    written = problem._repr_html_()
    assert "<strong>money</strong>" in written
    assert "wins &amp; losses" in written
    assert "never: " in written
    assert problem.patterns[0].pattern.example_id == "p1"
    assert problem.to_polars()["answers.never.confusion"].to_list() == ["FN"]


def test_an_evaluation_shows_its_main_scores_and_one_model_its_confusion(full: curiouser.Session) -> None:
    both = full.evaluate()
    heads, rows = shown(both)
    assert heads == ["Model", "accuracy", "f1", "roc_auc", "accuracy, all rows", "Seen in training", ""]
    assert [row[0] for row in rows] == ["never", "words"]
    assert rows[0][1].startswith("0.667 [")
    assert rows[0][1].endswith("n=60")
    assert "answered ham" not in both._repr_html_()
    assert "answered ham" in full.evaluate("never")._repr_html_()
    assert not [name for name in both.to_polars().columns if name.startswith("confusion")]


def test_every_other_table_shows_few_columns_in_words(full: curiouser.Session) -> None:
    full.problems.add("money", patterns=[{"text": "win 1", "spam": "spam"}])
    full.evaluate()
    heads, rows = shown(full.compare("never", "words"))
    assert heads == ["On", "A", "B", "B − A", "p, adjusted", "Worse", "Better", "Verdict"]
    assert (rows[0][:3], rows[0][5:]) == (["all rows", "never", "words"], ["0", "20", "better"])
    heads, rows = shown(full.problems.history("money"))
    assert heads == ["Problem", "Model", "State", "Error", "TP", "FP", "TN", "FN"]
    assert [row[:3] for row in rows] == [["money", "words", "passing"], ["money", "never", "failing"]]
    heads, rows = shown(full.problems.check(model="never"))
    assert (heads, rows[0][:3]) == (["", "Problem", "State", "Why"], ["open", "money", "failing"])
    first = full.data.log("test")[-1].id
    heads, rows = shown(full.data.diff(first, "test"))
    assert (heads, rows[0][0]) == (["Change", "Id", "Fields"], "added")


def test_a_confusion_matrix_is_a_grid_of_labels_and_answers(full: curiouser.Session) -> None:
    one = full.confusion("never")
    assert one.counts == ((40, 0), (20, 0))
    assert one.to_polars().rows() == [("ham", 40, 0), ("spam", 20, 0)]
    page = WellFormed()
    page.feed(one._repr_html_())
    assert page.text[1:] == ["Label", "answered ham", "answered spam", "ham", "40", "0", "spam", "20", "0"]
    assert full.evaluate("never").evaluations[0].confusion.counts == one.counts


def test_the_curve_of_a_problem_is_drawn(full: curiouser.Session) -> None:
    full.problems.add("money", patterns=[{"text": "win <money>", "spam": "spam"}])
    drawn = full.problems.history()._repr_html_()
    assert drawn.count("<svg") == 1
    assert "<money>" not in drawn


def test_who_acts_can_be_said_on_one_call(ws: curiouser.Session) -> None:
    ws.data.add(ROWS, message="first rows", actor="the hatter")
    assert ws.data.log("test")[0].author == "the hatter"


def test_a_tab_shows_the_verbs(ws: curiouser.Session) -> None:
    assert {"add", "import_file", "diff", "revert"} <= set(dir(ws.data))
    assert "triage" in repr(ws.problems)


def test_the_session_says_what_is_due(ws: curiouser.Session) -> None:
    assert "there is no test set yet" in repr(ws)


def test_no_workspace_no_session(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceNotFoundError):
        curiouser.open(tmp_path)


def test_a_name_the_house_does_not_have_is_told_with_those_it_has() -> None:
    with pytest.raises(AttributeError, match="it has CYCLE"):
        getattr(curiouser, "opne")  # noqa: B009  the attribute does not exist, so it cannot be written plainly


def test_importing_the_house_loads_nothing_but_the_standard_library() -> None:
    code = "import sys, curiouser; print([m for m in sys.modules if m.split('.')[0] in ('polars','numpy','click')])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
