"""The nouns of the checklist: groups, items, answers and next steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from curiouser.checklist.facts import Facts


class Group(StrEnum):
    """When an item is due, in the talk's words."""

    FIRST_RELEASE = "First release"
    AFTER_FIRST_RELEASE = "After first release"
    LONG_TERM = "Long term improvements & maintenance"


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """What to do now."""

    says: str
    """What it is, as the words of a link: ``Read 4 reports``."""
    command: str
    """The command; words in capitals are yours to fill in."""
    page: str | None = None
    """Path of the page where it can be done, without the workspace's prefix; None where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a probe found."""

    done: bool
    """Whether the item is done; never by default."""
    why: str
    """Why, in full sentences with the numbers behind it."""
    next: NextStep
    """What to do now; where the item is done, where to look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item of the talk's checklist."""

    key: str
    """Kebab-case and stable: ``problem-tracker``."""
    name: str
    """The talk's words."""
    group: Group
    """When it is due."""
    slide: int
    """The slide it stands on, 74 to 76."""
    explained: str
    """Slides that say what is meant: ``39-47``."""
    means: str
    """What it means, in one plain sentence."""
    probe: Callable[[Facts], Answer]
    """Answers whether it is done; pure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """An item with its answer."""

    item: Item
    """The item."""
    answer: Answer
    """What its probe found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """All items with their answers."""

    items: tuple[Checked, ...]
    """In the talk's order."""

    @property
    def done(self) -> int:
        """Items that are done, >= 0."""
        return sum(one.answer.done for one in self.items)

    @property
    def next(self) -> Checked | None:
        """The first item that is not done; None where all are."""
        return next((one for one in self.items if not one.answer.done), None)

    def of(self, group: Group) -> tuple[Checked, ...]:
        """List the items of one group, in the talk's order."""
        return tuple(one for one in self.items if one.item.group is group)


def named(names: tuple[str, ...], most: int = 3) -> str:
    """Name a few things and count the rest.

    Examples:
        >>> named(("a", "b")), named(("a", "b", "c", "d", "e"))
        ('a and b', 'a, b, c and 2 more')
    """
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most:,} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
