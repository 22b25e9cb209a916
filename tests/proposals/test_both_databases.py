"""A change from branch to main, on each kind of database: conflict, settlement, checks, approval, blame, collection."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from curiouser.data import DataService, MergeState, ProtectedBranchError, Resolution, SettlingRule
from curiouser.kernel.configuration import DataSettings
from curiouser.proposals import ProposalChecks, ProposalService, ProposalState, Verdict
from curiouser.storage import Database, FolderObjects
from tests.data.rows import TASK, Ticking, labels, some_rows


def test_a_change_goes_from_a_branch_to_a_protected_main(database_url: str, tmp_path: Path) -> None:
    database, clock = Database(database_url), Ticking()
    database.create()
    data = DataService(database, FolderObjects(tmp_path / "objects"), TASK, clock)
    data.commit("test", upserts=some_rows(list("abcd")), message="first", actor="ann")
    data.branch("test", "side", actor="bob")
    for branch, actor, answers in (
        ("side", "bob", {"a": "yes", "b": "yes"}),
        ("side", "eve", {"c": "yes"}),
        ("main", "ann", {"a": None, "c": None}),
    ):
        data.commit("test", branch, upserts=labels(**answers), message="relabel", actor=actor)
    data.protections.protect("test", "main", actor="ann")
    with pytest.raises(ProtectedBranchError):
        data.merges.merge("test", "side", "main", actor="cy")
    passed = ProposalChecks(outcome="pass", reasons=())
    proposals = ProposalService(database, data=data, check=lambda *_said: passed, clock=clock, settings=DataSettings())
    shown = proposals.propose("test", "side", "main", message="better labels", actor="cy")
    number = shown.merge.number
    assert (shown.merge.conflicts, shown.merge.unsettled) == (2, 2)
    ranked = data.merges.settle_all(number, SettlingRule.RANK, rank={"bob": 1, "ann": 2}.get, actor="cy")
    assert ranked.unsettled == 1
    data.merges.settle(number, [2], Resolution.VALUE, values={"meet": "no"}, actor="eve", because="seen both")
    proposals.check(1, actor="cy")
    proposals.review(1, Verdict.APPROVE, words="fine", actor="dee")
    assert proposals.merge(1, actor="dee").proposal.state is ProposalState.MERGED
    assert data.rows("test")["meet"].to_list() == [None, "yes", "no", "no"]
    assert [step.data_commit.author for step in data.example_history("test", "b").steps] == ["bob", "ann"]
    assert [each.state for each in data.merges.all()] == [MergeState.LANDED]
    clock.now += timedelta(days=100 * 365)
    data.gc(timedelta(0))
    assert data.verify() == []
    database.close()
