"""How often the intervals cover, how often the tests reject, and whether the smallest difference is found.

Draws many test sets from a population whose true values are known, and prints one JSON line
per metric and scenario. Run it with a number of trials (default 400: a few minutes)::

    python benchmarks/coverage/measure_coverage.py [TRIALS] [coverage] [size] [power]
"""

import json
import sys
import warnings
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import special

from curiouser.kernel.configuration import TaskKind
from curiouser.measure import Answers, FloatArray, IntArray, Paired, compare_pair, metrics_of, score_all, seeded

BINARY = tuple(metrics_of(TaskKind.BINARY))
REGRESSION = tuple(metrics_of(TaskKind.REGRESSION))
CLASSES = ("cat", "dog", "eel", "fox", "gnu")
MULTICLASS = ("accuracy", "balanced_accuracy", "macro_f1", "weighted_f1", "recall[gnu]", "f1[gnu]", "log_loss", "ece")


@dataclass(frozen=True, kw_only=True)
class Population:
    """Where test sets are drawn from."""

    name: str
    kind: TaskKind = TaskKind.BINARY
    rows: int = 300
    positive: float = 0.3
    gain: float = 1.5
    users: float = 0.0  # mean rows per user; 0: every row stands alone
    user_effect: float = 0.0
    weighted: bool = False
    metrics: tuple[str, ...] = BINARY


@dataclass(frozen=True, kw_only=True, eq=False)
class Drawn:
    """One test set with the answers of two models."""

    truth: IntArray | FloatArray
    a: Answers
    b: Answers
    clusters: IntArray | None
    weights: FloatArray | None


def draw(population: Population, rng: np.random.Generator, *, rows: int | None = None, edge: float = 0.0) -> Drawn:
    """Draw a test set; model b is better than model a by ``edge`` in its own gain."""
    n = rows or population.rows
    clusters = None
    group = np.arange(n)
    if population.users:
        sizes = rng.geometric(1 / population.users, size=n)
        group = np.repeat(np.arange(n), sizes)[:n]
        clusters = group
    stratum = rng.random(n) < 0.5
    weights = np.where(stratum, 1.0, 4.0) if population.weighted else None
    # The rows of weight 4 are as much harder, so that leaving the weights out would bias.
    ease = np.where(stratum, 0.5, 0.0) if population.weighted else np.zeros(n)
    shared = rng.standard_normal(n)
    latent = []
    for extra in (0.0, edge):
        own = rng.standard_normal(n)
        user = population.user_effect * rng.standard_normal(n)[group]
        latent.append((population.gain + extra + ease, (shared + own) / np.sqrt(2), user))
    truth, answers = _answered(population, rng, latent)
    return Drawn(truth=truth, a=answers[0], b=answers[1], clusters=clusters, weights=weights)


Latent = list[tuple[FloatArray, FloatArray, FloatArray]]


def _answered(
    population: Population, rng: np.random.Generator, latent: Latent
) -> tuple[IntArray | FloatArray, list[Answers]]:
    if population.kind == TaskKind.BINARY:
        return _two_classes(population, rng, latent)
    if population.kind == TaskKind.MULTICLASS:
        return _several_classes(rng, latent)
    return _numbers(rng, latent)


def _two_classes(population: Population, rng: np.random.Generator, latent: Latent) -> tuple[IntArray, list[Answers]]:
    n = len(latent[0][1])
    truth = (rng.random(n) < population.positive).astype(np.int64)
    answers = []
    for gain, noise, user in latent:
        signal = gain * truth + noise + user * (2 * truth - 1)
        prior = special.logit(population.positive)
        scores = special.expit(population.gain * (signal - population.gain / 2) + prior)
        answers.append(Answers(valid=np.ones(n, dtype=bool), scores=scores))
    return truth, answers


def _several_classes(rng: np.random.Generator, latent: Latent) -> tuple[IntArray, list[Answers]]:
    n, shares = len(latent[0][1]), np.array([0.4, 0.3, 0.15, 0.1, 0.05])
    truth = rng.choice(5, size=n, p=shares).astype(np.int64)
    shared = rng.standard_normal((n, 5))
    answers = []
    for gain, noise, user in latent:
        logits = shared + rng.standard_normal((n, 5)) * 0.5 + np.log(shares)
        logits[np.arange(n), truth] += gain + noise * 0.3 + user
        answers.append(Answers(valid=np.ones(n, dtype=bool), probabilities=special.softmax(logits, axis=1)))
    return truth, answers


def _numbers(rng: np.random.Generator, latent: Latent) -> tuple[FloatArray, list[Answers]]:
    truth = rng.gamma(2.0, 2.0, size=len(latent[0][1]))
    answers = []
    for gain, noise, user in latent:
        numbers = truth + (noise + user) * np.sqrt(truth) / gain
        answers.append(Answers(valid=np.ones(len(truth), dtype=bool), numbers=numbers))
    return truth, answers


def _how(population: Population, drawn: Drawn, *, pair: bool = False) -> dict[str, object]:
    how: dict[str, object] = {"clusters": drawn.clusters, "weights": drawn.weights}
    if population.kind == TaskKind.BINARY:
        how |= {"threshold_a": 0.5, "threshold_b": 0.5} if pair else {"threshold": 0.5}
    if population.kind == TaskKind.MULTICLASS:
        how["classes"] = CLASSES
    if population.kind == TaskKind.REGRESSION:
        how["tolerance"] = 1.0
    return how


def true_values(population: Population, *, edge: float = 0.0) -> tuple[dict[str, float], dict[str, float]]:
    """Value of every metric of both models on a very large test set."""
    drawn = draw(population, seeded("population", population.name), rows=400_000, edge=edge)
    values = []
    for answers in (drawn.a, drawn.b):
        how = _how(population, drawn) | {"clusters": None}
        scores = score_all(
            population.kind,
            drawn.truth,
            answers,
            rng=seeded("truth"),
            metrics=population.metrics,
            **how,  # type: ignore[arg-type]  # fields by name
        )
        values.append({name: number.value for name, number in scores.items() if number.value is not None})
    return values[0], values[1]


def coverage(population: Population, trials: int) -> Iterator[dict[str, object]]:
    """How often each metric's interval holds the true value."""
    truth, _ = true_values(population)
    tally: dict[str, list[tuple[bool, bool, float]]] = defaultdict(list)
    methods: dict[str, str] = {}
    for trial in range(trials):
        rng = seeded("coverage", population.name, str(trial))
        drawn = draw(population, rng)
        scores = score_all(
            population.kind,
            drawn.truth,
            drawn.a,
            rng=rng,
            metrics=population.metrics,
            **_how(population, drawn),  # type: ignore[arg-type]  # fields by name
        )
        for name, number in scores.items():
            if number.low is not None and number.high is not None:
                tally[name].append((truth[name] < number.low, truth[name] > number.high, number.high - number.low))
                methods[name] = number.method
    for name, found in tally.items():
        below, above, width = (float(np.mean(part)) for part in zip(*found, strict=True))
        yield {
            "benchmark": "coverage",
            "population": population.name,
            "metric": name,
            "rows": population.rows,
            "trials": len(found),
            "coverage": round(1 - below - above, 4),
            "true_below": round(below, 4),
            "true_above": round(above, 4),
            "width": round(width, 4),
            "method": methods[name],
        }


@dataclass(kw_only=True)
class Tally:
    """What the comparisons of one metric came to."""

    called: list[bool] = field(default_factory=list)
    covered: list[bool] = field(default_factory=list)
    smallest: list[float] = field(default_factory=list)
    method: str = ""

    def add(self, outcome: Paired, true_difference: float) -> None:
        """Count one comparison; verdict and interval must agree."""
        if outcome.p_value is None or outcome.low is None or outcome.high is None:
            return
        called = outcome.p_value < 0.05
        if called != (outcome.low > 0 or outcome.high < 0):
            raise AssertionError(f"verdict and interval contradict: {outcome}")
        self.called.append(called)
        self.covered.append(outcome.low <= true_difference <= outcome.high)
        self.method = outcome.method
        if outcome.smallest_difference is not None:
            self.smallest.append(outcome.smallest_difference)


def compared(
    population: Population, metrics: Sequence[str], trials: int, *, edge: float = 0.0, label: str = "size"
) -> Iterator[dict[str, object]]:
    """How often two models are called different, and how often the interval holds the true difference."""
    values_a, values_b = true_values(population, edge=edge)
    tallies = {name: Tally() for name in metrics}
    for trial in range(trials):
        rng = seeded(label, population.name, str(trial))
        drawn = draw(population, rng, edge=edge)
        how = _how(population, drawn, pair=True)
        for name, tally in tallies.items():
            outcome = compare_pair(population.kind, name, drawn.truth, drawn.a, drawn.b, rng=rng, **how)  # type: ignore[arg-type]  # fields by name
            tally.add(outcome, values_b[name] - values_a[name])
    for name, tally in tallies.items():
        yield {
            "benchmark": label,
            "population": population.name,
            "metric": name,
            "rows": population.rows,
            "trials": len(tally.called),
            "true_difference": round(values_b[name] - values_a[name], 5),
            "called_different": round(float(np.mean(tally.called)), 4),
            "difference_covered": round(float(np.mean(tally.covered)), 4),
            "median_smallest_difference": round(float(np.median(tally.smallest)), 5) if tally.smallest else None,
            "method": tally.method,
        }


def edge_for(population: Population, name: str, trials: int) -> float:
    """Edge at which the true difference is the median smallest difference of equal models."""
    found = []
    for trial in range(min(trials, 60)):
        rng = seeded("edge", population.name, str(trial))
        drawn = draw(population, rng)
        outcome = compare_pair(
            population.kind,
            name,
            drawn.truth,
            drawn.a,
            drawn.b,
            rng=rng,
            **_how(population, drawn, pair=True),  # type: ignore[arg-type]  # fields by name
        )
        if outcome.smallest_difference is not None:
            found.append(outcome.smallest_difference)
    target, low, high = float(np.median(found)), 0.0, 4.0
    for _ in range(12):
        middle = (low + high) / 2
        values_a, values_b = true_values(population, edge=middle)
        low, high = (low, middle) if abs(values_b[name] - values_a[name]) > target else (middle, high)
    return (low + high) / 2


PLAIN = Population(name="binary")
USERS = Population(name="binary, users of 5 rows", users=5, user_effect=1.0)
POPULATIONS = (
    PLAIN,
    Population(name="binary, 60 rows", rows=60),
    Population(name="binary, 5 % positive", positive=0.05, rows=600),
    USERS,
    Population(name="binary, users of 20 rows", users=20, user_effect=1.0, rows=600),
    Population(name="binary, weights 1 and 4", weighted=True),
    Population(name="five classes", kind=TaskKind.MULTICLASS, metrics=MULTICLASS),
    Population(
        name="five classes, users of 5 rows", kind=TaskKind.MULTICLASS, metrics=MULTICLASS, users=5, user_effect=1.0
    ),
    Population(name="regression", kind=TaskKind.REGRESSION, metrics=REGRESSION),
    Population(
        name="regression, users of 5 rows", kind=TaskKind.REGRESSION, metrics=REGRESSION, users=5, user_effect=1.0
    ),
)
MANY_USERS = replace(USERS, name="binary, 1,500 rows, users of 5 rows", rows=1500)
POWERED = ((PLAIN, "accuracy"), (PLAIN, "roc_auc"), (PLAIN, "f1"), (PLAIN, "log_loss"), (MANY_USERS, "accuracy"))


def main(arguments: list[str]) -> None:
    """Print one JSON line per metric and scenario."""
    warnings.simplefilter("error")
    numbers = [int(word) for word in arguments if word.isdigit()]
    trials = numbers[0] if numbers else 400
    parts = [word for word in arguments if not word.isdigit()] or ["coverage", "size", "power"]
    for population in POPULATIONS:
        if "coverage" in parts:
            for line in coverage(population, trials):
                print(json.dumps(line), flush=True)
        if "size" in parts:
            for line in compared(population, population.metrics, trials):
                print(json.dumps(line), flush=True)
    for whole, name in POWERED if "power" in parts else ():
        population = replace(whole, metrics=(name,))
        edge = edge_for(population, name, trials)
        for line in compared(population, (name,), trials, edge=edge, label="power"):
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
