"""Grants, sessions and tokens against a model of dictionaries, through any order of steps."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from curiouser.access import LastAdminError, Role, RoleTooLowError, UserDisabledError
from curiouser.access.stored import find_user, set_password_hash
from tests.access.bench import Accounts

NAMES = st.sampled_from(["alice", "bob", "carol"])
PLACES = st.sampled_from(["*", "clinic", "school"])
ROLES = st.sampled_from(Role)
ORDER = list(Role)
IDLE, LONGEST = timedelta(hours=12), timedelta(days=7)


@dataclass
class Person:
    """What the model knows of a user."""

    grants: dict[str, Role] = field(default_factory=dict)
    is_disabled: bool = False

    def may(self, place: str) -> Role | None:
        held = [self.grants[name] for name in (place, "*") if name in self.grants]
        return max(held, key=ORDER.index) if held and not self.is_disabled else None

    @property
    def is_admin(self) -> bool:
        return self.grants.get("*") is Role.ADMIN and not self.is_disabled


@dataclass
class Kept:
    """What the model knows of a session or a token."""

    name: str
    began: datetime
    used: datetime
    role: Role = Role.VIEWER
    place: str = "*"


class Access(RuleBasedStateMachine):
    """The service and a model of it, step by step."""

    secrets: Bundle[str] = Bundle("secrets")
    numbers: Bundle[int] = Bundle("numbers")

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.accounts = Accounts(f"sqlite:///{self.folder}/meta.db")
        self.access = self.accounts.access
        self.people: dict[str, Person] = {"boss": Person({"*": Role.ADMIN})}
        self.sessions: dict[str, Kept] = {}
        self.tokens: dict[str, Kept] = {}
        self.secret_of: dict[int, str] = {}
        self.accounts.add("boss", Role.ADMIN)

    def teardown(self) -> None:
        if hasattr(self, "accounts"):
            assert self.access.verify_audit() == []
            self.accounts.database.close()
            shutil.rmtree(self.folder)

    def loses_the_last_admin(self, name: str) -> bool:
        others = [person for other, person in self.people.items() if other != name]
        return self.people[name].is_admin and not any(person.is_admin for person in others)

    @rule(name=NAMES, role=ROLES, place=PLACES)
    def add(self, name: str, role: Role, place: str) -> None:
        if name not in self.people:
            self.accounts.add(name, role, place)
            self.people[name] = Person({place: role})

    @rule(name=NAMES | st.just("boss"), role=st.none() | ROLES, place=PLACES)
    def grant(self, name: str, role: Role | None, place: str) -> None:
        if name not in self.people:
            return
        if place == "*" and role is not Role.ADMIN and self.loses_the_last_admin(name):
            refuses(lambda: self.access.grant(name, role, actor="boss"), LastAdminError)
            return
        self.access.grant(name, role, workspace=place, actor="boss")
        self.people[name].grants.pop(place, None)
        if role is not None:
            self.people[name].grants[place] = role

    @rule(name=NAMES | st.just("boss"))
    def disable(self, name: str) -> None:
        if name not in self.people:
            return
        if self.loses_the_last_admin(name):
            refuses(lambda: self.access.disable(name, actor="boss"), LastAdminError)
            return
        self.access.disable(name, actor="boss")
        self.people[name].is_disabled = True
        self.sessions = {secret: kept for secret, kept in self.sessions.items() if kept.name != name}
        self.tokens = {secret: kept for secret, kept in self.tokens.items() if kept.name != name}

    @rule(name=NAMES)
    def enable(self, name: str) -> None:
        if name in self.people:
            self.access.enable(name, actor="boss")
            self.people[name].is_disabled = False

    @rule(target=secrets, name=NAMES)
    def sign_in(self, name: str) -> str:
        now = self.accounts.clock.now
        if name not in self.people or self.people[name].is_disabled:
            return multiple()  # type: ignore[return-value]  # Hypothesis's way to add nothing
        secret = self.accounts.sign_in(name).secret
        self.sessions[secret] = Kept(name, began=now, used=now)
        return secret

    @rule(secret=consumes(secrets))
    def log_out(self, secret: str) -> None:
        self.access.log_out(secret)
        self.sessions.pop(secret, None)

    @rule(name=NAMES)
    def end_sessions(self, name: str) -> None:
        if name in self.people:
            own = [secret for secret, kept in self.sessions.items() if kept.name == name]
            assert self.access.end_sessions(name, actor="boss") == len(own)
            self.sessions = {secret: kept for secret, kept in self.sessions.items() if kept.name != name}

    @rule(name=NAMES)
    def reset_password(self, name: str) -> None:
        if name in self.people:
            with self.accounts.database.write() as connection:
                # What a link and a new password do, without the time that a password takes.
                set_password_hash(connection, find_user(connection, name), "scrypt-15-8-1$$")
            self.sessions = {secret: kept for secret, kept in self.sessions.items() if kept.name != name}

    @rule(target=numbers, name=NAMES, role=ROLES, place=PLACES)
    def make_token(self, name: str, role: Role, place: str) -> int:
        if name not in self.people:
            return multiple()  # type: ignore[return-value]  # as above
        held = self.people[name].may(place)
        if self.people[name].is_disabled or held is None or ORDER.index(held) < ORDER.index(role):
            refuses(
                lambda: self.access.create_token(name, name="x", role=role, workspace=place, actor="boss"),
                UserDisabledError if self.people[name].is_disabled else RoleTooLowError,
            )
            return multiple()  # type: ignore[return-value]  # as above
        made, secret = self.access.create_token(name, name="x", role=role, workspace=place, days=2, actor="boss")
        now = self.accounts.clock.now
        self.tokens[secret] = Kept(name, began=now, used=now, role=role, place=place)
        self.secret_of[made.number] = secret
        return made.number

    @rule(number=numbers)
    def revoke(self, number: int) -> None:
        self.access.revoke_token(number, actor="boss")
        self.tokens.pop(self.secret_of[number], None)

    @precondition(lambda self: self.sessions or self.tokens)
    @rule(hours=st.sampled_from([1, 6, 11, 12, 40]))
    def wait(self, hours: int) -> None:
        self.accounts.later(timedelta(hours=hours))
        now = self.accounts.clock.now
        alive = {
            secret: kept for secret, kept in self.sessions.items() if now < min(kept.used + IDLE, kept.began + LONGEST)
        }
        for secret in self.sessions.keys() - alive.keys():
            assert self.access.session(secret) is None
        self.sessions = alive
        self.tokens = {secret: kept for secret, kept in self.tokens.items() if now < kept.began + timedelta(days=2)}

    @invariant()
    def everybody_may_what_the_model_says(self) -> None:
        for name, person in getattr(self, "people", {}).items():
            user = self.access.user(name)
            assert (user.disabled_at is not None) == person.is_disabled
            assert {place: user.role_in(place) for place in ("clinic", "school", "*")} == {
                place: person.may(place) for place in ("clinic", "school", "*")
            }

    @invariant()
    def a_session_lives_as_the_model_says(self) -> None:
        for secret, kept in getattr(self, "sessions", {}).items():
            found = self.access.session(secret)
            assert found is not None
            assert found.user.name == kept.name
            kept.used = self.accounts.clock.now

    @invariant()
    def a_token_allows_what_the_model_says(self) -> None:
        for secret in getattr(self, "secret_of", {}).values():
            kept, found = self.tokens.get(secret), self.access.token(secret)
            assert (found is None) == (kept is None)
            if found is not None and kept is not None:
                held = self.people[kept.name].may("clinic")
                allowed = min(held, kept.role, key=ORDER.index) if held and kept.place in {"*", "clinic"} else None
                assert self.access.role_of_token(found, "clinic") is allowed

    @invariant()
    def somebody_can_keep_users(self) -> None:
        assert not hasattr(self, "people") or any(person.is_admin for person in self.people.values())


def refuses(step: object, kind: type[Exception]) -> None:
    """Take a step that must be refused."""
    assert callable(step)
    try:
        step()
    except kind:
        return
    raise AssertionError(f"{kind.__name__} was to be raised")


TestAccess = Access.TestCase
TestAccess.settings = settings(max_examples=20, stateful_step_count=25, deadline=None)
