"""Passwords, one-time links and sessions: who gets in, for how long, and how often they may try."""

import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from curiouser.access import LinkRefusedError, LoginRefusedError, Role, TooManyAttemptsError, WeakPasswordError
from curiouser.access.passwords import check_password, hash_password, matches
from tests.access.bench import ELSEWHERE, HERE, MONDAY, OTHER, PASSWORD, Accounts

HOUR = timedelta(hours=1)


def refused(accounts: Accounts, name: str = "alice", password: str = OTHER, address: str = HERE) -> bool:
    """Try to sign in; tell whether it was tried and refused, and not kept from trying."""
    try:
        accounts.access.log_in(name, password, address=address)
    except LoginRefusedError:
        return True
    except TooManyAttemptsError:
        return False
    pytest.fail("it let somebody in")


def test_the_link_sets_a_password_and_signs_in(accounts: Accounts) -> None:
    made = accounts.add_with_password("alice", Role.EXPERT)
    assert accounts.access.session(made.secret) == made.session
    assert made.session.user.has_password
    assert made.session.user.last_login_at == MONDAY
    again = accounts.access.log_in(" Alice", PASSWORD, address=HERE)
    assert again.session.user.name == "alice"
    assert again.secret != made.secret
    assert again.session.csrf != made.session.csrf
    assert accounts.access.count_sessions("alice") == 2


def test_a_wrong_password_an_unknown_name_and_a_closed_account_are_told_alike(accounts: Accounts) -> None:
    accounts.add("boss", Role.ADMIN)
    accounts.add("bob")
    accounts.add_with_password("carol")
    accounts.access.disable("carol", actor="boss")
    told = set()
    for name, password in (("bob", ""), ("nobody", PASSWORD), ("carol", PASSWORD), ("carol", "wrong"), ("", "")):
        with pytest.raises(LoginRefusedError) as error:
            accounts.access.log_in(name, password, address=HERE)
        told.add(str(error.value))
    assert len(told) == 1


def cpu_seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def test_an_unknown_name_costs_the_same_work(accounts: Accounts) -> None:
    stored = hash_password(PASSWORD)
    known = min(cpu_seconds(lambda: matches("wrong, and long enough", stored)) for _ in range(5))
    unknown = min(cpu_seconds(lambda: matches("wrong, and long enough", None)) for _ in range(5))
    endless = min(cpu_seconds(lambda: matches("x" * 1_000_000, None)) for _ in range(5))
    assert 0.5 < unknown / known < 2
    assert 0.5 < endless / known < 2


@pytest.mark.parametrize("letter", ["é", "ﬁ", "Å", "\ud800"])
def test_a_password_is_one_however_the_keyboard_writes_it(letter: str) -> None:
    stored = hash_password(f"{letter} caf\u00e9 au lait")
    assert matches(f"{letter} cafe\u0301 au lait", stored)
    assert not matches(f"{letter} cafe au lait", stored)
    assert stored != hash_password(f"{letter} caf\u00e9 au lait")


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", "12 to 1,000 characters, this one has 0"),
        ("eleven char", "this one has 11"),
        ("ab " * 400, "this one has 1,200"),
        ("Thandi@Clinic.Example", "not the user's name"),
        ("thandiclinicexample1!", "not the user's name"),
        ("a" * 20, "repeats one short text"),
        ("password" * 3, "repeats one short text"),
    ],
)
def test_a_password_that_would_be_guessed_is_refused_and_not_repeated(password: str, reason: str) -> None:
    with pytest.raises(WeakPasswordError, match=reason) as error:
        check_password("thandi@clinic.example", password)
    assert not password or password not in str(error.value)


def test_a_refused_password_leaves_the_link_good(accounts: Accounts) -> None:
    accounts.add("alice")
    link = accounts.access.invite("alice", actor="root")
    for _ in range(7):
        with pytest.raises(WeakPasswordError):
            accounts.access.redeem(link, "short", address=HERE)
    assert accounts.access.redeem(link, PASSWORD, address=HERE).session.user.name == "alice"


def test_a_link_is_good_once(accounts: Accounts) -> None:
    accounts.add("alice")
    link = accounts.access.invite("alice", actor="root")
    accounts.access.redeem(link, PASSWORD, address=HERE)
    with pytest.raises(LinkRefusedError, match="was used, has expired"):
        accounts.access.redeem(link, OTHER, address=HERE)
    accounts.access.log_in("alice", PASSWORD, address=HERE)


def test_a_link_is_good_for_a_day_and_until_the_next_one(accounts: Accounts) -> None:
    accounts.add("alice")
    first = accounts.access.invite("alice", actor="root")
    second = accounts.access.invite("alice", actor="root")
    with pytest.raises(LinkRefusedError):
        accounts.access.redeem(first, PASSWORD, address=HERE)
    accounts.later(24 * HOUR)
    with pytest.raises(LinkRefusedError):
        accounts.access.redeem(second, PASSWORD, address=HERE)
    third = accounts.access.invite("alice", actor="root")
    accounts.later(24 * HOUR - timedelta(seconds=1))
    accounts.access.redeem(third, PASSWORD, address=HERE)


@pytest.mark.parametrize("secret", ["", "x", "one_", "one_" + "a" * 43, "ses_" + "a" * 43, "one_" + "é" * 43])
def test_what_never_was_a_link_is_refused(accounts: Accounts, secret: str) -> None:
    accounts.add("alice")
    with pytest.raises(LinkRefusedError):
        accounts.access.redeem(secret, PASSWORD, address=HERE)


def test_sessions_end_when_the_password_is_reset_with_a_link(accounts: Accounts) -> None:
    stolen = accounts.add_with_password("alice")
    link = accounts.access.invite("alice", actor="root")
    assert accounts.access.session(stolen.secret) is not None
    mine = accounts.access.redeem(link, OTHER, address=HERE)
    assert accounts.access.session(stolen.secret) is None
    assert accounts.access.session(mine.secret) is not None
    assert refused(accounts, password=PASSWORD)
    accounts.access.log_in("alice", OTHER, address=HERE)


def test_sessions_and_the_link_end_when_the_password_is_set(accounts: Accounts) -> None:
    old = accounts.add_with_password("alice")
    link = accounts.access.invite("alice", actor="root")
    with pytest.raises(WeakPasswordError):
        accounts.access.set_password("alice", "alice", actor="alice")
    assert accounts.access.session(old.secret) is not None
    accounts.access.set_password("alice", OTHER, actor="alice")
    assert accounts.access.session(old.secret) is None
    with pytest.raises(LinkRefusedError):
        accounts.access.redeem(link, PASSWORD, address=HERE)
    assert refused(accounts, password=PASSWORD)


def test_a_session_ends_after_twelve_hours_without_use(accounts: Accounts) -> None:
    accounts.add("alice")
    made = accounts.sign_in("alice")
    for _ in range(5):
        accounts.later(12 * HOUR - timedelta(minutes=11))
        assert accounts.access.session(made.secret) is not None
    accounts.later(12 * HOUR)
    assert accounts.access.session(made.secret) is None
    assert accounts.access.count_sessions("alice") == 0


def test_a_session_ends_after_seven_days_however_much_it_is_used(accounts: Accounts) -> None:
    accounts.add("alice")
    made = accounts.sign_in("alice")
    for _ in range(7 * 24 - 1):
        accounts.later(HOUR)
        assert accounts.access.session(made.secret) is not None
    accounts.later(HOUR - timedelta(seconds=1))
    assert accounts.access.session(made.secret) is not None
    accounts.later(timedelta(seconds=1))
    assert accounts.access.session(made.secret) is None


def test_a_session_that_is_used_all_the_time_is_written_every_ten_minutes(accounts: Accounts) -> None:
    accounts.add("alice")
    made = accounts.sign_in("alice")
    before = accounts.database.stamp()
    for _ in range(60):
        accounts.later(timedelta(minutes=1))
        accounts.access.session(made.secret)
    assert accounts.database.stamp() - before == 6


def test_a_session_shows_the_roles_of_now(accounts: Accounts) -> None:
    accounts.add("alice", Role.EXPERT)
    made = accounts.sign_in("alice")
    accounts.access.grant("alice", None, actor="root")
    found = accounts.access.session(made.secret)
    assert found is not None
    assert accounts.access.role_in(found.user, "clinic") is None


def test_signing_out_ends_this_session_only(accounts: Accounts) -> None:
    accounts.add("alice")
    first, second = accounts.sign_in("alice"), accounts.sign_in("alice")
    accounts.access.log_out(first.secret)
    accounts.access.log_out(first.secret)
    accounts.access.log_out("nonsense")
    assert accounts.access.session(first.secret) is None
    assert accounts.access.session(second.secret) is not None
    assert accounts.access.end_sessions("alice", actor="root") == 1
    assert accounts.access.end_sessions("alice", actor="root") == 0
    assert accounts.access.session(second.secret) is None


@pytest.mark.parametrize("secret", ["", "ses_", "ses_" + "a" * 43, "one_" + "a" * 43, "ses_" + "é" * 43, "\ud800"])
def test_what_never_was_a_session_is_none(accounts: Accounts, secret: str) -> None:
    assert accounts.access.session(secret) is None
    assert accounts.access.token(secret) is None


def test_five_failures_close_a_name_for_a_quarter_of_an_hour_and_say_how_long(accounts: Accounts) -> None:
    accounts.add_with_password("alice")
    assert [refused(accounts, address=f"192.0.2.{n}") for n in range(6)] == [True] * 5 + [False]
    accounts.later(timedelta(minutes=5))
    with pytest.raises(TooManyAttemptsError, match="wait 10 minutes") as error:
        accounts.access.log_in("alice", PASSWORD, address=HERE)
    assert error.value.wait_s == 600
    accounts.later(timedelta(minutes=10))
    accounts.access.log_in("alice", PASSWORD, address=HERE)


def test_a_name_that_is_no_users_is_closed_as_well(accounts: Accounts) -> None:
    assert [refused(accounts, name="nobody") for _ in range(6)] == [True] * 5 + [False]
    assert refused(accounts, name="nobody else")


def test_twenty_failures_close_an_address(accounts: Accounts) -> None:
    accounts.add_with_password("alice")
    tried = [refused(accounts, name=f"user{n}", address=f"2001:db8::{n}") for n in range(21)]
    assert tried == [True] * 20 + [False]
    assert not refused(accounts, name="alice", address="2001:db8::ffff:1")
    accounts.access.log_in("alice", PASSWORD, address="2001:db8:0:1::1")


def test_signing_in_forgets_own_failures_and_nobody_elses(accounts: Accounts) -> None:
    accounts.add_with_password("alice")
    for n in range(16):
        assert refused(accounts, name=f"user{n}")
    for _ in range(4):
        assert refused(accounts)
    with pytest.raises(TooManyAttemptsError):
        accounts.access.log_in("mallory", PASSWORD, address=HERE)
    accounts.later(timedelta(minutes=14))
    assert refused(accounts, address=ELSEWHERE)
    accounts.later(timedelta(minutes=1))
    accounts.access.log_in("alice", PASSWORD, address=HERE)
    assert [refused(accounts, address=ELSEWHERE) for _ in range(5)] == [True] * 4 + [False]


def test_a_link_opens_a_name_that_failures_closed(accounts: Accounts) -> None:
    accounts.add_with_password("alice")
    for _ in range(5):
        refused(accounts, address=ELSEWHERE)
    assert not refused(accounts)
    accounts.access.redeem(accounts.access.invite("alice", actor="root"), OTHER, address=HERE)
    accounts.access.log_in("alice", OTHER, address=HERE)


def test_refused_links_are_counted_by_address_and_close_nobodys_name(accounts: Accounts) -> None:
    accounts.add_with_password("alice")
    for n in range(20):
        with pytest.raises(LinkRefusedError):
            accounts.access.redeem(f"one_{n:043}", PASSWORD, address=ELSEWHERE)
    with pytest.raises(TooManyAttemptsError):
        accounts.access.redeem("one_" + "z" * 43, PASSWORD, address=ELSEWHERE)
    accounts.access.log_in("alice", PASSWORD, address=HERE)
