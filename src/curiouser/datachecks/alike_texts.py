"""The pairs of texts that seem near, with the rows that have them: what changes move, and what rows are paired by.

Whether two texts seem near depends on these two alone, as long as no cap bites. Which of the pairs are near then
depends on the words of the versions, and which rows they pair on all rows that have one of the texts.
"""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from curiouser.datachecks.near_records import NearPair, NearRows
from curiouser.datachecks.text_versions import ROWS, digests
from curiouser.kernel.ids import ExampleId
from curiouser.measure.duplicates import Counts, Crowded, TextPair, WordChange, are_both_words, shared_keys

PAIRS = {
    "left": pl.Binary(), "right": pl.Binary(), "similarity": pl.Float64(),
    "left_words": pl.List(pl.String()), "right_words": pl.List(pl.String()), "keys": pl.List(pl.UInt64()),
}  # fmt: skip
"""What is kept of pairs: hashes of both texts, how similar they are, the words that differ, side by side, and the keys
under which they meet."""
CROWDED = {"key": pl.UInt64(), "left": pl.Int64(), "right": pl.Int64()}
"""What is kept of keys that are passed over: how often each is at the left and at the right."""
_MOST_PAIRS, _MOST_ROWS, _MOST_KEYS = 100_000, 200_000, 500_000


class _Row(NamedTuple):
    id: str
    rest: int
    normalised: int
    label: str | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AlikeTexts:
    """The pairs of texts of one version, or of two, that seem near."""

    pairs: pl.DataFrame
    """With the columns of ``PAIRS``; between two versions the texts of the one compared with are at the left."""
    here: pl.DataFrame
    """With the columns of ``ROWS``: all rows of the version that have one of these texts."""
    there: pl.DataFrame | None
    """Those of the version compared with; None where a version is searched within itself."""
    crowded: pl.DataFrame
    """With the columns of ``CROWDED``: the keys that are passed over."""
    compared: int
    """Pairs that were verified, at most: above a search's cap it may bite, >= 0."""

    @property
    def is_small(self) -> bool:
        """Whether it is worth keeping."""
        rows = len(self.here) + (0 if self.there is None else len(self.there))
        return len(self.pairs) <= _MOST_PAIRS and rows <= _MOST_ROWS and len(self.crowded) <= _MOST_KEYS

    @property
    def not_looked_at(self) -> int:
        """Pairs under keys that are passed over, >= 0, counted under each."""
        left, right = self.crowded["left"], self.crowded["right"]
        return int(((left * (left - 1)) // 2 if self.there is None else left * right).sum())

    @property
    def spellings(self) -> frozenset[str]:
        """All words that differ."""
        both = pl.concat([self.pairs["left_words"].explode(), self.pairs["right_words"].explode()])
        return frozenset(both.drop_nulls().to_list())

    def near_rows(self, count: Counts, *, not_looked_at: int | None = None) -> NearRows:
        """Pair the rows whose texts are near and whose other inputs are the same.

        Equal repeats are left to their first row, and rows that have an equal in the version compared with are none.

        Args:
            count: Knows in how many texts of the versions words stand.
            not_looked_at: Pairs that caps left out, where more than those under keys that are passed over.
        """
        counts, words, found = count(self.spellings), 0, list[NearPair]()
        here = _by_text(self.here)
        there = here if self.there is None else _by_text(self.there)
        for left, right, similarity, changes in _read_pairs(self.pairs):
            if any(are_both_words(change, counts) for change in changes):
                words += 1
            elif self.there is not None:
                found += _across(there[left], here[right], there[right], similarity, changes)
            elif here[left][0].id < here[right][0].id:
                found += _within(here[left], here[right], similarity, changes)
            else:
                turned = tuple(change.turned() for change in changes)
                found += _within(here[right], here[left], similarity, turned)
        found.sort(key=lambda pair: (pair.id, pair.other))
        left_out = self.not_looked_at if not_looked_at is None else not_looked_at
        return NearRows(pairs=tuple(found), words=words, not_looked_at=left_out)

    def as_bytes(self) -> bytes:
        """Write it down."""
        parts = [self.compared.to_bytes(8, "little")]
        for frame in (self.pairs, self.crowded, self.here, *([] if self.there is None else [self.there])):
            buffer = io.BytesIO()
            frame.write_ipc(buffer, compression="zstd")
            parts += [buffer.tell().to_bytes(8, "little"), buffer.getvalue()]
        return b"".join(parts)

    @classmethod
    def from_bytes(cls, said: bytes) -> AlikeTexts:
        """Read it again."""
        at, frames = 8, list[pl.DataFrame]()
        while at < len(said):
            size = int.from_bytes(said[at : at + 8], "little")
            frames.append(pl.read_ipc(io.BytesIO(said[at + 8 : at + 8 + size])))
            at += 8 + size
        pairs, crowded, here, *there = frames
        compared = int.from_bytes(said[:8], "little")
        return cls(pairs=pairs, here=here, there=there[0] if there else None, crowded=crowded, compared=compared)


def pairs_frame(pairs: Iterable[TextPair], left: Sequence[str], right: Sequence[str]) -> pl.DataFrame:
    """Write pairs of texts as a frame with the columns of ``PAIRS``.

    Args:
        pairs: Pairs of places.
        left: Texts at the left.
        right: Texts at the right; the same object where a version is searched within itself, and then the text with
            the lower hash comes first, so that a pair is written in one way.
    """
    kept = list(pairs)
    ends = [left[pair.left] for pair in kept], [right[pair.right] for pair in kept]
    made = pl.DataFrame(
        {
            "left": digests(ends[0]),
            "right": digests(ends[1]),
            "similarity": [pair.similarity for pair in kept],
            "left_words": [[change.left for change in pair.differing] for pair in kept],
            "right_words": [[change.right for change in pair.differing] for pair in kept],
            "keys": shared_keys(*ends),
        },
        schema=PAIRS,
    )
    if left is not right:
        return made
    is_turned = made["left"] > made["right"]
    turned = {"left": "right", "right": "left", "left_words": "right_words", "right_words": "left_words"}
    return pl.concat([made.filter(~is_turned), made.filter(is_turned).rename(turned).select(list(PAIRS))])


def crowded_frame(crowded: Crowded) -> pl.DataFrame:
    """Write keys that are passed over as a frame with the columns of ``CROWDED``."""
    return pl.DataFrame({"key": crowded.keys, "left": crowded.left, "right": crowded.right}, schema=CROWDED)


def texts_of(pairs: pl.DataFrame) -> pl.DataFrame:
    """List the texts of pairs, each once, as a column ``text``."""
    return pl.concat([pairs.select(text="left"), pairs.select(text="right")]).unique()


def _read_pairs(pairs: pl.DataFrame) -> Iterator[tuple[bytes, bytes, float, tuple[WordChange, ...]]]:
    for left, right, similarity, left_words, right_words in pairs.select(list(PAIRS)[:-1]).iter_rows():
        both = zip(left_words, right_words, strict=True)
        yield left, right, similarity, tuple(WordChange(left=one, right=two) for one, two in both)


def _by_text(rows: pl.DataFrame) -> Mapping[bytes, list[_Row]]:
    """Group rows by their text, each group by id."""
    found = defaultdict[bytes, list[_Row]](list)
    for text, rest, normalised, id_, label in rows.select(list(ROWS)).sort("id").iter_rows():
        found[text].append(_Row(id_, rest, normalised, label))
    return found


def _within(
    left: Sequence[_Row], right: Sequence[_Row], similarity: float, changes: tuple[WordChange, ...]
) -> Iterator[NearPair]:
    """Pair the rows of two texts of one version, that whose first row comes first at the left."""
    seen = set[int]()

    def is_first(row: _Row) -> bool:
        is_new = row.normalised not in seen
        seen.add(row.normalised)
        return is_new

    for other, row in _paired(left, right, is_first):
        later, earlier = (row, other) if row.id > other.id else (other, row)
        yield _pair(later, earlier, similarity, changes)


def _across(
    left: Sequence[_Row], right: Sequence[_Row], equal: Sequence[_Row], similarity: float,
    changes: tuple[WordChange, ...],
) -> Iterator[NearPair]:  # fmt: skip
    """Pair the rows of a text (right) with those of another version's text (left)."""
    known = {row.normalised for row in equal}
    for other, row in _paired(left, right, lambda row: row.normalised not in known):
        yield _pair(row, other, similarity, changes)


def _paired(
    left: Sequence[_Row], right: Sequence[_Row], is_wanted: Callable[[_Row], bool]
) -> Iterator[tuple[_Row, _Row]]:
    """Pair rows at the right with the first one at the left whose other inputs are the same."""
    first = dict[int, _Row]()
    for row in left:
        first.setdefault(row.rest, row)
    for row in right:
        other = first.get(row.rest)
        if is_wanted(row) and other is not None:
            yield other, row


def _pair(row: _Row, other: _Row, similarity: float, changes: tuple[WordChange, ...]) -> NearPair:
    return NearPair(
        id=ExampleId(row.id), other=ExampleId(other.id), similarity=similarity, differing=changes, label=row.label,
        other_label=other.label,
    )  # fmt: skip
