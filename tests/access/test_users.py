"""Users have roles per workspace, roles have an order, and somebody can always keep users."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curiouser.access import (
    LastAdminError,
    LinkRefusedError,
    LoginRefusedError,
    Role,
    UserDisabledError,
    UserExistsError,
    UserNotFoundError,
)
from curiouser.kernel.errors import BadInputError
from tests.access.bench import HERE, MONDAY, PASSWORD, Accounts

ROLES = st.sampled_from(Role)


@given(ROLES, ROLES, ROLES)
def test_the_roles_are_in_one_order(one: Role, other: Role, third: Role) -> None:
    assert one.allows(one)
    assert one.allows(other) or other.allows(one)
    assert (one.allows(other) and other.allows(one)) == (one is other)
    if one.allows(other) and other.allows(third):
        assert one.allows(third)
    assert Role.least(one, other) in {one, other}
    assert one.allows(Role.least(one, other))
    assert other.allows(Role.least(one, other))


def test_the_roles_are_those_of_the_design() -> None:
    assert list(Role) == ["viewer", "labeller", "expert", "maintainer", "admin"]


def test_a_new_user_has_a_role_and_no_password(accounts: Accounts) -> None:
    assert not accounts.access.has_users()
    made = accounts.access.add_user("Thandi@Clinic.example", role=Role.EXPERT, workspace="clinic", actor="root")
    assert made == accounts.access.user(" THANDI@clinic.example ")
    assert (made.name, dict(made.grants)) == ("thandi@clinic.example", {"clinic": Role.EXPERT})
    assert (made.created_at, made.created_by) == (MONDAY, "root")
    assert not made.has_password
    assert accounts.access.has_users()


@pytest.mark.parametrize("name", ["", " ", "-a", "a b", "a/b", "a\nb", "é", "\u0430lice", "x" * 65, "a%00"])
def test_a_name_that_could_look_like_another_is_refused(accounts: Accounts, name: str) -> None:
    with pytest.raises(BadInputError, match="is no name for a user; use small letters"):
        accounts.access.add_user(name, role=Role.VIEWER, actor="root")
    assert not accounts.access.has_users()


def test_a_name_is_given_once_however_it_is_written(accounts: Accounts) -> None:
    accounts.add("alice")
    with pytest.raises(UserExistsError, match="there is already a user 'alice'; give them a role with"):
        accounts.add("Alice")


def test_a_missing_user_is_told_with_the_nearest_name(accounts: Accounts) -> None:
    accounts.add("alice")
    with pytest.raises(UserNotFoundError, match="there is no user 'alise'; did you mean 'alice'"):
        accounts.access.user("alise")
    with pytest.raises(UserNotFoundError, match="see `curiouser user list`"):
        accounts.access.grant("zebedee", Role.ADMIN, actor="root")


@pytest.mark.parametrize("name", ["\0", "\ud800", "a\0", "x" * 10_000, "*", "' OR 1=1 --"])
def test_what_can_be_nobodys_name_is_nobodys(accounts: Accounts, name: str) -> None:
    accounts.add("alice")
    with pytest.raises(UserNotFoundError):
        accounts.access.user(name)
    with pytest.raises(LoginRefusedError):
        accounts.access.log_in(name, name, address=name)
    assert accounts.access.users(after=name) in ((), (accounts.access.user("alice"),))
    assert accounts.access.audit(actor=name, before=2**70) == ()


@pytest.mark.parametrize("workspace", ["", "a/b", "../x", "x" * 101])
def test_a_grant_for_what_is_no_workspace_is_refused(accounts: Accounts, workspace: str) -> None:
    accounts.add("alice")
    with pytest.raises(BadInputError, match="is no name for a workspace"):
        accounts.access.grant("alice", Role.VIEWER, workspace=workspace, actor="root")


def test_the_higher_of_the_role_here_and_the_role_everywhere_counts(accounts: Accounts) -> None:
    accounts.add("alice", Role.LABELLER)
    accounts.access.grant("alice", Role.MAINTAINER, workspace="clinic", actor="root")
    user = accounts.access.grant("alice", Role.VIEWER, workspace="school", actor="root")
    held = {place: accounts.access.role_in(user, place) for place in ("clinic", "school", "elsewhere", "*")}
    expected = {"clinic": Role.MAINTAINER, "school": Role.LABELLER, "elsewhere": Role.LABELLER, "*": Role.LABELLER}
    assert held == expected


def test_a_role_that_was_taken_away_is_gone(accounts: Accounts) -> None:
    accounts.add("alice", Role.EXPERT, "clinic")
    user = accounts.access.grant("alice", None, workspace="clinic", actor="root")
    assert user.grants == {}
    assert user.role_in("clinic") is None


def test_a_workspaces_role_says_nothing_about_all_of_them(accounts: Accounts) -> None:
    accounts.add("alice", Role.ADMIN, "clinic")
    assert accounts.access.user("alice").role_in("*") is None
    assert accounts.access.user("alice").role_in("clinic2") is None


def test_users_are_listed_by_name_a_page_at_a_time(accounts: Accounts) -> None:
    for name in ("mo", "ann", "zoe", "bo"):
        accounts.add(name)
    first = accounts.access.users(limit=3)
    rest = accounts.access.users(limit=3, after=first[-1].name)
    assert [user.name for user in (*first, *rest)] == ["ann", "bo", "mo", "zoe"]


def test_the_last_admin_cannot_be_lost(accounts: Accounts) -> None:
    accounts.add("alice", Role.ADMIN)
    accounts.add("bob", Role.ADMIN, "clinic")
    with pytest.raises(LastAdminError, match="alice is the last admin"):
        accounts.access.disable("alice", actor="alice")
    for role in (Role.MAINTAINER, None):
        with pytest.raises(LastAdminError, match="make another one first"):
            accounts.access.grant("alice", role, actor="alice")
    accounts.access.grant("alice", Role.VIEWER, workspace="clinic", actor="alice")
    accounts.access.grant("alice", Role.ADMIN, actor="alice")
    assert accounts.access.user("alice").role_in("anything") is Role.ADMIN


def test_an_admin_who_cannot_sign_in_yet_does_not_count_as_another(accounts: Accounts) -> None:
    accounts.add_with_password("alice", Role.ADMIN)
    accounts.add("bob", Role.ADMIN)
    with pytest.raises(LastAdminError):
        accounts.access.disable("alice", actor="bob")
    accounts.access.redeem(accounts.access.invite("bob", actor="alice"), PASSWORD, address=HERE)
    accounts.access.disable("alice", actor="bob")
    with pytest.raises(LastAdminError):
        accounts.access.grant("bob", None, actor="bob")


def test_a_disabled_admin_does_not_count_as_another(accounts: Accounts) -> None:
    accounts.add("alice", Role.ADMIN)
    accounts.add("bob", Role.ADMIN)
    accounts.access.disable("bob", actor="alice")
    with pytest.raises(LastAdminError):
        accounts.access.disable("alice", actor="alice")
    assert accounts.access.grant("bob", None, actor="alice").grants == {}


def test_disabling_ends_everything_and_enabling_brings_no_token_back(accounts: Accounts) -> None:
    accounts.add("root-admin", Role.ADMIN)
    accounts.add("alice", Role.EXPERT)
    session = accounts.sign_in("alice")
    link = accounts.access.invite("alice", actor="root")
    _, secret = accounts.access.create_token("alice", name="ci", role=Role.VIEWER, actor="root")
    user = accounts.access.disable("alice", actor="root")
    assert user.disabled_at == MONDAY
    assert user.role_in("clinic") is None
    with pytest.raises(UserDisabledError, match="alice is disabled; let them in again first"):
        accounts.access.invite("alice", actor="root")
    with pytest.raises(UserDisabledError):
        accounts.access.create_token("alice", name="ci", role=Role.VIEWER, actor="root")
    assert accounts.access.disable("alice", actor="root") == user
    again = accounts.access.enable("alice", actor="root")
    assert again.role_in("clinic") is Role.EXPERT
    assert accounts.access.session(session.secret) is None
    assert accounts.access.token(secret) is None
    with pytest.raises(LinkRefusedError):
        accounts.access.redeem(link, PASSWORD, address=HERE)
