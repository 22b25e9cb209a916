"""A branch of data is proposed, checked, approved and merged, and nothing else moves a protected branch."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from curiouser.data import BranchMovedError, MergeState, ProtectedBranchError, Resolution
from curiouser.kernel.configuration import DataSettings
from curiouser.kernel.errors import BadInputError, ConflictError
from curiouser.proposals import (
    Blocker,
    FailedChecksError,
    NotReadyError,
    OwnProposalError,
    ProposalChecks,
    ProposalEndedError,
    ProposalNotFoundError,
    ProposalService,
    ProposalState,
    ProposalStep,
    ShownProposal,
    Verdict,
)
from tests.data.rows import Ticking, a_store, labels, some_rows

PASSED = ProposalChecks(outcome="pass", reasons=())


class Bench:
    """A protected main branch, a branch by bob, and checks that fail while a row is labelled ``bad``."""

    def __init__(self, folder: Path, *, settings: DataSettings | None = None) -> None:
        self.data = a_store(folder)
        self.data.commit("test", upserts=some_rows(list("abcd")), message="first", actor="ann")
        self.data.branch("test", "side", actor="bob")
        self.relabel("side", "bob", a="yes")
        self.data.protections.protect("test", "main", actor="ann")
        self.checked: list[tuple[str, str, str]] = []
        self.proposals = ProposalService(
            self.data.database,
            data=self.data,
            check=self.check,
            clock=self.data.clock,
            settings=settings or DataSettings(),
        )

    def relabel(self, branch: str, by: str, **answers: str | None) -> None:
        self.data.commit("test", branch, upserts=labels(**answers), message="relabel", actor=by)

    def check(self, ref: str, against: str, actor: str) -> ProposalChecks:
        self.checked.append((ref, against, actor))
        missing = self.data.rows(ref, columns=["meet"])["meet"].null_count()
        return ProposalChecks(outcome="fail", reasons=(f"{missing} missing",)) if missing else PASSED

    def propose(self) -> ShownProposal:
        return self.proposals.propose("test", "side", "main", message="better labels", actor="cy")

    def approve(self, number: int = 1, by: str = "dee") -> ShownProposal:
        return self.proposals.review(number, Verdict.APPROVE, words="fine", actor=by)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_proposal_is_checked_on_the_rows_as_they_would_be_and_moves_nothing(bench: Bench) -> None:
    before = bench.data.head("test").id
    shown = bench.propose()
    assert shown.prepared is not None
    assert bench.checked == [(f"test@{shown.prepared.id}", f"test@{before}", "cy")]
    assert (shown.proposal.checks, shown.blockers) == (PASSED, (Blocker.UNAPPROVED,))
    assert (shown.prepared.author, shown.prepared.message, shown.prepared.changed) == ("cy", "better labels", 1)
    assert [each.author for each in shown.brought] == ["bob"]
    assert bench.data.head("test").id == before
    assert [row.id for row in bench.data.diff(shown.merge.ours, shown.prepared.id).rows] == ["a"]


def test_an_approved_proposal_lands_exactly_what_was_looked_at(bench: Bench) -> None:
    shown = bench.propose()
    assert bench.approve().blockers == ()
    done = bench.proposals.merge(1, actor="ann")
    assert done.proposal.state is ProposalState.MERGED
    assert (done.proposal.ended_by, done.merge.state) == ("ann", MergeState.LANDED)
    assert bench.data.head("test") == shown.prepared == done.prepared
    assert [done.counts(each) for each in done.reviews] == [True]
    with pytest.raises(ProposalEndedError):
        bench.proposals.merge(1, actor="ann")
    with pytest.raises(ProtectedBranchError):
        bench.relabel("main", "ann", b="yes")


def test_what_stands_in_the_way_is_said(bench: Bench) -> None:
    bench.relabel("side", "bob", b=None)
    shown = bench.propose()
    assert shown.blockers == (Blocker.CHECKS, Blocker.UNAPPROVED)
    with pytest.raises(FailedChecksError, match="1 missing") as refused:
        bench.proposals.merge(1, actor="ann")
    assert refused.value.exit_status == 3
    bench.relabel("side", "bob", b="yes")
    assert bench.proposals.show(1).blockers == (Blocker.MOVED, Blocker.CHECKS, Blocker.UNAPPROVED)
    assert bench.proposals.check(1, actor="eve").blockers == (Blocker.UNAPPROVED,)
    assert len(bench.checked) == 2
    bench.proposals.check(1, actor="eve")
    assert len(bench.checked) == 2


@pytest.mark.parametrize("writer", ["cy", "bob"])
def test_who_proposed_or_wrote_it_cannot_approve_it(bench: Bench, writer: str) -> None:
    shown = bench.propose()
    assert not shown.may_approve(writer)
    assert ProposalStep.APPROVE not in shown.steps(writer)
    with pytest.raises(OwnProposalError):
        bench.approve(by=writer)
    assert bench.proposals.review(1, Verdict.REJECT, words="a slip of mine", actor=writer).blockers == (
        Blocker.REJECTED,
        Blocker.UNAPPROVED,
    )


def test_a_team_of_one_can_switch_that_off_and_it_is_written_down(tmp_path: Path) -> None:
    bench = Bench(tmp_path, settings=DataSettings(self_approval=True))
    bench.propose()
    shown = bench.approve(by="cy")
    assert (shown.self_approval, [each.is_own for each in shown.reviews]) == (True, [True])
    assert bench.proposals.merge(1, actor="cy").proposal.state is ProposalState.MERGED


@pytest.mark.parametrize("moved", ["side", "main"])
def test_a_new_data_commit_on_either_side_voids_approval_and_checks(bench: Bench, moved: str) -> None:
    bench.propose()
    bench.approve()
    bench.data.protections.unprotect("test", "main")
    bench.relabel(moved, "eve", c="yes")
    shown = bench.proposals.show(1)
    assert set(shown.blockers) >= {Blocker.MOVED, Blocker.UNAPPROVED}
    assert [shown.counts(each) for each in shown.reviews] == [False]
    with pytest.raises(NotReadyError):
        bench.approve()
    with pytest.raises(NotReadyError):
        bench.proposals.merge(1, actor="ann")
    again = bench.proposals.check(1, actor="eve")
    assert again.blockers == (Blocker.UNAPPROVED,)
    assert [again.counts(each) for each in again.reviews] == [False]
    bench.approve(by="zed")
    bench.proposals.merge(1, actor="ann")


def test_a_branch_that_moves_at_the_last_moment_is_not_merged(bench: Bench) -> None:
    bench.propose()
    shown = bench.approve()
    assert shown.prepared is not None
    bench.relabel("side", "eve", c="yes")
    with pytest.raises(BranchMovedError):
        bench.data.merges.land_prepared(
            shown.merge.number, shown.prepared.id, actor="ann", approved=lambda _connection: None
        )


def test_the_last_word_of_a_reviewer_counts(bench: Bench) -> None:
    bench.propose()
    bench.approve()
    shown = bench.proposals.review(1, Verdict.REJECT, words="on second thought", actor="dee")
    assert shown.blockers == (Blocker.REJECTED, Blocker.UNAPPROVED)
    assert [shown.counts(each) for each in shown.reviews] == [False, True]
    bench.approve(by="zed")
    with pytest.raises(NotReadyError, match="rejected"):
        bench.proposals.merge(1, actor="ann")
    assert bench.approve(by="dee").blockers == ()


def test_conflicts_come_before_checks(bench: Bench) -> None:
    bench.data.protections.unprotect("test", "main")
    bench.relabel("main", "ann", a=None)
    bench.data.protections.protect("test", "main", actor="ann")
    shown = bench.propose()
    assert (shown.blockers[0], shown.prepared, bench.checked) == (Blocker.CONFLICTS, None, [])
    assert ProposalStep.SETTLE in shown.steps("dee")
    with pytest.raises(NotReadyError, match="conflicts are open"):
        bench.approve()
    bench.data.merges.settle(shown.merge.number, [1], Resolution.THEIRS, actor="eve")
    assert bench.proposals.check(1, actor="cy").blockers == (Blocker.UNAPPROVED,)
    bench.approve()
    bench.data.merges.settle(shown.merge.number, [1], Resolution.VALUE, values={"meet": "no"}, actor="eve")
    assert Blocker.UNCHECKED in bench.proposals.show(1).blockers
    bench.proposals.check(1, actor="cy")
    bench.approve()
    bench.proposals.merge(1, actor="ann")
    assert bench.data.rows("test", ids=["a"])["meet"].to_list() == ["no"]


def test_a_proposal_survives_garbage_collection_and_can_be_withdrawn(bench: Bench) -> None:
    bench.propose()
    assert isinstance(bench.data.clock, Ticking)
    bench.data.clock.now += timedelta(days=100 * 365)
    bench.data.gc(timedelta(0))
    assert bench.data.verify() == []
    bench.approve()
    gone = bench.proposals.withdraw(1, actor="cy")
    assert (gone.proposal.state, gone.merge.state) == (ProposalState.WITHDRAWN, MergeState.ABANDONED)
    assert (gone.steps("cy"), gone.blockers) == ((), ())
    bench.data.delete_branch("test", "side", actor="bob")
    bench.data.gc(timedelta(0))
    assert bench.proposals.show(1).proposal.state is ProposalState.WITHDRAWN
    assert bench.data.verify() == []


def test_a_branch_is_proposed_once_at_a_time(bench: Bench) -> None:
    bench.propose()
    with pytest.raises(ConflictError, match="proposed already"):
        bench.propose()
    bench.proposals.withdraw(1, actor="cy")
    assert bench.propose().proposal.number == 2
    assert [each.number for each in bench.proposals.all()] == [2, 1]
    assert [each.number for each in bench.proposals.all(state=ProposalState.OPEN)] == [2]
    assert [each.number for each in bench.proposals.all(before=2)] == [1]


def test_a_merge_that_ended_by_another_way_is_told(bench: Bench) -> None:
    number = bench.propose().merge.number
    bench.data.merges.abandon(number, actor="ann")
    shown = bench.proposals.check(1, actor="cy")
    assert (shown.blockers, shown.steps("dee")) == ((Blocker.ENDED,), (ProposalStep.WITHDRAW,))
    with pytest.raises(NotReadyError, match="landed or was given up by another way"):
        bench.proposals.merge(1, actor="cy")
    bench.proposals.withdraw(1, actor="cy")


def test_a_withdrawn_proposal_remembers_what_was_found_and_said(bench: Bench) -> None:
    bench.relabel("side", "bob", b=None)
    bench.propose()
    bench.proposals.review(1, Verdict.REJECT, words="which b?", actor="dee")
    bench.approve(by="eve")
    gone = bench.proposals.withdraw(1, actor="cy")
    assert (gone.checks_hold, [gone.counts(each) for each in gone.reviews]) == (True, [True, True])


def test_what_is_proposed_is_merged_with_the_words_of_the_proposal(bench: Bench) -> None:
    bench.data.merges.begin("test", "side", "main", actor="bob", to_propose=True)
    shown = bench.propose()
    assert shown.prepared is not None
    assert (shown.merge.message, shown.prepared.message) == ("better labels", "better labels")


def test_a_team_can_ask_for_more_than_one_approval(tmp_path: Path) -> None:
    bench = Bench(tmp_path, settings=DataSettings(approvals=2))
    bench.propose()
    bench.approve(by="dee")
    again = bench.approve(by="dee")
    assert (again.blockers, again.approvals, again.approvals_needed) == ((Blocker.UNAPPROVED,), 1, 2)
    with pytest.raises(NotReadyError, match="1 of 2 approvals"):
        bench.proposals.merge(1, actor="ann")
    assert bench.approve(by="eve").blockers == ()


def test_a_proposal_into_a_branch_that_is_gone_can_still_be_read_and_withdrawn(bench: Bench) -> None:
    bench.data.branch("test", "target", actor="ann")
    bench.proposals.propose("test", "side", "target", message="m", actor="cy")
    bench.data.delete_branch("test", "target", actor="ann")
    assert Blocker.MOVED in bench.proposals.show(1).blockers
    assert bench.proposals.withdraw(1, actor="cy").proposal.state is ProposalState.WITHDRAWN


def test_what_cannot_be_proposed_is_said(bench: Bench) -> None:
    ways: list[Callable[[], object]] = [
        lambda: bench.proposals.propose("test", "main", "side", message="m", actor="cy"),
        lambda: bench.proposals.propose("test", "side", "main", message=" ", actor="cy"),
    ]
    for way in ways:
        with pytest.raises(BadInputError):
            way()
    with pytest.raises(ProposalNotFoundError):
        bench.proposals.show(7)
    bench.propose()
    with pytest.raises(BadInputError):
        bench.proposals.review(1, Verdict.REJECT, words="", actor="dee")
