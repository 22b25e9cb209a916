"""Probes of slide 75, due after the first release: problems, triage, training, comparing, results, why."""

from __future__ import annotations

from urllib.parse import quote

from curiouser.checklist.facts import Facts, ModelFacts, ProblemFacts
from curiouser.checklist.records import Answer, NextStep, named
from curiouser.checklist.releasing import LEADERBOARD, done, evaluate, not_yet, page_of, start
from curiouser.kernel.words import plural

WAITS_TOO_LONG_DAYS = 7
"""A user report that waits longer than this for its problem is forgotten: the tracker is not in use."""
PROBLEMS, REPORTS = "/problems", "/reports"
_DESCRIBE = NextStep(
    says="Describe a problem",
    command="curiouser problem template, then curiouser problem add NAME --patterns FILE.csv --on test",
    page=PROBLEMS,
)


def problem_tracker(facts: Facts) -> Answer:
    """Ask whether problems are described by patterns, and no complaint is left lying."""
    problems, waiting = facts.problems, _waiting(facts)
    if not problems.total:
        return not_yet(f"No problem is described yet, and {waiting}.", _read_reports(facts) or _DESCRIBE)
    if problems.without_patterns:
        first = problems.without_patterns[0]
        command = f"curiouser problem pattern import {first} FILE.csv"
        return not_yet(
            f"{plural(len(problems.without_patterns), 'open problem')} of {problems.open:,} cannot be followed, because"
            f" no pattern describes it: {named(problems.without_patterns)}; {waiting}.",
            NextStep(says=f"Add patterns to {first}", command=command, page=f"{PROBLEMS}/{quote(first)}"),
        )
    described = plural(problems.patterns, "pattern")
    has = f"{plural(problems.total, 'problem')} ({problems.open:,} open), described by {described}"
    if facts.waiting_days is not None and facts.waiting_days > WAITS_TOO_LONG_DAYS:
        return not_yet(
            f"There are {has}, but {waiting}; more than {WAITS_TOO_LONG_DAYS} days is too long.",
            _read_reports(facts) or _DESCRIBE,
        )
    where = NextStep(says="See the problems", command="curiouser problem triage --on test", page=PROBLEMS)
    return done(f"There are {has}; {waiting}.", _read_reports(facts) or where)


def triage_strategy(facts: Facts) -> Answer:
    """Ask whether every problem can be ranked by Impact, and has somebody to look after it."""
    problems = facts.problems
    if not problems.to_rank:
        return not_yet("There is no problem to rank yet.", _DESCRIBE)
    if problems.model is None:
        return not_yet(
            f"{plural(problems.to_rank, 'problem')} cannot be ranked, because there is no model yet.", start(facts)
        )
    missing = {*problems.lack_affected, *problems.lack_harm, *problems.lack_error}
    which, has = "open" if problems.open else "closed", "has" if problems.to_rank == 1 else "have"
    said = (
        f"{problems.to_rank - len(missing):,} of {plural(problems.to_rank, f'{which} problem')} {has} an Impact on"
        f" {problems.model}"
    )
    gaps = _gaps(problems)
    if gaps:
        return not_yet(f"{said}: {'; '.join(gaps)}.", _fill(problems))
    levels = ", ".join(f"{name} {cost:g}" for name, cost in facts.harm.items())
    return done(
        f"{said}, and each has an owner; harm is counted on the team's scale ({levels}).",
        NextStep(says="See the triage", command="curiouser problem triage --on test", page=PROBLEMS),
    )


def reproducible_training(facts: Facts) -> Answer:
    """Ask whether training can be repeated; Curiouser keeps no runs yet."""
    cannot = "Curiouser does not keep runs yet, so no training can be repeated from here."
    if not facts.models:
        return not_yet(f"{cannot} There is no model yet either.", start(facts))
    known = sum(one.trained_on is not None for one in facts.models)
    return not_yet(
        f"{cannot} Meanwhile {known:,} of {plural(len(facts.models), 'model')}"
        f" {'says' if known == 1 else 'say'} which version of the data they were trained on.",
        NextStep(
            says="Say what a model was trained on",
            command="curiouser model add NAME --predictions FILE.csv --trained-on REF",
            page="/models",
        ),
    )


def comparable_results(facts: Facts) -> Answer:
    """Ask whether every model that is in use has scores over all of today's test set."""
    more = plural(facts.reported, "more model")
    apart = f" {more} known by reported scores only: not compared." if facts.reported else ""
    if facts.test is None or not facts.models:
        return not_yet(f"There is nothing to compare yet.{apart}", start(facts))
    behind = tuple(one for one in facts.models if not one.complete)
    rows = f"today's test set ({plural(facts.test.rows, 'row')})"
    if behind:
        lacks = "lacks" if len(behind) == 1 else "lack"
        return not_yet(
            f"{len(behind):,} of {plural(len(facts.models), 'model')} {lacks} scores over all of {rows}:"
            f" {named(tuple(one.name for one in behind))}.{_unpredicted(behind)}{apart}",
            _complete(behind),
        )
    if len(facts.models) == 1:
        return not_yet(
            f"{facts.models[0].name} has scores over all of {rows}, but there is no other model to compare it"
            f" with.{apart}",
            NextStep(says="Add a model", command="curiouser model add NAME --predictions FILE.csv", page="/models"),
        )
    before, newest = facts.models[-2].name, facts.models[-1].name
    return done(
        f"All {len(facts.models):,} models have scores over all of {rows}, and"
        f" {plural(facts.comparisons, 'comparison was', 'comparisons were')} made on it.{apart}",
        NextStep(
            says=f"Compare {before} and {newest}",
            command=f"curiouser compare {before} {newest} --on test",
            page=_comparison(before, newest),
        ),
    )


def result_management(facts: Facts) -> Answer:
    """Ask whether the results of every model are kept, each with the data it was measured on."""
    if not facts.models:
        return not_yet("There is no model yet whose results could be kept.", start(facts))
    never = tuple(one.name for one in facts.models if not one.evaluated)
    kept = (
        f"{plural(facts.evaluations, 'evaluation is', 'evaluations are')} kept, on"
        f" {plural(facts.evaluated_commits, 'data commit')} of the test set"
    )
    if never:
        return not_yet(
            f"{len(never):,} of {plural(len(facts.models), 'model')} never had a complete evaluation: {named(never)};"
            f" {kept}.",
            evaluate(),
        )
    return done(
        f"{kept}, for {plural(len(facts.models), 'model')}: each names its data commit, its threshold and the digest of"
        " what answered. The code commit behind a model is not recorded yet.",
        NextStep(says="See then and now", command="curiouser leaderboard --on test", page=LEADERBOARD),
    )


def answer_why(facts: Facts) -> Answer:
    """Ask whether a change of behaviour can be explained; Curiouser cannot name causes yet."""
    cannot = (
        "Curiouser cannot name the cause yet when a model answers differently today: its data, its code or its"
        " preprocessing (slide 58)."
    )
    if len(facts.models) > 1:
        before, newest = facts.models[-2].name, facts.models[-1].name
        return not_yet(
            f"{cannot} Meanwhile a comparison lists the rows whose answers turned.",
            NextStep(
                says=f"See what turned from {before} to {newest}",
                command=f"curiouser compare {before} {newest} --on test --flips FILE.csv",
                page=_comparison(before, newest),
            ),
        )
    return not_yet(
        f"{cannot} Meanwhile two versions of the data are compared row by row.",
        NextStep(says="See what changed", command="curiouser data diff BEFORE AFTER", page="/data"),
    )


def _comparison(before: str, newest: str) -> str:
    return f"/compare?a={quote(before, safe='')}&b={quote(newest, safe='')}"


def _waiting(facts: Facts) -> str:
    if not facts.waiting or facts.waiting_days is None:
        return "no user report waits"
    days = plural(int(facts.waiting_days), "day")
    if facts.waiting == 1:
        return f"1 user report has waited for {days}"
    return f"{facts.waiting:,} user reports wait, the oldest for {days}"


def _read_reports(facts: Facts) -> NextStep | None:
    if not facts.waiting:
        return None
    return NextStep(
        says=f"Read {plural(facts.waiting, 'report')}", command="curiouser report list --waiting", page=REPORTS
    )


def _gaps(problems: ProblemFacts) -> list[str]:
    lacks = (
        ("no percent of users affected", problems.lack_affected),
        ("no harm", problems.lack_harm),
        ("no scored pattern", problems.lack_error),
        ("no owner", problems.unowned),
    )
    return [f"{len(names):,} with {what} ({named(names)})" for what, names in lacks if names]


def _fill(problems: ProblemFacts) -> NextStep:
    """Name the first gap to fill: what ranks a problem comes before who looks after it."""
    edits = (
        (problems.lack_harm, "Say the harm of", "--harm LEVEL"),
        (problems.lack_affected, "Say how many users meet", '--affected 3% --because "WHERE FROM"'),
    )
    for names, says, option in edits:
        if names:
            return _edit(names[0], says, option)
    return evaluate() if problems.lack_error else _edit(problems.unowned[0], "Find an owner for", "--owner NAME")


def _edit(name: str, says: str, option: str) -> NextStep:
    return NextStep(
        says=f"{says} {name}", command=f"curiouser problem edit {name} {option}", page=f"{PROBLEMS}/{quote(name)}"
    )


def _unpredicted(behind: tuple[ModelFacts, ...]) -> str:
    needs = [f"{one.name} needs {plural(one.missing, 'prediction')}" for one in behind[:3] if one.missing]
    return f" {'; '.join(needs)}." if needs else ""


def _complete(behind: tuple[ModelFacts, ...]) -> NextStep:
    for one in behind:
        if one.missing:
            return NextStep(
                says=f"Export the {plural(one.missing, 'row')} to predict",
                command=f"curiouser model missing {one.name} --on test -o FILE.csv",
                page=page_of(one),
            )
    return evaluate()
