"""What can go wrong with evaluations: codes CUR401 to CUR499."""

from __future__ import annotations

from collections.abc import Sequence

from curiouser.kernel.errors import BadInputError, ConflictError, NotFoundError


class IncompleteModelError(BadInputError):
    """A model has no answer to some of the rows, so it is not compared."""

    code = "CUR401"

    def __init__(self, lacking: Sequence[tuple[str, int]], on: str) -> None:
        self.lacking, self.on = tuple(lacking), on
        said = ", ".join(f"{name!r} needs {count:,} prediction{'s'[: count != 1]}" for name, count in self.lacking)
        first = self.lacking[0][0] if self.lacking else "NAME"
        super().__init__(
            f"not every model answered every row of {on}: {said}",
            f"run `curiouser evaluate --on {on}` for models that can be asked, and for a file of predictions"
            f" `curiouser model missing {first} --on {on}` and then `curiouser model update`;"
            " or pass --common to compare on the rows that all of them answered",
        )
        self.args = (self.lacking, on)


class SeveralTestSetsError(BadInputError):
    """Scores on two data commits differ for two reasons, so they are not compared."""

    code = "CUR402"


class MetricNotFoundError(NotFoundError):
    """No metric of this task has this name."""

    code = "CUR403"

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name, self.known = name, tuple(known)
        listed = ", ".join(self.known[:30])
        super().__init__(f"no metric named {name!r} for this task; known metrics: {listed}")
        self.args = (name, self.known)


class SliceNotFoundError(NotFoundError):
    """No slice has this name."""

    code = "CUR404"

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name, self.known = name, tuple(known)
        near = ", ".join(self.known[:20]) or "none yet"
        super().__init__(
            f"no slice named {name!r}; known slices: {near}",
            "name one with `curiouser slice add`, or write a predicate such as 'len(want) > 40'",
        )
        self.args = (name, self.known)


class SliceExistsError(ConflictError):
    """A slice of this name selects other rows."""

    code = "CUR405"


class NothingToCompareError(BadInputError):
    """A comparison needs two different models."""

    code = "CUR406"


class UnlabelledTestSetError(BadInputError):
    """A dataset without labels can't be a test set."""

    code = "CUR407"
