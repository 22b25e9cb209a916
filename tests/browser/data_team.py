"""A team for the story of slide 73: two people who disagree about a label, and a row that leaks from the test set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from tests.terminal import Said, Terminal

BRANCH, WHY = "drugs-by-phone", "Labels of the doctors' pairs, by phone"
CONTESTED, LEAKING, NEW = "p-003", "n-leak", "n-1"


def pairs(count: int, first: int = 0, prefix: str = "p") -> pl.DataFrame:
    """Pairs of people who may want to meet."""
    numbers = range(first, first + count)
    return pl.DataFrame(
        {
            "id": [f"{prefix}-{i:03}" for i in numbers],
            "want": [f"a doctor who knows of illness {i}" for i in numbers],
            "offer": [f"help with ailment {i}" for i in numbers],
            "meet": ["yes" if i % 2 else "no" for i in numbers],
        }
    )


class DataTeam:
    """A team whose training data main branch moves by approved proposals alone."""

    def __init__(self, root: Path) -> None:
        self.terminal = Terminal.init(root, "--inputs", "want,offer", "--label", "meet", "--id", "id")
        self._import("train", pairs(60))
        self._import("test", pairs(40, 200, "t"))
        self.says("lerato", "data", "branch", BRANCH, "--dataset", "train")

    def says(self, actor: str, *arguments: str) -> str:
        """Let somebody run a command that must succeed."""
        return self.terminal.says("--actor", actor, *arguments)

    def tries(self, actor: str, *arguments: str) -> Said:
        """Let somebody run a command that may fail."""
        return self.terminal.run("--actor", actor, *arguments)

    def body(self, *arguments: str) -> Any:  # noqa: ANN401  a JSON body
        return self.terminal.body(*arguments)

    def change(self, actor: str, branch: str, rows: pl.DataFrame, why: str) -> Said:
        """Import rows into a branch of the training data."""
        path = self.terminal.file(f"{actor}.csv", rows)
        return self.tries(actor, "data", "import", path, "--dataset", "train", "--branch", branch, "-m", why)

    def disagree(self) -> None:
        """Pieter corrects a label in place; Mbali clears the same one on the branch, and brings two rows."""
        row = pairs(60).filter(pl.col("id") == CONTESTED)
        assert self.change("pieter", "main", row.with_columns(meet=pl.lit("no")), "a second look").status == 0
        cleared = row.with_columns(meet=pl.lit(None, pl.String))
        new = pairs(1, 80, "n").with_columns(id=pl.lit(NEW))
        leaking = pairs(1, 203, "t").with_columns(id=pl.lit(LEAKING))
        for rows, why in ((cleared, "nobody answered"), (new, "called back"), (leaking, "out of an old list")):
            assert self.change("mbali", BRANCH, rows, why).status == 0
        self.says("lerato", "data", "protect", "main", "--dataset", "train")

    def label(self, ref: str, example: str) -> list[Any]:
        out = self.terminal.root / "rows.csv"
        where = f'id == "{example}"'
        self.says("lerato", "data", "export", ref, "--where", where, "-o", str(out), "--columns", "id,meet")
        return [row["meet"] for row in pl.read_csv(out).to_dicts()]

    def _import(self, dataset: str, rows: pl.DataFrame) -> None:
        path = self.terminal.file(f"{dataset}.csv", rows)
        self.says("lerato", "data", "import", path, "--dataset", dataset, "-m", "as drawn")
