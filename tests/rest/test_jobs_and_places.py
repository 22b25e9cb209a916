"""Jobs from asking to their end; one local user; several workspaces side by side."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from curiouser.access import Role
from curiouser.surfaces.serving.application import make_application
from curiouser.surfaces.serving.mounts import Mounts
from curiouser.surfaces.serving.settings import Settings
from curiouser.workspace import Workspace, working
from curiouser.workspace.working import make_worker
from tests.rest.bench import API, Bench, copied, scores, serving
from tests.rest.conftest import Template
from tests.terminal import Terminal


def test_an_evaluation_is_asked_for_done_by_a_worker_and_read(bench: Bench) -> None:
    bench.workspace.models.add_predictions("late", scores(), actor="ada")
    asked = bench.ask("POST", "/evaluations", Role.MAINTAINER, json={"models": ["late"]})
    assert asked.status_code == 202
    where = asked.headers["Location"]
    assert where == f"{API}/jobs/{asked.json()['number']}"
    assert bench.client(Role.VIEWER).get(where).json()["state"] == "queued"
    same = bench.body("POST", "/evaluations", 202, json={"models": ["late"]})
    assert same["number"] == asked.json()["number"], "the same wish twice is one job"
    assert make_worker(bench.workspace).run_one() is True
    done = bench.client(Role.VIEWER).get(where).json()
    assert (done["state"], done["actor"]) == ("done", "mandla")
    assert done["result"]["models"][0]["model"] == "late"
    assert "late" in {one["model"] for one in bench.get("/leaderboard")["models"]}


def test_a_job_is_cancelled_and_tried_again(bench: Bench) -> None:
    number = bench.body("POST", "/evaluations", 202, json={})["number"]
    assert bench.body("POST", f"/jobs/{number}/cancel")["state"] == "cancelled"
    assert bench.body("POST", f"/jobs/{number}/cancel", 409)["code"] == "CUR702"
    again = bench.ask("POST", f"/jobs/{number}/retry")
    assert (again.status_code, again.json()["state"]) == (202, "queued")
    assert again.headers["Location"] == f"{API}/jobs/{again.json()['number']}"
    assert [one["number"] for one in bench.get("/jobs", state="cancelled")["jobs"]] == [number]


def test_what_cannot_be_evaluated_is_told_at_once(bench: Bench) -> None:
    assert bench.body("POST", "/evaluations", 404, json={"on": "nothing"})["code"] == "CUR204"
    assert bench.body("POST", "/evaluations", 404, json={"models": ["nobody"]})["code"] == "CUR301"
    assert bench.get("/jobs")["jobs"] == []


def test_much_data_is_checked_in_the_background(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "MOST_IN_A_REQUEST", 10)
    said = {"ref": "test", "only": ["schema"]}
    asked = bench.ask("POST", "/data-checks", json=said)
    assert (asked.status_code, asked.json()["kind"]) == (202, "check")
    assert asked.headers["Location"] == f"{API}/jobs/{asked.json()['number']}"
    assert bench.body("POST", "/data-checks", 202, json=said)["number"] == asked.json()["number"]
    bench.workspace.data.branch("test", "more", actor="ada")
    slip = pl.DataFrame({"id": ["s001"], "label": ["yes"]})
    bench.workspace.data.commit("test", "more", upserts=slip, message="a slip", actor="ada")
    path = "/datasets/test/proposals"
    assert bench.body("POST", path, 202, json={"source": "more", "message": "m"})["kind"] == "propose"
    worker = make_worker(bench.workspace)
    assert [worker.run_one(), worker.run_one()] == [True, True]
    states = [(one["kind"], one["state"]) for one in bench.get("/jobs")["jobs"]]
    assert states == [("propose", "done"), ("check", "done")]
    assert bench.body("POST", "/proposals/1/check", 202, json={})["kind"] == "recheck"
    assert "more rows than a request" in bench.body("GET", "/duplicates?near=true", 422)["message"]
    assert bench.body("POST", "/data-checks", 404, json={"ref": "nothing"})["code"] == "CUR204"


def test_without_accounts_the_one_local_user_may_do_everything(tmp_path: Path) -> None:
    Terminal.init(tmp_path / "alone")
    with serving(tmp_path / "alone", {}) as bench:
        client = bench.client(None)
        said = client.get(f"{API}/me").json()
        assert (said["via"], said["role"], said["everywhere"]) == ("local", "admin", "admin")
        assert client.post(f"{API}/reports", json={"text": "x"}).status_code == 201
        assert client.get(f"{API}/reports/1").json()["reported_by"] == "alice"
        assert client.get(f"{API}/problems").json() == {"problems": [], "next": None}
        assert client.get(f"{API}/triage").status_code in {404, 422}


def test_with_accounts_asked_for_nobody_is_let_in_without_one(tmp_path: Path) -> None:
    Terminal.init(tmp_path / "alone")
    with serving(tmp_path / "alone", {}, accounts=True) as bench:
        assert bench.client(None).get(f"{API}/problems").status_code == 401


def test_several_workspaces_are_told_apart_by_their_path(template: Template, tmp_path: Path) -> None:
    root, tokens = template
    folders = {name: copied(root, tmp_path / name) for name in ("first", "second")}
    settings = Settings(workspaces={name: str(folder) for name, folder in folders.items()})
    mounts = Mounts({name: Workspace.open(folder, actor="alice") for name, folder in folders.items()})
    bench = Bench(mounts.home, make_application(mounts, settings), tokens, settings)
    try:
        client = bench.client(Role.ADMIN)
        made = client.post(f"/w/second{API}/reports", json={"text": "only there"})
        assert made.headers["Location"] == f"/w/second{API}/reports/2"
        assert client.get(made.headers["Location"]).json()["text"] == "only there"
        assert client.get(f"/w/first{API}/reports/2").status_code == 404
        assert client.get(f"{API}/reports").status_code == 404, "the path names none"
        assert client.get(f"/w/second{API}/me").json()["workspace"] == "second"
        mounts.home.access.add_user("guest", role=Role.EXPERT, workspace="second", actor="ada")
        _, secret = mounts.home.access.create_token(
            "guest", name="t", role=Role.EXPERT, workspace="second", actor="ada"
        )
        guest = bench.client(None, Authorization=f"Bearer {secret}")
        assert guest.get(f"/w/second{API}/problems").status_code == 200
        assert guest.get(f"/w/first{API}/problems").status_code == 403
    finally:
        mounts.close()
