"""Patterns that are still to be committed: rows with what must hold of them, in their Cases."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from curiouser.kernel.ids import ExampleId
from curiouser.problems.records import ITS_LABEL, Expectation, ExpectationKind, Pattern

Value = str | float | bool | datetime | None
"""One cell of a row in stored form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternDraft:
    """A row that is to become a pattern."""

    values: Mapping[str, Value]
    """The row by column: every input, the label (None where unlabelled), and what else was given."""
    id: str | None = None
    """Id of the row; None: found or made from its input."""
    case: str | None = None
    """The Case it belongs to; None: a case of its own."""
    place: int | None = None
    """Place within the Case; None: follows from the expectation and the order of the rows."""
    expectation: Expectation = ITS_LABEL
    """What must hold."""
    line: int = 0
    """Where it was written, for errors: line of the file, from 1."""
    source: str = ""
    """Which file that was, where there are several."""

    @property
    def where(self) -> str:
        """Say where it was written."""
        return where(self.line, self.source)

    def pattern(self, example_id: ExampleId) -> Pattern:
        """Make the pattern, now that its row has an id."""
        return Pattern(example_id=example_id, case=self.case, place=self.place or 0, expectation=self.expectation)


def where(line: int, source: str) -> str:
    """Say where something was written.

    Examples:
        >>> where(3, ""), where(3, "more.csv")
        ('line 3', 'line 3 of more.csv')
    """
    return f"line {line} of {source}" if source else f"line {line}"


def place_in_cases(drafts: Sequence[PatternDraft]) -> tuple[list[PatternDraft], list[str]]:
    """Give every member of a Case its place; the first is what the others are compared with.

    Without places, the first member is the one that compares with nothing, so
    that the order of the rows does not matter.

    Returns:
        The drafts in their order, with places, and one line per mistake.
    """
    members: dict[str, list[int]] = {}
    for i, draft in enumerate(drafts):
        if draft.case is not None:
            members.setdefault(draft.case, []).append(i)
    placed, mistakes = list(drafts), []
    for case, several in members.items():
        order, mistake = _order([drafts[i] for i in several])
        if mistake:
            mistakes.append(f"{drafts[several[0]].where}: case {case!r}: {mistake}")
        for place, j in enumerate(order):
            placed[several[j]] = dataclasses.replace(drafts[several[j]], place=place)
    return placed, mistakes


def _order(case: Sequence[PatternDraft]) -> tuple[list[int], str | None]:
    given = [draft.place for draft in case if draft.place is not None]
    compares = [draft.expectation.kind.compares for draft in case]
    if given and (len(given) < len(case) or len(set(given)) < len(given)):
        return [], "give every member a place of its own, or none"
    # Sorting is stable: members that compare keep their order behind the one that does not.
    order = sorted(range(len(case)), key=lambda i: (case[i].place or 0) if given else int(compares[i]))
    if any(compares) and compares[order[0]]:
        return order, "its first member cannot be compared with itself; leave that one's expectation empty, or 'label'"
    if any(compares) and not given and compares.count(False) > 1:
        return order, "several members compare with nothing; say which is the first in the column 'place' (0, 1, …)"
    return order, None


def default_kind(label: Value, case: str | None) -> ExpectationKind:
    """Say what an empty expectation means: the label where there is one, else the first of its Case."""
    return ExpectationKind.LABEL if label is not None or case is None else ExpectationKind.FIRST
