"""A token allows what it was made for, never more than its user may now, and never for ever."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curiouser.access import Role, RoleTooLowError, Token, TokenNotFoundError
from curiouser.kernel.errors import BadInputError
from tests.access.bench import MONDAY, Accounts

ROLES = st.sampled_from(Role)
PLACES = st.sampled_from(["*", "clinic", "school"])


def make(accounts: Accounts, user: str = "alice", role: Role = Role.VIEWER, workspace: str = "*") -> tuple[Token, str]:
    return accounts.access.create_token(user, name="nightly", role=role, workspace=workspace, actor="root")


def test_the_secret_is_told_once_and_finds_the_token(accounts: Accounts) -> None:
    accounts.add("alice", Role.EXPERT)
    made, secret = make(accounts, role=Role.LABELLER, workspace="clinic")
    assert secret.startswith("cur_")
    assert (made.user, made.name, made.role, made.workspace) == ("alice", "nightly", Role.LABELLER, "clinic")
    assert (made.created_at, made.expires_at) == (MONDAY, MONDAY + timedelta(days=90))
    assert accounts.access.token(secret) == made
    assert accounts.access.token(secret[:-1] + ("a" if secret[-1] != "a" else "b")) is None


def test_the_last_use_is_noted_to_the_hour(accounts: Accounts) -> None:
    accounts.add("alice")
    _, secret = make(accounts)
    before = accounts.database.stamp()
    for _ in range(120):
        accounts.access.token(secret)
        accounts.later(timedelta(minutes=1))
    assert accounts.database.stamp() - before == 2
    assert accounts.access.tokens()[0].last_used_at == MONDAY + timedelta(hours=1)


def test_an_expired_token_is_none(accounts: Accounts) -> None:
    accounts.add("alice")
    _, secret = make(accounts)
    accounts.later(timedelta(days=90) - timedelta(seconds=1))
    assert accounts.access.token(secret) is not None
    accounts.later(timedelta(seconds=1))
    assert accounts.access.token(secret) is None
    assert len(accounts.access.tokens("alice")) == 1


def test_a_revoked_token_is_none_and_keeps_the_moment_of_its_end(accounts: Accounts) -> None:
    accounts.add("alice")
    made, secret = make(accounts)
    assert accounts.access.revoke_token(made.number, actor="root").revoked_at == MONDAY
    accounts.later(timedelta(hours=1))
    assert accounts.access.revoke_token(made.number, actor="root").revoked_at == MONDAY
    assert accounts.access.token(secret) is None
    for number in (99, 0, -1, -(2**70), 2**31, 2**70):
        with pytest.raises(TokenNotFoundError, match=f"there is no token {number}; see"):
            accounts.access.revoke_token(number, actor="root")


def test_nobody_makes_a_token_for_more_than_they_may(accounts: Accounts) -> None:
    accounts.add("alice", Role.EXPERT, "clinic")
    with pytest.raises(RoleTooLowError, match="alice is only expert in the workspace clinic"):
        make(accounts, role=Role.MAINTAINER, workspace="clinic")
    with pytest.raises(RoleTooLowError, match="alice is nobody in every workspace"):
        make(accounts, role=Role.VIEWER)
    assert accounts.access.tokens() == ()


@pytest.mark.parametrize(
    ("name", "days", "reason"),
    [
        ("", 9, "does not say what"),
        ("a\nb", 9, "does not say"),
        ("x" * 101, 9, "does not say"),
        ("x", 0, "1 to 365 days"),
        ("x", 366, "1 to 365 days"),
        ("x", -1, "1 to 365 days"),
    ],
)
def test_a_token_without_a_purpose_or_an_end_is_refused(accounts: Accounts, name: str, days: int, reason: str) -> None:
    accounts.add("alice")
    with pytest.raises(BadInputError, match=reason):
        accounts.access.create_token("alice", name=name, role=Role.VIEWER, days=days, actor="root")


@dataclass(frozen=True, kw_only=True)
class Case:
    """A user who had one role, has others now, and a token from then."""

    first: Role
    role: Role
    place: str
    everywhere: Role | None
    in_clinic: Role | None


CASES = st.builds(
    Case,
    first=ROLES,
    role=ROLES,
    place=PLACES,
    everywhere=st.none() | ROLES,
    in_clinic=st.none() | ROLES,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CASES, st.sampled_from(["clinic", "school"]))
def test_a_token_never_allows_more_than_its_user_may_now(accounts: Accounts, case: Case, asked: str) -> None:
    name = f"user{accounts.access.audit_head().number}"
    accounts.add(f"boss-of-{name}", Role.ADMIN)
    accounts.add(name, case.first, case.place)
    if not case.first.allows(case.role):
        with pytest.raises(RoleTooLowError):
            make(accounts, name, case.role, case.place)
        return
    made, _ = make(accounts, name, case.role, case.place)
    accounts.access.grant(name, case.everywhere, actor="root")
    accounts.access.grant(name, case.in_clinic, workspace="clinic", actor="root")
    allowed = accounts.access.role_of_token(made, asked)
    held = accounts.access.role_in(accounts.access.user(name), asked)
    if held is None or case.place not in {"*", asked}:
        assert allowed is None
        return
    assert allowed in {held, made.role}
    assert held.allows(allowed)
    assert made.role.allows(allowed)


def test_a_token_of_a_disabled_user_allows_nothing(accounts: Accounts) -> None:
    accounts.add("alice", Role.EXPERT)
    made, secret = make(accounts)
    accounts.access.disable("alice", actor="root")
    assert accounts.access.role_of_token(made, "clinic") is None
    assert accounts.access.token(secret) is None


def test_tokens_are_listed_a_page_at_a_time(accounts: Accounts) -> None:
    accounts.add("alice")
    accounts.add("bob")
    numbers = [make(accounts, name)[0].number for name in ("alice", "bob", "alice", "alice")]
    first = accounts.access.tokens(limit=3)
    assert [one.number for one in (*first, *accounts.access.tokens(after=first[-1].number))] == numbers
    assert [one.user for one in accounts.access.tokens("bob")] == ["bob"]
