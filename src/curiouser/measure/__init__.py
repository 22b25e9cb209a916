"""Pure arithmetic on arrays: scores with intervals, paired comparisons, impact, states.

Arrays go in and records come out; nothing here reads a file, a clock or a database.
Every number leaves as a record with its n, its interval, its method and, where it is
undefined, the reason. It serves slides 21-24 (is the model good enough?), 42-50
(problems and their impact) and 54-55 (every model on today's test set).

Two calls do most of the work::

    score_all(kind, truth, answers, *, rng, threshold=None, classes=(), tolerance=None,
              clusters=None, weights=None, metrics=None) -> dict[str, Measured]
    compare_pair(kind, metric, truth, answers_a, answers_b, *, rng, threshold_a=None,
                 threshold_b=None, classes=(), tolerance=None, clusters=None, weights=None,
                 confidence=0.95) -> Paired

``truth`` is ``(n,)``: class codes (places in ``classes``; binary: 1 is positive) or, in
regression, float64; rows without a label are left out by the caller. ``answers`` is an
``Answers``; a row that is not valid counts as missing. ``clusters`` is ``(n,)``, an integer
code of the user each row belongs to, -1 where no user is known (such a row stands alone).
``weights`` is ``(n,)``, > 0, 1 / selection probability. ``rng`` comes from
``seeded(*parts)``, made of the content that is measured. ``metrics`` are names of
``metrics_of(kind, classes)``; None means all that these answers allow.
"""

from curiouser.kernel.configuration import TaskKind
from curiouser.measure.comparing import compare_pair
from curiouser.measure.confusion import confusion
from curiouser.measure.impact import (
    DRAWS,
    Affected,
    CountedShare,
    Harm,
    ImpactFactors,
    RankRange,
    TypedShare,
    impact,
    impact_draws,
    impact_intervals,
    impact_points,
    rank_ranges,
)
from curiouser.measure.label_errors import LabelErrors, find_label_errors, normalised_probabilities
from curiouser.measure.mcnemar import mcnemar
from curiouser.measure.rates import clopper_pearson, jeffreys, lower_bound, rate, upper_bound, wilson
from curiouser.measure.records import (
    Answers,
    BoolArray,
    FloatArray,
    IntArray,
    Interval,
    Measured,
    Paired,
    Verdict,
)
from curiouser.measure.registry import Family, Metric, Need, metrics_of
from curiouser.measure.resampling import seeded
from curiouser.measure.scoring import answered_classes, right_answers, score_all
from curiouser.measure.shift import (
    all_on_one_side,
    distance_by_chance,
    homogeneity,
    imbalance,
    smirnov,
    total_variation,
    two_shares,
    variation_by_chance,
)
from curiouser.measure.states import (
    PatternErrors,
    ProblemState,
    Standing,
    fails_beyond_bound,
    patterns_needed,
    standing,
)
from curiouser.measure.verdicts import ALPHA, holm, holm_confidences, verdict

__all__ = [
    "ALPHA",
    "DRAWS",
    "Affected",
    "Answers",
    "BoolArray",
    "CountedShare",
    "Family",
    "FloatArray",
    "Harm",
    "ImpactFactors",
    "IntArray",
    "Interval",
    "LabelErrors",
    "Measured",
    "Metric",
    "Need",
    "Paired",
    "PatternErrors",
    "ProblemState",
    "RankRange",
    "Standing",
    "TaskKind",
    "TypedShare",
    "Verdict",
    "all_on_one_side",
    "answered_classes",
    "clopper_pearson",
    "compare_pair",
    "confusion",
    "distance_by_chance",
    "fails_beyond_bound",
    "find_label_errors",
    "holm",
    "holm_confidences",
    "homogeneity",
    "imbalance",
    "impact",
    "impact_draws",
    "impact_intervals",
    "impact_points",
    "jeffreys",
    "lower_bound",
    "mcnemar",
    "metrics_of",
    "normalised_probabilities",
    "patterns_needed",
    "rank_ranges",
    "rate",
    "right_answers",
    "score_all",
    "seeded",
    "smirnov",
    "standing",
    "total_variation",
    "two_shares",
    "upper_bound",
    "variation_by_chance",
    "verdict",
    "wilson",
]
