"""What can go wrong with models: codes CUR301 to CUR399."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from curiouser.kernel.errors import (
    BadInputError,
    BadRowsError,
    ConflictError,
    CuriouserError,
    ModelFailedError,
    NotFoundError,
    RetryableError,
    UntrustedError,
)


class ModelNotFoundError(NotFoundError):
    """No model has this name or version."""

    code = "CUR301"

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name, self.known = name, tuple(known)
        near = ", ".join(self.known[:20]) or "none yet; add one with `curiouser model add`"
        super().__init__(f"no model named {name!r}; known models: {near}")
        self.args = (name, self.known)


class ModelExistsError(ConflictError):
    """A model of this name is here already."""

    code = "CUR302"


class ReportedOnlyError(BadInputError):
    """Of this model only reported scores remain, so nothing that needs its answers can be told.

    Examples:
        >>> print(ReportedOnlyError("run-7", "be compared"))
        [CUR303] 'run-7' can't be compared: only reported scores of it remain, and they hold no answer to any row; if
        its artefact or its predictions turn up, add them under another name
    """

    code = "CUR303"

    def __init__(self, name: str, what: str = "answer") -> None:
        self.name, self.what = name, what
        super().__init__(
            f"{name!r} can't {what}: only reported scores of it remain, and they hold no answer to any row",
            "if its artefact or its predictions turn up, add them under another name",
        )
        self.args = (name, what)


class PredictionsRefusedError(BadRowsError):
    """A predictions file has bad rows; all are named, and nothing was stored."""

    code = "CUR304"

    def __init__(self, source: str, problems: Sequence[str], repair: str = "") -> None:
        super().__init__(source, problems, repair or "correct the file; nothing was stored")


class WrongFormatError(BadInputError):
    """A file is not what it was declared to be; there is no fallback from one format to another."""

    code = "CUR305"


class UntrustedTypesError(UntrustedError):
    """A model file would build objects of types nobody vouched for."""

    code = "CUR306"


class ModelChangedError(RetryableError):
    """The model's code or files changed while it was being asked; nothing of it was stored."""

    code = "CUR307"


class InputRefusedError(BadInputError):
    """An input is not what the task says models read."""

    code = "CUR308"


class ModelRunError(ModelFailedError):
    """A user's model raised, hung, died, used too much, or answered what is no answer.

    Args:
        model: Name of the model.
        reason: What happened, with the row or batch.
        repair: What to do.
        tail: Last lines of its traceback and of what it printed.
    """

    code = "CUR309"

    def __init__(self, model: str, reason: str, repair: str = "", tail: str = "") -> None:
        self.model, self.tail, self.reason_alone = model, tail, reason
        said = "".join(f"\n  | {line}" for line in tail.splitlines())
        super().__init__(f"model {model!r} {reason}", repair)
        self.said = said
        self.args = (model, reason, repair, tail)

    def __str__(self) -> str:
        return CuriouserError.__str__(self) + self.said

    def called(self, title: str, place: str) -> Self:
        """Say the same of a model by its whole name, and where it happened.

        Args:
            title: The name with its version.
            place: Where, to stand behind the reason.
        """
        return type(self)(title, self.reason_alone + place, self.repair, self.tail)


class AnswerRefusedError(ModelRunError):
    """A model ran, and what it answered is no answer to the task.

    Args:
        model: Name of the model.
        reason: What it answered.
        repair: What to do.
        tail: Last lines of what it printed.
        row: The row in its batch, from 0; None where it is about all of them.
    """

    code = "CUR310"

    def __init__(self, model: str, reason: str, repair: str = "", tail: str = "", *, row: int | None = None) -> None:
        self.row = row
        super().__init__(model, reason, repair, tail)
