"""Turn equal hashes and alike texts into pairs of rows, each row counted by the strongest way it repeats another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice

import numpy as np

from curiouser.datachecks.duplicate_records import DuplicatePair
from curiouser.datachecks.duplicate_rows import HashArray, InputRows, PlaceArray
from curiouser.measure.duplicates import Found, Likeness, TextPair


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """What was found among rows; the fields are those of ``Duplicates``."""

    rows: int
    others: int
    counts: Mapping[Likeness, int]
    pairs: tuple[DuplicatePair, ...]
    found: int
    templates: int
    compared: int
    not_looked_at: int


def pair_rows(here: InputRows, there: InputRows, found: Found | None, *, limit: int, since: int = 0) -> Paired:
    """Pair rows with those they repeat.

    Args:
        here: Rows looked at.
        there: Rows they are compared with; the same object where a version is searched within itself, and then
            only earlier ones count.
        found: Alike texts, those of ``there`` at the left; None where none were looked for.
        limit: Most pairs listed.
        since: Only rows from this place on are looked at; those before it are only compared with.
    """
    equals = _Equals.of(here, there)
    equals.other[:since] = -1
    equals.is_exact[:since] = False
    near = {rows: text for rows, text in _near_rows(here, there, found, equals) if rows[0] >= since} if found else {}
    counts = {
        Likeness.EXACT: int(equals.is_exact.sum()),
        Likeness.NORMALISED: int((equals.other >= 0).sum() - equals.is_exact.sum()),
        Likeness.NEAR: len({row for row, _ in near}),
    }
    listed = chain(
        equals.pairs(here, there, is_exact=True),
        equals.pairs(here, there, is_exact=False),
        (_pair(here, there, rows, text) for rows, text in sorted(near.items(), key=lambda one: one[0])),
        _template_pairs(here, there, found),
    )
    templates = 0 if found is None else found.templates + _other_inputs(here, there, equals) + _split(found, near)
    return Paired(
        rows=len(here) - since,
        others=since or len(there),
        counts=counts,
        pairs=tuple(islice(listed, limit)),
        found=int((equals.other >= 0).sum()) + len(near),
        templates=templates,
        compared=0 if found is None else found.compared,
        not_looked_at=0 if found is None else found.not_looked_at,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Equals:
    """For each row the first one with equal inputs."""

    other: PlaceArray
    """``(n,)``, -1 where there is none."""
    is_exact: np.ndarray[tuple[int], np.dtype[np.bool_]]
    """``(n,)``, whether they are equal as given."""

    @classmethod
    def of(cls, here: InputRows, there: InputRows) -> _Equals:
        given, normalised = _first(here.given, there.given), _first(here.normalised, there.normalised)
        if here is there:
            rows = np.arange(len(here))
            given[given >= rows] = -1
            normalised[normalised >= rows] = -1
        is_exact = given >= 0
        return cls(other=np.where(is_exact, given, normalised), is_exact=is_exact)

    def pairs(self, here: InputRows, there: InputRows, *, is_exact: bool) -> Iterator[DuplicatePair]:
        """Name the rows."""
        likeness = Likeness.EXACT if is_exact else Likeness.NORMALISED
        for row in np.flatnonzero((self.other >= 0) & (self.is_exact == is_exact)).tolist():
            yield DuplicatePair(
                id=here.id_at(row),
                other=there.id_at(int(self.other[row])),
                likeness=likeness,
                similarity=1.0,
                jaccard=None,
                differing=(),
            )


def _first(wanted: HashArray, among: HashArray) -> PlaceArray:
    """Find the first place of each hash, -1 where it is not there."""
    known, first = np.unique(among, return_index=True)
    if not len(known):
        return np.full(len(wanted), -1, np.int64)
    places = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return np.where(known[places] == wanted, first[places], -1)


class _ByText:
    """The rows of each text."""

    def __init__(self, rows: InputRows) -> None:
        self._order = np.argsort(rows.text, kind="stable")
        self._texts = rows.text[self._order]

    def of(self, text: int) -> PlaceArray:
        """List the rows of one text, in order."""
        low, high = np.searchsorted(self._texts, [text, text + 1])
        return self._order[low:high]


def _near_rows(
    here: InputRows, there: InputRows, found: Found, equals: _Equals
) -> Iterator[tuple[tuple[int, int], TextPair]]:
    """Pair the rows of near texts whose other inputs are the same; equal repeats are left to their first row."""
    left, right = _ByText(there), _ByText(here)
    for pair in found.pairs:
        if pair.likeness is not Likeness.NEAR:
            continue
        first: dict[int, int] = {}
        for row in left.of(pair.left).tolist():
            first.setdefault(int(there.rest[row]), row)
        for row in right.of(pair.right).tolist():
            other = first.get(int(here.rest[row]))
            if other is not None and equals.other[row] < 0:
                yield ((max(row, other), min(row, other)) if here is there else (row, other)), pair


def _pair(here: InputRows, there: InputRows, rows: tuple[int, int], text: TextPair) -> DuplicatePair:
    return DuplicatePair(
        id=here.id_at(rows[0]),
        other=there.id_at(rows[1]),
        likeness=text.likeness,
        similarity=text.similarity,
        jaccard=text.jaccard,
        differing=text.differing,
    )


def _template_pairs(here: InputRows, there: InputRows, found: Found | None) -> Iterator[DuplicatePair]:
    if found is None:
        return
    left, right = _ByText(there), _ByText(here)
    for pair in found.pairs:
        if pair.likeness is Likeness.TEMPLATE:
            yield _pair(here, there, (int(right.of(pair.right)[0]), int(left.of(pair.left)[0])), pair)


def _other_inputs(here: InputRows, there: InputRows, equals: _Equals) -> int:
    """Count the inputs whose text is that of another row and whose other inputs are not."""
    alone = np.flatnonzero(equals.other < 0)
    texts = np.array([bool(text) for text in here.texts], np.bool_)
    alone = alone[texts[here.text[alone]]] if len(texts) else alone
    if here is there:
        return len(alone) - len(np.unique(here.text[alone]))
    known = set(there.texts)
    stands = np.array([text in known for text in here.texts], np.bool_)
    return int(stands[here.text[alone]].sum()) if len(stands) else 0


def _split(found: Found, near: Mapping[tuple[int, int], TextPair]) -> int:
    """Count the near texts none of whose rows have the same other inputs."""
    paired = {(text.left, text.right) for text in near.values()}
    return sum(pair.likeness is Likeness.NEAR and (pair.left, pair.right) not in paired for pair in found.pairs)
