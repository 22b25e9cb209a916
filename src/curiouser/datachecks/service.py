"""The verbs of checks on data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path

from curiouser.data import GRACE, Damage, DataCommit, DataService, DatasetNotFoundError
from curiouser.datachecks import stored
from curiouser.datachecks.errors import CheckNotFoundError, NeverCheckedError
from curiouser.datachecks.every import EVERY_CHECK
from curiouser.datachecks.ground import Check, Ground, Progress, Question, Reference, Services
from curiouser.datachecks.near_upkeep import Forgotten, NearUpkeep
from curiouser.datachecks.own import OWN
from curiouser.datachecks.profiles import Profiles
from curiouser.datachecks.records import Checked, CheckResult, CheckRun, Gate, Outcome
from curiouser.datachecks.searching import NearSearches
from curiouser.datachecks.tables import CACHES, data_check_run
from curiouser.datachecks.verdicts import OwnChecks
from curiouser.kernel.canonical import digest_of
from curiouser.kernel.check_settings import Rule, Severity
from curiouser.kernel.clock import Clock
from curiouser.kernel.configuration import Configuration
from curiouser.models import ModelService, PredictionStore, RowJudges
from curiouser.problems import ProblemService
from curiouser.storage import Database, FolderObjects, damaged_rows

_MAIN = "main"
_SHORT = 12
_AGAIN = "it is not used; `curiouser data check` works it out again"
_RESTORE = "restore a backup with `curiouser workspace restore`"
_SAYS = {Outcome.FAIL: "fails", Outcome.UNKNOWN: "can't say"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Asked:
    """One question, and the name of its answer."""

    check: Check
    question: Question
    rule: Rule
    key: str

    @property
    def name(self) -> str:
        return self.question.name or self.check.name


class DataCheckService:
    """Checks versions of data, and remembers what was found.

    Args:
        database: Where findings are kept.
        objects: Where indexes of inputs are kept.
        data: The rows.
        models: Whose doubts tell suspected label errors.
        predictions: What models answered.
        problems: Whose patterns must not be trained on.
        configuration: The task and ``[checks]``.
        root: The project's folder: the user's own checks are imported from it.
        clock: Tells the time.
    """

    def __init__(
        self,
        database: Database,
        objects: FolderObjects,
        *,
        data: DataService,
        models: ModelService,
        predictions: PredictionStore,
        problems: ProblemService,
        configuration: Configuration,
        root: Path,
        clock: Clock,
    ) -> None:
        self._database, self._data, self._clock = database, data, clock
        self._task, self._settings = configuration.task, configuration.checks
        self._upkeep = NearUpkeep(database, objects)
        profiles = Profiles(database, objects, data=data, task=self._task, clock=clock)
        judges = RowJudges(database, objects, task=self._task, root=root)
        self.services = Services(
            data=data,
            models=models,
            predictions=predictions,
            problems=problems,
            profiles=profiles,
            own=OwnChecks(database, data, judges),
            near=NearSearches(database, objects, data=data, task=self._task, clock=clock),
        )

    def check(
        self,
        ref: str,
        *,
        against: str | None = None,
        only: Sequence[str] = (),
        actor: str,
        progress: Progress = lambda _done, _total: None,
    ) -> Checked:
        """Run all checks that are on; what is known of the same rows is not worked out again.

        Args:
            ref: The version to check.
            against: What it is compared with; when left out, main for another branch, else the version before it.
            only: Names or codes of checks; all when left out.
            actor: Who asks.
            progress: Told (checks done, checks to do).

        Raises:
            NotFoundError: A ref names nothing.
            CheckNotFoundError: ``only`` names no check.
            StorageError: Rows are damaged, or the disk refused.
        """
        ground = self._ground(ref, against)
        asked = self._asked(ground, only)
        with self._database.read() as connection:
            known = stored.known_findings(connection, [one.key for one in asked])
        results = [self._result(one, known.get(one.key)) for one in _told(asked, progress)]
        made = Checked(
            ref=ref,
            dataset=ground.dataset,
            data_commit=ground.commit.id,
            content_hash=ground.commit.content_hash,
            against=ground.base.ref if ground.base else None,
            against_commit=ground.base.commit.id if ground.base else None,
            rows=ground.commit.rows,
            checks=tuple(results),
            ran=sum(one.key not in known for one in asked),
        )
        with self._database.write() as connection:
            stored.keep_findings(connection, [one for one in results if one.key not in known])
            stored.keep_run(connection, made, actor=actor, now=self._clock(), is_whole=not only)
        return made

    def gate(
        self, ref: str, *, against: str | None = None, actor: str, progress: Progress = lambda _done, _total: None
    ) -> Gate:
        """Say whether a version may be merged: not when a gate fails or is broken.

        The outcome is fail then, unknown when a gate can't say, else pass.

        Args and Raises are those of :meth:`check`.
        """
        checked = self.check(ref, against=against, actor=actor, progress=progress)
        standing = [one for one in checked.checks if one.severity is Severity.GATE and one.outcome is not Outcome.PASS]
        reasons = tuple(f"{one.code} {one.name} {_says(one)}: {one.finding.reason}" for one in standing)
        return Gate(outcome=checked.outcome, reasons=reasons, checked=checked)

    def last(self, ref: str) -> Checked:
        """Read what the last check of a ref found, and work nothing out.

        The answer is about the version that the ref named then, which may not be the one that it names now.

        Args:
            ref: As it was named then.

        Raises:
            NeverCheckedError: It was never checked.
        """
        with self._database.read() as connection:
            found = stored.last_run(connection, ref)
        if found is None:
            raise NeverCheckedError(ref)
        run, results = found
        commit = self._data.resolve(run.data_commit)
        return Checked(
            ref=ref,
            dataset=commit.dataset,
            data_commit=commit.id,
            content_hash=commit.content_hash,
            against=run.against,
            against_commit=run.against_commit,
            rows=commit.rows,
            checks=results,
        )

    def runs(self, ref: str | None = None, *, before: int | None = None, limit: int = 50) -> list[CheckRun]:
        """List what was checked, newest first: the history of one ref, or of all.

        Args:
            ref: Only this one, as it was asked for.
            before: Cursor: only runs with a number below this one.
            limit: At most this many.
        """
        with self._database.read() as connection:
            return stored.runs_of(connection, ref=ref, before=before, limit=limit)

    def verify(self) -> list[Damage]:
        """Check what is kept of earlier checks; empty when all is well."""
        with self._database.read() as connection:
            damages = [(what, _AGAIN) for what in damaged_rows(connection, CACHES)]
            damages += [(what, _RESTORE) for what in damaged_rows(connection, [data_check_run])]
        found = [Damage(what=what, trouble="does not match its checksum", repair=repair) for what, repair in damages]
        return [*found, *self._upkeep.damages()]

    def gc(self, grace: timedelta = GRACE, *, dry_run: bool = False) -> Forgotten:
        """Let go of what is kept of searches for near-duplicates in data commits that are gone; run `data gc` first.

        Args:
            grace: Keep files without a name that are younger than this, >= 0.
            dry_run: Only say what would go.

        Raises:
            StorageError: The store refuses; what was removed by then was not needed.
        """
        return self._upkeep.forget(self._data.commits(), since=self._clock() - grace, dry_run=dry_run)

    def _ground(self, ref: str, against: str | None) -> Ground:
        commit = self._data.resolve(ref)
        base = self._base(ref, commit) if against is None else self._reference(against)
        return Ground(
            task=self._task,
            settings=self._settings,
            services=self.services,
            here=Reference(ref=ref, commit=commit, profiles=self.services.profiles),
            base=base,
            others=self._others(commit, base),
            partner=self._partner(commit),
        )

    def _reference(self, ref: str) -> Reference:
        return Reference(ref=ref, commit=self._data.resolve(ref), profiles=self.services.profiles)

    def _base(self, ref: str, commit: DataCommit) -> Reference | None:
        main = self._data.head(commit.dataset)
        dataset, _, branch = ref.partition("@")
        if branch and branch != _MAIN and main.id != commit.id and dataset == commit.dataset:
            return self._reference(f"{commit.dataset}@{_MAIN}")
        if not commit.parents:
            return None
        return self._reference(f"{commit.dataset}@{commit.parents[0][:_SHORT]}")

    def _others(self, commit: DataCommit, base: Reference | None) -> tuple[Reference, ...]:
        settings = self._settings
        refs = [ref for ref in settings.releases if ref.partition("@")[0] == commit.dataset]
        production = settings.production
        if production is not None and production.partition("@")[0] != commit.dataset and self._is_there(production):
            refs.append(production)
        found = [self._reference(ref) for ref in refs]
        return tuple(one for one in found if base is None or one.commit.id != base.commit.id)

    def _partner(self, commit: DataCommit) -> Reference | None:
        partners = {self._settings.test: self._settings.train, self._settings.train: self._settings.test}
        partner = partners.get(commit.dataset)
        if partner is None or partner == commit.dataset or not self._is_there(partner):
            return None
        return self._reference(partner)

    def _is_there(self, ref: str) -> bool:
        try:
            self._data.resolve(ref)
        except DatasetNotFoundError:
            return False
        return True

    def _asked(self, ground: Ground, only: Sequence[str]) -> list[_Asked]:
        known = [name for check in EVERY_CHECK for name in (check.name, check.code)]
        own = [one.name for one in self._settings.own]
        for name in only:
            if name not in {*known, *own}:
                raise CheckNotFoundError(name, [*(check.name for check in EVERY_CHECK), *own])
        asked = []
        for check in EVERY_CHECK:
            named = {check.name, check.code}
            if only and not (named & set(only)) and not (check is OWN and set(own) & set(only)):
                continue
            for question in check.asks(ground):
                rule = question.rule or ground.rule(check.name)
                is_wanted = not only or named & set(only) or question.name in only
                if rule.severity is not Severity.OFF and is_wanted:
                    key = self._key(ground, check, question, rule)
                    asked.append(_Asked(check=check, question=question, rule=rule, key=key))
        return asked

    def _key(self, ground: Ground, check: Check, question: Question, rule: Rule) -> str:
        """Name all that decides an answer: the same name, the same answer."""
        against = question.against
        return digest_of(
            {
                "check": [check.code, check.version, question.name, rule.threshold],
                "made_by": self._made_by,
                "here": [ground.dataset, ground.commit.content_hash],
                "against": None if against is None else [against.commit.dataset, against.commit.content_hash],
                "depends": question.depends,
            }
        )

    @cached_property
    def _made_by(self) -> str:
        task, settings = self._task, self._settings
        return digest_of(
            {
                "task": {
                    "kind": task.kind.value, "inputs": list(task.inputs), "label": task.label,
                    "classes": list(task.classes), "groups": list(task.groups), "user": task.user, "time": task.time,
                    "tolerance": task.tolerance,
                },
                "settings": {
                    "train": settings.train, "test": settings.test, "level": settings.level,
                    "min_rows": settings.min_rows, "columns": dict(settings.columns), "model": settings.model,
                },
            }
        )  # fmt: skip

    def _result(self, asked: _Asked, known: stored.Known | None) -> CheckResult:
        against = asked.question.against
        return CheckResult(
            key=asked.key,
            code=asked.check.code,
            name=asked.name,
            severity=asked.rule.severity,
            threshold=asked.rule.threshold,
            against=None if against is None else against.ref,
            finding=asked.question.answer() if known is None else known.finding,
            checked_at=self._clock() if known is None else known.at,
        )


def _says(one: CheckResult) -> str:
    return "could not judge" if one.finding.could_not_judge else _SAYS[one.outcome]


def _told(asked: Sequence[_Asked], progress: Progress) -> Iterator[_Asked]:
    """Go through questions, and tell how far it is."""
    progress(0, len(asked))
    for done, one in enumerate(asked, start=1):
        yield one
        progress(done, len(asked))
