"""Probes of slide 76, due in the long term: fresh data, versions of it, tests on it, labelling, robustness."""

from __future__ import annotations

from curiouser.checklist.facts import DatasetFacts, Facts
from curiouser.checklist.records import Answer, NextStep, named
from curiouser.checklist.releasing import done, evaluate, not_yet, start
from curiouser.kernel.words import plural

ENOUGH_CASES = 29
"""Fewest Cases that can show a change in at most 10 % of them (Clopper and Pearson, one-sided 95 %)."""
DATA = "/data"
_LOG = NextStep(says="See the log", command="curiouser data log test", page=DATA)


def data_refresh(facts: Facts) -> Answer:
    """Ask whether data is refreshed as users change; Curiouser watches no drift yet."""
    cannot = "Curiouser cannot watch drift yet, nor hold you to an interval between samples of production (slide 65)."
    if facts.test is None:
        return not_yet(f"{cannot} There is no test set yet either.", start(facts))
    production = facts.datasets.get("production")
    here = f"The test set last changed {_ago(facts.test)}"
    if production is not None and production.rows:
        here += f", and production, with {plural(production.rows, 'row')}, {_ago(production)}"
    return not_yet(
        f"{cannot} {here}.",
        NextStep(
            says="Add a fresh sample",
            command='curiouser data import FILE.csv --dataset test -m "sample of production"',
            page=DATA,
        ),
    )


def data_version_control(facts: Facts) -> Answer:
    """Ask whether both the test set and the training data are kept in versions, and history is in use."""
    if facts.test is None:
        return not_yet("There is no test set yet.", start(facts))
    test, train = facts.test, facts.datasets.get("train")
    silent = tuple(one.name for one in facts.models if one.trained_on is None)
    has = f"The test set has {plural(test.data_commits, 'data commit')} on main"
    if test.data_commits < 2:
        return not_yet(f"{has}: it was imported once and never changed, so no history is in use.", _grow())
    if train is None and (silent or not facts.models):
        who = (
            f"{named(silent)} may have learned from any data" if silent else "a model could have learned from any data"
        )
        return not_yet(
            f"{has}, but the training data is not here: {who}.",
            NextStep(
                says="Import the training data",
                command='curiouser data import FILE.csv --dataset train -m "training data"',
                page=DATA,
            ),
        )
    learned = (
        f"the training data has {plural(train.data_commits, 'data commit')}"
        if train is not None
        else f"each of {plural(len(facts.models), 'model')} says which version of which data it learned from"
    )
    return done(f"{has}, {learned}, and every evaluation names the data commit it was measured on.", _LOG)


def data_checks(facts: Facts) -> Answer:
    """Ask whether tests on data gate a merge; Curiouser has no data checks yet."""
    cannot = "Curiouser cannot test data for leakage, duplicates and distributions before a merge yet (slide 71)."
    if facts.test is None:
        return not_yet(f"{cannot} There is no test set yet either.", start(facts))
    return not_yet(
        f"{cannot} Meanwhile every import is refused as long as a row is bad, and a problem that regresses fails the"
        f" build: {plural(facts.problems.total, 'problem')} would be checked.",
        NextStep(says="Check a model in CI", command="curiouser problem check --on test", page="/problems"),
    )


def labelling(facts: Facts) -> Answer:
    """Ask whether labels come from several people with conflicts escalated; Curiouser has no labelling yet."""
    cannot = (
        "Curiouser cannot hand rows to labellers, compare their answers, or escalate conflicts to an expert yet"
        " (slides 66 and 73)."
    )
    if facts.test is None:
        return not_yet(f"{cannot} There is no test set yet either.", start(facts))
    branches = plural(facts.test.branches - 1, "branch", "branches") if facts.test.branches > 1 else "no branch"
    return not_yet(
        f"{cannot} Meanwhile new labels can wait on a branch: the test set has {branches} beside main.",
        NextStep(says="Start a branch", command="curiouser data branch NAME --dataset test", page=DATA),
    )


def robustness(facts: Facts) -> Answer:
    """Ask whether small changes of inputs were tried, and whether the model's probabilities can be believed."""
    problems = facts.problems
    if problems.model is None:
        return not_yet("There is no model yet whose robustness could be measured.", start(facts))
    cases, model = problems.compared_cases, problems.model
    turned = f"{problems.changed_cases:,} of {plural(cases, 'Case')} that change an input turned out wrong on {model}"
    if cases < ENOUGH_CASES:
        have = f"only {turned}" if cases else f"no Case that changes an input was answered by {model}"
        return not_yet(
            f"How much {model} changes its answers under small changes of the input is not known: {have}, and"
            f" fewer than {ENOUGH_CASES} prove little. Curiouser cannot make such changes by itself yet.",
            NextStep(
                says="Import a suite of such Cases",
                command="curiouser problem import-checklist FILE.jsonl --on test",
                page="/problems",
            ),
        )
    if not _calibrated(facts, model):
        return not_yet(
            f"{turned}, but whether {model} knows when it is unsure is not known: it has no calibration error on"
            " today's test set, because it is not evaluated there or gives no probabilities.",
            evaluate(),
        )
    return done(
        f"{turned}, and its calibration error is measured on today's test set.",
        NextStep(says=f"See how {model} fares", command=f"curiouser problem check --model {model}", page="/problems"),
    )


def _calibrated(facts: Facts, model: str) -> bool:
    return any(one.calibrated for one in facts.models if one.name == model)


def _ago(dataset: DatasetFacts) -> str:
    days = int(dataset.age_days)
    return "today" if days < 1 else f"{plural(days, 'day')} ago"


def _grow() -> NextStep:
    command = 'curiouser data import FILE.csv --dataset test -m "WHY"'
    return NextStep(says="Add rows to the test set", command=command, page=DATA)
