"""What can be wrong with a call of the checks; codes CUR8xx."""

from __future__ import annotations

from collections.abc import Sequence

from curiouser.kernel.errors import NotFoundError, StorageError


class NeverCheckedError(NotFoundError):
    """This version, or what this ref names, was never checked."""

    code = "CUR802"

    def __init__(self, ref: str) -> None:
        self.ref = ref
        super().__init__(f"{ref} was never checked", f"run `curiouser data check {ref}`")
        self.args = (ref,)


class CheckNotFoundError(NotFoundError):
    """No check on data has this name or code."""

    code = "CUR801"

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name, self.known = name, tuple(known)
        super().__init__(f"there is no check {name!r}", f"known checks: {', '.join(self.known)}")
        self.args = (name, self.known)


class SignaturesDamagedError(StorageError):
    """Stored signatures do not match their checksum; checks search all rows instead."""

    code = "CUR803"
