"""Asks a function of the project which rows are wrong, in the sandbox that models answer in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from curiouser.kernel.configuration import Task
from curiouser.models.calling import House, request
from curiouser.models.errors import ModelRunError
from curiouser.models.project import folders_of, hashes_now, readable
from curiouser.models.records import Limits
from curiouser.models.sandbox.process import Child
from curiouser.storage import Database, FolderObjects

_MOST_REASON = 200


class RowJudge:
    """A loaded check, ready for as many batches as there are.

    Args:
        target: ``module:function``.
        child: The child that holds it.
        limits: Rows per batch.
    """

    def __init__(self, target: str, child: Child, limits: Limits) -> None:
        self._target, self._child, self._limits = target, child, limits
        self.files: dict[str, str] = dict(child.started.header["files"])
        """Files of the project that it has loaded so far, with their SHA-256."""
        self.rows_judged = 0
        """Rows it was given so far."""

    def wrong(self, rows: pl.DataFrame, *, whole: bool = False) -> dict[int, str]:
        """Ask which rows are wrong.

        Args:
            rows: In stored form.
            whole: Give it all rows at once.

        Returns:
            Place of each wrong row -> why; empty where the check gave no reason.

        Raises:
            ModelRunError: It raised, hung, used too much, or returned no verdicts.
        """
        size = max(len(rows), 1) if whole else self._limits.batch_rows
        found: dict[int, str] = {}
        for start in range(0, len(rows), size):
            batch = rows.slice(start, size)
            header, body = request(batch, str(self._child.started.header["form"]))
            reply = self._child.ask(header, body, 0)
            self.files |= reply.header["files"]
            found |= {start + place: reason for place, reason in self._read(reply.header, len(batch))}
            self.rows_judged += len(batch)
        return found

    def _read(self, header: Mapping[str, object], rows: int) -> list[tuple[int, str]]:
        """Read verdicts, believing nothing: the function's code can write to the pipe itself."""
        said = header.get("wrong")
        if isinstance(said, list):
            pairs = [pair for pair in said if isinstance(pair, list) and len(pair) == 2]
            good = [(a, b) for a, b in pairs if type(a) is int and 0 <= a < rows and isinstance(b, str)]
            if len(good) == len(said):
                return [(place, reason[:_MOST_REASON]) for place, reason in good]
        raise ModelRunError(self._target, "sent what is no reply: its code wrote to the pipe that is ours")


class RowJudges:
    """Starts checks of the project.

    Args:
        database: Kept from what they may read.
        objects: The same.
        task: What the data is for.
        root: The project's folder.
    """

    def __init__(self, database: Database, objects: FolderObjects, *, task: Task, root: Path) -> None:
        hidden = [objects.root, root / ".curiouser", *([database.file] if database.file else [])]
        self._house = House(root=root, hidden=tuple(Path(path).resolve() for path in hidden), task=task)

    @contextmanager
    def judging(self, target: str, limits: Limits | None = None) -> Iterator[RowJudge]:
        """Start the sandboxed child of a check, without network.

        Args:
            target: The check, ``module:function``.
            limits: What it may use; the usual when None.

        Raises:
            ModelRunError: It cannot be imported.
        """
        house, limits = self._house, limits or Limits()
        reads, lists = readable(house.root, house.hidden)
        start = {
            "kind": "check",
            "target": target,
            "trust": [],
            "root": str(house.root.resolve()),
            "folders": folders_of(house.root),
            "ignored": [*map(str, house.hidden)],
            "wanted": {"kind": house.task.kind.value, "classes": list(house.task.classes), "margins": False},
            "confinement": {"reads": reads, "lists": lists, "writes": [], "network": False},
        }
        with Child(target, start, b"", limits) as child:
            yield RowJudge(target, child, limits)

    def hashes_now(self, paths: Mapping[str, str]) -> dict[str, str]:
        """Hash the files that a check loaded, as they are at this moment.

        Args:
            paths: Files, and their hashes as they were.
        """
        return hashes_now(self._house.root, paths)
