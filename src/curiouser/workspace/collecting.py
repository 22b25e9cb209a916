"""Remove what nothing needs any more: data first, then what was kept of searches in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from curiouser.workspace.opening import Workspace

if TYPE_CHECKING:
    from curiouser.data import Collected
    from curiouser.datachecks import Forgotten


@dataclass(frozen=True, slots=True, kw_only=True)
class Tidied:
    """What went, or would go."""

    data: Collected
    """Data commits, shortcuts and objects."""
    searches: Forgotten
    """What was kept of searches for near-duplicates in data commits that are gone; before they go, of none of them."""


def collect(workspace: Workspace, grace: timedelta, *, dry_run: bool) -> Tidied:
    """Remove what no branch or tag needs any more.

    Args:
        workspace: Where.
        grace: Keep what is younger than this, or was named by a ref within it, >= 0.
        dry_run: Only say what would go.

    Raises:
        StorageError: The store is damaged or refuses; what was removed by then was not needed.
    """
    data = workspace.data.gc(grace, dry_run=dry_run)
    return Tidied(data=data, searches=workspace.datachecks.gc(grace, dry_run=dry_run))
