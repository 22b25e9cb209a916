"""The rooms of a workspace: what stands in the rail, for whom, and how many things wait there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from curiouser.access import Role
from curiouser.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """One entry of the rail."""

    title: str
    """What it is called."""
    path: str
    """Its page, without the workspace."""
    role: Role = Role.VIEWER
    """The least role that may open it."""


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
    Floor(title="Teach", rooms=(Room(title="Data", path="/data"), Room(title="Slices", path="/slices"))),
    Floor(
        title="Keep",
        rooms=(
            Room(title="Jobs", path="/jobs"),
            Room(title="Users", path="/users", role=Role.ADMIN),
            Room(title="Tokens", path="/tokens"),
            Room(title="Audit log", path="/audit", role=Role.MAINTAINER),
            Room(title="Settings", path="/settings"),
        ),
    ),
)
"""The whole house; rooms join it when they exist."""

_COUNTS: Mapping[str, Callable[[Workspace], int]] = {
    "/problems": lambda workspace: workspace.problems.count_open(),
    "/reports": lambda workspace: workspace.problems.count_unlinked_reports(),
    "/models": lambda workspace: len(workspace.models.list()),
    "/jobs": lambda workspace: workspace.jobs.count_unfinished(),
}


def floors_for(role: Role | None) -> tuple[Floor, ...]:
    """Choose the rooms that a role may open.

    Examples:
        >>> [room.title for room in floors_for(Role.VIEWER)[-1].rooms]
        ['Jobs', 'Tokens', 'Settings']
    """
    if role is None:
        return ()
    kept = (
        Floor(title=floor.title, rooms=tuple(room for room in floor.rooms if role.allows(room.role)))
        for floor in FLOORS
    )
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
