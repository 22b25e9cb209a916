"""Keep the pairs of texts that seem near, by the content of the versions they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from curiouser.datachecks.alike_texts import AlikeTexts
from curiouser.datachecks.near_tables import is_whole, near_pairs, with_checksum
from curiouser.datachecks.text_versions import TextVersion
from curiouser.kernel.canonical import digest_of
from curiouser.kernel.clock import Clock, as_text
from curiouser.kernel.configuration import Task
from curiouser.measure.duplicates import ALGORITHM, Search
from curiouser.storage import Database

_VERSION = 2
_KEPT = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """One version, or two of which one is compared with the other."""

    here: TextVersion
    there: TextVersion | None

    @property
    def all(self) -> Sequence[TextVersion]:
        """Both, or the one."""
        return [self.here] if self.there is None else [self.here, self.there]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a search was about."""

    here: str
    """Content hash."""
    there: str
    """Content hash of the version compared with; empty where there was none."""


class AlikeStore:
    """Keeps what was found of the versions searched last.

    Args:
        database: Where.
        task: Says which columns are compared, and which is the label.
        clock: Tells the time.
        search: What counts as near, and the caps.
    """

    def __init__(self, database: Database, task: Task, clock: Clock, search: Search) -> None:
        self._database, self._task, self._clock = database, task, clock
        self._searched = [search.similarity, search.jaccard, search.bucket, search.pairs]

    def known(self, versions: Versions) -> list[Contents]:
        """List of which versions of the same datasets pairs are kept, the newest first."""
        table = near_pairs
        wanted = select(table.c.here, table.c.there).where(table.c.kind == self._kind(versions))
        with self._database.read() as connection:
            found = connection.execute(wanted.order_by(table.c.made_at.desc(), table.c.key)).all()
        return [Contents(here=row.here, there=row.there) for row in found]

    def load(self, versions: Versions, contents: Contents) -> AlikeTexts | None:
        """Read pairs; None where they are not known, or damaged: they can be found again."""
        key = self._key(versions, contents)
        with self._database.read() as connection:
            row = connection.execute(select(near_pairs).where(near_pairs.c.key == key)).mappings().one_or_none()
        return AlikeTexts.from_bytes(row["found"]) if row is not None and is_whole(row) else None

    def keep(self, versions: Versions, found: AlikeTexts) -> None:
        """Keep pairs, and forget all but the newest."""
        contents, kind = contents_of(versions), self._kind(versions)
        key, blob = self._key(versions, contents), found.as_bytes()
        row = {
            "key": key, "kind": kind, "dataset": versions.here.commit.dataset,
            "against": "" if versions.there is None else versions.there.commit.dataset, "algorithm": ALGORITHM,
            "here": contents.here, "there": contents.there, "found": blob,
            "made_at": as_text(self._clock()),
        }  # fmt: skip
        with self._database.write() as connection:
            connection.execute(delete(near_pairs).where(near_pairs.c.key == key))
            connection.execute(insert(near_pairs).values(with_checksum(row)))
            _forget_old(connection, kind)

    def _kind(self, versions: Versions) -> str:
        columns, names = versions.here.columns, [one.commit.dataset for one in versions.all]
        return digest_of(
            [_VERSION, ALGORITHM, names, list(columns.texts), list(columns.rest), self._task.label, self._searched]
        )

    def _key(self, versions: Versions, contents: Contents) -> str:
        return digest_of([self._kind(versions), contents.here, contents.there])


def contents_of(versions: Versions) -> Contents:
    """Name the content of versions."""
    there = "" if versions.there is None else versions.there.commit.content_hash
    return Contents(here=versions.here.commit.content_hash, there=there)


def _forget_old(connection: Connection, kind: str) -> None:
    table = near_pairs
    newest = select(table.c.key).where(table.c.kind == kind).order_by(table.c.made_at.desc(), table.c.key)
    for key in connection.execute(newest).scalars().all()[_KEPT:]:
        connection.execute(delete(table).where(table.c.key == key))
