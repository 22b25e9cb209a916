"""Who ranks higher when a merge is settled by rank: by their roles, or in an order that somebody gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from curiouser.access import EVERY_WORKSPACE, AccessService
from curiouser.kernel.errors import BadInputError, NotFoundError

Rank = Callable[[str], int | None]


def rank_by_role(access: AccessService, workspace: str = EVERY_WORKSPACE) -> Rank:
    """Rank people by their role in a workspace: viewer < labeller < expert < maintainer < admin.

    Args:
        access: Knows the accounts.
        workspace: As what the workspace is served.
    """

    def rank(name: str) -> int | None:
        try:
            role = access.user(name).role_in(workspace)
        except (NotFoundError, BadInputError):
            # Not everybody who wrote data has an account: the name may be that of a git user.
            return None
        return None if role is None else role.place

    return rank


def rank_by_order(names: Sequence[str]) -> Rank:
    """Rank people in an order, the highest first; nobody else has a rank.

    Examples:
        >>> rank = rank_by_order(["thandi", "piet"])
        >>> rank("thandi"), rank("piet"), rank("somebody")
        (2, 1, None)
    """
    ranks = {name: len(names) - place for place, name in enumerate(names)}
    return ranks.get
