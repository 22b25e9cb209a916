"""The audit log names who did what, holds no secret and no value, and shows every tampering."""

from collections.abc import Callable
from dataclasses import fields

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curiouser.access import AuditEntry, AuditHead, LastAdminError, LoginRefusedError, Role, redacted
from curiouser.kernel.canonical import canonical_json, sha256_hex
from curiouser.kernel.clock import as_text
from tests.access.bench import HERE, MONDAY, PASSWORD, Accounts

TEXTS = st.text(max_size=30) | st.sampled_from(["", "\0", "\ud800", "é", "🐇", "x" * 2_000])


def write(accounts: Accounts, *objects: str) -> tuple[AuditEntry, ...]:
    return tuple(
        accounts.access.record(
            actor="alice", role=Role.EXPERT, via="token", token=7, action="add_report", object=each, result="201",
            workspace="clinic",
        )
        for each in objects
    )  # fmt: skip


def test_an_entry_says_who_did_what_where_and_what_came_of_it(accounts: Accounts) -> None:
    (made,) = write(accounts, "/api/v1/reports")
    assert (made.number, made.made_at, made.actor, made.role) == (1, MONDAY, "alice", "expert")
    assert (made.via, made.token, made.workspace) == ("token", 7, "clinic")
    assert (made.action, made.object, made.result) == ("add_report", "/api/v1/reports", "201")
    assert accounts.access.audit() == (made,)


def test_the_hash_is_over_canonical_json_of_everything_else(accounts: Accounts) -> None:
    first, second = write(accounts, "/a", "/b")
    assert first.previous == "0" * 64
    assert second.previous == first.hash
    values = {field.name: getattr(second, field.name) for field in fields(AuditEntry) if field.name != "hash"}
    values["made_at"] = as_text(second.made_at)
    assert second.hash == sha256_hex(canonical_json(values).encode())


def test_entries_are_read_newest_first_by_actor_and_by_page(accounts: Accounts) -> None:
    write(accounts, "/a", "/b", "/c")
    accounts.add("bob")
    assert [one.number for one in accounts.access.audit(limit=2)] == [4, 3]
    assert [one.number for one in accounts.access.audit(before=3)] == [2, 1]
    assert [one.object for one in accounts.access.audit(actor="root")] == ["bob"]
    assert accounts.access.audit(actor="nobody") == ()


def test_every_change_of_an_account_has_its_entry(accounts: Accounts) -> None:
    accounts.add("boss", Role.ADMIN)
    session = accounts.add_with_password("bob")
    accounts.access.grant("bob", Role.EXPERT, workspace="clinic", actor="boss")
    accounts.access.grant("bob", None, workspace="clinic", actor="boss")
    token, _ = accounts.access.create_token("bob", name="secret plans", role=Role.VIEWER, actor="boss")
    accounts.access.revoke_token(token.number, actor="boss")
    accounts.access.log_out(session.secret)
    with pytest.raises(LoginRefusedError):
        accounts.access.log_in("bob", "wrong", address=HERE)
    accounts.access.log_in("bob", PASSWORD, address=HERE)
    accounts.access.set_password("bob", "another one, and a longer one", actor="bob")
    accounts.access.end_sessions("bob", actor="boss")
    accounts.access.disable("bob", actor="boss")
    accounts.access.enable("bob", actor="boss")
    told = [(one.actor, one.action, one.object, one.workspace, one.result) for one in accounts.access.audit()]
    assert told[::-1] == [
        ("root", "user.add.admin", "boss", "*", "ok"),
        ("root", "user.add.viewer", "bob", "*", "ok"),
        ("root", "user.invite", "bob", "", "ok"),
        ("bob", "link.redeem", "bob", "", "ok"),
        ("boss", "user.grant.expert", "bob", "clinic", "ok"),
        ("boss", "user.grant.none", "bob", "clinic", "ok"),
        ("boss", "token.create.viewer", "token 1 of bob", "*", "ok"),
        ("boss", "token.revoke", "token 1 of bob", "*", "ok"),
        ("bob", "log_out", "bob", "", "ok"),
        ("bob", "log_in", "bob", "", "CUR602"),
        ("bob", "log_in", "bob", "", "ok"),
        ("bob", "password.set", "bob", "", "ok"),
        ("boss", "sessions.end", "bob", "", "ok"),
        ("boss", "user.disable", "bob", "", "ok"),
        ("boss", "user.enable", "bob", "", "ok"),
    ]
    assert accounts.access.verify_audit() == []


def test_what_was_refused_changes_nothing_and_has_no_entry(accounts: Accounts) -> None:
    accounts.add("boss", Role.ADMIN)
    head = accounts.access.audit_head()
    with pytest.raises(LastAdminError):
        accounts.access.disable("boss", actor="boss")
    assert accounts.access.audit_head() == head


def test_a_name_that_is_no_users_is_not_written_down(accounts: Accounts) -> None:
    with pytest.raises(LoginRefusedError):
        accounts.access.log_in("hunter2 hunter3", "x", address=HERE)
    (entry,) = accounts.access.audit()
    assert (entry.actor, entry.object) == ("(unknown)", "(unknown)")


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.fixed_dictionaries(dict.fromkeys(("actor", "action", "object", "result", "workspace"), TEXTS)))
def test_any_text_can_be_written_down_and_the_chain_holds(accounts: Accounts, texts: dict[str, str]) -> None:
    made = accounts.access.record(role=None, via="local", token=None, **texts)
    assert accounts.access.audit(limit=1) == (made,)
    assert max(len(getattr(made, name)) for name in texts) <= 500
    assert accounts.access.verify_audit() == []


def test_secrets_are_left_out_of_what_is_written_down(accounts: Accounts) -> None:
    accounts.add("bob")
    link = accounts.access.invite("bob", actor="root")
    _, token = accounts.access.create_token("bob", name="x", role=Role.VIEWER, actor="root")
    session = accounts.sign_in("bob").secret
    for secret in (link, token, session):
        (made,) = write(accounts, f"/login/once/{secret}/x")
        assert made.object == f"/login/once/{secret[:4]}…/x"
        assert redacted(f"Bearer {secret},{secret}") == f"Bearer {secret[:4]}…,{secret[:4]}…"
    assert redacted("/data/test@" + "a" * 64) == "/data/test@" + "a" * 64


VALUES = {
    "number": "99", "made_at": "'2019-10-14T08:00:00.000000Z'", "actor": "'bob'", "role": "'viewer'", "via": "'local'",
    "token": "8", "workspace": "'school'", "action": "'remove_report'", "object": "'/other'", "result": "'403'",
    "previous": f"'{'1' * 64}'", "hash": f"'{'1' * 64}'",
}  # fmt: skip


def test_every_column_is_tampered_with_below() -> None:
    assert set(VALUES) == {field.name for field in fields(AuditEntry)}


@pytest.mark.parametrize("column", VALUES)
@pytest.mark.parametrize("number", [1, 3, 5])
def test_a_change_of_any_column_is_found_at_its_entry(accounts: Accounts, column: str, number: int) -> None:
    write(accounts, "/a", "/b", "/c", "/d", "/e")
    accounts.tamper(f"UPDATE audit_entry SET {column} = {VALUES[column]} WHERE number = {number}")
    (found,) = accounts.access.verify_audit()
    assert found.startswith(f"entry {number} ")


@pytest.mark.sqlite_only("a server holds columns to their types")
@pytest.mark.parametrize("value", ["x'00'", "CAST('alice' AS BLOB)", "NULL || ''", "'ALICE'", "'alice '"])
def test_another_type_under_the_same_looks_is_found(accounts: Accounts, value: str) -> None:
    write(accounts, "/a", "/b", "/c")
    value = "''" if value.startswith("NULL") else value
    accounts.tamper(f"UPDATE audit_entry SET actor = {value} WHERE number = 2")
    assert accounts.access.verify_audit() == ["entry 2 was changed"]


def forge(entry: AuditEntry, **changes: object) -> str:
    """Write the statement that puts a changed entry, with a fitting hash of its own, in its place."""
    values = {field.name: getattr(entry, field.name) for field in fields(AuditEntry)} | changes
    values["made_at"] = as_text(entry.made_at)
    values.pop("hash")
    values["hash"] = sha256_hex(canonical_json(values).encode())
    pairs = (f"{name} = {value}" if isinstance(value, int) else f"{name} = '{value}'" for name, value in values.items())
    return f"UPDATE audit_entry SET {', '.join(pairs)} WHERE number = {entry.number}"


APPEND = (
    "INSERT INTO audit_entry SELECT 6, made_at, actor, role, via, token, workspace, action, object, result, hash, hash "
    "FROM audit_entry WHERE number = 5"
)
TAMPERINGS: dict[str, tuple[Callable[[tuple[AuditEntry, ...]], list[str]], str]] = {
    "the first removed": (lambda _: ["DELETE FROM audit_entry WHERE number = 1"], "entry 1 is missing"),
    "one removed": (lambda _: ["DELETE FROM audit_entry WHERE number = 3"], "entry 3 is missing"),
    "the last removed": (lambda _: ["DELETE FROM audit_entry WHERE number = 5"], "entry 5 is missing; the log should"),
    "all removed": (lambda _: ["DELETE FROM audit_entry"], "entry 1 is missing; the log should end with 5"),
    "the end removed": (lambda _: ["DELETE FROM audit_head"], "the end of the log is missing"),
    "the end moved back": (lambda _: ["UPDATE audit_head SET number = 4"], "should end with entry 4, and ends with 5"),
    "one removed and the rest moved up": (
        lambda _: ["DELETE FROM audit_entry WHERE number = 3", "UPDATE audit_entry SET number = 3 WHERE number = 4"],
        "entry 3 does not continue the one before it",
    ),
    "two swapped": (
        lambda _: [
            "UPDATE audit_entry SET number = 9 WHERE number = 2",
            "UPDATE audit_entry SET number = 2 WHERE number = 3",
            "UPDATE audit_entry SET number = 3 WHERE number = 9",
        ],
        "entry 2 does not continue the one before it",
    ),
    "one forged with its hash": (lambda made: [forge(made[2], actor="bob")], "entry 4 does not continue"),
    "the last forged with its hash": (lambda made: [forge(made[4], actor="bob")], "the log should end with entry 5"),
    "one appended with its hash": (
        lambda made: [
            APPEND,
            forge(made[4], number=6, previous=made[4].hash).replace("WHERE number = 5", "WHERE number = 6"),
        ],
        "the log should end with entry 5, and ends with 6",
    ),
}


@pytest.mark.parametrize("what", TAMPERINGS)
def test_removing_moving_and_forging_are_found(accounts: Accounts, what: str) -> None:
    statements, told = TAMPERINGS[what]
    made = write(accounts, "/a", "/b", "/c", "/d", "/e")
    accounts.tamper(*statements(made))
    (found,) = accounts.access.verify_audit()
    assert told in found


def test_a_log_that_was_written_anew_is_found_by_the_end_that_was_noted(accounts: Accounts) -> None:
    write(accounts, "/a", "/b")
    noted = accounts.access.audit_head()
    write(accounts, "/c")
    assert accounts.access.verify_audit(noted) == []
    accounts.tamper("DELETE FROM audit_entry", f"UPDATE audit_head SET number = 0, hash = '{'0' * 64}'")
    write(accounts, "/a", "/other")
    assert accounts.access.verify_audit() == []
    assert accounts.access.verify_audit(noted) == ["entry 2 is not the one whose hash was noted"]
    gone = AuditHead(number=9, hash="0" * 64)
    assert accounts.access.verify_audit(gone) == ["entry 9, whose hash was noted, is missing; the log ends with 2"]
