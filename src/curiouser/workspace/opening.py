"""Find a workspace, open its stores, wire its services."""

from __future__ import annotations

import getpass
import os
import subprocess
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from curiouser.kernel.clock import Clock, utc_now
from curiouser.kernel.configuration import FILE_NAME, Configuration, load_configuration
from curiouser.kernel.errors import ConfigurationError, WorkspaceNotFoundError
from curiouser.storage import Database, FolderObjects

if TYPE_CHECKING:
    from curiouser.access import AccessService
    from curiouser.data import DataFiles
    from curiouser.datachecks import DataCheckService, NearDuplicates
    from curiouser.evaluations import EvaluationService
    from curiouser.jobs import JobService
    from curiouser.models import ModelService, PredictionStore
    from curiouser.problems import ProblemService
    from curiouser.proposals import ProposalChecks, ProposalService


class Workspace:
    """One task with its data, models, evaluations and problems.

    Services load when they are first asked for, so that a command pays only
    for what it uses; that is the reason for the imports inside them.

    Args:
        root: The folder that holds ``curiouser.toml``.
        configuration: What that file says.
        actor: Who acts; recorded with every write.
        clock: Tells the time.
    """

    def __init__(self, root: Path, configuration: Configuration, *, actor: str, clock: Clock = utc_now) -> None:
        self.root, self.configuration, self.actor, self.clock = root, configuration, actor, clock
        self.database = Database(database_url(root, configuration))
        self.objects = FolderObjects(objects_folder(root, configuration))

    @classmethod
    def open(cls, folder: str | Path = ".", *, actor: str | None = None, clock: Clock = utc_now) -> Self:
        """Open the workspace of a folder or of one above it.

        Raises:
            WorkspaceNotFoundError: There is no ``curiouser.toml`` here or above.
            ConfigurationError: The file has mistakes; all are listed.
            StorageError: The database is missing or cannot be read.
        """
        root = find_root(Path(folder))
        workspace = cls(root, load_configuration(root / FILE_NAME), actor=actor or default_actor(root), clock=clock)
        try:
            workspace.database.check()
        except BaseException:
            # Nobody gets hold of it, so nobody else could close it.
            workspace.close()
            raise
        return workspace

    @cached_property
    def access(self) -> AccessService:
        """Accounts, sessions, tokens and the audit log."""
        from curiouser.access import AccessService  # noqa: PLC0415  see the class

        return AccessService(self.database, self.clock)

    @cached_property
    def data(self) -> DataFiles:
        """Versions of labelled rows."""
        from curiouser.data import DataFiles  # noqa: PLC0415  see the class

        return DataFiles(self.database, self.objects, self.configuration.task, self.clock)

    @cached_property
    def duplicates(self) -> NearDuplicates:
        """Rows that repeat each other."""
        from curiouser.datachecks import NearDuplicates  # noqa: PLC0415  see the class

        return NearDuplicates(self.data, self.configuration.task)

    @cached_property
    def predictions(self) -> PredictionStore:
        """What every model answered."""
        from curiouser.models import PredictionStore  # noqa: PLC0415  see the class

        return PredictionStore(self.database)

    @cached_property
    def models(self) -> ModelService:
        """Models, their versions and their answers."""
        from curiouser.models import ModelService  # noqa: PLC0415  see the class

        return ModelService(
            self.database,
            self.objects,
            data=self.data,
            predictions=self.predictions,
            task=self.configuration.task,
            root=self.root,
            clock=self.clock,
        )

    @cached_property
    def evaluations(self) -> EvaluationService:
        """Evaluations, comparisons and the leaderboard."""
        from curiouser.evaluations import EvaluationService  # noqa: PLC0415  see the class

        return EvaluationService(
            self.database,
            data=self.data,
            models=self.models,
            predictions=self.predictions,
            task=self.configuration.task,
            clock=self.clock,
        )

    @cached_property
    def problems(self) -> ProblemService:
        """Problems, their patterns, and the reports behind them."""
        from curiouser.problems import ProblemService  # noqa: PLC0415  see the class

        return ProblemService(
            self.database,
            data=self.data,
            models=self.models,
            evaluations=self.evaluations,
            configuration=self.configuration,
            clock=self.clock,
        )

    @cached_property
    def datachecks(self) -> DataCheckService:
        """Checks on data, and what they found."""
        from curiouser.datachecks import DataCheckService  # noqa: PLC0415  see the class

        return DataCheckService(
            self.database,
            self.objects,
            data=self.data,
            models=self.models,
            predictions=self.predictions,
            problems=self.problems,
            configuration=self.configuration,
            root=self.root,
            clock=self.clock,
        )

    @cached_property
    def proposals(self) -> ProposalService:
        """Branches that somebody wants merged: checked, reviewed, landed."""
        from curiouser.proposals import ProposalService  # noqa: PLC0415  see the class

        return ProposalService(
            self.database,
            data=self.data,
            check=self._checked_for_proposal,
            clock=self.clock,
            settings=self.configuration.data,
        )

    def _checked_for_proposal(self, ref: str, against: str, actor: str) -> ProposalChecks:
        """Check the rows of a proposal; loaded only then."""
        from curiouser.proposals import ProposalChecks  # noqa: PLC0415  see the class

        found = self.datachecks.gate(ref, against=against, actor=actor)
        return ProposalChecks(outcome=str(found.outcome), reasons=found.reasons)

    @cached_property
    def jobs(self) -> JobService:
        """Background jobs."""
        from curiouser.jobs import JobService  # noqa: PLC0415  see the class

        return JobService(self.database, self.clock)

    def close(self) -> None:
        """Give every connection back."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Workspace({str(self.root)!r}, task={self.configuration.task.name!r})"


def find_root(start: Path) -> Path:
    """Look for ``curiouser.toml`` here and above.

    Raises:
        WorkspaceNotFoundError: There is none.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / FILE_NAME).is_file():
            return folder
    raise WorkspaceNotFoundError(f"there is no {FILE_NAME} in {start} or above", "make one with `curiouser init`")


def database_url(root: Path, configuration: Configuration) -> str:
    """Make a relative SQLite path relative to the workspace, not to the current folder."""
    url, prefix = configuration.store.database, "sqlite:///"
    if not url.startswith(prefix):
        return url
    return prefix + str((root / url.removeprefix(prefix)).resolve())


def objects_folder(root: Path, configuration: Configuration) -> Path:
    """Find the folder of the objects.

    Raises:
        ConfigurationError: The configuration names an object store that is not built.
    """
    place = configuration.store.objects
    if "://" in place:
        raise ConfigurationError(FILE_NAME, [f"store.objects {place!r}: only a folder is supported so far"])
    return root / place


def default_actor(root: Path) -> str:
    """Say who acts: the git name of this folder, else the login name."""
    try:
        asked = subprocess.run(
            ["git", "config", "user.name"],  # noqa: S607  git is found on PATH, as the user does
            cwd=root,
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
        if asked.returncode == 0 and asked.stdout.strip():
            return asked.stdout.strip()
    except (FileNotFoundError, subprocess.TimeoutExpired):
        # No git, or one that hangs on a network home: the login name will do.
        return os.environ.get("USER") or "unknown"
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container without an entry for this user id.
        return "unknown"
