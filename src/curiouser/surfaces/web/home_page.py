"""The first page: what is done, what is not yet, and what goes on right now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from curiouser.checklist import Checked, Checklist, Group
from curiouser.data import DatasetNotFoundError
from curiouser.jobs import Job, JobState
from curiouser.kernel.words import plural
from curiouser.measure import Measured
from curiouser.models import Model, ModelKind
from curiouser.surfaces.web.lineup import Lineup, lineup
from curiouser.surfaces.web.problem_list import FAILS, HOLDS, few
from curiouser.workspace import Workspace

_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """The model that users meet."""

    model: Model
    """It."""
    since: datetime | None
    """When it went live, UTC."""
    metric: str
    """What it is scored by."""
    score: Measured | None
    """On today's test set; None without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateFacts:
    """The newest model, set against the live one."""

    name: str
    """Its title."""
    live: str
    """The live model's title."""
    mended: tuple[str, ...]
    """Problems that fail on the live model and hold on it."""
    broken: tuple[str, ...]
    """Problems that hold on the live model and fail on it."""

    @property
    def says(self) -> str:
        """What it changes, in words."""
        said = [f"{plural(len(self.mended), 'problem')} mended"] if self.mended else []
        said += [f"{plural(len(self.broken), 'problem')} broken: {few(self.broken)}"] if self.broken else []
        return ", ".join(said) or "none mended, none broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Something that waits for somebody."""

    what: str
    """The words of its link: ``4 reports``."""
    path: str
    """Where to do it."""
    says: str
    """What is to be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """All that the first page says."""

    checklist: Checklist
    """The fifteen items."""
    live: Live | None
    """The model that users meet."""
    candidate: CandidateFacts | None
    """The newest model, where it is not the live one."""
    waiting: tuple[Waiting, ...]
    """What waits for somebody."""
    running: tuple[Job, ...]
    """Jobs that run or are queued, the oldest first."""
    more_running: int
    """Unfinished jobs beside these, >= 0."""

    @property
    def groups(self) -> list[tuple[Group, Sequence[Checked], int]]:
        """Each group: when it is due, its items, how many of them are done."""
        several = [(group, self.checklist.of(group)) for group in Group]
        return [(group, items, sum(one.answer.done for one in items)) for group, items in several]

    @property
    def lead(self) -> str:
        """The answer, as sentences."""
        following = self.checklist.next
        said = f"{self.checklist.done} of {len(self.checklist.items)} done."
        return (
            f"{said} The next one is “{following.item.name}”." if following else f"{said} The Queen has no objection."
        )


def home_of(workspace: Workspace, checklist: Checklist) -> Home:
    """Gather what the first page says beside the checklist."""
    models = lineup(workspace)
    unfinished = [*workspace.jobs.list(state=JobState.RUNNING), *workspace.jobs.list(state=JobState.QUEUED)]
    jobs = sorted(unfinished, key=lambda job: job.number)[:_SHOWN]
    return Home(
        checklist=checklist,
        live=_live(workspace),
        candidate=_candidate(workspace, models),
        waiting=tuple(_waiting(workspace)),
        running=tuple(jobs),
        more_running=max(workspace.jobs.count_unfinished() - len(jobs), 0),
    )


def _live(workspace: Workspace) -> Live | None:
    model = workspace.models.live()
    if model is None:
        return None
    since = [event.at for event in workspace.models.history(model.name) if event.what == "live"]
    metric = next(iter(workspace.evaluations.metrics().values())).name
    return Live(model=model, since=max(since, default=None), metric=metric, score=_score(workspace, model))


def _score(workspace: Workspace, model: Model) -> Measured | None:
    if model.kind is ModelKind.REPORTED:
        return None
    try:
        return workspace.evaluations.score(model, workspace.evaluations.test_set())
    except DatasetNotFoundError:
        return None


def _candidate(workspace: Workspace, models: Lineup) -> CandidateFacts | None:
    name = models.candidate()
    if name is None or models.live is None or not workspace.problems.count_open():
        return None
    several = [
        (one.problem.name, one.live_state, one.standing.state) for one in workspace.problems.check(model=name).problems
    ]
    return CandidateFacts(
        name=name,
        live=models.live,
        mended=tuple(each for each, before, now in several if before in FAILS and now in HOLDS),
        broken=tuple(each for each, before, now in several if before in HOLDS and now in FAILS),
    )


def _waiting(workspace: Workspace) -> list[Waiting]:
    made = []
    reports = workspace.problems.count_unlinked_reports()
    if reports:
        made.append(Waiting(what=plural(reports, "report"), path="/reports?show=waiting", says="to read"))
    behind = _not_evaluated(workspace)
    to_ask = [one.title for one in behind if one.kind.is_callable]
    if to_ask:
        made.append(Waiting(what=plural(len(to_ask), "model"), path="/jobs", says=f"to evaluate: {few(to_ask)}"))
    for one in [one for one in behind if not one.kind.is_callable][:_SHOWN]:
        path = f"/models/{quote(one.title, safe='')}"
        made.append(Waiting(what=one.title, path=path, says="needs predictions for today's test set"))
    failed = [job for job in workspace.jobs.list(limit=20) if job.state is JobState.FAILED]
    if failed:
        made.append(Waiting(what=f"Job {failed[0].number}", path=f"/jobs/{failed[0].number}", says="failed"))
    return made


def _not_evaluated(workspace: Workspace) -> list[Model]:
    try:
        done = workspace.evaluations.evaluated_models()
    except DatasetNotFoundError:
        return []
    several = [one for one in workspace.models.list() if one.kind is not ModelKind.REPORTED]
    return [one for one in several if one.id not in done]
