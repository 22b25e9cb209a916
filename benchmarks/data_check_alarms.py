"""How often checks on data alarm where nothing differs: two random parts of the same rows, many times.

Each check that compares is asked twice: with its threshold, as users meet it,
and with a threshold of zero, where its p-value alone decides and `level` is put
to the test.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.harness import Line
from curiouser.data import ColumnType, DataCommit
from curiouser.datachecks import EVERY_CHECK, Outcome
from curiouser.datachecks.columns import ColumnProfile, Rows, joint_of
from curiouser.datachecks.ground import Ground, Reference
from curiouser.datachecks.profiles import Profile, Profiles
from curiouser.kernel.check_settings import DEFAULT_RULES, CheckSettings
from curiouser.kernel.configuration import Task, TaskKind
from curiouser.kernel.ids import ContentHash, DataCommitId
from curiouser.measure import clopper_pearson, find_label_errors

SHUFFLES = 600
SIZES = ((100, 100), (1_000, 1_000), (300, 2_500))
LEVEL = CheckSettings().level
_ROWS = Path(__file__).parents[1] / "examples" / "introductions" / "data"
_TASK = Task(
    name="alarms", kind=TaskKind.BINARY, inputs=("want", "offer"), label="meet", classes=("no", "yes"),
    groups=("language",),
)  # fmt: skip
_COMPARES = ("label-distribution", "column-distribution", "vocabulary", "categories")
_SCHEMA = {
    "want": ColumnType.TEXT, "offer": ColumnType.TEXT, "meet": ColumnType.CATEGORY, "language": ColumnType.CATEGORY,
    "age": ColumnType.NUMBER, "town": ColumnType.CATEGORY,
}  # fmt: skip


class _Given(Profiles):
    """Profiles that are at hand, without a store."""

    def __init__(self, known: Mapping[str, Profile]) -> None:
        self.known = known

    def of(self, commit: DataCommit) -> Profile:
        """Find one."""
        return self.known[commit.id]


@dataclass
class _Alarms:
    name: str
    alarms: int = 0
    unknown: int = 0
    tries: int = 0

    def count(self, outcome: Outcome) -> None:
        self.tries += 1
        self.alarms += outcome is Outcome.FAIL
        self.unknown += outcome is Outcome.UNKNOWN

    def line(self, note: str, level: float = LEVEL) -> Line:
        """Say how often it alarmed; it holds unless the rate is above the level beyond chance."""
        rate = self.alarms / self.tries
        return Line(
            name=f"false alarms of {self.name}",
            ours=rate,
            peer=None,
            ratio=rate,
            target=f"a rate <= {level:g}, as far as {self.tries:,} tries show (99 %)",
            holds=clopper_pearson(self.alarms, self.tries, confidence=0.98).low <= level,
            unit="alarms per try",
            equal="nothing differs by construction",
            note=f"{self.alarms} of {self.tries:,}, {self.unknown:,} unknown; {note}",
        )


def run() -> Iterator[Line]:
    """Measure every check that estimates."""
    yield from _comparisons()
    yield _class_balance()
    yield from _group_balance()
    yield from _label_errors()


def _population() -> pl.DataFrame:
    """Read the example's rows, with a skewed number and a category of a long tail besides."""
    rows = pl.read_csv(_ROWS / "train.csv", infer_schema_length=0).select("want", "offer", "meet", "language")
    rng = np.random.default_rng(5)
    tail = pl.Series([f"town {place}" for place in np.minimum(rng.geometric(0.1, len(rows)), 60)])
    return rows.with_columns(age=pl.Series(np.exp(rng.normal(3, 0.5, len(rows))).round()), town=tail)


def _profile(rows: pl.DataFrame, name: str) -> Profile:
    made = Rows(frame=rows, hashes=np.zeros(len(rows), np.uint64))
    commit = DataCommit(
        id=DataCommitId(name), dataset=name, parents=(), content_hash=ContentHash(name), schema=_SCHEMA, rows=len(rows),
        added=0, changed=0, removed=0, author="", message="", created_at=datetime(2019, 10, 10, tzinfo=UTC), depth=0,
    )  # fmt: skip
    return Profile(
        commit=commit,
        columns={column: ColumnProfile.of(made, column, kind) for column, kind in _SCHEMA.items()},
        joints={"language": joint_of(made, "language", "meet")},
        index=None,
    )


def _ground(here: Profile, there: Profile, threshold: float | None) -> Ground:
    rules = {
        name: rule if threshold is None else replace(rule, threshold=threshold) for name, rule in DEFAULT_RULES.items()
    }
    known = _Given({here.commit.id: here, there.commit.id: there})
    base = Reference(ref="before", commit=there.commit, profiles=known)
    return Ground(
        task=_TASK, settings=CheckSettings(rules=rules), services=None,  # type: ignore[arg-type]  # no rows are listed where nothing fails
        here=Reference(ref="now", commit=here.commit, profiles=known), base=base, others=(), partner=None,
    )  # fmt: skip


def _outcome(name: str, ground: Ground) -> Outcome:
    check = next(one for one in EVERY_CHECK if one.name == name)
    try:
        return next(iter(check.asks(ground))).answer().outcome
    except AttributeError:
        # A failing check went to list its rows, which are not there.
        return Outcome.FAIL


def _comparisons() -> Iterator[Line]:
    rows, rng = _population(), np.random.default_rng(11)
    counted = {(name, zero): _Alarms(name) for name in _COMPARES for zero in (False, True)}
    for before, now in SIZES:
        for _ in range(SHUFFLES // len(SIZES) + 1):
            chosen = rows[rng.permutation(len(rows))[: before + now]]
            here, there = _profile(chosen.head(now), "now"), _profile(chosen.tail(before), "before")
            for (name, zero), one in counted.items():
                one.count(_outcome(name, _ground(here, there, 0.0 if zero else None)))
    for (name, zero), one in counted.items():
        sizes = ", ".join(f"{before:,} and {now:,}" for before, now in SIZES)
        threshold = "threshold 0, so that p alone decides" if zero else f"threshold {DEFAULT_RULES[name].threshold:g}"
        yield one.line(f"shuffled parts of {sizes} rows; {threshold}")


def _class_balance() -> Line:
    rng, threshold = np.random.default_rng(12), DEFAULT_RULES["class-balance"].threshold
    counted = _Alarms("class-balance")
    for _ in range(SHUFFLES):
        size = int(rng.integers(50, 2_000))
        labels = np.where(rng.random(size) < threshold / 2, "yes", "no")
        profile = _profile(_population_like(size).with_columns(meet=pl.Series(labels)), "now")
        counted.count(_outcome("class-balance", _ground(profile, profile, None)))
    return counted.line("50 to 2,000 labels; the rare class has exactly the share that the threshold asks for")


def _population_like(size: int) -> pl.DataFrame:
    return pl.DataFrame(
        {"want": ["a"], "offer": ["b"], "meet": ["no"], "language": ["en"], "age": [1.0], "town": ["x"]}
    ).select(pl.all().repeat_by(size).explode())


def _group_balance() -> Iterator[Line]:
    rows, rng = _population(), np.random.default_rng(13)
    counted = {zero: _Alarms("group-balance") for zero in (False, True)}
    for _ in range(SHUFFLES):
        chosen = rows[rng.permutation(len(rows))[:1_000]]
        mixed = chosen.with_columns(meet=chosen["meet"].shuffle(seed=int(rng.integers(2**31))))
        profile = _profile(mixed, "now")
        for zero, one in counted.items():
            one.count(_outcome("group-balance", _ground(profile, profile, 0.0 if zero else None)))
    for zero, one in counted.items():
        threshold = "threshold 0, so that p alone decides" if zero else "threshold 0.2"
        yield one.line(f"1,000 rows with shuffled labels; {threshold}")


def _label_errors() -> Iterator[Line]:
    """Draw labels without an error: of a model that is mostly sure, and of one that is not."""
    for sure, name in ((4.0, "a model that is mostly sure"), (2.0, "a model that is often unsure")):
        yield _suspicions(sure, name)


def _suspicions(sure: float, name: str) -> Line:
    rng, threshold = np.random.default_rng(14), DEFAULT_RULES["label-errors"].threshold
    counted, shares, right = _Alarms("label-errors"), list[float](), list[float]()
    for _ in range(SHUFFLES // 4):
        truth = rng.integers(0, 3, 1_000)
        logits = rng.normal(0, 1, (1_000, 3))
        logits[np.arange(1_000), truth] += sure
        p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        found = find_label_errors(truth, p)
        suspected = int(found.suspected.sum())
        shares.append(suspected / 1_000)
        right.append(float((p.argmax(axis=1) == truth).mean()))
        low = clopper_pearson(suspected, 1_000, confidence=1 - 2 * LEVEL).low
        counted.count(Outcome.FAIL if low > threshold else Outcome.PASS)
    said = f"{name}; {np.mean(shares):.3f} of the labels are suspected, {np.mean(right):.3f} of the answers are right"
    return counted.line(f"1,000 labels without an error; {said}", level=LEVEL if sure >= 3 else 1.0)
