"""What the files of the example promise: they can be made again, and they hold what the README says."""

from __future__ import annotations

import csv
import doctest
import re
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest

import features
import headings
from making import phrases
from making.crowd import CROWD
from making.phrases import Dice, choose, phrase_count, read_vocabulary

EXAMPLE = Path(__file__).resolve().parent.parent.parent / "examples" / "introductions"
DATA, PROBLEMS = EXAMPLE / "data", EXAMPLE / "problems"
NAMES = ("train", "train-v4", "targeted", "test-2019-10", "test-refresh", "test", "production", "crowd-labels")
WORDS = read_vocabulary()


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def data(name: str) -> list[dict[str, str]]:
    return rows_of(DATA / f"{name}.csv")


def pairs(rows: list[dict[str, str]]) -> set[tuple[str, str]]:
    return {(plain(row["want"]), plain(row["offer"])) for row in rows}


def plain(text: str) -> str:
    return re.sub(r"\W", "", text.lower())


PATTERNS = {path.stem: rows_of(path) for path in sorted(PROBLEMS.glob("*.csv"))}


def test_the_script_makes_every_file_again_byte_for_byte(tmp_path: Path) -> None:
    subprocess.run([sys.executable, EXAMPLE / "make_data.py", "--into", tmp_path], check=True)
    assert sorted(path.stem for path in tmp_path.iterdir()) == sorted(NAMES)
    assert sorted(path.stem for path in DATA.iterdir()) == sorted(NAMES)
    assert [
        name for name in NAMES if (tmp_path / f"{name}.csv").read_bytes() != (DATA / f"{name}.csv").read_bytes()
    ] == []


@pytest.mark.parametrize("name", [name for name in NAMES if name != "crowd-labels"])
def test_no_id_stands_twice_in_a_file(name: str) -> None:
    assert {ident: n for ident, n in Counter(row["id"] for row in data(name)).items() if n > 1} == {}


def test_ids_are_shared_only_where_a_row_is_the_same_row() -> None:
    patterns = {row["id"] for rows in PATTERNS.values() for row in rows}
    assert len(patterns) == sum(map(len, PATTERNS.values()))
    train, test, production = ({row["id"] for row in data(name)} for name in ("train", "test", "production"))
    assert len(train | test | production) == len(train) + len(test) + len(production)
    assert not patterns & (train | test | production)
    seen = {row["id"]: (row["want"], row["offer"]) for row in data("production")}
    for name in ("targeted", "crowd-labels"):
        assert all(seen[row["id"]] == (row["want"], row["offer"]) for row in data(name))


def test_the_sizes_are_those_of_the_readme() -> None:
    assert {name: len(data(name)) for name in ("train", "test-2019-10", "test", "production")} == {
        "train": 2000,
        "test-2019-10": 600,
        "test": 800,
        "production": 3000,
    }
    assert 400 <= len(data("targeted")) <= 500


def test_the_test_set_of_today_is_the_first_one_with_its_refresh() -> None:
    today = {row["id"]: row for row in data("test-2019-10")} | {row["id"]: row for row in data("test-refresh")}
    assert list(today.values()) == data("test")
    first = {row["id"]: row for row in data("test-2019-10")}
    corrected = [row for row in data("test-refresh") if row["id"] in first]
    assert len(corrected) == 8
    for row in corrected:
        was = first[row["id"]]
        assert {name for name in row if row[name] != was[name]} == {"meet"}


def test_users_have_several_rows_and_no_user_is_trained_and_tested_on() -> None:
    for name in ("train", "test", "production"):
        rows = data(name)
        assert len({row["user_id"] for row in rows}) < 0.6 * len(rows)
    assert not {row["user_id"] for row in data("train")} & {row["user_id"] for row in data("test")}


def test_no_tested_pair_was_trained_on() -> None:
    trained = pairs(data("train")) | pairs(data("targeted"))
    assert not trained & pairs(data("test"))
    assert not trained & {pair for rows in PATTERNS.values() for pair in pairs(rows)}


def test_version_four_was_trained_on_the_patterns_of_one_problem() -> None:
    kept = [{name: row[name] for name in ("id", "want", "offer", "meet")} for row in data("train-v4")]
    patterns = PATTERNS["the-arts-too-general"]
    assert kept == [{name: row[name] for name in ("id", "want", "offer", "meet")} for row in patterns]


def test_every_problem_has_patterns_that_meet_and_patterns_that_do_not() -> None:
    assert set(PATTERNS) == {
        "brand-marketing-social-media",
        "designers-too-general",
        "developer",
        "drugs-doctors-false-pos",
        "health-more-specific",
        "politicians-false-neg",
        "tech-too-general",
        "the-arts-too-general",
    }
    for rows in PATTERNS.values():
        assert 12 <= len(rows) <= 60
        assert len(pairs(rows)) == len(rows)
        assert min(Counter(row["meet"] for row in rows)[answer] for answer in ("yes", "no")) >= 4
        assert {row["meet"] for row in rows} == {"yes", "no"}
    assert sum(len(rows) >= 46 for rows in PATTERNS.values()) >= 3, "with one error, 46 prove a fix"


def test_most_rows_are_english_and_four_other_languages_have_words_of_their_own() -> None:
    for name in ("train", "test"):
        spoken = Counter(row["language"] for row in data(name))
        assert set(spoken) == {"en", "zu", "af", "xh", "pt"}
        assert spoken["en"] > 0.7 * spoken.total()
    for language, topics in WORDS.languages.items():
        phrases = [text for topic in topics.values() for text in (*topic.want, *topic.offer)]
        assert len(phrases) >= 36, language
    assert phrase_count(WORDS) > 900


def test_new_topics_rise_in_production_and_were_never_trained_on() -> None:
    late = {name for name, topic in WORDS.topics.items() if topic.rises}
    assert len(late) >= 5
    assert not late & {row["topic"] for row in data("train")}
    weeks: dict[int, list[bool]] = {}
    for row in data("production"):
        week = (date.fromisoformat(row["at"][:10]) - date(2019, 10, 1)).days // 7
        weeks.setdefault(week, []).append(row["topic"] in late)
    shares = [sum(weeks[week]) / len(weeks[week]) for week in range(10)]
    assert shares[0] == 0.0
    assert shares[9] > 0.25
    assert shares[0] < shares[3] < shares[6] < shares[9]


def test_production_carries_no_labels_and_is_in_the_order_of_time() -> None:
    rows = data("production")
    assert "meet" not in rows[0]
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)


def test_three_to_five_labellers_answer_each_of_300_pairs_and_some_answer_badly() -> None:
    answers = data("crowd-labels")
    assert set(Counter(row["id"] for row in answers).values()) == {3, 4, 5}
    assert len({row["id"] for row in answers}) == 300
    assert len({(row["id"], row["labeller"]) for row in answers}) == len(answers)
    truth = {row["id"]: row["meet"] for row in data("targeted")}
    right: dict[str, list[bool]] = {labeller.name: [] for labeller in CROWD}
    for row in answers:
        right[row["labeller"]].append(truth[row["id"]] == row["meet"])
    shares = {name: sum(found) / len(found) for name, found in right.items()}
    assert min(map(len, right.values())) >= 20
    assert shares["aisha"] > 0.9
    assert shares["kim"] < 0.65
    assert shares["lwazi"] < 0.65


def test_a_topic_that_only_looks_alike_must_not_meet_and_helps_nobody_by_accident() -> None:
    for name, topic in WORDS.topics.items():
        assert not [other for other in topic.near if WORDS.meets(name, other)]
        assert not set(topic.near) & set(topic.helps)


def test_house_rules_forbid_drugs_whoever_asks() -> None:
    assert not [name for name in WORDS.topics if WORDS.meets(name, "drugs")]
    assert WORDS.meets("doctor", "doctor")
    assert WORDS.meets("addiction-support", "pharmacy")
    assert not WORDS.meets("doctor", "pharmacy")


def test_an_offer_that_says_too_little_meets_nobody() -> None:
    groups = {topic.group for topic in WORDS.topics.values()}
    assert groups <= set(WORDS.general), "every kind of want is shown too-general offers"
    assert not [name for name in WORDS.topics if WORDS.meets(name, "")]


def test_every_choice_of_every_phrase_can_be_written_out() -> None:
    dice = Dice(1)
    topics = [*WORDS.topics.values(), *(topic for found in WORDS.languages.values() for topic in found.values())]
    texts = [choose(phrase, dice) for topic in topics for phrase in (*topic.want, *topic.offer)]
    assert not [text for text in texts if not text or set(text) & set("{|}") or "  " in text]


@pytest.mark.parametrize("module", [phrases, features, headings], ids=lambda module: module.__name__)
def test_the_examples_in_the_docstrings_hold(module: ModuleType) -> None:
    outcome = doctest.testmod(module)
    assert outcome.attempted > 0
    assert outcome.failed == 0
