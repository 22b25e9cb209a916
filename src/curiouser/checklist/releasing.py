"""Probes of slide 74, due before the first release: metrics, thresholds, explanations, fairness."""

from __future__ import annotations

from urllib.parse import quote

from curiouser.checklist.facts import Facts, ModelFacts
from curiouser.checklist.records import Answer, NextStep, named
from curiouser.kernel.words import plural

LEADERBOARD = "/leaderboard"
_ADD_MODEL = NextStep(
    says="Add a model", command="curiouser model add NAME --predictions FILE.csv --on test", page="/models"
)


def metric_selection(facts: Facts) -> Answer:
    """Ask whether the business chose and signed a metric; Curiouser cannot record that yet."""
    cannot = (
        "Curiouser cannot record yet which metric the business chose, what was said for and against it,"
        " and who signed it off (slide 23)."
    )
    if not facts.evaluations:
        return not_yet(f"{cannot} Nothing has been evaluated either.", start(facts))
    return not_yet(
        f"{cannot} Meanwhile {plural(facts.evaluations, 'evaluation')} measured"
        f" {plural(len(facts.metrics), 'metric')} ({named(facts.metrics)}), each with its interval:"
        " rank by the one you agreed on.",
        NextStep(
            says="Rank by your metric", command="curiouser leaderboard --on test --metric METRIC", page=LEADERBOARD
        ),
    )


def threshold_strategy(facts: Facts) -> Answer:
    """Ask whether somebody chose where the scores of the live model, and of the newest one, are cut."""
    if facts.kind == "regression":
        return _tolerance(facts)
    if facts.kind == "multiclass":
        return not_yet(
            "Every model answers its most probable class, whatever a wrong answer costs; Curiouser cannot cut"
            " classes at thresholds of their own yet. Meanwhile a problem's harm says what an error costs.",
            NextStep(says="Say what errors cost", command="curiouser problem edit NAME --harm LEVEL", page="/problems"),
        )
    live = facts.live_model
    if live is None:
        return not_yet(
            "No model is live, so there is no threshold that users meet."
            if facts.models
            else "There is no model yet whose scores could be cut.",
            _make_live(facts),
        )
    return _chosen(live, facts.models[-1])


def explain_predictions(facts: Facts) -> Answer:
    """Ask whether answers are explained; Curiouser cannot do that yet."""
    cannot = "Curiouser cannot say yet which words or columns moved an answer."
    if not facts.models:
        return not_yet(f"{cannot} There is no model yet either.", _ADD_MODEL)
    return not_yet(
        f"{cannot} Meanwhile any input can be put to {_all_models(facts)}, and each answer is shown with its score.",
        NextStep(says="Ask every model", command="curiouser model ask --input '{…}'", page="/models"),
    )


def fairness_framework(facts: Facts) -> Answer:
    """Ask whether harm to groups is measured and judged; Curiouser cannot judge gaps yet."""
    cannot = "Curiouser cannot test yet whether one group of people is served worse than another."
    if not facts.groups:
        return not_yet(
            f"{cannot} The task names no groups either: list their columns as task.groups in curiouser.toml, and every"
            " evaluation scores each of their values apart.",
            NextStep(says="Score a group apart", command="curiouser slice add NAME --where 'COLUMN == \"VALUE\"'"),
        )
    measured = "once a model is evaluated" if not facts.evaluations else "in every evaluation"
    return not_yet(
        f"{cannot} Meanwhile each value of {named(facts.groups)} is scored apart {measured}, with its interval.",
        NextStep(says="Score every group", command="curiouser evaluate --on test --json", page=LEADERBOARD),
    )


def not_yet(why: str, step: NextStep) -> Answer:
    """Answer that an item is not done, why, and what to do."""
    return Answer(done=False, why=why, next=step)


def done(why: str, step: NextStep) -> Answer:
    """Answer that an item is done, by what, and where to look."""
    return Answer(done=True, why=why, next=step)


def start(facts: Facts) -> NextStep:
    """Say what comes before any evaluation."""
    if facts.test is None:
        command = 'curiouser data import FILE.csv --dataset test -m "first test set"'
        return NextStep(says="Import a test set", command=command, page="/data")
    return evaluate() if facts.models else _ADD_MODEL


def evaluate() -> NextStep:
    """Bring every model to today's test set."""
    return NextStep(says="Evaluate every model", command="curiouser evaluate --on test", page=LEADERBOARD)


def page_of(model: ModelFacts) -> str:
    """Say where a model is shown."""
    return f"/models/{quote(model.name)}"


def _all_models(facts: Facts) -> str:
    return "the one model" if len(facts.models) == 1 else f"all {len(facts.models):,} models at once"


def _tolerance(facts: Facts) -> Answer:
    where = NextStep(says="See the models", command="curiouser leaderboard --on test", page=LEADERBOARD)
    if facts.tolerance is None:
        return not_yet(
            "Numbers are not cut at a threshold, but nobody has said which miss still counts as right: set"
            " task.tolerance in curiouser.toml.",
            where,
        )
    return done(
        f"Numbers are not cut at a threshold; what counts as right is decided: a miss of at most {facts.tolerance:g}"
        " (task.tolerance).",
        where,
    )


def _make_live(facts: Facts) -> NextStep:
    if not facts.models:
        return _ADD_MODEL
    newest = facts.models[-1]
    return NextStep(says="Name the live model", command=f"curiouser model live {newest.name}", page=page_of(newest))


def _chosen(live: ModelFacts, newest: ModelFacts) -> Answer:
    for model, role in ((live, "is live"), (newest, "would go live")):
        if model.threshold_by is None:
            at = f"{model.threshold:g}" if model.threshold is not None else "no threshold at all"
            return not_yet(
                f"{model.name} {role} at {at}, and nobody chose that for it: it is the usual threshold, or an earlier"
                " version's. The curve of costs is not drawn yet; meanwhile weigh precision against recall.",
                NextStep(
                    says=f"Choose a threshold for {model.name}",
                    command=f"curiouser model threshold {model.name} T",
                    page=page_of(model),
                ),
            )
    if not live.complete:
        return not_yet(
            f"The threshold of {live.name}, {live.threshold:g}, was chosen by {live.threshold_by}, but at it"
            f" {live.name} has no complete scores on today's test set.",
            evaluate(),
        )
    also = f", and that of {newest.name}, {newest.threshold:g}, by {newest.threshold_by}" if newest != live else ""
    return done(
        f"The threshold of {live.name}, {live.threshold:g}, was chosen by {live.threshold_by}{also}; {live.name} has"
        " complete scores at it on today's test set. The reasons are not recorded here yet.",
        NextStep(says=f"See {live.name}", command=f"curiouser model show {live.name}", page=page_of(live)),
    )
