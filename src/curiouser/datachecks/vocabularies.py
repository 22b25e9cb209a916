"""In how many texts of a version each word stands: counted once, and for versions that follow moved by changes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl
from sqlalchemy import Connection, delete, insert, select

from curiouser.datachecks.near_tables import is_whole, near_words, with_checksum
from curiouser.datachecks.text_versions import TextVersion, Turnover
from curiouser.kernel.canonical import digest_of
from curiouser.kernel.clock import Clock, as_text
from curiouser.kernel.errors import ObjectCorruptError, ObjectNotFoundError
from curiouser.kernel.ids import ObjectName
from curiouser.measure.duplicates import ALGORITHM
from curiouser.storage import Database, FolderObjects

SUFFIX = ".words.arrow"
_VERSION = 1
_KEPT = 12  # of a dataset; each is a few thousand bytes beside a file that they share
_MOST_MOVED = 50_000  # words; where more have changed they are all written again
_AT_ONCE = 50_000
# What Python takes for white space beyond what Polars does.
_SPACE = r"[\s\x1c-\x1f]+"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Vocabulary:
    """The words of one version."""

    base: pl.DataFrame
    """``word`` and ``texts``, as counted once."""
    file: ObjectName
    """Where they are kept."""
    moved: Mapping[str, int]
    """How many texts with a word came since, less those that went."""

    def counts(self, words: frozenset[str]) -> Counter[str]:
        """Count the texts of this version in which each of some words stands between spaces."""
        asked = pl.DataFrame({"word": list(words)}, schema={"word": pl.String})
        counts = Counter(dict(self.base.join(asked, on="word", how="semi").iter_rows()))
        counts.update({word: self.moved[word] for word in words & self.moved.keys()})
        return counts


class Vocabularies:
    """Finds, makes and moves vocabularies.

    Args:
        database: Where they are noted.
        objects: Where the words are.
        clock: Tells the time.
    """

    def __init__(self, database: Database, objects: FolderObjects, clock: Clock) -> None:
        self._database, self._objects, self._clock = database, objects, clock

    def find(self, version: TextVersion) -> Vocabulary | None:
        """Read the words of a version; None where they are not known, or damaged: they can be counted again."""
        key = _key(version)
        with self._database.read() as connection:
            row = connection.execute(select(near_words).where(near_words.c.key == key)).mappings().one_or_none()
        if row is None or not is_whole(row):
            return None
        try:
            base = pl.scan_ipc(self._objects.path(ObjectName(row["object"]))).collect()
        except (ObjectNotFoundError, ObjectCorruptError, FileNotFoundError):
            return None
        return Vocabulary(base=base, file=ObjectName(row["object"]), moved=json.loads(row["moved"]))

    def count(self, version: TextVersion, texts: Sequence[str]) -> Vocabulary:
        """Count the words of a version, and keep them.

        Args:
            version: Which one.
            texts: All its texts, each once.
        """
        return self._keep(version, self._write(words_in(texts)))

    def move(self, old: Vocabulary, version: TextVersion, turnover: Turnover) -> Vocabulary:
        """Count the words of a version from those of an earlier one, and keep them."""
        moved = Counter(old.moved)
        moved.update(_words(turnover.appeared))
        moved.subtract(_words(turnover.gone))
        counts = {word: count for word, count in moved.items() if count}
        if len(counts) <= _MOST_MOVED:
            return self._keep(version, Vocabulary(base=old.base, file=old.file, moved=counts))
        more = pl.DataFrame({"word": list(counts), "texts": list(counts.values())}, schema=old.base.schema)
        return self._keep(version, self._write(_summed([old.base, more])))

    def _write(self, words: pl.DataFrame) -> Vocabulary:
        with self._objects.writing() as path:
            words.write_ipc(path)
            return Vocabulary(base=words, file=self._objects.adopt(path, suffix=SUFFIX), moved={})

    def _keep(self, version: TextVersion, made: Vocabulary) -> Vocabulary:
        key, moved = _key(version), json.dumps(made.moved, ensure_ascii=False).encode("utf-8", "surrogatepass")
        row = {
            "key": key, "kind": _kind(version), "dataset": version.commit.dataset, "algorithm": ALGORITHM,
            "object": made.file, "moved": moved, "made_at": as_text(self._clock()),
        }  # fmt: skip
        with self._database.write() as connection:
            connection.execute(delete(near_words).where(near_words.c.key == key))
            connection.execute(insert(near_words).values(with_checksum(row)))
            for name in _forget_old(connection, _kind(version)):
                self._objects.remove(name)
        return made


def words_in(texts: Sequence[str]) -> pl.DataFrame:
    """Count the texts in which each word stands between spaces.

    Args:
        texts: Different texts.

    Returns:
        ``word`` and ``texts``.
    """
    parts = [_summed([])]
    for start in range(0, len(texts), _AT_ONCE):
        some = pl.Series("word", texts[start : start + _AT_ONCE], pl.String)
        split = some.str.replace_all(_SPACE, " ").str.split(" ").list.unique()
        parts.append(split.explode().to_frame().group_by("word").len("texts").cast({"texts": pl.Int64}))
    return _summed(parts).filter(pl.col("word") != "")


def _summed(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    nothing = pl.DataFrame(schema={"word": pl.String, "texts": pl.Int64})
    return pl.concat([nothing, *parts]).group_by("word").agg(pl.col("texts").sum()).filter(pl.col("texts") != 0)


def _words(texts: Iterable[str]) -> Iterable[str]:
    for text in texts:
        yield from set(text.split())


def _kind(version: TextVersion) -> str:
    return digest_of([_VERSION, ALGORITHM, version.commit.dataset, list(version.columns.texts)])


def _key(version: TextVersion) -> str:
    return words_key(_kind(version), version.commit.content_hash)


def words_key(kind: str, content: str) -> str:
    """Name the words of a content."""
    return digest_of([kind, content])


def _forget_old(connection: Connection, kind: str) -> list[ObjectName]:
    """Forget all but the newest vocabularies; return the objects that nobody needs any more."""
    table = near_words
    newest = (
        select(table.c.key, table.c.object).where(table.c.kind == kind).order_by(table.c.made_at.desc(), table.c.key)
    )
    old = connection.execute(newest).all()[_KEPT:]
    for row in old:
        connection.execute(delete(table).where(table.c.key == row.key))
    needed = set(connection.execute(select(table.c.object)).scalars())
    return [ObjectName(name) for name in {row.object for row in old} - needed]
