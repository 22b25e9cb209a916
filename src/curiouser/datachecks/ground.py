"""What checks stand on: the version, what it is compared with, and the settings; and how a check is written.

A check is a list of questions about a version. A question says on what its
answer depends besides the version's rows and the settings, and answers when it
must; an answer that is known is never asked for again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from curiouser.data import DataCommit, DataService
from curiouser.datachecks.profiles import Profile, Profiles
from curiouser.datachecks.records import Finding
from curiouser.datachecks.searching import NearSearches
from curiouser.datachecks.verdicts import OwnChecks
from curiouser.kernel.canonical import Json
from curiouser.kernel.check_settings import CheckSettings, Rule
from curiouser.kernel.configuration import Task
from curiouser.models import ModelService, PredictionStore
from curiouser.problems import ProblemService

Progress = Callable[[int, int | None], None]
"""Told (done, to do)."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Reference:
    """A version that another is compared with."""

    ref: str
    """As the user or the settings name it."""
    commit: DataCommit
    """The version."""
    profiles: Profiles
    """Finds what is known of it."""

    @cached_property
    def profile(self) -> Profile:
        """What is known of it."""
        return self.profiles.of(self.commit)


@dataclass(frozen=True, kw_only=True, eq=False)
class Services:
    """Where checks find what they need besides the rows."""

    data: DataService
    """Rows."""
    models: ModelService
    """Models."""
    predictions: PredictionStore
    """What models answered."""
    problems: ProblemService
    """Problems with their patterns."""
    profiles: Profiles
    """What is known of versions."""
    own: OwnChecks
    """The user's own checks."""
    near: NearSearches
    """Rows that are nearly the same."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Ground:
    """One version to be checked."""

    task: Task
    """What the data is for."""
    settings: CheckSettings
    """How checks are to be taken."""
    services: Services
    """Where to find more."""
    here: Reference
    """The version."""
    base: Reference | None
    """What it follows from; None where there is nothing before it."""
    others: tuple[Reference, ...]
    """Released versions and production, where they are named and there."""
    partner: Reference | None
    """The training data, where this is the test set, and the other way round; None where there is none."""

    @property
    def commit(self) -> DataCommit:
        """The version."""
        return self.here.commit

    @property
    def dataset(self) -> str:
        """Its dataset."""
        return self.here.commit.dataset

    @property
    def profile(self) -> Profile:
        """What is known of it."""
        return self.here.profile

    @property
    def references(self) -> tuple[Reference, ...]:
        """All that it is compared with."""
        return (*([self.base] if self.base else []), *self.others)

    def rule(self, name: str) -> Rule:
        """How one of the built-in checks is to be taken."""
        return self.settings.rules[name]


@dataclass(frozen=True, kw_only=True, eq=False)
class Question:
    """One question of a check."""

    answer: Callable[[], Finding]
    """Works the answer out."""
    against: Reference | None = None
    """What the version is compared with."""
    depends: Mapping[str, Json] = field(default_factory=dict)
    """What else decides the answer, besides the rows of both versions, the rule and the settings of all checks."""
    name: str = ""
    """Own checks: the user's name for it; otherwise the check's."""
    rule: Rule | None = None
    """Own checks: how it is to be taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A check on data."""

    code: str
    """``DC01`` …; never used twice."""
    name: str
    """The name of its settings."""
    title: str
    """What it looks for, in a few words."""
    version: int
    """Grows when it may answer otherwise on the same rows; older answers are then no longer used."""
    asks: Callable[[Ground], Iterable[Question]]
    """Its questions about a version; none where it does not apply."""


def against_each(ground: Ground, answer: Callable[[Ground, Reference], Finding], nothing: Finding) -> list[Question]:
    """Ask the same of every version that this one is compared with; say so where there is none."""
    asked = [Question(answer=lambda one=one: answer(ground, one), against=one) for one in ground.references]  # type: ignore[misc]  # mypy does not type the default of a lambda
    return asked or [Question(answer=lambda: nothing)]
