"""Jobs, settings, users, tokens, one's password and the audit log, through the real application."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from curiouser.access import Role
from curiouser.workspace.working import make_worker
from tests.web.ground import HOSTILE, a_site, make_ground, nothing_runs
from tests.web.site import BASE, PASSWORD, Document, Site

OTHER_PASSWORD = "all on a summer's day, and nobody saw them"


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_ground(tmp_path_factory.mktemp("admin") / "workspace")


@pytest.fixture
def local(ground: Path, tmp_path: Path) -> Iterator[Site]:
    """A server for one person: no account yet."""
    with a_site(ground, tmp_path) as made:
        yield made


@pytest.fixture
def admin(ground: Path, tmp_path: Path) -> Iterator[Site]:
    """A server with accounts, and its admin signed in."""
    with a_site(ground, tmp_path, accounts=True) as made:
        yield made.signed_in(Role.ADMIN)


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def secret_on(text: str) -> str:
    return next(str(one["value"]) for one in Document(text).all("input") if one.get("id") == "secret")


# --- jobs ---


def test_an_evaluation_started_from_a_page_goes_on_in_the_background_and_ends(local: Site) -> None:
    answer = local.post("/jobs/evaluate", {"models": "v2"})
    assert answer.url.path == "/jobs/1"
    page = Document(answer.text)
    assert "Waits for a worker" in page.text
    assert [one["data-hx-trigger"] for one in page.all("div") if "data-hx-trigger" in one] == ["every 2s"]
    assert "/jobs/1" in page.links()  # the way to look again without a script
    assert make_worker(local.bench.workspace).run_one()
    done = local.page("/jobs/1")
    assert "1 model evaluated on 47 rows; every answer was known already" in done.text
    assert [one for one in done.all("div") if "data-hx-trigger" in one] == []


def test_two_presses_are_one_job(local: Site) -> None:
    local.post("/jobs/evaluate")
    assert local.post("/jobs/evaluate").url.path == "/jobs/1"


def test_a_job_is_cancelled_and_tried_again(local: Site) -> None:
    local.post("/jobs/evaluate")
    assert "It is cancelled" in Document(local.post("/jobs/1/cancel").text).text
    again = local.post("/jobs/1/retry")
    assert again.url.path == "/jobs/2"
    local.post("/jobs/1/cancel", None, 409)


def test_an_evaluation_on_what_is_not_there_is_refused_at_once(local: Site) -> None:
    local.post("/jobs/evaluate", {"on": "nowhere"}, 404)
    local.post("/jobs/evaluate", {"models": "nobody"}, 404)
    assert local.bench.workspace.jobs.list() == ()


def test_jobs_are_listed_by_state_and_as_files(local: Site) -> None:
    assert "No job was asked for yet" in local.page("/jobs").text
    local.post("/jobs/evaluate")
    assert "1 evaluate" in local.page("/jobs?state=queued").text
    assert "No job is failed" in local.page("/jobs?state=failed").text
    assert rows_of(local.get("/jobs?format=csv").text)[0]["state"] == "queued"
    assert local.json("/jobs?format=json")["jobs"][0]["number"] == 1
    assert local.json("/jobs/1?format=json")["kind"] == "evaluate"
    local.page("/jobs/77", 404)


def test_a_job_that_failed_says_why(local: Site) -> None:
    jobs = local.bench.workspace.jobs
    job = jobs.add("evaluate", {"on": "test"}, actor="thandi")
    jobs.claim("w")
    jobs.fail(job.number, "w", "CUR309", f"the model fell {HOSTILE}")
    page = local.page(f"/jobs/{job.number}")
    assert "The model fell" in page.text
    assert "Try again" in page.text
    nothing_runs(local.get(f"/jobs/{job.number}").text)
    nothing_runs(local.get("/jobs").text)


# --- settings ---


def test_the_settings_are_those_of_the_file_and_nothing_secret(local: Site) -> None:
    text = local.get("/settings").text
    page = Document(text)
    assert "introductions is a binary task: from want, offer to meet" in page.text
    assert "/api/v1/openapi.json" in page.links()
    assert str(local.bench.workspace.root) not in text
    assert local.settings.secret not in text
    assert local.json("/settings?format=json")["task"]["name"] == "introductions"


# --- users ---


def test_the_first_account_is_an_admin_and_ends_the_time_without_passwords(local: Site) -> None:
    assert "There is no account yet" in local.page("/users").text
    local.post("/users", {"name": "alice", "role": "viewer", "workspace": "*"}, 422)
    answer = local.post("/users", {"name": "alice", "role": "admin", "workspace": "*"})
    link = secret_on(answer.text)
    assert link.startswith(f"{BASE}/login/once/")
    assert "Sign in" in Document(local.client.get("/models").text).text
    browser = local.browser()
    asked = browser.get(link)
    form = Document(asked.text).fields()
    fields = {"csrf": str(form["csrf"]["value"]), "password": PASSWORD, "again": PASSWORD}
    # A page that sends no referrer sends "Origin: null" with its form, and would be taken for another site's.
    assert "no-referrer" not in asked.text + asked.headers["referrer-policy"]
    assert browser.post(link, data=fields, headers={"Origin": BASE}).status_code == 200
    assert "alice" in Document(browser.get("/users").text).text


def test_somebody_is_added_and_the_link_is_shown_this_once(admin: Site) -> None:
    answer = admin.post("/users", {"name": "bob", "role": "expert", "workspace": "introductions"})
    link = secret_on(answer.text)
    assert link not in admin.get("/users/bob").text
    assert "invited, no password yet" in admin.page("/users").text
    assert rows_of(admin.get("/users?format=csv").text)[1]["grants"] == "introductions=expert"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"name": "Bad Name", "role": "viewer"}, 422),
        ({"name": "bob", "role": "king"}, 422),
        ({"name": "admin", "role": "viewer"}, 409),
    ],
)
def test_an_account_that_cannot_be_is_refused_beside_the_form(admin: Site, fields: dict[str, str], status: int) -> None:
    page = Document(admin.post("/users", fields, status).text)
    assert page.fields()["name"]["value"] == fields["name"]


def test_roles_are_given_and_taken_but_never_the_last_admins(admin: Site) -> None:
    admin.post("/users", {"name": "bob", "role": "viewer", "workspace": "*"})
    given = admin.post("/users/bob/grant", {"role": "maintainer", "workspace": "*"})
    assert "bob is maintainer in every workspace now" in Document(given.text).text
    taken = admin.post("/users/bob/grant", {"role": "none", "workspace": "*"})
    assert "bob is nobody in every workspace now" in Document(taken.text).text
    assert (
        "last admin" in Document(admin.post("/users/admin/grant", {"role": "viewer", "workspace": "*"}, 409).text).text
    )
    assert "last admin" in Document(admin.post("/users/admin/disable", None, 409).text).text


def test_somebody_is_kept_out_at_once_and_let_in_again(admin: Site) -> None:
    expert = admin.signed_in(Role.EXPERT)
    assert expert.client.get("/models").url.path == "/models"
    assert "is kept out" in Document(admin.post("/users/expert/disable").text).text
    assert expert.client.get("/models").url.path == "/login"
    assert "may sign in again" in Document(admin.post("/users/expert/enable").text).text


def test_sessions_end_and_a_new_link_is_made(admin: Site) -> None:
    expert = admin.signed_in(Role.EXPERT)
    admin.bench.workspace.access.log_in(Role.EXPERT, PASSWORD, address="elsewhere")
    assert "2 sessions of expert ended" in Document(admin.post("/users/expert/sessions/end").text).text
    assert expert.client.get("/models").url.path == "/login"
    assert secret_on(admin.post("/users/expert/invite").text).startswith(f"{BASE}/login/once/")


def test_an_admin_of_one_workspace_keeps_no_users(admin: Site) -> None:
    access = admin.bench.workspace.access
    access.add_user("carol", role=Role.ADMIN, workspace="introductions", actor="admin")
    session = access.redeem(access.invite("carol", actor="admin"), PASSWORD, address="test")
    carol = Site(admin.bench, accounts=True)
    carol.client.cookies.set(carol.settings.cookie, session.secret)
    rail = carol.page("/models").links()
    assert {"/models", "/tokens"} <= set(rail)
    for path in ("/users", "/users/admin", "/audit"):
        assert carol.client.get(path).status_code == 403
        assert path not in rail
    token = {"csrf": carol.csrf()}
    assert carol.client.post("/users/admin/invite", data=token).status_code == 403
    assert carol.client.post("/users/carol/grant", data=token | {"role": "admin", "workspace": "*"}).status_code == 403


# --- tokens ---


def test_without_accounts_programs_need_no_token(local: Site) -> None:
    page = local.page("/tokens")
    assert "programs need no token" in page.text
    assert "name" not in page.fields()


def test_a_token_is_shown_once_works_and_is_revoked(admin: Site) -> None:
    fields = {"name": "nightly", "role": "viewer", "workspace": "*", "days": "30"}
    answer = admin.post("/tokens", fields)
    secret = secret_on(answer.text)
    program = admin.browser()
    bearer = {"Authorization": f"Bearer {secret}"}
    assert program.get("/api/v1/models", headers=bearer).status_code == 200
    assert secret not in admin.get("/tokens").text
    assert secret not in admin.get("/audit").text
    assert "is revoked" in Document(admin.post("/tokens/1/revoke").text).text
    assert program.get("/api/v1/models", headers=bearer).status_code == 401
    assert rows_of(admin.get("/tokens?format=csv").text)[0]["name"] == "nightly"


def test_everybody_sees_and_revokes_their_own_tokens_only(admin: Site) -> None:
    fields = {"name": "mine", "role": "viewer", "workspace": "introductions", "days": "7"}
    admin.post("/tokens", fields)
    viewer = admin.signed_in(Role.VIEWER)
    made = viewer.client.post("/tokens", data=fields | {"name": "theirs", "csrf": csrf_of(viewer)})
    assert made.status_code == 200
    assert "mine" not in Document(viewer.client.get("/tokens").text).text
    assert "theirs" in admin.page("/tokens").text
    assert viewer.client.post("/tokens/1/revoke", data={"csrf": csrf_of(viewer)}).status_code == 404
    assert viewer.client.post("/tokens/2/revoke", data={"csrf": csrf_of(viewer)}).status_code == 200


@pytest.mark.parametrize(
    ("fields", "status"),
    [({"name": "", "days": "7"}, 422), ({"name": "x", "days": "4000"}, 422), ({"name": "x", "days": "9"}, 422)],
)
def test_a_token_that_cannot_be_is_refused_beside_the_form(admin: Site, fields: dict[str, str], status: int) -> None:
    page = Document(admin.post("/tokens", {"role": "viewer", "workspace": "*"} | fields, status).text)
    assert page.fields()["name"]["value"] == fields["name"]


def test_nobody_makes_a_token_that_may_do_more_than_they(admin: Site) -> None:
    viewer = admin.signed_in(Role.VIEWER)
    fields = {"name": "up", "role": "admin", "workspace": "*", "days": "7", "csrf": csrf_of(viewer)}
    assert viewer.client.post("/tokens", data=fields).status_code == 403


# --- one's own password ---


def test_a_password_is_changed_by_who_knows_the_old_one_and_every_session_ends(admin: Site) -> None:
    fields = {"old": PASSWORD, "new": OTHER_PASSWORD, "again": OTHER_PASSWORD}
    assert "differ" in Document(admin.post("/me/password", fields | {"again": "x"}, 422).text).text
    admin.post("/me/password", fields | {"old": "wrong"}, 401)
    answer = admin.post("/me/password", fields)
    assert answer.url.path == "/login"
    assert "Your password is changed" in Document(answer.text).text
    assert admin.client.get("/models").url.path == "/login"
    assert admin.bench.workspace.access.log_in("admin", OTHER_PASSWORD, address="test").session.user.name == "admin"


def test_who_is_known_without_a_password_has_none_to_change(local: Site) -> None:
    local.page("/me/password", 404)


# --- the audit log ---


def test_the_log_says_who_did_what_and_that_its_chain_is_whole(local: Site) -> None:
    local.post("/models/v1/threshold", {"threshold": "0.6"})
    local.post("/models/v1/threshold", {"threshold": "7"}, 422)
    page = local.page("/audit")
    assert "The chain of 2 entries is whole" in page.text
    assert "set threshold" in page.text
    assert "/models/v1/threshold" in page.text
    assert [row["result"] for row in rows_of(local.get("/audit?format=csv").text)] == ["422", "303"]
    assert "whole" in local.page("/audit?check=yes").text


def test_the_log_is_filtered_by_who_and_goes_page_by_page(local: Site) -> None:
    access = local.bench.workspace.access
    for i in range(60):
        access.record(actor=f"user{i % 2}", role=None, via="local", token=None, action="look", object="/", result="ok")
    page = local.page("/audit?actor=user1")
    assert "user0" not in page.text
    first = local.page("/audit")
    link = next(link for link in first.links() if "before=" in link)
    assert len(local.page(link).all("th")) > 10
    assert "Nobody of this name" in local.page("/audit?actor=nobody").text


def test_a_log_that_somebody_rewrote_says_so(local: Site) -> None:
    local.post("/models/v1/threshold", {"threshold": "0.6"})
    with local.bench.workspace.database.write() as connection:
        # Only who may change the tables themselves gets as far as this.
        connection.exec_driver_sql("DROP TRIGGER audit_entry_no_update")
        connection.exec_driver_sql("UPDATE audit_entry SET actor = 'somebody else'")
    assert "The chain is broken" in local.page("/audit").text


# --- all of them ---


def test_every_link_of_these_pages_answers(admin: Site) -> None:
    admin.post("/jobs/evaluate")
    admin.post("/tokens", {"name": "x", "role": "viewer", "workspace": "*", "days": "7"})
    rooms = ("/jobs", "/settings", "/users", "/tokens", "/audit", "/me")
    found: dict[str, httpx.Response] = {}
    for room in rooms[:5]:
        found |= admin.crawl(room, within=rooms, most=60)
    bad = {path: answer.status_code for path, answer in found.items() if answer.status_code != 200}
    assert bad == {}
    assert len(found) > 25


@pytest.mark.parametrize("path", ["/users", "/tokens", "/audit", "/settings", "/jobs", "/me/password"])
def test_no_page_carries_a_script_or_style_of_its_own(admin: Site, path: str) -> None:
    admin.bench.workspace.access.record(
        actor=HOSTILE, role=None, via="local", token=None, action=HOSTILE, object=HOSTILE, result=HOSTILE
    )
    nothing_runs(admin.get(path).text)


@pytest.mark.parametrize(
    ("method", "path", "role"),
    [
        ("GET", "/users", Role.ADMIN),
        ("POST", "/users", Role.ADMIN),
        ("POST", "/users/admin/invite", Role.ADMIN),
        ("GET", "/audit", Role.MAINTAINER),
        ("POST", "/jobs/evaluate", Role.MAINTAINER),
        ("POST", "/jobs/1/cancel", Role.MAINTAINER),
    ],
)
def test_each_page_needs_its_role(admin: Site, method: str, path: str, role: Role) -> None:
    below = admin.signed_in(list(Role)[role.place - 1])
    assert (
        below.client.request(method, path, data={"csrf": csrf_of(below)} if method == "POST" else None).status_code
        == 403
    )


def csrf_of(site: Site) -> str:
    """Read a form's token where a viewer finds one too."""
    found = re.search(r'name="csrf" value="([^"]+)"', site.client.get("/tokens").text)
    assert found is not None
    return found[1]
