"""Names that cannot be mixed up: each kind of id is a type of its own."""

from __future__ import annotations

import re
from typing import NewType

from curiouser.kernel.errors import BadInputError

DataCommitId = NewType("DataCommitId", str)
"""SHA-256 of a data commit, 64 hex digits."""
ContentHash = NewType("ContentHash", str)
"""Order-free hash of the rows of a dataset, 64 hex digits: same rows, same hash."""
ExampleId = NewType("ExampleId", str)
"""The user's id of an example, as text."""
ModelName = NewType("ModelName", str)
"""A model's name, without its version."""
ModelDigest = NewType("ModelDigest", str)
"""SHA-256 of all that decides a model's answers, 64 hex digits."""
ProblemName = NewType("ProblemName", str)
"""Kebab-case: ``drugs-doctors-false-pos``."""
ObjectName = NewType("ObjectName", str)
"""SHA-256 and suffix of a stored object: ``ab…ef.parquet``."""

_KEBAB = re.compile(r"[^\W_]+(-[^\W_]+)*")
_NAME = re.compile(r"[^\W_][\w.\-]*")
_LONGEST = 100


def problem_name(text: str) -> ProblemName:
    """Check a problem's name.

    Raises:
        BadInputError: It is empty, over 100 characters, or not kebab-case.

    Examples:
        >>> problem_name("the-arts-too-general")
        'the-arts-too-general'
    """
    if len(text) > _LONGEST or not _KEBAB.fullmatch(text) or text != text.lower():
        raise BadInputError(
            f"{text!r} is no name for a problem",
            "use small letters, digits and single hyphens, as in 'tech-too-general'",
        )
    return ProblemName(text)


def plain_name(text: str, what: str) -> str:
    """Check a name of a model, dataset, branch or tag (letters of any script, digits, ``. _ -``).

    Raises:
        BadInputError: It is empty, over 100 characters, or has another character in it.

    Examples:
        >>> plain_name("modèle-3.1", "model")
        'modèle-3.1'
    """
    if len(text) > _LONGEST or not _NAME.fullmatch(text):
        raise BadInputError(
            f"{text!r} is no name for a {what}",
            f"start with a letter or digit, then letters, digits, '.', '_' or '-', at most {_LONGEST} characters",
        )
    return text
