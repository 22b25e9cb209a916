"""Searches for rows that are nearly the same, each made once for all checks that ask."""

from __future__ import annotations

from curiouser.data import DataCommit
from curiouser.datachecks.duplicate_records import Duplicates
from curiouser.datachecks.near_duplicates import NearDuplicates
from curiouser.kernel.remembered import Remembered

_ALL_PAIRS = 1_000_000
_REMEMBERED = 4


class NearSearches:
    """Searches one version, or one against another; the last few are remembered.

    Args:
        near: Searches.
    """

    def __init__(self, near: NearDuplicates) -> None:
        self._near = near
        self._found = Remembered[tuple[str, str], Duplicates](most=_REMEMBERED)

    def within(self, commit: DataCommit) -> Duplicates:
        """Find the rows of a version that repeat an earlier one."""
        key = (commit.content_hash, "")
        return self._found.get(key, lambda: self._near.within(commit.id, limit=_ALL_PAIRS))

    def between(self, commit: DataCommit, other: DataCommit) -> Duplicates:
        """Find the rows of a version that repeat one of another."""
        key = (commit.content_hash, other.content_hash)
        return self._found.get(key, lambda: self._near.between(commit.id, other.id, limit=_ALL_PAIRS))
