"""Every list is read page by page, and its pages join to the whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from curiouser.kernel.configuration import Task, TaskKind
from curiouser.kernel.errors import UsageError
from tests.problems.bench import Bench, right

TASK = Task(
    name="t", kind=TaskKind.BINARY, inputs=("want", "offer"), label="meet", classes=("no", "yes"), groups=("user",)
)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench.make(tmp_path / "ws", TASK)
    made.samples()
    for name in ("b", "a", "d", "c", "e"):
        made.problems.add(f"p-{name}", where=f'id > "s00{len(name)}"', actor="t")
        made.problems.reports.add(f"report {name}", actor="t")
        made.model(f"m-{name}", right)
        made.workspace.data.branch("test", f"branch-{name}", actor="t")
        made.workspace.evaluations.add_slice(f"slice-{name}", where='id > "s003"', actor="t")
    for owner in ("x", "y", "z"):
        made.problems.edit("p-a", owner=owner, actor="t")
        made.workspace.models.set_threshold("m-a", 0.4 + ord(owner) / 1000, actor="t")
    made.problems.close("p-c", actor="t")
    rows = made.workspace.data.rows("test").drop("origin")
    made.workspace.data.edit("test", deletes=["s000", "s001", "s002", "s003"], message="four go", actor="t")
    for name in ("train", "more", "calls"):
        made.workspace.data.commit(name, upserts=rows, message="another", actor="t")
    made.workspace.models.retire("m-d", actor="t")
    yield made
    made.workspace.close()


Read = Callable[[Bench, Any], Sequence[Any]]
LISTS: dict[str, tuple[Read, Callable[[Any], object]]] = {
    "problems": (
        lambda b, at: b.problems.list(limit=2, after=at),
        lambda one: one.problem.name,
    ),
    "open problems": (
        lambda b, at: b.problems.list(include_closed=False, limit=2, after=at),
        lambda one: one.problem.name,
    ),
    "steps": (lambda b, at: b.problems.steps("p-a", limit=2, before=at), lambda one: one.number),
    "reports": (lambda b, at: b.problems.reports.list(limit=2, before=at), lambda one: one.number),
    "models": (lambda b, at: b.workspace.models.list(limit=2, after=at), lambda one: one.name),
    "all models": (
        lambda b, at: b.workspace.models.list(include_retired=True, limit=2, after=at),
        lambda one: one.name,
    ),
    "every version": (
        lambda b, at: b.workspace.models.list(every_version=True, limit=2, after=at),
        lambda one: f"{one.name}@{one.version}",
    ),
    "datasets": (lambda b, at: b.workspace.data.status(limit=2, after=at), lambda one: one.dataset.name),
    "changes": (
        lambda b, at: b.workspace.data.diff(b.workspace.data.log("test")[-1].id, "test", 2, after_id=at).rows,
        lambda one: one.id,
    ),
    "model history": (lambda b, at: b.workspace.models.history("m-a", limit=2, after=at or 0), lambda one: one.number),
    "refs": (lambda b, at: b.workspace.data.refs("test", limit=2, after=at), lambda one: one.name),
    "slices": (
        lambda b, at: b.workspace.evaluations.slices(b.workspace.evaluations.test_set("test"), limit=2, after=at),
        lambda one: one.slice.name,
    ),
    "versions": (lambda b, at: b.workspace.data.log("test", limit=2, before=at), lambda one: one.id),
}
WHOLE: dict[str, Callable[[Bench], Sequence[Any]]] = {
    "problems": lambda b: b.problems.list(),
    "open problems": lambda b: b.problems.list(include_closed=False),
    "steps": lambda b: b.problems.steps("p-a"),
    "reports": lambda b: b.problems.reports.list(),
    "models": lambda b: b.workspace.models.list(),
    "all models": lambda b: b.workspace.models.list(include_retired=True),
    "every version": lambda b: b.workspace.models.list(every_version=True),
    "datasets": lambda b: b.workspace.data.status(),
    "changes": lambda b: b.workspace.data.diff(b.workspace.data.log("test")[-1].id, "test").rows,
    "model history": lambda b: b.workspace.models.history("m-a"),
    "refs": lambda b: b.workspace.data.refs("test"),
    "slices": lambda b: b.workspace.evaluations.slices(b.workspace.evaluations.test_set("test")),
    "versions": lambda b: b.workspace.data.log("test"),
}


def test_pages_of_every_list_join_to_the_whole(bench: Bench) -> None:
    for name, (read, cursor) in LISTS.items():
        whole = [cursor(one) for one in WHOLE[name](bench)]
        seen: list[object] = []
        while page := read(bench, seen[-1] if seen else None):
            assert len(page) <= 2, name
            seen += [cursor(one) for one in page]
        assert seen == whole, name
        assert len(whole) > 2 or name == "versions", f"{name}: too few to show anything"


def test_a_problem_that_is_gone_does_not_break_its_list(bench: Bench) -> None:
    bench.problems.undo("p-b", actor="t")
    assert [one.problem.name for one in bench.problems.list(after="p-b")] == ["p-c", "p-d", "p-e"]


def test_lists_in_an_order_of_their_own_refuse_a_cursor_that_is_gone(bench: Bench) -> None:
    with pytest.raises(UsageError, match="begin again"):
        bench.workspace.data.refs("test", after="gone")
    with pytest.raises(UsageError, match="begin again"):
        bench.workspace.evaluations.slices(bench.workspace.evaluations.test_set("test"), after="gone")
