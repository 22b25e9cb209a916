"""A workspace for tests of the checks on data: rows in, findings out."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from curiouser.datachecks import Checked, CheckResult
from curiouser.kernel.check_settings import CheckSettings
from curiouser.kernel.configuration import Configuration, Task, TaskKind, configuration_text
from curiouser.storage import Database
from curiouser.workspace import Workspace
from tests.conftest import ON_POSTGRESQL

ACTOR = "thandi"
TASK = Task(
    name="spam",
    kind=TaskKind.BINARY,
    inputs=("text",),
    label="label",
    classes=("ham", "spam"),
    groups=("language",),
)


@cache
def empty_database() -> Path:
    """Make a database once: its migrations cost more than most of these tests."""
    file = Path(tempfile.mkdtemp()) / "meta.db"
    made = Database(f"sqlite:///{file}")
    made.create()
    made.close()
    return file


class Clock:
    """A clock that moves one second whenever it is read."""

    def __init__(self) -> None:
        self.moment = datetime(2019, 10, 10, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.moment += timedelta(seconds=1)
        return self.moment


class Bench:
    """A workspace, and short words for what tests do with it."""

    def __init__(self, root: Path, task: Task = TASK, settings: CheckSettings | None = None) -> None:
        root.mkdir(parents=True, exist_ok=True)
        configuration = Configuration(task=task, checks=settings or CheckSettings())
        (root / "curiouser.toml").write_text(configuration_text(configuration), encoding="utf-8")
        self.workspace = Workspace(root, configuration, actor=ACTOR, clock=Clock())
        if self.workspace.database.file is None or ON_POSTGRESQL:
            self.workspace.database.create()
        else:
            (root / ".curiouser").mkdir(exist_ok=True)
            shutil.copy(empty_database(), self.workspace.database.file)
        self.workspace.objects.root.mkdir(parents=True, exist_ok=True)

    def set(self, **settings: Any) -> None:  # noqa: ANN401  any setting
        """Open the workspace again with other settings of the checks."""
        self.reopen(checks=replace(self.workspace.configuration.checks, **settings))

    def reopen(self, **parts: Any) -> None:  # noqa: ANN401  parts of the configuration
        """Open the workspace again with another configuration."""
        old = self.workspace
        made = replace(old.configuration, **parts)
        old.close()
        self.workspace = Workspace(old.root, made, actor=ACTOR, clock=old.clock)

    def commit(
        self,
        rows: pl.DataFrame,
        dataset: str = "test",
        branch: str = "main",
        *,
        deletes: Sequence[str] = (),
        **more: Any,  # noqa: ANN401  any setting, argument or column
    ) -> str:
        made = self.workspace.data.commit(
            dataset,
            branch,
            message="rows",
            actor=ACTOR,
            upserts=rows,
            deletes=deletes,
            allow_input_changes=True,
            **more,
        )
        return made.data_commit

    def check(self, ref: str = "test", **more: Any) -> Checked:  # noqa: ANN401  the arguments of check
        return self.workspace.datachecks.check(ref, actor=ACTOR, **more)

    def result(self, name: str, ref: str = "test", **more: Any) -> CheckResult:  # noqa: ANN401  as check
        """Run one check, and give its only result."""
        [one] = self.check(ref, only=[name], **more).checks
        return one


def texts(*given: str, labels: str | Sequence[str] = "ham", prefix: str = "r", **more: Any) -> pl.DataFrame:  # noqa: ANN401  any setting, argument or column
    """Make rows of texts, numbered from 0."""
    said = [labels] * len(given) if isinstance(labels, str) else list(labels)
    ids = [f"{prefix}{place:04}" for place in range(len(given))]
    return pl.DataFrame({"id": ids, "text": list(given), "label": said, **more})
