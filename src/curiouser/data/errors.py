"""What can go wrong with versioned data, below the tree of :mod:`curiouser.kernel.errors`.

BadInputError
├── ColumnTypeError             CUR200  a column holds another type than it says or had
├── BadExamplesError            CUR201  rows that cannot be stored: no id, two of one id, …
├── ChangedInputError           CUR202  a known id comes with another input
└── WrongDatasetKindError       CUR203  labelled and unlabelled were mixed up
NotFoundError
├── DatasetNotFoundError        CUR204
├── RefNotFoundError            CUR205  no branch, tag or data commit of this name
├── ExamplesNotFoundError       CUR206  no rows of these ids
├── MergeNotFoundError          CUR210
├── MergeConflictNotFoundError  CUR212
└── ColumnNotFoundError         CUR215
ConflictError
├── RefExistsError              CUR207
├── RevertConflictError         CUR208  later changes touched the same rows
├── MergeEndedError             CUR211  it has landed, or was given up
├── UnsettledConflictsError     CUR213  a merge waits for somebody to settle them
└── ProtectedBranchError        CUR214  it moves only by an approved proposal
RetryableError
└── BranchMovedError            CUR209  somebody moved the branch first; nothing happened
"""

from __future__ import annotations

from collections.abc import Sequence

from curiouser.kernel.errors import BadInputError, ConflictError, NotFoundError, RetryableError
from curiouser.kernel.words import plural

_SHOWN = 10


class ColumnTypeError(BadInputError):
    """A column holds another type than it says or had."""

    code = "CUR200"

    def __init__(self, column: str, reason: str, repair: str = "") -> None:
        self.column = column
        super().__init__(f"column {column!r} {reason}", repair)
        self.args = (column, reason, repair)


class BadExamplesError(BadInputError):
    """Rows that cannot be stored; every kind of trouble is named with its ids."""

    code = "CUR201"

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems), "correct these rows; nothing was changed")
        self.args = (self.problems,)


class ChangedInputError(BadInputError):
    """A known id comes with another input: its label was given to the old one."""

    code = "CUR202"

    def __init__(self, dataset: str, ids: Sequence[str], total: int | None = None) -> None:
        self.dataset, self.ids, self.total = dataset, tuple(ids), len(ids) if total is None else total
        super().__init__(
            f"{plural(self.total, 'example')} of {dataset} would get another input under the same id: "
            f"{_some(self.ids, self.total)}; nothing was changed",
            "give them new ids, or pass --allow-input-changes (predictions from files for these rows are then missing)",
        )
        self.args = (dataset, self.ids, self.total)


class WrongDatasetKindError(BadInputError):
    """A dataset stays labelled or unlabelled, as its first import made it."""

    code = "CUR203"


class DatasetNotFoundError(NotFoundError):
    """No dataset has this name."""

    code = "CUR204"

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name, self.known = name, tuple(known)
        super().__init__(
            f"no dataset named {name!r}; known datasets: {', '.join(self.known) or 'none yet'}",
            f"`curiouser data import FILE --dataset {name}` makes one",
        )
        self.args = (name, self.known)


class RefNotFoundError(NotFoundError):
    """No branch, tag or data commit has this name."""

    code = "CUR205"

    def __init__(self, ref: str, reason: str) -> None:
        self.ref = ref
        super().__init__(
            f"{ref!r} names no data commit: {reason}",
            "a ref is dataset, dataset@branch, dataset@tag or dataset@<commit prefix>",
        )
        self.args = (ref, reason)

    def called(self, ref: str) -> RefNotFoundError:
        """Say the same of a ref as the user wrote it.

        Args:
            ref: What the user wrote.
        """
        return RefNotFoundError(ref, self.args[1])


class ExamplesNotFoundError(NotFoundError):
    """No rows have these ids."""

    code = "CUR206"

    def __init__(self, where: str, ids: Sequence[str]) -> None:
        self.where, self.ids = where, tuple(ids)
        super().__init__(
            f"{where} has no example {_some(self.ids, len(self.ids))}; nothing was changed", "check the ids"
        )
        self.args = (where, self.ids)


class ColumnNotFoundError(NotFoundError):
    """A version has no column of this name."""

    code = "CUR215"

    def __init__(self, where: str, names: Sequence[str], known: Sequence[str]) -> None:
        self.where, self.names, self.known = where, tuple(names), tuple(known)
        super().__init__(
            f"{where} has no column {', '.join(map(repr, self.names))}; nothing was changed",
            f"its columns are {', '.join(self.known) or 'none yet'}",
        )
        self.args = (where, self.names, self.known)


class RefExistsError(ConflictError):
    """A branch or tag of this name is there already."""

    code = "CUR207"


class RevertConflictError(ConflictError):
    """Later changes touched the same rows, so that undoing would lose them."""

    code = "CUR208"

    def __init__(self, data_commit: str, ids: Sequence[str]) -> None:
        self.data_commit, self.ids = data_commit, tuple(ids)
        super().__init__(
            f"cannot undo {data_commit[:12]}: {len(self.ids):,} of its rows were changed again later: "
            f"{_some(self.ids, len(self.ids))}; nothing was changed",
            "undo the later data commits first, newest first",
        )
        self.args = (data_commit, self.ids)


class BranchMovedError(RetryableError):
    """Somebody moved the branch first, and touched the same rows; nothing happened."""

    code = "CUR209"
    http_status = 409  # the server is well, and what it was asked may want another look

    def __init__(self, dataset: str, branch: str, ids: Sequence[str] = ()) -> None:
        self.dataset, self.branch, self.ids = dataset, branch, tuple(ids)
        same = f" and changed the same rows ({_some(self.ids, len(self.ids))})" if self.ids else ""
        super().__init__(
            f"branch {branch} of {dataset} was moved by somebody else{same}; nothing was changed",
            "look at what changed with `curiouser data log`, then try again",
        )
        self.args = (dataset, branch, self.ids)


class MergeNotFoundError(NotFoundError):
    """No merge has this number."""

    code = "CUR210"

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(f"there is no merge {number}", "see `curiouser data merges`")
        self.args = (number,)


class MergeEndedError(ConflictError):
    """A merge has landed or was given up, and changes no more."""

    code = "CUR211"

    def __init__(self, number: int, state: str) -> None:
        self.number, self.state = number, state
        super().__init__(f"merge {number} is {state} already; nothing was changed", "see `curiouser data merges`")
        self.args = (number, state)


class MergeConflictNotFoundError(NotFoundError):
    """A merge has no conflict of this number."""

    code = "CUR212"

    def __init__(self, merge: int, numbers: Sequence[int]) -> None:
        self.merge, self.numbers = merge, tuple(numbers)
        super().__init__(
            f"merge {merge} has no conflict {', '.join(map(str, self.numbers))}; nothing was changed",
            f"see `curiouser data conflicts {merge}`",
        )
        self.args = (merge, self.numbers)


class UnsettledConflictsError(ConflictError):
    """A merge cannot land while conflicts are open."""

    code = "CUR213"

    def __init__(self, merge: int, unsettled: int) -> None:
        self.merge, self.unsettled = merge, unsettled
        super().__init__(
            f"merge {merge} has {plural(unsettled, 'open conflict')}; no branch was moved",
            f"see `curiouser data conflicts {merge}`, and settle them with `curiouser data settle`",
        )
        self.args = (merge, unsettled)


class ProtectedBranchError(ConflictError):
    """A protected branch moves only by an approved proposal, and is not deleted."""

    code = "CUR214"

    def __init__(self, dataset: str, branch: str) -> None:
        self.dataset, self.branch = dataset, branch
        super().__init__(
            f"branch {branch} of {dataset} is protected; nothing was changed",
            f"make the change on a branch of its own (`curiouser data branch NAME --dataset {dataset}`), "
            f"then `curiouser data propose NAME --dataset {dataset} --into {branch}`",
        )
        self.args = (dataset, branch)


def _some(ids: Sequence[str], total: int) -> str:
    more = f" … and {total - _SHOWN:,} more" if total > _SHOWN else ""
    return ", ".join(ids[:_SHOWN]) + more
