"""What can go wrong with proposals, below the tree of :mod:`curiouser.kernel.errors`.

NotFoundError
└── ProposalNotFoundError       CUR900
ConflictError
├── ProposalEndedError          CUR901  it was merged or withdrawn
├── NotReadyError               CUR902  something still stands in its way
└── OwnProposalError            CUR903  who proposed or wrote it does not approve it
CheckFailedError
└── FailedChecksError           CUR904  a check that gates fails on the rows as they would be
"""

from __future__ import annotations

from collections.abc import Sequence

from curiouser.kernel.errors import CheckFailedError, ConflictError, NotFoundError


class ProposalNotFoundError(NotFoundError):
    """No proposal has this number."""

    code = "CUR900"

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(f"there is no proposal {number}", "see `curiouser data proposals`")
        self.args = (number,)


class ProposalEndedError(ConflictError):
    """A proposal was merged or withdrawn, and changes no more."""

    code = "CUR901"

    def __init__(self, number: int, state: str) -> None:
        self.number, self.state = number, state
        super().__init__(f"proposal {number} is {state} already; nothing was changed", "propose the branch again")
        self.args = (number, state)


class NotReadyError(ConflictError):
    """Something stands in the way of a proposal."""

    code = "CUR902"

    def __init__(self, number: int, reasons: Sequence[str]) -> None:
        self.number, self.reasons = number, tuple(reasons)
        super().__init__(
            f"proposal {number} cannot be merged: {'; '.join(self.reasons)}; nothing was changed",
            f"see `curiouser data proposal {number}`",
        )
        self.args = (number, self.reasons)


class FailedChecksError(CheckFailedError):
    """A check that gates fails on the rows as they would be, so a proposal is not merged."""

    code = "CUR904"

    def __init__(self, number: int, reasons: Sequence[str]) -> None:
        self.number, self.reasons = number, tuple(reasons)
        super().__init__(
            f"proposal {number} cannot be merged: {'; '.join(self.reasons)}; nothing was changed",
            f"correct its branch, then `curiouser data recheck {number}`",
        )
        self.args = (number, self.reasons)


class OwnProposalError(ConflictError):
    """Who proposed a change or wrote a part of it does not approve it."""

    code = "CUR903"

    def __init__(self, number: int, actor: str) -> None:
        self.number, self.actor = number, actor
        super().__init__(
            f"{actor} proposed or wrote what proposal {number} would bring, and cannot approve it",
            "ask somebody else; a team of one writes self_approval = true under [data] in curiouser.toml",
        )
        self.args = (number, actor)
