"""How versions hang together over all their parents: what two of them share, and what one has that another lacks.

A merge has two parents, so two versions may share several last versions (a
criss-cross). The deepest of these counts, and of several equally deep ones the
one whose id comes first: depth grows along every edge, so the deepest is never
an ancestor of another, and the choice is the same on every machine.
"""

from __future__ import annotations

from heapq import heappop, heappush

from sqlalchemy import Connection

from curiouser.data import graph
from curiouser.data.errors import RefNotFoundError
from curiouser.data.graph import Step
from curiouser.kernel.ids import DataCommitId

_PAGE = 256
_ONE, _OTHER, _BOTH = 1, 2, 3


class Ancestry:
    """Walks two versions back at once, deepest first, over all parents.

    Args:
        connection: Reads the graph.
        one: A version.
        other: Another.
    """

    def __init__(self, connection: Connection, one: DataCommitId, other: DataCommitId) -> None:
        self._connection = connection
        self._known: dict[DataCommitId, Step] = {}
        self._waiting: list[tuple[int, DataCommitId]] = []
        self._marks: dict[DataCommitId, int] = {}
        self._mark(one, _ONE)
        self._mark(other, _OTHER)

    def common(self) -> DataCommitId | None:
        """Find the deepest version that leads to both, or None."""
        while self._waiting:
            step, marks = self._next()
            if marks == _BOTH:
                return step.id
        return None

    def only_in_one(self) -> list[Step]:
        """List the versions that lead to the first and not to the second, newest first."""
        found = []
        while any(self._marks[each] == _ONE for _, each in self._waiting):
            step, marks = self._next()
            if marks == _ONE:
                found.append(step)
        return found

    def _next(self) -> tuple[Step, int]:
        # All that lead here are deeper and were taken before, so the marks are complete.
        _, at = heappop(self._waiting)
        step, marks = self._known[at], self._marks[at]
        for parent in step.parents:
            self._mark(parent, marks)
        return step, marks

    def _mark(self, at: DataCommitId, marks: int) -> None:
        if at not in self._marks:
            heappush(self._waiting, (-self._step(at).depth, at))
        self._marks[at] = self._marks.get(at, 0) | marks

    def _step(self, at: DataCommitId) -> Step:
        if at not in self._known:
            for step in graph.steps_from(self._connection, at, versions=_PAGE):
                if step.id in self._known:
                    break
                self._known[step.id] = step
        if at not in self._known:
            raise RefNotFoundError(at, "no data commit has this id")
        return self._known[at]


def common_ancestor(connection: Connection, one: DataCommitId, other: DataCommitId) -> DataCommitId | None:
    """Find the deepest version that leads to both of two, or None."""
    return Ancestry(connection, one, other).common()


def is_ancestor(connection: Connection, older: DataCommitId, newer: DataCommitId) -> bool:
    """Tell whether a version leads to another, or is it."""
    return common_ancestor(connection, older, newer) == older


def only_in(connection: Connection, newer: DataCommitId, older: DataCommitId) -> list[Step]:
    """List the versions that lead to one version and not to another, newest first."""
    return Ancestry(connection, newer, older).only_in_one()
