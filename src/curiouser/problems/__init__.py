"""Problems: what users complain about, described by test patterns, ranked, followed and guarded.

A user report becomes patterns of a problem, the patterns become rows of the
test set, and the state of the problem on every model is computed from them,
never typed in. It serves slides 39-50 (describe, triage and fix model "bugs")
and 60-61 (the loop as it really is).
"""

from curiouser.problems.curve_svg import describe, describe_problem, history_svg, write_history_svg
from curiouser.problems.curve_text import draw_history, spark
from curiouser.problems.editing import Undone
from curiouser.problems.errors import (
    BadFactorError,
    BadPatternsError,
    BadSuiteError,
    NothingToUndoError,
    PatternDisagreesError,
    PatternNotFoundError,
    ProblemExistsError,
    ProblemMovedError,
    ProblemNotFoundError,
    ProblemsCheckError,
    ReportNotFoundError,
    StepTakenError,
)
from curiouser.problems.records import (
    Affected,
    AffectedSource,
    Expectation,
    ExpectationKind,
    Pattern,
    Problem,
    ProblemStep,
    StepKind,
    UserReport,
)
from curiouser.problems.reports import ReportService
from curiouser.problems.results import (
    AffectedShare,
    Check,
    Checked,
    Confusion,
    History,
    ImpactValue,
    ListedProblem,
    PatternAnswer,
    PatternOutcome,
    PatternsChanged,
    ProblemHistory,
    ShownPattern,
    ShownProblem,
    Standing,
    SuiteImported,
    Triage,
    TriagedProblem,
)
from curiouser.problems.service import ProblemService
from curiouser.problems.settings import CLEARABLE, Given
from curiouser.problems.settings import checked as checked_settings
from curiouser.problems.sources import Tables
from curiouser.problems.standings import memorised_note
from curiouser.problems.views import ComparedCases

__all__ = [
    "CLEARABLE",
    "Affected",
    "AffectedShare",
    "AffectedSource",
    "BadFactorError",
    "BadPatternsError",
    "BadSuiteError",
    "Check",
    "Checked",
    "ComparedCases",
    "Confusion",
    "Expectation",
    "ExpectationKind",
    "Given",
    "History",
    "ImpactValue",
    "ListedProblem",
    "NothingToUndoError",
    "Pattern",
    "PatternAnswer",
    "PatternDisagreesError",
    "PatternNotFoundError",
    "PatternOutcome",
    "PatternsChanged",
    "Problem",
    "ProblemExistsError",
    "ProblemHistory",
    "ProblemMovedError",
    "ProblemNotFoundError",
    "ProblemService",
    "ProblemStep",
    "ProblemsCheckError",
    "ReportNotFoundError",
    "ReportService",
    "ShownPattern",
    "ShownProblem",
    "Standing",
    "StepKind",
    "StepTakenError",
    "SuiteImported",
    "Tables",
    "Triage",
    "TriagedProblem",
    "Undone",
    "UserReport",
    "checked_settings",
    "describe",
    "describe_problem",
    "draw_history",
    "history_svg",
    "memorised_note",
    "spark",
    "write_history_svg",
]
