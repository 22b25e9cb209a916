"""Judges rows by the user's own checks: predicates, and functions of the project, each row once.

A check that judges each row alone is asked about new rows only: its verdicts on
a version are kept, and those on the versions that follow begin with them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import polars as pl
from sqlalchemy import Connection, delete, insert, select

from curiouser.data import DataCommit, DataService, parse_predicate
from curiouser.datachecks.tables import own_check_source, own_check_verdicts
from curiouser.kernel.canonical import canonical_json, digest_of
from curiouser.kernel.check_settings import OwnRule
from curiouser.models import RowJudges
from curiouser.storage import Database, holds, with_checksum

VERSION = 1
_STEPS_BACK = 64
Wrong = dict[str, str]
"""Id of a wrong row -> why."""


class OwnChecks:
    """Judges rows by the user's own checks, each row once.

    Args:
        database: Where verdicts are kept.
        data: Where the rows are.
        judges: Starts functions.
    """

    def __init__(self, database: Database, data: DataService, judges: RowJudges) -> None:
        self._database, self._data, self._judges = database, data, judges
        self.rows_judged = 0
        """Rows given to functions and predicates so far."""

    def identity(self, own: OwnRule) -> str:
        """Name all that decides a check's verdicts; a function is imported once to learn which files it loads.

        Raises:
            ModelRunError: The function cannot be imported.
        """
        if own.function is None:
            return digest_of({"where": own.where, "version": VERSION})
        files = self._files(own.function)
        if not files:
            with self._judges.judging(own.function) as judge:
                self._remember(own.function, judge.files)
                return _named(own, judge.files)
        return _named(own, self._judges.hashes_now(files))

    def wrong(self, own: OwnRule, commit: DataCommit) -> Wrong:
        """Find the wrong rows of a version.

        Raises:
            ModelRunError: The function failed, or returned no verdicts.
            BadInputError: The predicate does not fit the columns.
        """
        identity = self.identity(own)
        start = self._nearest(identity, commit)
        if start is not None and own.whole and start[0].content_hash != commit.content_hash:
            start = None
        if start is None:
            rows, wrong = self._data.rows(commit.id), Wrong()
        elif start[0].content_hash == commit.content_hash:
            return start[1]
        else:
            changed = self._data.changed_rows(start[0].id, commit.id)
            gone = set(changed.before["id"])
            rows, wrong = changed.after, {one: why for one, why in start[1].items() if one not in gone}
        self.rows_judged += len(rows)
        if own.function is None:
            wrong |= self._selected(own, rows, commit)
        else:
            judged, identity = self._judged(own, rows)
            wrong |= judged
        self._keep(identity, commit, wrong)
        return wrong

    def _selected(self, own: OwnRule, rows: pl.DataFrame, commit: DataCommit) -> Wrong:
        condition = parse_predicate(own.where or "", commit.schema).expression()
        return dict.fromkeys(rows.filter(condition)["id"], "")

    def _judged(self, own: OwnRule, rows: pl.DataFrame) -> tuple[Wrong, str]:
        target = own.function or ""
        with self._judges.judging(target) as judge:
            found = judge.wrong(rows, whole=own.whole)
            files = judge.files
        # A file that was loaded late, for other rows, decides verdicts, too.
        others = {path: said for path, said in self._files(target).items() if path not in files}
        self._remember(target, {**others, **files})
        ids = rows["id"].to_list()
        named = _named(own, {**self._judges.hashes_now(others), **files})
        return {ids[place]: why for place, why in found.items()}, named

    def _files(self, target: str) -> dict[str, str]:
        chosen = select(own_check_source).where(own_check_source.c.target == target)
        with self._database.read() as connection:
            row = connection.execute(chosen).mappings().one_or_none()
        files: dict[str, str] = {} if row is None or not holds(row) else json.loads(row["files"])
        return files

    def _remember(self, target: str, files: Mapping[str, str]) -> None:
        with self._database.write() as connection:
            connection.execute(delete(own_check_source).where(own_check_source.c.target == target))
            row = {"target": target, "files": canonical_json(dict(files))}
            connection.execute(insert(own_check_source).values(with_checksum(row)))

    def _nearest(self, identity: str, commit: DataCommit) -> tuple[DataCommit, Wrong] | None:
        steps: dict[str, DataCommit] = {}
        for at in self._data.log(commit.id, limit=_STEPS_BACK):
            steps.setdefault(_key(identity, at), at)
        with self._database.read() as connection:
            kept = select(own_check_verdicts.c.key).where(own_check_verdicts.c.key.in_(list(steps)))
            there = set(connection.execute(kept).scalars())
            read = ((steps[key], _verdicts(connection, key)) for key in steps if key in there)
            return next(((at, wrong) for at, wrong in read if wrong is not None), None)

    def _keep(self, identity: str, commit: DataCommit, wrong: Wrong) -> None:
        table, key = own_check_verdicts, _key(identity, commit)
        with self._database.write() as connection:
            connection.execute(delete(table).where(table.c.key == key))
            row = {"key": key, "dataset": commit.dataset, "wrong": canonical_json(wrong)}
            connection.execute(insert(table).values(with_checksum(row)))


def _verdicts(connection: Connection, key: str) -> Wrong | None:
    """Read verdicts that were kept; None where they are damaged."""
    row = connection.execute(select(own_check_verdicts).where(own_check_verdicts.c.key == key)).mappings().one()
    wrong: Wrong | None = json.loads(row["wrong"]) if holds(row) else None
    return wrong


def _named(own: OwnRule, files: Mapping[str, str]) -> str:
    return digest_of({"function": own.function, "whole": own.whole, "files": dict(files), "version": VERSION})


def _key(identity: str, commit: DataCommit) -> str:
    return digest_of({"check": identity, "content": commit.content_hash})
