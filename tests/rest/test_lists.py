"""Every list has a limit, an order and a cursor: a walk meets every item once, while others are added."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from curiouser.access import Role
from tests.rest.bench import Bench, rows, scores


def walked(bench: Bench, path: str, key: str, *, limit: int, between: Callable[[], object] = lambda: None) -> list[Any]:
    """Read a list page by page; something happens between the pages."""
    found: list[Any] = []
    after: Any = None
    for _ in range(1_000):
        page = bench.body("GET", path, params={"limit": limit} | ({"after": after} if after is not None else {}))
        assert len(page[key]) <= limit
        found += page[key]
        after = page["next"]
        if after is None:
            return found
        between()
    raise AssertionError(f"{path} never ends")


def numbered(make: Callable[[int], object]) -> Callable[[], object]:
    """Make something new whenever it is called."""
    numbers = iter(range(1, 1_000))
    return lambda: make(next(numbers))


def test_problems_are_met_once_while_others_are_added(bench: Bench) -> None:
    problems = bench.workspace.problems
    for i in range(12):
        problems.add(f"p{i:02}", ids=["s001"], actor="ada")
    more = numbered(lambda i: problems.add(f"{'a' if i % 2 else 'z'}{i:02}", ids=["s002"], actor="ada"))
    names = [one["name"] for one in walked(bench, "/problems", "problems", limit=5, between=more)]
    assert len(names) == len(set(names))
    assert {f"p{i:02}" for i in range(12)} | {"doctors-false-neg"} <= set(names)
    assert names == sorted(names)


def test_reports_are_met_once_while_others_are_filed(bench: Bench) -> None:
    reports = bench.workspace.problems.reports
    for i in range(11):
        reports.add(f"report {i}", actor="ada")
    before = {one.number for one in reports.list()}
    more = numbered(lambda i: reports.add(f"late {i}", actor="ada"))
    numbers = [one["number"] for one in walked(bench, "/reports", "reports", limit=4, between=more)]
    assert len(numbers) == len(set(numbers))
    assert set(numbers) == before
    assert numbers == sorted(numbers, reverse=True)


def test_steps_of_a_problem_are_met_once_while_it_is_edited(bench: Bench) -> None:
    problems = bench.workspace.problems
    edit = numbered(lambda i: problems.edit("doctors-false-neg", owner=f"owner {i}", actor="ada"))
    for _ in range(9):
        edit()
    before = {one.number for one in problems.steps("doctors-false-neg")}
    found = walked(bench, "/problems/doctors-false-neg/steps", "steps", limit=3, between=edit)
    assert [one["number"] for one in found] == sorted(before, reverse=True)


def test_models_are_met_once_while_others_are_added(bench: Bench) -> None:
    models = bench.workspace.models
    for i in range(7):
        models.add_predictions(f"m{i}", scores(), actor="ada")
    more = numbered(lambda i: models.add_predictions(f"{'a' if i % 2 else 'z'}{i}", scores(), actor="ada"))
    names = [one["model"] for one in walked(bench, "/models", "models", limit=2, between=more)]
    assert len(names) == len(set(names))
    assert {f"m{i}" for i in range(7)} | {"old", "new", "ancient"} <= set(names)


def test_jobs_tokens_users_and_audit_entries_are_met_once(bench: Bench) -> None:
    jobs, access = bench.workspace.jobs, bench.workspace.access
    for i in range(5):
        jobs.add("evaluate", {"on": f"test{i}"}, actor="ada")
        access.create_token("ada", name=f"token {i}", role=Role.VIEWER, actor="ada")
        access.add_user(f"user{i}", role=Role.VIEWER, actor="ada")
    job = numbered(lambda i: jobs.add("evaluate", {"on": f"late{i}"}, actor="ada"))
    assert [one["number"] for one in walked(bench, "/jobs", "jobs", limit=2, between=job)] == [5, 4, 3, 2, 1]
    mine = [one["name"] for one in walked(bench, "/tokens", "tokens", limit=2)]
    assert mine == ["tests", *(f"token {i}" for i in range(5))]
    names = [one["name"] for one in walked(bench, "/users", "users", limit=3)]
    assert names == sorted(names)
    assert len(names) == 10
    entries = [one["number"] for one in walked(bench, "/audit", "entries", limit=4)]
    assert entries == list(range(entries[0], 0, -1))


def test_versions_are_met_once_while_rows_change(bench: Bench) -> None:
    data = bench.workspace.data
    for i in range(6):
        bench.workspace.data.edit("test", deletes=[f"s{29 - i:03}"], message=f"step {i}", actor="ada")
    late = numbered(lambda i: data.edit("test", deletes=[f"s{20 - i:03}"], message=f"late {i}", actor="ada"))
    found = walked(bench, "/log", "data_commits", limit=2, between=late)
    assert [one["message"] for one in found] == [*(f"step {i}" for i in range(5, -1, -1)), "rows"]


def test_rows_are_met_once_while_others_are_imported(bench: Bench) -> None:
    more = numbered(lambda i: bench.workspace.data.commit("test", upserts=rows(30 + i), message="more", actor="ada"))
    found = [one["id"] for one in walked(bench, "/rows", "rows", limit=7, between=more)]
    assert len(found) == len(set(found))
    assert set(rows()["id"]) <= set(found)
    assert [one["id"] for one in bench.get("/rows", where='language == "zu"', limit=3)["rows"]] == [
        "s001",
        "s003",
        "s005",
    ]


def test_what_was_done_to_a_model_is_met_once(bench: Bench) -> None:
    for i in range(5):
        bench.workspace.models.set_threshold("new", 0.3 + i / 100, actor="ada")
    whole = bench.get("/models/new")["history"]
    assert walked(bench, "/models/new/history", "history", limit=2) == whole
    assert len(whole) == 6


def test_slices_refs_and_datasets_are_met_once(bench: Bench) -> None:
    for i in range(5):
        bench.workspace.evaluations.add_slice(f"s{i}", where=f"len(text) > {i}", actor="ada")
        bench.workspace.data.branch("test", f"b{i}", actor="ada")
    slices = [one["name"] for one in walked(bench, "/slices", "slices", limit=2)]
    assert len(slices) == len(set(slices)) == 8
    refs = [one["name"] for one in walked(bench, "/datasets/test/refs", "refs", limit=2)]
    assert refs == ["b0", "b1", "b2", "b3", "b4", "main"]
    assert len(walked(bench, "/datasets", "datasets", limit=1)) == 1


LISTS = ("/problems", "/problems/doctors-false-neg/steps", "/reports", "/models", "/slices", "/datasets", "/jobs",
         "/users", "/tokens", "/audit", "/log", "/datasets/test/refs", "/leaderboard",
         "/data-commits/test")  # fmt: skip


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("limit", ["0", "-1", "501", "1e9", "many", ""])
def test_a_limit_is_from_1_to_500(shared: Bench, path: str, limit: str) -> None:
    assert shared.body("GET", path, 422, params={"limit": limit})["code"] == "CUR020"


@pytest.mark.parametrize("path", ["/problems", "/models", "/slices", "/datasets", "/datasets/test/refs"])
def test_a_cursor_that_never_was_one_is_refused_or_leads_to_what_comes_behind_it(shared: Bench, path: str) -> None:
    answer = shared.ask("GET", path, params={"after": "no such place"})
    assert answer.status_code in {200, 400, 422}
