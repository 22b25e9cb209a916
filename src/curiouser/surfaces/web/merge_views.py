"""Merges as pages show them: what base, ours and theirs have side by side, and how each conflict stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from curiouser.data import ConflictKind, Merge, MergeConflict, MergeState, Resolution, SettlingRule, Value
from curiouser.kernel.canonical import Json
from curiouser.kernel.words import plural
from curiouser.surfaces.bodies.data import value_body
from curiouser.surfaces.bodies.data_merging import merge_body
from curiouser.surfaces.web.data_views import main_columns, shown
from curiouser.surfaces.web.tables import Column, Table
from curiouser.workspace import Workspace

_ABOUT = {
    ConflictKind.FIELD: "both sides changed it, each in its own way",
    ConflictKind.COUPLED: "one side changed the input, the other its label: the label was given to other words",
    ConflictKind.DELETED: "one side deleted the row, the other changed it",
    ConflictKind.ADDED: "both sides added a row under this id, and the rows differ",
    ConflictKind.COLUMN: "one side dropped this column or gave it another type, and the other changed it",
}
SIDES = ("base", "ours", "theirs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What one version has in one column."""

    text: str | None
    """The cell; None where it is missing."""
    is_there: bool
    """Whether the version has the row at all."""
    is_new: bool
    """Whether it differs from the base."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldLine:
    """One column of a row in three versions."""

    name: str
    """The column."""
    in_conflict: bool
    """Whether the sides disagree about it."""
    sides: tuple[Side, Side, Side]
    """Base, ours, theirs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictView:
    """One conflict, laid out."""

    conflict: MergeConflict
    """It."""
    lines: tuple[FieldLine, ...]
    """The inputs and the label, and whatever else the sides disagree about."""
    by: tuple[str | None, str | None]
    """Who changed it last on our side and on theirs; None where nobody is known."""

    @property
    def title(self) -> str:
        """What it is about."""
        about = self.conflict.about
        return f"column {about.unit}" if about.example is None else f"row {about.example}"

    @property
    def says(self) -> str:
        """Why there is a conflict."""
        return _ABOUT[self.conflict.about.kind]

    @property
    def takes_values(self) -> bool:
        """Whether other values than those of the two sides can be given."""
        return self.conflict.about.example is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeView:
    """One merge, and a page of its conflicts."""

    merge: Merge
    """It."""
    conflicts: tuple[ConflictView, ...]
    """By number."""
    next: int | None
    """Where the next page begins; None after the last."""
    waiting: int
    """Conflicts that nobody has settled or escalated, >= 0."""

    @property
    def lead(self) -> str:
        """Where it stands, as a sentence."""
        merge = self.merge
        if merge.state is MergeState.LANDED:
            return f"It has landed: {merge.into} holds it."
        if merge.state is MergeState.ABANDONED:
            return "It was given up; nothing was changed."
        if not merge.unsettled:
            return f"Every conflict is settled; it can land on {merge.into}." if merge.conflicts else "It can land."
        left = f", {merge.escalated:,} of them left to an expert" if merge.escalated else ""
        stand = "stands" if merge.unsettled == 1 else "stand"
        return f"Not yet: {plural(merge.unsettled, 'conflict')} {stand} in the way{left}."


def merge_view(workspace: Workspace, number: int, *, every: bool, after: int, limit: int) -> MergeView:
    """Read a merge with the conflicts behind one, the open ones or all."""
    merges = workspace.data.merges
    merge = merges.get(number)
    found = merges.conflicts(number, open_only=not every, after=after, limit=limit + 1)
    shown_ones = found[:limit]
    return MergeView(
        merge=merge,
        conflicts=tuple(_views(workspace, merge, shown_ones)),
        next=shown_ones[-1].number if len(found) > limit else None,
        waiting=merge.unsettled - merge.escalated,
    )


def resolution_words(merge: Merge, resolution: Resolution | SettlingRule) -> str:
    """Say how something was settled, with the names of the branches."""
    return {
        "ours": f"{merge.into} keeps what it has",
        "theirs": f"{merge.source} brings what it has",
        "value": "other values are taken",
        "escalated": "an expert decides",
        "escalate": "an expert decides",
        "rank": "whoever ranks higher is followed",
    }[resolution]


def merges_table(found: Sequence[Merge]) -> Table:
    """Merges for CSV and JSON."""
    keys = ("merge", "dataset", "into", "source", "state", "conflicts", "unsettled", "escalated", "actor", "message",
            "created_at", "ended_at", "ended_by", "data_commit")  # fmt: skip
    rows = [merge_body(one) for one in found]
    return Table(name="merges", caption="Merges", columns=[Column(key=key, title=key) for key in keys], rows=rows)


def conflicts_table(found: MergeView) -> Table:
    """The conflicts of a merge for CSV and JSON: one row per field that the sides disagree about."""
    rows: list[Mapping[str, Json]] = []
    for one in found.conflicts:
        about, settled = one.conflict.about, one.conflict.settlement
        sides = {"base": about.base, "ours": about.ours, "theirs": about.theirs}
        rows += [
            {
                "conflict": one.conflict.number,
                "kind": str(about.kind),
                "example": about.example,
                "field": name,
                **{side: None if values is None else value_body(values.get(name)) for side, values in sides.items()},
                "resolution": None if settled is None else str(settled.resolution),
                "settled_by": None if settled is None else settled.by,
                "because": None if settled is None else settled.because,
            }
            for name in about.fields or (about.unit,)
        ]
    keys = ("conflict", "kind", "example", "field", *SIDES, "resolution", "settled_by", "because")
    return Table(name="conflicts", caption="Conflicts", columns=[Column(key=key, title=key) for key in keys], rows=rows)


Row = Mapping[str, Value]


def _views(workspace: Workspace, merge: Merge, conflicts: Sequence[MergeConflict]) -> list[ConflictView]:
    data = workspace.data
    ids = sorted({str(one.about.example) for one in conflicts if one.about.example is not None})
    versions = (merge.base, merge.ours, merge.theirs)
    rows: list[dict[str, Row]] = [{row["id"]: row for row in data.rows(at, ids=ids).to_dicts()} for at in versions]
    authors = data.merges.authors(merge.number, conflicts)
    return [
        ConflictView(
            conflict=one,
            lines=_lines(workspace, one, [part.get(str(one.about.example)) for part in rows]),
            by=authors[one.number],
        )
        for one in conflicts
    ]


def _lines(workspace: Workspace, one: MergeConflict, versions: Sequence[Row | None]) -> tuple[FieldLine, ...]:
    about = one.about
    if about.example is None:
        return ()
    known = {name for row in versions if row is not None for name in row}
    names = dict.fromkeys([*main_columns(workspace, known), *about.fields])
    return tuple(_line(name, versions, in_conflict=name in about.fields) for name in names)


def _line(name: str, versions: Sequence[Row | None], *, in_conflict: bool) -> FieldLine:
    base, ours, theirs = (
        Side(
            text=None if row is None else shown(row.get(name)),
            is_there=row is not None,
            is_new=_cell(row, name) != _cell(versions[0], name),
        )
        for row in versions
    )
    return FieldLine(name=name, in_conflict=in_conflict, sides=(base, ours, theirs))


def _cell(row: Row | None, name: str) -> object:
    return row if row is None else (row.get(name),)
