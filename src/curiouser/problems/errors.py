"""What can go wrong with problems and user reports, each with the repair."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from curiouser.kernel.errors import BadInputError, BadRowsError, CheckFailedError, ConflictError, NotFoundError


class ProblemNotFoundError(NotFoundError):
    """No problem has this name."""

    code = "CUR101"

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name, self.known = name, tuple(known)
        near = difflib.get_close_matches(name, self.known, 1)
        named = f"did you mean {near[0]!r}?" if near else f"known problems: {', '.join(self.known) or 'none yet'}"
        super().__init__(f"there is no problem {name!r}", named)
        self.args = (name, self.known)


class ProblemExistsError(ConflictError):
    """A problem already has this name."""

    code = "CUR102"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"there is already a problem {name!r}",
            f"choose another name, or add to it with `curiouser problem pattern add {name}`",
        )
        self.args = (name,)


class ReportNotFoundError(NotFoundError):
    """No user report has this number."""

    code = "CUR103"

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(f"there is no user report {number}", "see `curiouser report list`")
        self.args = (number,)


class BadPatternsError(BadRowsError):
    """A file of patterns has rows that cannot be patterns; all are named."""

    code = "CUR104"

    def __init__(self, source: str, problems: Sequence[str]) -> None:
        super().__init__(
            source, problems, "correct them and try again; `curiouser problem template` prints a file to start from"
        )
        self.args = (source, tuple(problems))


class PatternDisagreesError(ConflictError):
    """A pattern stands in the test set already, with another label or another input."""

    code = "CUR105"


class NothingToUndoError(ConflictError):
    """Every step of this problem has been undone, or it never had one."""

    code = "CUR106"


class PatternNotFoundError(NotFoundError):
    """The problem has no such pattern, or the test set no such row."""

    code = "CUR107"


class BadFactorError(BadInputError):
    """A factor of Impact (percent affected, harm) or the tolerance cannot be right."""

    code = "CUR108"


class ProblemsCheckError(CheckFailedError):
    """A problem has regressed on this model, or a closed one fails beyond its bound."""

    code = "CUR109"


class BadSuiteError(BadInputError):
    """A suite of tests that others wrote cannot be read."""

    code = "CUR110"


class StepTakenError(ConflictError):
    """The problem is already in the state asked for, or changed meanwhile."""

    code = "CUR111"


class ProblemMovedError(ConflictError):
    """Somebody changed the problem after it was read, so that this edit was made for another state."""

    code = "CUR112"
    http_status = 412
