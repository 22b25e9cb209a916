"""The commands speak as the others do: one body, one text, one exit status per kind of error."""

from __future__ import annotations

from pathlib import Path

import pytest

from curiouser.access import Role
from curiouser.kernel.clock import utc_now
from tests.access.bench import HERE, PASSWORD, Accounts
from tests.terminal import Terminal


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal.init(tmp_path)


def accounts_of(terminal: Terminal) -> Accounts:
    """Open the accounts beside the commands, whose clock is the real one."""
    made = Accounts(f"sqlite:///{terminal.root}/.curiouser/meta.db")
    made.clock.now = utc_now()
    return made


def test_a_new_user_comes_with_a_link_that_works(terminal: Terminal) -> None:
    body = terminal.body("user", "add", "Thandi", "--role", "expert")
    assert (body["name"], body["grants"], body["has_password"]) == ("thandi", {"*": "expert"}, False)
    secret = body["path"].removeprefix("/login/once/")
    accounts = accounts_of(terminal)
    assert accounts.access.redeem(secret, PASSWORD, address=HERE).session.user.name == "thandi"
    assert "1 open session" in terminal.says("user", "show", "thandi")
    assert terminal.body("user", "sessions-end", "thandi") == {"user": "thandi", "ended": 1}
    accounts.database.close()


def test_a_link_is_printed_as_a_path_with_what_to_do(terminal: Terminal) -> None:
    said = terminal.says("user", "add", "ben", "--in", "clinic")
    assert "ben: viewer in clinic" in said
    assert "one-time link, valid 24 hours" in said
    assert "\n  /login/once/one_" in said
    assert "/login/once/one_" in terminal.says("user", "invite", "ben")


def test_roles_are_given_taken_and_listed(terminal: Terminal) -> None:
    terminal.says("user", "add", "alice", "--role", "admin")
    terminal.says("user", "add", "ben")
    assert terminal.body("user", "grant", "ben", "expert", "--in", "clinic")["grants"] == {
        "*": "viewer",
        "clinic": "expert",
    }
    assert terminal.body("user", "grant", "ben", "none")["grants"] == {"clinic": "expert"}
    assert "disabled since" in terminal.says("user", "disable", "ben")
    assert [(one["name"], one["disabled_at"] is None) for one in terminal.body("user", "list")["users"]] == [
        ("alice", True),
        ("ben", False),
    ]
    assert terminal.body("user", "enable", "ben")["disabled_at"] is None
    assert "expert in clinic" in terminal.says("user", "list", "--after", "alice")


def test_a_tokens_secret_is_shown_once(terminal: Terminal) -> None:
    terminal.says("user", "add", "alice", "--role", "maintainer")
    made = terminal.body("token", "create", "alice", "--name", "nightly run", "--role", "labeller", "--days", "7")
    accounts = accounts_of(terminal)
    found = accounts.access.token(made["secret"])
    assert found is not None
    assert found.role is Role.LABELLER
    assert (made["number"], made["user"], made["role"], made["revoked_at"]) == (1, "alice", "labeller", None)
    (listed,) = terminal.body("token", "list", "--user", "alice")["tokens"]
    assert listed == {key: value for key, value in made.items() if key != "secret"} | {
        "last_used_at": listed["last_used_at"]
    }
    assert made["secret"] not in terminal.says("token", "list")
    assert "revoked" in terminal.says("token", "revoke", "1")
    accounts.database.close()


def test_what_commands_did_is_in_the_log_and_the_log_holds(terminal: Terminal) -> None:
    terminal.says("user", "add", "ben")
    entries = terminal.body("audit", "list", "--actor", "alice", "--limit", "5")["entries"]
    assert [(one["action"], one["object"]) for one in entries] == [("user.invite", "ben"), ("user.add.viewer", "ben")]
    checked = terminal.body("audit", "verify")
    assert checked == {"whole": True, "broken": [], "number": 2, "hash": entries[0]["hash"]}
    terminal.says("audit", "verify", "--noted", f"{checked['number']}:{checked['hash']}")
    assert "2 entries, unbroken; note this elsewhere: 2:" in terminal.says("audit", "verify")


def test_a_broken_log_is_a_check_that_failed(terminal: Terminal) -> None:
    terminal.says("user", "add", "ben")
    accounts = accounts_of(terminal)
    accounts.tamper("UPDATE audit_entry SET actor = 'mallory' WHERE number = 1")
    accounts.database.close()
    said = terminal.run("audit", "verify", "--json")
    assert (said.status, said.error["code"]) == (3, "CUR612")
    assert "entry 1 was changed" in said.error["message"]
    said = terminal.run("audit", "verify", "--noted", f"9:{'0' * 64}")
    assert said.status == 3


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (("user", "show", "nobody"), 6, "[CUR606]"),
        (("user", "add", "ben"), 5, "[CUR607]"),
        (("user", "disable", "ben"), 5, "[CUR608]"),
        (("user", "add", "a b"), 1, "is no name for a user"),
        (("user", "grant", "ben", "king"), 2, "'king' is not one of"),
        (("token", "create", "ben", "--name", "x", "--role", "admin", "--in", "a b"), 1, "no name for a workspace"),
        (("token", "revoke", "9"), 6, "[CUR611]"),
        (("audit", "verify", "--noted", "nonsense"), 2, "is no end of a log"),
    ],
)
def test_a_refusal_has_its_status_and_its_repair(
    terminal: Terminal, words: tuple[str, ...], status: int, told: str
) -> None:
    terminal.says("user", "add", "ben", "--role", "admin")
    said = terminal.run(*words)
    assert (said.status, said.out) == (status, "")
    assert told in said.err


def test_a_token_for_more_than_its_user_may_is_refused_as_access_is(terminal: Terminal) -> None:
    terminal.says("user", "add", "ben")
    said = terminal.run("token", "create", "ben", "--name", "x", "--role", "admin")
    assert said.status == 4
    assert "ben is only viewer in every workspace" in said.err


def test_an_empty_server_says_the_next_step(terminal: Terminal) -> None:
    assert "curiouser user add NAME --role admin" in terminal.says("user", "list")
    assert "curiouser token create" in terminal.says("token", "list")
    assert terminal.says("audit", "list") == "The log is empty.\n"
