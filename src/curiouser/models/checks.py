"""What can be refused before a model is loaded or a file is read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from curiouser.kernel.configuration import Task, TaskKind
from curiouser.kernel.errors import BadInputError
from curiouser.models.project import check_reads, check_writes
from curiouser.models.records import Permissions
from curiouser.models.versions import said_of


def check_threshold(task: Task, threshold: float | None, *, margins: bool) -> None:
    """Make sure that a threshold lies on the scale of the scores; None is the usual place.

    Raises:
        BadInputError: The task has no threshold, margins were given none, or it is off the scale.

    Examples:
        >>> task = Task(name="t", kind=TaskKind.BINARY, inputs=("text",), label="spam", classes=("no", "yes"))
        >>> check_threshold(task, 0.7, margins=False)
    """
    if task.kind is not TaskKind.BINARY:
        if margins or threshold is not None:
            raise BadInputError("only scores of a binary task have a threshold", "leave --threshold and --margins out")
        return
    if threshold is None:
        if margins:
            raise BadInputError("margins have a scale of their own", "say where they are cut: --threshold T")
        return
    if not math.isfinite(threshold) or not (margins or 0 <= threshold <= 1):
        raise BadInputError(f"the threshold {threshold} is not on the scale of the scores", "give a number in [0, 1]")


def check_inputs(task: Task, inputs: Sequence[str] | None) -> tuple[str, ...] | None:
    """Make sure that what a callable reads are inputs of the task; None is all of them.

    Raises:
        BadInputError: One is none, or is named twice.
    """
    if inputs is None:
        return None
    strange = [name for name in inputs if name not in task.inputs]
    if strange or not inputs or len(set(inputs)) < len(inputs):
        said = f"{', '.join(strange)} is no input of the task" if strange else "an input is named twice, or none is"
        raise BadInputError(said, f"choose among {', '.join(task.inputs)}")
    return tuple(inputs)


def allowed(root: Path, permissions: Permissions, hidden: Sequence[Path]) -> dict[str, Any]:
    """Check what a callable may touch, and write it down.

    Raises:
        BadInputError: A path is not there, or is none of the project's.
    """
    check_reads(root, permissions.reads)
    check_writes(root, permissions.writes, hidden)
    return said_of(permissions)
