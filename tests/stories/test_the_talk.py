"""Slides 40 to 55 retold through the command line: marijuana and doctors, from the complaint to the guarded fix."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import polars as pl
import pytest

from tests.problems.bench import SLIDE_44
from tests.terminal import ENVIRONMENT, Said, Terminal

NAME = "drugs-doctors-false-pos"
COMPLAINT = {"want": "a doctor", "offer": "marijuana and other drugs which improves health"}
HEALTH = ("doctor", "pharmacist", "nurse", "drug", "medicine", "health")
TECH, ARTS = ("software", "web design"), ("music", "paint")
PETS, FOOD = ("cat", "dog"), ("chef", "cook")
MODEL = """
KNOWN = {known}
REFUSED = {refused}

def predict(rows):
    return [score(row["want"], row["offer"]) for row in rows]

def score(want, offer):
    if any(word in offer for word in REFUSED):
        return 0.1
    shared = any(any(w in want for w in words) and any(w in offer for w in words) for words in KNOWN)
    return 0.9 if shared else 0.1
"""


def pairs(topics: tuple[tuple[str, ...], ...], count: int, name: str) -> pl.DataFrame:
    """Make pairs drawn from users: every other two share their topic and should meet."""
    rows = []
    for number in range(count):
        topic = topics[number % len(topics)]
        meet = number // len(topics) % 2 == 0
        other = topic if meet else ("football",)
        want, offer = f"{topic[0]} wish {name} {number}", f"{other[-1]} offer {name} {number}"
        row = {"id": f"{name}-{number:03}", "want": want, "offer": offer, "meet": "yes" if meet else "no"}
        rows.append(row | {"user_id": f"{name}-u{number}"})
    return pl.DataFrame(rows)


def patterns() -> pl.DataFrame:
    """Slide 44, and its false positives varied: who is asked for, and which drugs are on offer."""
    asked = ("a doctor", "a nurse", "a pharmacist", "a health coach", "a family doctor")
    offers = [f"{kind} drugs" for kind in ("pain", "party", "cheap", "herbal", "strong")]
    varied = [(want, offer, "no") for want, offer in itertools.product(asked, offers)]
    return pl.DataFrame([*SLIDE_44, *varied], schema=["want", "offer", "meet"], orient="row")


class Talk:
    """One workspace that lives through the talk; each method is one scene."""

    def __init__(self, root: Path) -> None:
        flags = ["--inputs", "want,offer", "--label", "meet", "--id", "id", "--user", "user_id"]
        self.terminal = Terminal.init(root, *flags)
        self.first = self.terminal.imports("first", pairs((HEALTH[:1], TECH, ARTS), 90, "first"))["data_commit"]

    def model(self, name: str, *known: tuple[str, ...], refused: tuple[str, ...] = ()) -> None:
        module = name.replace("-", "_")
        self.terminal.text_file(f"{module}.py", MODEL.format(known=known, refused=refused))
        self.terminal.says("model", "add", name, "--python", f"{module}:predict")

    def complaint(self) -> list[dict[str, Any]]:
        """A user complains, and the input is put to every model at once (slides 40 to 43)."""
        said = json.dumps(COMPLAINT)
        words = ("report", "add", "I offer marijuana, and it sends me doctors!", "--input", said)
        self.terminal.says(*words, "--answered", "yes", "--expected", "no", "--model", "second", "--user", "first-u7")
        answers: list[dict[str, Any]] = self.terminal.body("model", "ask", "--input", said)["answers"]
        return answers

    def described(self) -> dict[str, Any]:
        """The complaint becomes a problem with patterns, in the test set (slide 44)."""
        affected = ("--affected", "2%..6%", "--because", "drugs stand in 3 of the 90 pairs", "--harm", "10")
        self.terminal.says("problem", "add", NAME, "--from-report", "1", *affected)
        file = self.terminal.file("patterns.csv", patterns())
        done: dict[str, Any] = self.terminal.body("problem", "pattern", "import", NAME, file)
        return done

    def history(self) -> dict[str, dict[str, Any]]:
        models = self.terminal.body("problem", "history", NAME)["models"]
        return {one["model"]: one for one in models}

    def pair(self, a: str, b: str) -> dict[str, Any]:
        [pair] = self.terminal.body("compare", a, b)["pairs"]
        found: dict[str, Any] = pair
        return found

    def board(self) -> tuple[list[str], dict[str, list[dict[str, Any]]]]:
        body = self.terminal.body("leaderboard")
        return body["test_sets"], {one["model"]: one["scores"] for one in body["models"]}

    def pytest(self, report: Path) -> Said:
        """Run the problems as tests, as a build would."""
        plugin = ("-p", "no:curiouser", "-p", "curiouser.pytest_plugin", "-p", "no:randomly", "-p", "no:cacheprovider")
        command = [sys.executable, "-m", "pytest", *plugin, "--curiouser", "--junitxml", str(report)]
        done = subprocess.run(
            command, cwd=self.terminal.root, capture_output=True, text=True, check=False, env=ENVIRONMENT, timeout=120
        )
        return Said(status=done.returncode, out=done.stdout, err=done.stderr)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Live through the talk once; what each scene showed is kept for the tests."""
    talk = Talk(tmp_path_factory.mktemp("talk") / "introductions")
    run = talk.terminal
    seen: dict[str, Any] = {"talk": talk}
    talk.model("first", HEALTH, TECH)
    talk.model("second", HEALTH, TECH, ARTS)
    seen["then"] = {one["model"]: one["scores"]["accuracy"] for one in run.body("evaluate")["evaluations"]}
    run.says("model", "live", "second")
    seen["asked"] = talk.complaint()
    seen["described"] = talk.described()
    run.says("evaluate")
    seen["reported"] = talk.history()
    seen["triage"] = run.body("problem", "triage")
    seen["refreshed"] = run.imports("refresh", pairs((PETS, FOOD, TECH), 60, "refresh"))
    talk.model("third", (*HEALTH, "practitioner"), TECH, ARTS, refused=("marijuana", "drugs"))
    run.says("evaluate")
    seen["fixed"] = talk.history()
    seen["passes"] = run.body("problem", "check", "--model", "third")
    run.says("model", "live", "third")
    run.says("problem", "close", NAME)
    seen["same"] = talk.pair("second", "third")
    talk.model("fourth", HEALTH, TECH, ARTS, PETS, FOOD)
    run.says("evaluate")
    seen["better"] = talk.pair("third", "fourth")
    seen["stopped"] = run.run("problem", "check", "--json")
    seen["board"] = talk.board()
    seen["junit"] = talk.terminal.root / "junit.xml"
    seen["pytest"] = talk.pytest(seen["junit"])
    return seen


def test_a_complaint_is_reproduced_on_every_model_at_once(lived: dict[str, Any]) -> None:
    assert {one["model"]: (one["answer"], one["live"]) for one in lived["asked"]} == {
        "first": ("yes", False),
        "second": ("yes", True),
    }


def test_the_patterns_of_slide_44_are_added_to_the_test_set_and_each_has_its_confusion(lived: dict[str, Any]) -> None:
    described = lived["described"]
    assert (described["patterns"], described["added"], described["committed"]) == (32, 31, 31)
    shown = lived["talk"].terminal.body("problem", "show", NAME, "--model", "second")
    rows = [one for one in shown["patterns"] if (one["row"]["want"], one["row"]["offer"]) in {s[:2] for s in SLIDE_44}]
    found = {
        one["row"]["offer"]: one["answers"]["second"]["confusion"] for one in rows if "drug" not in one["row"]["want"]
    }
    assert found == {
        "marijuana and other drugs which improves health": "FP",
        "marijuana": "TN",
        "drugs for cancer patients": "FP",
        "general practitioner services": "FN",
        "medicine": "TP",
    }
    second = lived["reported"]["second"]
    cells = [second[f"{kind}_{sign}"] for kind in ("true", "false") for sign in ("positive", "negative")]
    assert (second["state"], cells) == ("failing", [2, 1, 28, 1])


def test_triage_gives_the_impact_of_slide_49_with_its_interval_and_rank(lived: dict[str, Any]) -> None:
    assert lived["triage"]["model"] == "second"
    [one] = lived["triage"]["problems"]
    assert one["error"]["value"] == 29 / 32
    assert one["impact"]["value"] == pytest.approx(one["affected"]["percent"] * 29 / 32 * 10)
    assert one["impact"]["low"] < one["impact"]["value"] < one["impact"]["high"]
    assert one["rank"] == {"best": 1, "worst": 1}
    assert 2 <= one["affected"]["low"] < one["affected"]["high"] <= 6


def test_history_shows_the_problem_fixed_by_the_model_made_for_it(lived: dict[str, Any]) -> None:
    assert {name: one["state"] for name, one in lived["fixed"].items()} == {
        "first": "failing",
        "second": "failing",
        "third": "fixed",
    }
    third = lived["fixed"]["third"]
    assert (third["error"]["value"], third["error"]["n"], third["failed"]) == (0.0, 32, 0)
    assert third["upper_bound"] <= third["tolerance"]
    assert lived["passes"]["passed"] is True


def test_the_living_test_set_moves_the_score_of_a_model_that_did_not_change(lived: dict[str, Any]) -> None:
    test_sets, scores = lived["board"]
    assert lived["talk"].first in test_sets
    by_set = {one["test_set"]: one for one in scores["second"]}
    then = by_set[lived["talk"].first]
    now = by_set[lived["refreshed"]["data_commit"]]
    assert (then["value"], then["n"]) == (lived["then"]["second"]["value"], 90)
    assert (then["value"], now["value"], now["n"]) == (1.0, pytest.approx(130 / 150), 150)


def test_patterns_do_not_move_the_headline_about_users(lived: dict[str, Any]) -> None:
    [second] = lived["talk"].terminal.body("evaluate", "second")["evaluations"]
    assert second["scores"]["accuracy"]["n"] == 150
    assert second["all"]["accuracy"]["n"] == 182
    assert second["all"]["accuracy"]["value"] == pytest.approx((130 + 3) / 182)


def test_the_fix_is_no_difference_to_users_and_the_next_model_is_better_for_them(lived: dict[str, Any]) -> None:
    same, better = lived["same"], lived["better"]
    assert (same["verdict"], same["difference"]["value"]) == ("no_difference_shown", 0.0)
    assert same["smallest_difference"] > 0
    assert (better["verdict"], better["negative_flips"], better["positive_flips"]) == ("better", 0, 20)
    assert better["difference"]["value"] == pytest.approx(20 / 150)
    assert 0 < better["difference"]["low"] < better["difference"]["high"]


def test_a_later_model_that_brings_the_closed_problem_back_is_stopped_by_name(lived: dict[str, Any]) -> None:
    stopped: Said = lived["stopped"]
    assert stopped.status == 3
    assert (stopped.body["model"], stopped.body["passed"]) == ("fourth", False)
    [one] = stopped.body["problems"]
    assert (one["name"], one["state"], one["closed"], one["blocks"]) == (NAME, "regressed", True, True)
    assert (one["live_state"], len(one["flipped"])) == ("fixed", 29)


def test_a_build_fails_on_the_problem_and_junit_says_so(lived: dict[str, Any]) -> None:
    assert lived["pytest"].status == 1, lived["pytest"].out + lived["pytest"].err
    [case] = ET.parse(lived["junit"]).iter("testcase")  # noqa: S314  our own file
    assert case.get("name") == NAME
    failure = case.find("failure")
    assert failure is not None
    assert "29 of 32 failed" in (failure.text or "")
    assert f"curiouser problem show {NAME} --model fourth" in (failure.text or "")


def test_what_a_person_reads_names_the_problem_and_tells_the_way_on(lived: dict[str, Any]) -> None:
    terminal: Terminal = lived["talk"].terminal
    told = terminal.spawn("problem", "check")
    assert told.status == 3
    assert f"STOP  {NAME} (closed): regressed: 29 of 32 failed" in told.out
    assert "fourth: 1 of 1 problem stops it" in told.out
    curve = terminal.spawn("problem", "history", NAME, "--ascii")
    assert curve.status == 0
    # Against the live model, which has it fixed, every model before and after it would be a step back.
    states = [
        line.split()[1] for line in curve.out.splitlines() if line.startswith(("first", "second", "third", "fourth"))
    ]
    assert states[-4:] == ["regressed", "regressed", "fixed", "regressed"]
    assert terminal.spawn("fsck").status == 0
