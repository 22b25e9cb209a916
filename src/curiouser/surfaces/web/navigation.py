"""The rooms of a workspace: what stands in the rail, for whom, and how many things wait there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from curiouser.proposals import ProposalState
from curiouser.surfaces.serving.roles import Verb
from curiouser.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """One entry of the rail."""

    title: str
    """What it is called."""
    path: str
    """Its page, without the workspace."""
    verb: Verb = Verb.READ
    """What one does there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """Rooms that belong together."""

    title: str
    """What one does there; empty for the first."""
    rooms: tuple[Room, ...]
    """From above."""


FLOORS: Final = (
    Floor(title="", rooms=(Room(title="Checklist", path="/"),)),
    Floor(title="Listen", rooms=(Room(title="Problems", path="/problems"), Room(title="Reports", path="/reports"))),
    Floor(
        title="Judge",
        rooms=(
            Room(title="Models", path="/models"),
            Room(title="Leaderboard", path="/leaderboard"),
            Room(title="Compare", path="/compare"),
        ),
    ),
    Floor(
        title="Teach",
        rooms=(
            Room(title="Data", path="/data"),
            Room(title="Proposals", path="/proposals"),
            Room(title="Merges", path="/merges"),
            Room(title="Slices", path="/slices"),
        ),
    ),
    Floor(
        title="Keep",
        rooms=(
            Room(title="Jobs", path="/jobs"),
            Room(title="Users", path="/users", verb=Verb.READ_USERS),
            Room(title="Tokens", path="/tokens", verb=Verb.KEEP_OWN),
            Room(title="Audit log", path="/audit", verb=Verb.READ_AUDIT),
            Room(title="Settings", path="/settings"),
        ),
    ),
)
"""The whole house; rooms join it when they exist."""

MOST_COUNTED: Final = 1_000
_COUNTS: Mapping[str, Callable[[Workspace], int]] = {
    "/problems": lambda workspace: workspace.problems.count_open(),
    "/reports": lambda workspace: workspace.problems.count_unlinked_reports(),
    "/models": lambda workspace: len(workspace.models.list()),
    "/proposals": lambda workspace: len(workspace.proposals.all(state=ProposalState.OPEN, limit=MOST_COUNTED)),
    "/jobs": lambda workspace: workspace.jobs.count_unfinished(),
}


def floors_for(may: Callable[[Verb], bool]) -> tuple[Floor, ...]:
    """Choose the rooms that somebody may open.

    Examples:
        >>> [room.title for room in floors_for(lambda verb: verb in {Verb.READ, Verb.KEEP_OWN})[-1].rooms]
        ['Jobs', 'Tokens', 'Settings']
        >>> floors_for(lambda verb: False)
        ()
    """
    kept = (Floor(title=floor.title, rooms=tuple(room for room in floor.rooms if may(room.verb))) for floor in FLOORS)
    return tuple(floor for floor in kept if floor.rooms)


def counts_of(workspace: Workspace) -> dict[str, str]:
    """Count what stands or waits in each room, by its path; each is one small query."""
    return {path: f"{count(workspace):,}" for path, count in _COUNTS.items()}


def current_room(path: str, floors: Sequence[Floor]) -> str:
    """Find the room that a page belongs to: the longest path that leads to it.

    Examples:
        >>> current_room("/problems/drugs-doctors-false-pos", FLOORS), current_room("/nowhere", FLOORS)
        ('/problems', '')
    """
    rooms = [room.path for floor in floors for room in floor.rooms]
    leading = [room for room in rooms if path == room or (room != "/" and path.startswith(f"{room}/"))]
    return max(leading, key=len, default="")
