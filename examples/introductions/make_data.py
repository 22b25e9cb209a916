"""Make the CSV files of this example again, byte for byte.

Run ``python make_data.py`` in this folder; ``--into DIR`` writes elsewhere.
Standard library only. The words are in ``vocabulary``, the habits of the
users in ``writers.py``, the rules in ``market.py``, the labellers in
``crowd.py``.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, timedelta
from pathlib import Path

from making.crowd import ANSWER_COLUMNS, ask_the_crowd
from making.market import Market, Row
from making.phrases import Dice, read_vocabulary
from making.writers import Writer

HERE = Path(__file__).parent
SEED = 18
ROW_COLUMNS = tuple(field.name for field in fields(Row))
TRAIN_ROWS, TEST_ROWS, REFRESH_ROWS, PRODUCTION_ROWS, CROWD_PAIRS = 2000, 600, 200, 3000, 300
NOISE = 0.03
"""Share of training labels that are wrong, in [0, 1]."""
# What was labelled on purpose in November: (wants, offers, how many, share of rows that meet).
TARGETS: tuple[tuple[tuple[str, ...], tuple[str, ...], int, float], ...] = (
    (("doctor", "pharmacy", "nursing"), ("drugs",), 90, 0.0),
    (("doctor", "pharmacy", "addiction-support", "nursing"), (), 60, 0.85),
    (("local-council", "parliament"), ("general-politics",), 70, 0.6),
    (("web-development", "mobile-apps", "machine-learning", "it-support", "data-analysis", "cyber-security"),
     ("general-tech",), 70, 0.35),
    (("graphic-design", "web-design", "interior-design", "fashion-design", "ux-design"), ("general-design",), 60, 0.35),
    (("web-development", "mobile-apps", "property-development", "sales", "developing-film", "game-development"),
     ("web-development", "property-development", "sales", "developing-film", "mobile-apps"), 50, 0.5),
    (("branding", "social-media", "advertising", "social-work", "selling-crops"),
     ("livestock", "social-work", "branding", "social-media", "selling-crops", "general-business"), 50, 0.5),
)  # fmt: skip
CORRECTED = 8
"""Rows of the first test set whose label an expert changed later."""


_ASKED_ABOUT = "asked-about"


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The rows of every file, before they are written."""

    train: list[Row]
    first_test: list[Row]
    """The test set of October, some of its labels wrong."""
    refresh: list[Row]
    """Corrected rows of October and new ones of November and December."""
    targeted: list[Row]
    """Rows of production that were labelled for the problems."""
    production: list[Row]
    answers: list[dict[str, str]]
    """The crowd's answers about most of the targeted rows."""


def _patterns(problem: str = "*") -> list[Row]:
    """Read patterns as rows of nobody: of one problem, or of all."""
    rows = []
    for path in sorted((HERE / "problems").glob(f"{problem}.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for one in csv.DictReader(file):
                kept = {name: one[name] for name in ("id", "want", "offer", "meet")}
                rows.append(Row(**kept, user_id="", language="en", gender="", at="2019-11-18", topic=""))
    return rows


def _days(first: date, last: date, count: int, dice: Dice, *, growing: bool = False) -> list[date]:
    """Draw sorted days; growing traffic has more of the later ones."""
    span = (last - first).days + 1
    drawn = [max(dice.below(span), dice.below(span)) if growing and dice.chance(0.4) else dice.below(span)
             for _ in range(count)]  # fmt: skip
    return [first + timedelta(days=day) for day in sorted(drawn)]


def _flip(row: Row) -> Row:
    return replace(row, meet="no" if row.meet == "yes" else "yes")


def _numbered(rows: Iterable[Row], prefix: str, first: int = 1) -> list[Row]:
    return [replace(row, id=f"{prefix}-{number:04d}") for number, row in enumerate(rows, first)]


def _key(row: Row) -> str:
    """Return what two rows share that differ in case and punctuation only."""
    return "|".join("".join(letter for letter in text.lower() if letter.isalnum()) for text in (row.want, row.offer))


def _sampled(market: Market, users: Sequence[Writer], days: Sequence[date], taken: set[str]) -> list[Row]:
    """Draw a pair for each day; pairs whose key is in ``taken`` are drawn again."""
    rows = []
    for day in days:
        row = market.row(market.dice.pick(users), market.dice.pick(users), day)
        while _key(row) in taken:
            row = market.row(market.dice.pick(users), market.dice.pick(users), day)
        rows.append(row)
    return rows


def _targeted(market: Market, users: Sequence[Writer]) -> list[Row]:
    """Draw the pairs that were labelled on purpose, for the problems reported in October."""
    dice, rows = market.dice, []
    for wants, offers, count, meeting in TARGETS:
        for day in _days(date(2019, 10, 12), date(2019, 11, 20), count, dice):
            want = dice.pick(wants)
            kinds = {"meets": meeting, "listed": 1 - meeting if offers else 0.0, "near": (1 - meeting) * 0.5}
            kind = dice.weighted(kinds)
            if kind == "listed":
                offer = dice.pick(offers)
                offer = "" if offer.startswith("general-") else offer
            else:
                offer = market.offered(want, kind, day)
            able = [user for user in users if market.can_write(user, want)]
            rows.append(market.pair(dice.pick(able), dice.pick(users), day, want, offer))
    return rows


def _with_clock(row: Row, dice: Dice) -> Row:
    hour = dice.weighted({hour: 7.0 if 7 <= hour <= 21 else 1.0 for hour in range(24)})
    return replace(row, at=f"{row.at}T{hour:02d}:{dice.below(60):02d}:{dice.below(60):02d}Z")


def _production(market: Market, users: Sequence[Writer], targeted: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Draw ten weeks of traffic around the targeted rows; return it, and the targeted rows with their ids."""
    dice = market.dice
    days = _days(date(2019, 10, 1), date(2019, 12, 9), PRODUCTION_ROWS - len(targeted), dice, growing=True)
    rows = [market.row(dice.pick(users), dice.pick(users), day) for day in days]
    rows += [replace(row, id=_ASKED_ABOUT) for row in targeted]
    timed = sorted((_with_clock(row, dice) for row in rows), key=lambda row: row.at)
    numbered = _numbered(timed, "p")
    asked = [named for named, row in zip(numbered, timed, strict=True) if row.id == _ASKED_ABOUT]
    return numbered, asked


def make_files() -> Files:
    """Draw the rows of all files from one seed."""
    market = Market(read_vocabulary(), Dice(SEED))
    dice = market.dice
    trainers, testers, newcomers = market.users(1, 560), market.users(561, 300), market.users(861, 420)
    reserved = {_key(pattern) for pattern in _patterns()}
    train = _sampled(market, trainers, _days(date(2019, 3, 4), date(2019, 9, 30), TRAIN_ROWS, dice), reserved)
    reserved |= {_key(row) for row in train}
    days = _days(date(2019, 10, 1), date(2019, 10, 31), TEST_ROWS, dice)
    test = _numbered(_sampled(market, testers[:220], days, reserved), "te")
    days = _days(date(2019, 11, 11), date(2019, 12, 8), REFRESH_ROWS, dice)
    later = _sampled(market, testers[60:], days, reserved)
    reserved |= {_key(row) for row in [*test, *later]}
    wrong = {row.id for row in dice.some(test, CORRECTED)}
    everybody = [*trainers, *testers, *newcomers]
    aimed = [row for row in _targeted(market, everybody) if _key(row) not in reserved]
    production, targeted = _production(market, everybody, aimed)
    return Files(
        train=[_flip(row) if dice.chance(NOISE) else row for row in _numbered(train, "tr")],
        first_test=[_flip(row) if row.id in wrong else row for row in test],
        refresh=[row for row in test if row.id in wrong] + _numbered(later, "te", TEST_ROWS + 1),
        targeted=targeted,
        production=production,
        answers=ask_the_crowd(dice.some(targeted, CROWD_PAIRS), dice),
    )


def _write(path: Path, columns: Sequence[str], records: Iterable[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(records)


def write_files(folder: Path) -> None:
    """Write all CSV files into a folder that exists."""
    made = make_files()
    today = {row.id: row for row in made.first_test} | {row.id: row for row in made.refresh}
    tables = {
        "train": made.train,
        "test-2019-10": made.first_test,
        "test-refresh": made.refresh,
        "test": list(today.values()),
        "targeted": made.targeted,
        "train-v4": _patterns("the-arts-too-general"),
    }
    for name, rows in tables.items():
        _write(folder / f"{name}.csv", ROW_COLUMNS, map(asdict, rows))
    unlabelled = [column for column in ROW_COLUMNS if column != "meet"]
    _write(folder / "production.csv", unlabelled, map(asdict, made.production))
    _write(folder / "crowd-labels.csv", ANSWER_COLUMNS, made.answers)


def main() -> None:
    """Read the command line and write the files."""
    parser = argparse.ArgumentParser(description="Make the CSV files of this example.")
    parser.add_argument("--into", type=Path, default=HERE / "data", help="folder that receives the files")
    folder = parser.parse_args().into
    folder.mkdir(parents=True, exist_ok=True)
    write_files(folder)


if __name__ == "__main__":
    main()
