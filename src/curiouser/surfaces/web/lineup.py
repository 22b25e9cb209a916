"""Which models a page about problems speaks of: the live one, the newest one, and those before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from curiouser.models import ModelKind
from curiouser.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineup:
    """The models that can answer, by title."""

    titles: tuple[str, ...]
    """Oldest first; those of which only reported scores remain are left out."""
    live: str | None
    """The model that users meet; None: nobody has said which."""

    @property
    def newest(self) -> str | None:
        """The candidate: what would go live next; None without a model."""
        return self.titles[-1] if self.titles else None

    @property
    def main(self) -> str | None:
        """The model that problems are ranked on: the live one, else the newest."""
        return self.live or self.newest

    def candidate(self, asked: str = "") -> str | None:
        """Name the model to set beside the main one: the one asked for, else the newest; None where it is the same."""
        found = asked if asked in self.titles else self.newest
        return None if found == self.main else found

    def shown(self, asked: Sequence[str], most: int, *, also: str = "") -> tuple[str, ...]:
        """Choose models for the columns of a table: those asked for, else the live one among the last few.

        Args:
            asked: Titles; unknown ones are left out.
            most: Columns there is room for.
            also: One more, that must be among them where it is a model.
        """
        usual = {*self.titles[-3:], *([self.live] if self.live else [])}
        first = [title for title in self.titles if title in (set(asked) & set(self.titles) or usual)][-most:]
        chosen = {*first[-most + 1 :], also} if also in self.titles and also not in first else set(first)
        return tuple(title for title in self.titles if title in chosen)


def lineup(workspace: Workspace) -> Lineup:
    """Look which models there are."""
    several = [one for one in workspace.models.list() if one.kind is not ModelKind.REPORTED]
    live = workspace.models.live()
    return Lineup(
        titles=tuple(one.title for one in sorted(several, key=lambda one: (one.created_at, one.id))),
        live=live.title if live is not None else None,
    )
