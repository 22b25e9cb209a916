"""How often the verdicts are wrong: simulated pairs of models, compared and checked through the command line.

Pairs of equally good models must seldom be called better, worse or regressed; a real difference of the
size that a comparison states as the smallest it could have shown must be found about 80 % of the time.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from scipy import special

from benchmarks.harness import Line
from curiouser.surfaces.cli.program import run as run_command

PAIRS = 200
CLASSES = ("no", "yes")
PROBLEMS, PATTERNS = 20, 6
FloatArray = np.ndarray[Any, np.dtype[np.float64]]
BoolArray = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One kind of test set, and how wrong the models are on it."""

    name: str
    """What is special about it."""
    rows: int
    """Rows drawn from users."""
    rows_per_user: int = 1
    """Rows of each user; above 1 the models are right or wrong on a user's rows together."""
    positive: float = 0.5
    """Share of the positive class."""
    metric: str = "accuracy"
    """What is compared."""
    error: float = 0.15
    """Share of rows that either model answers wrongly."""
    together: float = 0.5
    """Correlation of their mistakes, in [0, 1), on the normal scale."""


EQUAL = (
    Setting(name="independent rows", rows=400),
    Setting(name="rows clustered by user", rows=400, rows_per_user=8),
    Setting(name="a rare class", rows=600, positive=0.05, metric="recall"),
)


def upper_bound(share: float, pairs: int) -> int:
    """Largest count that pairs with this true share stay at or below, except once in 1,000 times."""
    counts = np.arange(pairs + 1)
    return int(counts[special.bdtr(counts, pairs, share) >= 0.999][0])


def lower_bound(share: float, pairs: int) -> int:
    """Smallest count that pairs with this true share reach, except once in 1,000 times."""
    return pairs - upper_bound(1 - share, pairs)


class Workspace:
    """One workspace, driven by commands as they are typed."""

    def __init__(self, root: Path, rng: np.random.Generator) -> None:
        self.root, self.rng = root, rng
        words = ["--task", "binary", "--inputs", "text", "--label", "label", "--classes", ",".join(CLASSES)]
        self.command("init", str(root), *words, "--user", "user", "--yes", inside=False)
        self.pairs = 0

    def command(self, *words: str, inside: bool = True) -> Any:  # noqa: ANN401  a JSON body
        """Run a command and return its body; exit status 3 is an answer, too."""
        said, told = io.StringIO(), io.StringIO()
        status: object = 0
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(told):
            try:
                run_command([*(("-C", str(self.root)) if inside else ()), "--actor", "a", *words, "--json"])
            except SystemExit as stop:
                status = stop.code
        if status not in {0, 3}:
            raise RuntimeError(f"{words}: exit status {status}: {told.getvalue()}")
        return json.loads(said.getvalue())

    def imports(self, labels: BoolArray, rows_per_user: int, name: str = "rows") -> None:
        """Import rows drawn from users."""
        ids = [f"{name}{place:05}" for place in range(len(labels))]
        frame = pl.DataFrame({"id": ids, "text": ids, "label": named(labels)})
        frame = frame.with_columns(user=pl.Series([f"u{place // rows_per_user}" for place in range(len(labels))]))
        frame.write_csv(self.root / "rows.csv")
        self.command("data", "import", str(self.root / "rows.csv"), "--dataset", "test", "-m", name)

    def adds(self, name: str, ids: list[str], answers: BoolArray) -> None:
        """Add a model by its predictions."""
        path = self.root / "predictions.csv"
        pl.DataFrame({"id": ids, "prediction": named(answers)}).write_csv(path)
        self.command("model", "add", name, "--predictions", str(path))

    def pair(self, ids: list[str], labels: BoolArray, wrong: tuple[BoolArray, BoolArray]) -> tuple[str, str]:
        """Add two models that are wrong where it is said."""
        self.pairs += 1
        names = (f"a{self.pairs}", f"b{self.pairs}")
        for name, mistakes in zip(names, wrong, strict=True):
            self.adds(name, ids, labels ^ mistakes)
        return names

    def retire(self, *names: str) -> None:
        """Leave models of earlier pairs out, so that a pair costs the same whenever it is drawn."""
        for name in names:
            self.command("model", "retire", name)


def named(classes: BoolArray) -> list[str]:
    """Turn truth values into names of classes."""
    return [CLASSES[int(one)] for one in classes]


def mistakes(
    setting: Setting, rng: np.random.Generator, errors: tuple[float, float], *, rows: int | None = None
) -> tuple[BoolArray, BoolArray]:
    """Draw where two models are wrong: alike to a degree, and alike within a user where rows repeat users."""
    count = rows or setting.rows
    users = math.ceil(count / setting.rows_per_user)
    of_user = np.repeat(np.arange(users), setting.rows_per_user)[:count]
    by_user = 0.0 if setting.rows_per_user == 1 else 0.7

    def noise() -> FloatArray:
        own, user = rng.standard_normal(count), rng.standard_normal(users)[of_user]
        return np.asarray(math.sqrt(by_user) * user + math.sqrt(1 - by_user) * own)

    shared = noise()
    latent = [math.sqrt(setting.together) * shared + math.sqrt(1 - setting.together) * noise() for _ in range(2)]
    a, b = (each < special.ndtri(error) for each, error in zip(latent, errors, strict=True))
    return a, b


def equal_pairs(setting: Setting, pairs: int, seed: int) -> dict[str, int]:
    """Count the verdicts on pairs of equally good models."""
    rng = np.random.default_rng(seed)
    counts = {"better": 0, "worse": 0, "no_difference_shown": 0}
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder) / "ws", rng)
        labels = rng.random(setting.rows) < setting.positive
        workspace.imports(labels, setting.rows_per_user)
        ids = [f"rows{place:05}" for place in range(setting.rows)]
        for _ in range(pairs):
            names = workspace.pair(ids, labels, mistakes(setting, rng, (setting.error, setting.error)))
            [pair] = workspace.command("compare", *names, "--metric", setting.metric)["pairs"]
            counts[pair["verdict"]] += 1
            workspace.retire(*names)
    return counts


def regressed_pairs(pairs: int, seed: int, *, error: float = 0.05) -> dict[str, int]:
    """Count pairs of equally good models with a problem of six patterns called regressed, slipped, and problems."""
    rng = np.random.default_rng(seed)
    setting = Setting(name="six patterns", rows=PROBLEMS * PATTERNS, together=0.0)
    counts = {"pairs regressed": 0, "pairs slipped": 0, "problems regressed": 0}
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder) / "ws", rng)
        labels = rng.random(setting.rows) < 0.5
        workspace.imports(labels, 1)
        ids = [f"rows{place:05}" for place in range(setting.rows)]
        for number in range(PROBLEMS):
            path = workspace.root / "ids.txt"
            path.write_text("\n".join(ids[number * PATTERNS : (number + 1) * PATTERNS]), encoding="utf-8")
            workspace.command("problem", "add", f"problem-{number}", "--ids", str(path))
        for _ in range(pairs):
            live, new = workspace.pair(ids, labels, mistakes(setting, rng, (error, error)))
            workspace.command("model", "live", live)
            states = [one["state"] for one in workspace.command("problem", "check", "--model", new)["problems"]]
            counts["pairs regressed"] += "regressed" in states
            counts["pairs slipped"] += "slipped" in states
            counts["problems regressed"] += states.count("regressed")
            workspace.retire(new)
    return counts


def found_pairs(setting: Setting, pairs: int, seed: int) -> dict[str, int]:
    """Count how often a difference of the stated smallest size is found.

    The size is read from comparisons of a few pairs that differ by nothing, drawn in the same
    way: a size stated after the difference was seen would depend on it.
    """
    rng = np.random.default_rng(seed)
    counts = {"better": 0, "worse": 0, "no_difference_shown": 0}
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder) / "ws", rng)
        labels = rng.random(setting.rows) < setting.positive
        workspace.imports(labels, setting.rows_per_user)
        ids = [f"rows{place:05}" for place in range(setting.rows)]

        def compared(errors: tuple[float, float]) -> dict[str, Any]:
            names = workspace.pair(ids, labels, mistakes(setting, rng, errors))
            [pair] = workspace.command("compare", *names, "--metric", setting.metric)["pairs"]
            workspace.retire(*names)
            answer: dict[str, Any] = pair
            return answer

        size = settled_size(compared, setting)
        errors = (setting.error + size / 2, setting.error - size / 2)
        for _ in range(pairs):
            counts[compared(errors)["verdict"]] += 1
    return counts


def settled_size(compared: Callable[[tuple[float, float]], dict[str, Any]], setting: Setting) -> float:
    """Find the difference that comparisons of models so far apart state as their smallest, on average."""
    size = 0.05
    for _ in range(3):
        errors = (setting.error + size / 2, setting.error - size / 2)
        size = float(np.mean([compared(errors)["smallest_difference"] for _ in range(4)]))
    return size


def run() -> Iterator[Line]:
    """Draw the pairs of every kind, and say how often the verdict was false, or a real difference found."""
    for number, setting in enumerate(EQUAL):
        counts = equal_pairs(setting, PAIRS, seed=number)
        for verdict in ("better", "worse"):
            yield false_rate(f"false {verdict!r}, {setting.name}", counts[verdict], PAIRS)
    regressed = regressed_pairs(PAIRS, seed=10)
    what = f"pairs with any of {PROBLEMS} problems of {PATTERNS} patterns called regressed"
    yield false_rate(what, regressed["pairs regressed"], PAIRS)
    for number, setting in enumerate(EQUAL[:2]):
        counts = found_pairs(setting, PAIRS, seed=20 + number)
        yield power(f"real differences found at the stated smallest size, {setting.name}", counts["better"], PAIRS)


def false_rate(name: str, count: int, pairs: int) -> Line:
    """Judge a count of false verdicts."""
    allowed = upper_bound(0.05, pairs)
    return Line(
        name=name,
        ours=count / pairs,
        peer=0.05,
        ratio=count / pairs,
        target=f"<= 5 % and binomial noise: {allowed} of {pairs}",
        holds=count <= allowed,
        unit="share of pairs",
        equal="the two models of a pair are drawn from one distribution",
    )


def power(name: str, count: int, pairs: int) -> Line:
    """Judge a count of real differences that were found."""
    least, most = lower_bound(0.8, pairs), upper_bound(0.8, pairs)
    return Line(
        name=name,
        ours=count / pairs,
        peer=0.8,
        ratio=count / pairs,
        target=f"80 % within binomial noise: {least} to {most} of {pairs}",
        holds=least <= count <= most,
        unit="share of pairs",
        equal="the true difference is the smallest that the comparisons state, averaged",
    )
