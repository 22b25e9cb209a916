"""An edit says which state it was made for: nobody's edit is lost, also when many edit at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from curiouser.access import Role
from curiouser.data import BranchMovedError, Ref, RefNotFoundError
from curiouser.kernel.errors import StaleEditError
from tests.rest.bench import Bench

P = "/problems/doctors-false-neg"
EDITS: tuple[tuple[str, str, dict[str, Any], str], ...] = (
    ("PATCH", P, {"owner": "thandi"}, P),
    ("PUT", "/models/new/threshold", {"threshold": 0.4}, "/models/new"),
    ("DELETE", "/slices/long", {}, "/slices/long"),
    ("DELETE", "/datasets/test/refs/more", {}, "/datasets/test/refs/more"),
)
"""Method, path, body, and where the ETag is read."""


@pytest.fixture
def ready(bench: Bench) -> Bench:
    bench.workspace.data.branch("test", "more", actor="ada")
    return bench


@pytest.mark.parametrize(("method", "path", "said", "source"), EDITS, ids=[path for _, path, _, _ in EDITS])
def test_an_edit_needs_if_match(ready: Bench, method: str, path: str, said: dict[str, Any], source: str) -> None:
    assert ready.body(method, path, 428, json=said)["code"] == "CUR022"
    assert ready.body(method, path, 412, json=said, headers={"If-Match": '"0123"'})["code"] == "CUR023"
    tag = ready.tag(source)
    answer = ready.ask(method, path, json=said, headers={"If-Match": tag})
    assert answer.status_code == 200, answer.text
    assert ready.ask(method, path, json=said, headers={"If-Match": tag}).status_code in {404, 412}


@pytest.mark.parametrize(("method", "path", "said", "source"), EDITS[:2], ids=[path for _, path, _, _ in EDITS[:2]])
def test_of_two_who_edit_one_state_at_once_one_wins(
    ready: Bench, method: str, path: str, said: dict[str, Any], source: str
) -> None:
    tag, clients = ready.tag(source), [ready.client(Role.ADMIN) for _ in range(2)]
    ((name, value),) = said.items()

    def edit(number: int) -> int:
        other = {name: f"{value} {number}" if isinstance(value, str) else value + number / 100}
        client, headers = clients[number % 2], {"If-Match": tag}
        return client.request(method, f"/api/v1{path}", json=other, headers=headers).status_code

    for turn in range(5):
        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(edit, (2 * turn + 1, 2 * turn + 2))) == [200, 412]
        tag = ready.tag(source)


def test_what_somebody_changed_meanwhile_is_not_deleted(ready: Bench) -> None:
    """The route has read the state; the service compares it again where nobody else can write."""
    workspace = ready.workspace
    (branch,) = [one for one in workspace.data.refs("test") if one.name == "more"]
    workspace.data.edit("test", "more", deletes=["s000"], message="one goes", actor="ada")
    with pytest.raises(StaleEditError, match="branch 'more'"):
        workspace.data.delete_branch("test", "more", expected=branch, actor="ada")
    named = workspace.evaluations.find_slice("long", workspace.evaluations.test_set()).slice
    workspace.evaluations.remove_slice("long", expected=named)
    workspace.evaluations.add_slice("long", where="len(text) > 5", actor="ada")
    with pytest.raises(StaleEditError, match="slice 'long'"):
        workspace.evaluations.remove_slice("long", expected=named)


def test_of_two_who_delete_a_branch_for_one_state_at_most_one_does(bench: Bench) -> None:
    data = bench.workspace.data
    for i in range(4):
        (made,) = [data.branch("test", f"b{i}", actor="ada")]

        def move(_: object, branch: str = made.name) -> str:
            try:
                data.edit("test", branch, deletes=["s000"], message="one goes", actor="ada")
            except (RefNotFoundError, BranchMovedError):
                return "gone"
            return "moved"

        def delete(_: object, branch: Ref = made) -> str:
            try:
                data.delete_branch("test", branch.name, expected=branch, actor="ada")
            except StaleEditError:
                return "stale"
            return "deleted"

        with ThreadPoolExecutor(2) as pool:
            moving, deleting = pool.submit(move, None), pool.submit(delete, None)
        assert (moving.result(), deleting.result()) in {("gone", "deleted"), ("moved", "stale")}


def test_an_edit_answers_with_the_tag_of_what_it_made(bench: Bench) -> None:
    answer = bench.ask("PATCH", P, json={"owner": "thandi"}, headers={"If-Match": bench.tag(P)})
    assert answer.headers["ETag"] == bench.tag(P)
    again = bench.ask("PATCH", P, json={"owner": "lindiwe"}, headers={"If-Match": answer.headers["ETag"]})
    assert again.json()["owner"] == "lindiwe"


def test_null_empties_a_setting_and_what_is_absent_stays(bench: Bench) -> None:
    made = bench.body("PATCH", P, json={"harm": None, "owner": "thandi"}, headers={"If-Match": "*"})
    assert (made["harm"], made["owner"], made["affected"]["low"]) == (None, "thandi", 3.0)
    assert bench.body("PATCH", P, 400, json={"tolerance": None}, headers={"If-Match": "*"})["code"] == "CUR002"
    assert bench.body("PATCH", P, 400, json={}, headers={"If-Match": "*"})["code"] == "CUR002"


def test_of_many_who_edit_one_state_one_wins_and_the_others_are_told(bench: Bench) -> None:
    tag = bench.tag(P)

    def edit(i: int) -> int:
        client = bench.client(Role.EXPERT)
        answer = client.patch(f"/api/v1{P}", json={"owner": f"owner {i}"}, headers={"If-Match": tag})
        return answer.status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(edit, range(16)))
    assert sorted(statuses) == [200, *[412] * 15]
    edited = [step for step in bench.get(f"{P}/steps")["steps"] if step["kind"] == "edited"]
    assert len(edited) == 1


def test_editors_who_read_again_lose_no_edit(bench: Bench) -> None:
    def add_letter(i: int) -> int:
        client, tries = bench.client(Role.EXPERT), 0
        while True:
            tries += 1
            read = client.get(f"/api/v1{P}")
            words = f"{read.json()['description']} w{i}"
            state = {"If-Match": read.headers["ETag"]}
            if client.patch(f"/api/v1{P}", json={"description": words}, headers=state).status_code == 200:
                return tries

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add_letter, range(8)))
    assert sorted(bench.get(P)["description"].split()) == sorted(f"w{i}" for i in range(8))


def test_of_many_who_close_a_problem_at_once_one_does(bench: Bench) -> None:
    def close(_: int) -> int:
        return bench.client(Role.MAINTAINER).post(f"/api/v1{P}/close").status_code

    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(close, range(6)))
    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 409, 412}
    closed = [step for step in bench.get(f"{P}/steps")["steps"] if step["kind"] == "closed"]
    assert len(closed) == 1
