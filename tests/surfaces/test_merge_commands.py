"""``curiouser data merge`` and what belongs to it, as typed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from curiouser.access import Role
from curiouser.kernel.configuration import Configuration
from curiouser.workspace import Workspace
from curiouser.workspace.making import make_workspace
from tests.data.rows import TASK, labels, some_rows
from tests.terminal import Terminal

Label = Callable[..., object]


@pytest.fixture
def filled(tmp_path: Path) -> Workspace:
    made = make_workspace(tmp_path, Configuration(task=TASK), actor="ann")
    made.data.commit("test", upserts=some_rows(list("abc")), message="first", actor="ann")
    made.data.branch("test", "side", actor="ann")
    relabel(made, "side", "bob", b="yes")
    return made


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


def relabel(made: Workspace, branch: str, by: str, **answers: str | None) -> None:
    made.data.commit("test", branch, upserts=labels(**answers), message="relabel", actor=by)


def test_a_merge_without_conflicts_says_where_the_branch_is(filled: Workspace, terminal: Terminal) -> None:
    relabel(filled, "main", "ann", a="yes")
    assert "a merge of side: 0 added, 1 changed, 0 removed; 3 rows" in terminal.says("data", "merge", "side")
    assert "Nothing to merge: test@main holds it already" in terminal.says("data", "merge", "side")
    assert [each["state"] for each in terminal.body("data", "merges")["merges"]] == ["landed"]


def test_a_conflict_is_shown_settled_and_landed(filled: Workspace, terminal: Terminal) -> None:
    relabel(filled, "main", "ann", b=None)
    stopped = terminal.run("data", "merge", "side")
    assert (stopped.status, "1 of 1 conflict open" in stopped.out) == (5, True)
    told = terminal.says("data", "conflicts")
    for part in (
        "example b: both sides changed it",
        "   want: want b\n   offer: offer b\n",
        "Ours (main)",
        "Theirs (side)",
        "meet   no    missing",
    ):
        assert part in told
    refused = terminal.run("data", "finish")
    assert (refused.status, "CUR213" in refused.err) == (5, True)
    assert terminal.body("data", "settle", "1", "--take", "theirs", "--because", "asked")["unsettled"] == 0
    assert "theirs, by" in terminal.says("data", "conflicts", "--all")
    assert terminal.body("data", "settle", "1", "--undo")["unsettled"] == 1
    assert terminal.body("data", "settle", "1", "--escalate")["escalated"] == 1
    assert "left to an expert" in terminal.says("data", "settle", "1", "--escalate")
    assert terminal.body("data", "settle", "1", "--set", "meet", "yes")["unsettled"] == 0
    assert terminal.body("data", "finish")["merge"]["state"] == "landed"
    assert filled.data.rows("test", ids=["b"])["meet"].to_list() == ["yes"]


def test_a_merge_can_be_given_up(filled: Workspace, terminal: Terminal) -> None:
    relabel(filled, "main", "ann", b=None)
    terminal.run("data", "merge", "side")
    assert terminal.body("data", "abort")["state"] == "abandoned"
    assert terminal.run("data", "abort").status == 2
    assert terminal.run("data", "abort", "1").status == 5


@pytest.mark.parametrize(
    ("roles", "order", "expected"),
    [
        ({"ann": Role.EXPERT, "bob": Role.LABELLER}, (), None),
        ({"ann": Role.EXPERT, "bob": Role.ADMIN}, (), "yes"),
        ({"ann": Role.EXPERT, "bob": Role.LABELLER}, ("bob", "ann"), "yes"),
    ],
)
def test_ranks_come_from_roles_or_from_an_order(
    filled: Workspace, terminal: Terminal, roles: dict[str, Role], order: tuple[str, ...], expected: str | None
) -> None:
    filled.access.add_user("eve", role=Role.ADMIN, actor="ann")
    for name, role in roles.items():
        filled.access.add_user(name, role=role, actor="eve")
    relabel(filled, "main", "ann", b=None)
    terminal.run("data", "merge", "side")
    words = [word for name in order for word in ("--rank", name)]
    assert terminal.body("data", "settle", "--all-by", "rank", *words)["unsettled"] == 0
    terminal.body("data", "finish")
    assert filled.data.rows("test", ids=["b"])["meet"].to_list() == [expected]


@pytest.mark.parametrize(
    "words", [("1",), (), ("1", "--take", "ours", "--undo"), ("--take", "ours"), ("1", "--all-by", "ours")]
)
def test_settling_takes_one_way(filled: Workspace, terminal: Terminal, words: tuple[str, ...]) -> None:
    relabel(filled, "main", "ann", b=None)
    terminal.run("data", "merge", "side")
    assert terminal.run("data", "settle", *words).status == 2


def test_a_protected_branch_says_what_to_do(filled: Workspace, terminal: Terminal) -> None:
    assert "only by approved proposals" in terminal.says("data", "protect", "main")
    said = terminal.run("data", "commit", "--set", "a", "meet", "yes", "-m", "fix")
    assert said.status == 5
    assert "curiouser data propose" in said.err
    assert [each["branch"] for each in terminal.body("data", "protect")["protections"]] == ["main"]
    assert "no longer protected" in terminal.says("data", "unprotect", "main")
    terminal.says("data", "commit", "--set", "a", "meet", "yes", "-m", "fix")


def test_a_protected_branch_moves_by_an_approved_proposal(filled: Workspace, terminal: Terminal) -> None:
    terminal.says("data", "protect", "main")
    shown = terminal.says("--actor", "bob", "data", "propose", "side", "-m", "better labels")
    for part in ("Proposal 1: side into test@main, open", "better labels, by bob", "0 added, 1 changed", "checks: "):
        assert part in shown
    refused = terminal.run("--actor", "bob", "data", "approve", "1")
    assert (refused.status, "CUR903" in refused.err) == (5, True)
    assert terminal.run("data", "land", "1").status == 5
    assert "rejected by eve: which doctor?" in terminal.says(
        "--actor", "eve", "data", "reject", "1", "-m", "which doctor?"
    )
    approved = terminal.says("--actor", "eve", "data", "approve", "1", "-m", "fine")
    assert "rejected by eve (void" in approved
    assert "approved by eve: fine" in approved
    assert terminal.body("data", "land", "1")["state"] == "merged"
    assert filled.data.rows("test", ids=["b"])["meet"].to_list() == ["yes"]
    assert [each["state"] for each in terminal.body("data", "proposals")["proposals"]] == ["merged"]


def test_empty_lists_say_how_to_fill_them(filled: Workspace, terminal: Terminal) -> None:
    for what, command in (("merges", "merge"), ("proposals", "propose"), ("protect", "protect")):
        assert f"curiouser data {command} BRANCH" in terminal.says("data", what)


def test_what_was_checked_for_a_proposal_is_listed_by_short_ids(filled: Workspace, terminal: Terminal) -> None:
    terminal.says("data", "propose", "side", "-m", "better labels")
    run = terminal.body("data", "checks")["runs"][0]
    assert len(run["ref"]) == len("test@") + 64
    assert f"  {run['ref'][:17]}  " in terminal.says("data", "checks")


def test_a_settled_merge_says_the_way_that_is_open_to_it(filled: Workspace, terminal: Terminal) -> None:
    relabel(filled, "main", "ann", b=None)
    terminal.run("data", "merge", "side")
    terminal.says("data", "protect", "main")
    said = terminal.says("data", "settle", "1", "--take", "theirs")
    assert "test@main is protected: `curiouser data propose side --dataset test --into main`" in said
    assert "finish" not in said
    terminal.says("data", "propose", "side", "-m", "better labels")
    said = terminal.says("data", "settle", "1", "--take", "ours")
    assert "proposal 1 brings it: `curiouser data recheck 1`" in said
    assert "`curiouser data recheck 1`" in terminal.says("data", "conflicts")
    terminal.says("data", "unprotect", "main")
    terminal.says("data", "withdraw", "1")
    terminal.run("data", "merge", "side")
    assert "`curiouser data finish 2` lands it" in terminal.says("data", "settle", "1", "--take", "theirs")


def test_rank_says_what_it_left_open(filled: Workspace, terminal: Terminal) -> None:
    relabel(filled, "main", "ann", b=None)
    terminal.run("data", "merge", "side")
    said = terminal.says("data", "settle", "--all-by", "rank", "--rank", "bob")
    assert "1 conflict is between people of equal or unknown rank, and stays open" in said


def test_a_failing_gate_is_exit_status_3(filled: Workspace, terminal: Terminal) -> None:
    said = (filled.root / "curiouser.toml").read_text()
    (filled.root / "curiouser.toml").write_text(f"{said}\n[checks.own.no-yes]\nwhere = 'meet == \"yes\"'\n")
    assert "checks: fail" in terminal.says("--actor", "bob", "data", "propose", "side", "-m", "better labels")
    again = terminal.run("data", "recheck", "1")
    assert (again.status, "checks: fail" in again.out) == (3, True)
    terminal.says("--actor", "eve", "data", "approve", "1")
    refused = terminal.run("data", "land", "1")
    assert (refused.status, refused.err.count("no-yes"), "CUR904" in refused.err) == (3, 1, True)


def test_a_new_data_commit_voids_an_approval_in_words(filled: Workspace, terminal: Terminal) -> None:
    terminal.says("--actor", "bob", "data", "propose", "side", "-m", "better labels")
    terminal.says("--actor", "eve", "data", "approve", "1")
    relabel(filled, "side", "bob", c="yes")
    shown = terminal.says("data", "proposal", "1")
    assert "approved by eve (void" in shown
    assert "in the way: a branch moved" in shown
    assert "nobody has approved" in terminal.says("data", "recheck", "1")
