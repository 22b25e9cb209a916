"""The pages of merges, branches and checks, through the real application on a real small workspace."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl
import pytest

from curiouser.access import Role
from curiouser.data import DataService, MergeState, Resolution
from curiouser.workspace.working import make_worker
from tests.web.ground import HOSTILE, a_site, make_ground, nothing_runs
from tests.web.site import Document, Site


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_ground(tmp_path_factory.mktemp("ground") / "workspace")


@pytest.fixture
def site(ground: Path, tmp_path: Path) -> Iterator[Site]:
    with a_site(ground, tmp_path) as made:
        yield made


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def write(data: DataService, branch: str, by: str, **columns: Sequence[str | None]) -> None:
    data.commit("test", branch, upserts=pl.DataFrame(columns), message=f"by {by}", actor=by, allow_input_changes=True)


def diverged(site: Site) -> DataService:
    """Let main and a branch disagree about a label, about an input and its label, and about a row."""
    data = site.bench.workspace.data
    data.branch("test", "second-look", actor="thandi")
    write(data, "main", "pieter", id=["s001", "s002", "s003"], meet=["no", "yes", "no"])
    write(data, "second-look", "mbali", id=["s001"], meet=[None])
    write(data, "second-look", "mbali", id=["s002"], want=["a vet"])
    data.commit("test", "second-look", deletes=["s003"], message="a duplicate", actor="mbali")
    return data


def begun(site: Site) -> Document:
    diverged(site)
    answer = site.post("/data/test/merges", {"source": "second-look", "into": "main"})
    assert answer.url.path == "/merges/1"
    return Document(answer.text)


# --- conflicts ---


def test_a_merge_with_conflicts_leads_to_base_ours_and_theirs_side_by_side(site: Site) -> None:
    page = begun(site)
    assert "Not yet: 3 conflicts stand in the way." in page.text
    assert "Ours: main" in page.text
    assert "Theirs: second-look" in page.text
    assert "one side changed the input, the other its label" in page.text
    assert "one side deleted the row, the other changed it" in page.text
    assert "no such row" in page.text
    assert "pieter" in page.text
    assert "mbali" in page.text
    rows = rows_of(site.get("/merges/1?format=csv").text)
    assert {row["conflict"]: row["kind"] for row in rows} == {"1": "field", "2": "coupled", "3": "deleted"}
    assert [row["theirs"] for row in rows if row["field"] == "want"] == ["a vet"]


def test_conflicts_are_settled_one_by_one_and_the_merge_lands(site: Site) -> None:
    begun(site)
    page = Document(site.post("/merges/1/settle", {"conflict": "1", "resolution": "ours", "because": "read it"}).text)
    assert "Conflict 1: main keeps what it has." in page.text
    assert "2 conflicts stand in the way" in page.text
    site.post("/merges/1/settle", {"conflict": "2", "resolution": "value", "value.want": "a vet", "value.meet": "no"})
    page = Document(site.post("/merges/1/settle", {"conflict": "3", "resolution": "theirs"}).text)
    assert "Every conflict is settled; it can land on main." in page.text
    everything = site.page("/merges/1?settled=true").text
    assert "Other values are taken: want a vet, meet no, said thandi" in everything
    page = Document(site.post("/merges/1/finish").text)
    assert "It has landed" in page.text
    data = site.bench.workspace.data
    assert data.merges.get(1).state is MergeState.LANDED
    rows = {row["id"]: row for row in data.rows("test", ids=["s001", "s002", "s003"]).to_dicts()}
    assert (rows["s001"]["meet"], rows["s002"]["want"], rows["s002"]["meet"]) == ("no", "a vet", "no")
    assert "s003" not in rows


def test_the_first_open_conflict_has_the_keys_and_the_focus(site: Site) -> None:
    page = begun(site)
    keyed = {one["data-key"]: one["value"] for one in page.all("button") if one.get("data-key")}
    assert {key: keyed[key] for key in "123"} == {"1": "ours", "2": "theirs", "3": "escalated"}
    assert len([one for one in page.all("button") if "autofocus" in one]) == 1


def test_the_rest_is_settled_by_a_rule(site: Site) -> None:
    begun(site)
    site.post("/merges/1/settle", {"conflict": "2", "resolution": "escalated"})
    page = Document(site.post("/merges/1/settle-all", {"rule": "theirs"}).text)
    assert "2 conflicts: second-look brings what it has." in page.text
    assert "1 conflict stands in the way, 1 of them left to an expert" in page.text
    page = Document(site.post("/merges/1/unsettle", {"conflict": "1"}).text)
    assert "Conflict 1 is open again." in page.text
    assert site.bench.workspace.data.merges.get(1).unsettled == 2


def test_by_rank_equal_ranks_stay_open_and_the_page_says_so(site: Site) -> None:
    begun(site)
    page = Document(site.post("/merges/1/settle-all", {"rule": "rank"}).text)
    assert "3 conflicts the rule does not decide" in page.text


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("/merges/1/settle", {"resolution": "ours"}, 422),
        ("/merges/1/settle", {"conflict": "1", "resolution": "both"}, 422),
        ("/merges/1/settle", {"conflict": "9", "resolution": "ours"}, 404),
        ("/merges/1/settle", {"conflict": "1", "resolution": "value", "value.meet": "perhaps"}, 422),
        ("/merges/1/settle-all", {"rule": "chance"}, 422),
        ("/merges/1/finish", {}, 409),
    ],
)
def test_what_cannot_be_is_refused_on_the_page_and_settles_nothing(
    site: Site, path: str, fields: dict[str, str], status: int
) -> None:
    begun(site)
    page = Document(site.post(path, fields, status).text)
    assert "Conflicts" in page.text
    assert site.bench.workspace.data.merges.get(1).unsettled == 3


def test_a_merge_is_given_up_and_nothing_changes(site: Site) -> None:
    begun(site)
    head = site.bench.workspace.data.head("test").id
    page = Document(site.post("/merges/1/abort").text)
    assert "It was given up; nothing was changed." in page.text
    assert site.bench.workspace.data.head("test").id == head
    assert "1 of 3" not in site.page("/merges").text
    assert rows_of(site.get("/merges?state=abandoned&format=csv").text)[0]["merge"] == "1"


def test_branches_that_agree_are_merged_at_once(site: Site) -> None:
    data = site.bench.workspace.data
    data.branch("test", "more", actor="thandi")
    write(data, "more", "mbali", id=["n1"], want=["a vet"], offer=["a cat"], meet=["no"])
    answer = site.post("/data/test/merges", {"source": "more", "into": "main"})
    assert re.fullmatch(r"/data/test/commits/\w{64}", answer.url.path)
    assert "more is merged into main." in Document(answer.text).text
    again = Document(site.post("/data/test/merges", {"source": "more", "into": "main"}).text)
    assert "main holds everything that more has already." in again.text


def test_many_conflicts_come_page_by_page(site: Site) -> None:
    data = site.bench.workspace.data
    data.branch("test", "all", actor="thandi")
    ids = [f"s{i:03}" for i in range(30)]
    write(data, "main", "pieter", id=ids, offer=[f"ours {i}" for i in range(30)])
    write(data, "all", "mbali", id=ids, offer=[f"theirs {i}" for i in range(30)])
    first = Document(site.post("/data/test/merges", {"source": "all", "into": "main"}).text)
    assert "Row s019" in first.text
    assert "Row s020" not in first.text
    (link,) = [one for one in first.links() if "after=" in one]
    assert "Row s020" in site.page(link).text


# --- who may ---


def test_who_may_not_is_told_who_may(ground: Path, tmp_path: Path) -> None:
    with a_site(ground, tmp_path) as site:
        begun(site)
        viewer, expert = site.signed_in(Role.VIEWER), site.signed_in(Role.EXPERT)
        page = viewer.page("/merges/1")
        assert "settled by whoever has the role expert" in page.text
        assert "landed by whoever has the role maintainer" in page.text
        assert not [one for one in page.all("button") if one.get("name") == "resolution"]
        assert [one for one in expert.page("/merges/1").all("button") if one.get("name") == "resolution"]
        token = {"csrf": expert.csrf()}
        assert expert.client.post("/merges/1/finish", data=token).status_code == 403


def test_a_protected_branch_says_that_it_moves_by_proposals_alone(site: Site) -> None:
    begun(site)
    for conflict in ("1", "2", "3"):
        site.post("/merges/1/settle", {"conflict": conflict, "resolution": "ours"})
    page = Document(site.post("/data/test/protect", {"branch": "main"}).text)
    assert "main moves only by approved proposals." in page.text
    assert "protected" in page.text
    assert "moves only by an approved proposal" in site.page("/merges/1").text
    assert site.bench.workspace.data.protections.all("test")[0].branch == "main"
    assert rows_of(site.get("/data/test/branches?format=csv").text)[0]["protected_by"] == "thandi"
    page = Document(site.post("/data/test/unprotect", {"branch": "main"}).text)
    assert "None is protected" in page.text


# --- checks ---


def test_a_branch_is_checked_in_the_background_and_what_fails_stands_first(site: Site) -> None:
    data = site.bench.workspace.data
    assert "It was never checked." in site.page("/data/test/checks").text
    train = data.rows("test", ids=["s001", "s002"]).with_columns(pl.col("id").str.replace("s", "t"))
    data.commit("train", upserts=train, message="two of the test set", actor="thandi")
    answer = site.post("/data/test/checks", {"ref": "main"})
    assert answer.url.path == "/jobs/1"
    assert make_worker(site.bench.workspace).run_one()
    job = site.page("/jobs/1")
    assert "/data/test/checks?ref=main" in job.links()
    page = site.page("/data/test/checks?ref=main")
    assert re.search(r"Not fit to be merged: [^.]*exact-leakage", page.text)
    assert {"/data/test/examples/s001", "/data/train/examples/t001", "/data-checks/DC06"} <= set(page.links())
    found = rows_of(site.get("/data/test/checks?ref=main&format=csv").text)
    assert {row["name"]: row["outcome"] for row in found}["exact-leakage"] == "fail"
    outcomes = [row["outcome"] for row in found]
    assert outcomes == sorted(outcomes, key=["fail", "unknown", "pass"].index)
    rows = rows_of(site.get("/data/test/checks?ref=main&code=exact-leakage&format=csv").text)
    assert [row["id"] for row in rows] == ["s001", "s002"]
    assert site.json("/data/test/checks?ref=main&format=json")["outcome"] == "fail"
    data.commit("test", deletes=["s001"], message="one goes", actor="thandi")
    assert "The branch has moved since" in site.page("/data/test/checks").text


def test_every_check_has_a_page_that_explains_it(site: Site) -> None:
    links = [link for link in site.page("/data-checks").links() if link.startswith("/data-checks/")]
    assert len(links) > 10
    for link in links:
        page = site.page(link)
        assert "How to repair" in page.text, link
        nothing_runs(site.get(link).text)
    site.get("/data-checks/DC99", 404)


# --- all of them ---


def test_every_link_of_these_pages_answers(site: Site) -> None:
    begun(site)
    site.bench.workspace.datachecks.check("test", actor="thandi")
    found = site.crawl("/merges", within=("/merges", "/data/test/branches", "/data/test/checks", "/data-checks"))
    found |= site.crawl("/data/test/branches", within=("/data/test/branches", "/data/test/checks"))
    assert {path: answer.status_code for path, answer in found.items() if answer.status_code != 200} == {}
    assert len(found) > 15


def test_hostile_texts_stay_texts(site: Site) -> None:
    data = site.bench.workspace.data
    data.branch("test", "side", actor=HOSTILE)
    for branch, text in (("main", HOSTILE), ("side", HOSTILE * 2)):
        write(data, branch, HOSTILE, id=["s001", HOSTILE], want=[text, text], offer=["b", text], meet=["no", "yes"])
    data.merges.merge("test", "side", "main", actor=HOSTILE, message=HOSTILE)
    data.merges.settle(1, [1], Resolution.OURS, actor=HOSTILE, because=HOSTILE)
    data.protections.protect("test", "side", actor=HOSTILE)
    site.bench.workspace.datachecks.check("test", actor=HOSTILE)
    for path in ("/merges", "/merges/1?settled=true", "/data/test/branches", "/data/test/checks"):
        nothing_runs(site.get(path).text)
