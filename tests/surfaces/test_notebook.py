"""The house from Python: the same services, who acts filled in, tables that show themselves."""

import html.parser
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import polars as pl
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import curiouser
from curiouser.kernel.configuration import configuration_from
from curiouser.kernel.errors import BadRowsError, UsageError, WorkspaceNotFoundError
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


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[curiouser.Session]:
    make_workspace(tmp_path, configuration_from({"task": TASK})).close()
    with curiouser.open(tmp_path, actor="alice") as opened:
        yield opened


def with_models(ws: curiouser.Session) -> None:
    ws.data.add(ROWS, message="first rows")
    texts, labels = [row["text"] for row in ROWS], [row["spam"] for row in ROWS]
    never = DummyClassifier(strategy="constant", constant="ham")
    ws.models.add("words", make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, labels))
    ws.models.add("never", make_pipeline(TfidfVectorizer(), never).fit(texts, labels))
    ws.evaluate()


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


def test_a_fitted_estimator_a_frame_and_reported_scores_are_models(ws: curiouser.Session) -> None:
    with_models(ws)
    scores = pd.DataFrame({"id": [row["id"] for row in ROWS], "score": [0.75] * 60})
    assert str(ws.models.add("guesses", scores).model.kind) == "predictions"
    assert str(ws.models.add("lost", {"accuracy": 0.75}).model.kind) == "reported"
    assert {model.name for model in ws.models.list()} == {"words", "never", "guesses", "lost"}


def test_a_function_that_lives_in_a_notebook_is_refused_with_the_way_out(ws: curiouser.Session) -> None:
    with pytest.raises(UsageError, match=r"move it to a \.py file"):
        ws.models.add("mine", lambda rows: [0.5] * len(rows))
    with pytest.raises(UsageError, match="a int is no model"):
        ws.models.add("mine", 7)


def test_tables_show_themselves_and_become_frames(ws: curiouser.Session) -> None:
    with_models(ws)
    ws.problems.add("money", patterns=[{"text": "win a <b>prize</b>", "spam": "spam"}], harm="costly", actor="alice")
    board, triage = ws.leaderboard(), ws.problems.triage(model="never")
    assert board.rows[0]["model"] == "words"
    assert triage.to_polars().height == triage.to_pandas().shape[0] == 1
    assert triage.to_polars()["name"].to_list() == ["money"]
    for table in (board, triage, ws.compare("never", "words")):
        page = WellFormed()
        page.feed(table._repr_html_())
        assert page.open == []
        assert repr(table)


def test_a_confusion_matrix_is_a_grid_of_labels_and_answers(ws: curiouser.Session) -> None:
    with_models(ws)
    one = ws.confusion("never")
    assert one.counts == ((40, 0), (20, 0))
    assert one.to_polars().rows() == [("ham", 40, 0), ("spam", 20, 0)]
    page = WellFormed()
    page.feed(one._repr_html_())
    assert page.text == ["label", "answered ham", "answered spam", "ham", "40", "0", "spam", "20", "0"]
    assert ws.evaluate("never").evaluations[0].confusion.counts == one.counts


def test_the_curve_of_a_problem_is_drawn(ws: curiouser.Session) -> None:
    with_models(ws)
    ws.problems.add("money", patterns=[{"text": "win <money>", "spam": "spam"}])
    drawn = ws.problems.history()._repr_html_()
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
