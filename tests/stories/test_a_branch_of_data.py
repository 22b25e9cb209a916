"""Slide 73, retold on a terminal: a branch of training data, a leaking row stopped at the gate, a conflict, a merge."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tests.terminal import Terminal

WORDS = ("doctor", "nurse", "baker", "pilot", "tailor", "welder", "farmer", "driver", "singer", "potter")
LOOKING = "I am looking for"
TOWNS = ("Langa", "Knysna", "Paarl", "Mthatha", "Kimberley", "Soweto", "Durban", "Upington", "George", "Benoni")


def rows(prefix: str, verb: str) -> pl.DataFrame:
    texts = [f"{verb} a {word} who works near {town}" for word in WORDS for town in TOWNS]
    return pl.DataFrame(
        {
            "id": [f"{prefix}{place:03}" for place in range(len(texts))],
            "text": texts,
            "label": ["yes" if place % 3 == 0 else "no" for place in range(len(texts))],
        }
    )


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    made = Terminal.init(tmp_path)
    for dataset, table in (("test", rows("s", LOOKING)), ("train", rows("t", "please find me"))):
        made.body("data", "import", made.file(f"{dataset}.csv", table), "--dataset", dataset, "-m", "first")
    return made


def test_a_branch_is_checked_settled_approved_and_merged(terminal: Terminal) -> None:
    on = ("--dataset", "train")
    terminal.body("data", "protect", "main", *on)

    # Bob relabels on a branch, and brings a row that stands in the test set, too.
    terminal.body("data", "branch", "more", *on)
    bob = ("--actor", "bob", "data")
    terminal.body(*bob, "commit", *on, "--branch", "more", "--set", "t001", "label", "yes", "-m", "a second look")
    leaking = pl.DataFrame({"id": ["t900"], "text": [rows("s", LOOKING)["text"][7]], "label": ["yes"]})
    file = terminal.file("leaking.csv", leaking)
    terminal.body(*bob, "import", file, *on, "--branch", "more", "-m", "rows from a shared drive")

    # The gate stops it, before anything has moved.
    stopped = terminal.body(*bob, "propose", "more", *on, "-m", "more training data")
    assert stopped["checks"]["outcome"] == "fail"
    assert any("leak" in reason for reason in stopped["checks"]["reasons"])
    assert terminal.run("data", "land", "1").status == 3
    assert terminal.body("data", "show", "train")["rows"] == 100

    # The row goes; meanwhile somebody else says that nobody can know the label of t001.
    terminal.body(*bob, "commit", *on, "--branch", "more", "--delete", "t900", "-m", "it leaks")
    terminal.body("data", "unprotect", "main", *on)
    terminal.body("--actor", "ann", "data", "commit", *on, "--clear", "t001", "label", "-m", "nobody knows")
    terminal.body("data", "protect", "main", *on)
    waiting = terminal.body("data", "recheck", "1")
    assert waiting["blockers"][0] == "conflicts"

    # An expert settles it, the checks pass, somebody else approves, and exactly those rows land.
    (conflict,) = terminal.body("data", "conflicts")["found"]
    assert (conflict["base"], conflict["ours"], conflict["theirs"]) == (
        {"label": "no"}, {"label": None}, {"label": "yes"},
    )  # fmt: skip
    terminal.body("--actor", "eve", "data", "settle", "1", "--take", "theirs", "--because", "asked the user")
    checked = terminal.body("data", "recheck", "1")
    assert (checked["checks"]["outcome"] != "fail", checked["blockers"]) == (True, ["unapproved"])
    assert terminal.run(*bob, "approve", "1").status == 5
    terminal.body("--actor", "dee", "data", "approve", "1", "-m", "fine")
    assert terminal.body("data", "land", "1")["state"] == "merged"
    assert terminal.body("data", "show", "train")["data_commit"] == checked["data_commit"]["data_commit"]
    history = terminal.body("data", "blame", "t001", *on)
    assert history["row"]["label"] == "yes"
    assert {"ann", "bob"} <= {step["author"] for step in history["steps"]}
    assert terminal.run("fsck").status == 0
