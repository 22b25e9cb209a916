"""The pages of proposals: a branch is shown, checked, approved or rejected with words, and merged."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from curiouser.access import Role
from curiouser.proposals import ProposalState
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


def branched(site: Site, *, conflict: bool = False) -> None:
    """Start a branch with a new row and a changed one, which main may have changed as well."""
    data = site.bench.workspace.data
    # The task names a column of moments, and a check misses it where it is not there.
    moments = data.rows("test").with_columns(at=pl.lit(datetime(2019, 10, 1, tzinfo=UTC)), user=pl.col("id"))
    data.commit("test", upserts=moments, message="when and who", actor="thandi")
    data.branch("test", "fix", actor="mbali")
    new = pl.DataFrame({"id": ["n1"], "want": ["a vet"], "offer": ["a cat"], "meet": ["no"], "user": ["u77"]})
    new = new.with_columns(at=pl.lit(datetime(2019, 10, 2, tzinfo=UTC)))
    data.commit("test", "fix", upserts=new, message="a row that was missing", actor="mbali")
    label = pl.DataFrame({"id": ["s001"], "meet": ["no"]})
    data.commit("test", "fix", upserts=label, message="a label that was wrong", actor="mbali")
    if conflict:
        data.commit("test", upserts=label.with_columns(meet=pl.lit(None, pl.String)), message="to ask", actor="pieter")


def proposed(site: Site, *, conflict: bool = False) -> Document:
    branched(site, conflict=conflict)
    answer = site.post("/data/test/proposals", {"source": "fix", "into": "main", "message": "labels by phone"})
    assert answer.url.path == "/proposals/1"
    return Document(answer.text)


def test_a_proposal_says_what_is_in_its_way_and_shows_rows_checks_and_versions(site: Site) -> None:
    page = proposed(site)
    assert "Not yet: nobody has approved it." in page.text
    assert "approved by somebody with the role expert, and not by mbali, thandi, who proposed or wrote it" in page.text
    assert "You cannot approve it: you proposed it or wrote a part of it." in page.text
    assert "a row that was missing" in page.text
    assert "/data-checks/DC01" in page.links()
    assert {row["id"]: row["change"] for row in rows_of(site.get("/proposals/1?format=csv").text)} == {
        "n1": "added",
        "s001": "changed",
    }
    assert site.json("/proposals/1?format=json")["blockers"] == ["unapproved"]
    assert "1 proposal open." in site.page("/proposals").text
    assert rows_of(site.get("/proposals?format=csv").text)[0]["source"] == "fix"


def test_somebody_else_approves_it_with_words_and_it_is_merged(site: Site) -> None:
    proposed(site)
    site.post("/data/test/protect", {"branch": "main"})
    expert = site.signed_in(Role.EXPERT, "naidoo")
    page = Document(expert.post("/proposals/1/approve", {"words": "I called them"}).text)
    assert "You approved it." in page.text
    assert "I called them" in page.text
    assert "You cannot merge it: it needs the role maintainer." in page.text
    keeper = site.signed_in(Role.MAINTAINER, "keeper")
    page = Document(keeper.post("/proposals/1/merge").text)
    assert "It is merged: main holds it." in page.text
    data = site.bench.workspace.data
    assert data.rows("test", ids=["n1"]).height == 1
    assert data.protections.all("test")
    assert rows_of(keeper.get("/proposals?state=merged&format=csv").text)[0]["ended_by"] == "keeper"


def test_who_wrote_a_part_of_it_cannot_approve_it(site: Site) -> None:
    proposed(site)
    mbali = site.signed_in(Role.ADMIN, "mbali")
    assert "You cannot approve it: you proposed it or wrote a part of it." in mbali.page("/proposals/1").text
    page = Document(mbali.post("/proposals/1/approve", {"words": "mine"}, 409).text)
    assert "cannot approve it" in page.text
    assert "mine" in page.text


def test_a_rejection_needs_words_and_stands_in_the_way(site: Site) -> None:
    proposed(site)
    expert = site.signed_in(Role.EXPERT, "naidoo")
    expert.post("/proposals/1/reject", {"words": " "}, 422)
    page = Document(expert.post("/proposals/1/reject", {"words": "n1 is no pair"}).text)
    assert "naidoo rejected it" in page.text
    assert "n1 is no pair" in page.text
    keeper = site.signed_in(Role.MAINTAINER, "keeper")
    assert "a reviewer rejected it" in Document(keeper.post("/proposals/1/merge", None, 409).text).text
    data = site.bench.workspace.data
    data.commit("test", "fix", deletes=["n1"], message="n1 goes", actor="mbali")
    page = keeper.page("/proposals/1")
    assert "A branch moved since it was checked" in page.text
    assert "of an earlier state" in page.text
    page = Document(keeper.post("/proposals/1/check").text)
    assert "It is worked out and checked as the branches stand now." in page.text
    assert "Not yet: nobody has approved it." in page.text


def test_conflicts_are_settled_on_its_page_before_it_is_checked(site: Site) -> None:
    page = proposed(site, conflict=True)
    assert "Not yet: the branches disagree" in page.text
    assert "conflicts are settled first" in page.text
    answer = site.post("/merges/1/settle", {"conflict": "1", "resolution": "theirs", "back": "/proposals/1"})
    assert answer.url.path == "/proposals/1"
    page = Document(site.post("/proposals/1/check").text)
    assert "Not yet: nobody has approved it." in page.text
    assert "1 conflict of the two branches was settled" in page.text
    assert site.post("/merges/1/unsettle", {"conflict": "1", "back": "https://evil.example/"}).url.path == "/"


def test_a_check_that_gates_stops_it_with_its_rows(site: Site) -> None:
    data = site.bench.workspace.data
    rows = data.rows("test", ids=["s001", "s002"])
    data.commit("train", upserts=rows.slice(1).with_columns(pl.lit("t2").alias("id"), want=pl.lit("w")), message="m",
                actor="thandi")  # fmt: skip
    data.branch("train", "more", actor="mbali")
    leaking = rows.head(1).with_columns(pl.lit("t1").alias("id"))
    data.commit("train", "more", upserts=leaking, message="a test row", actor="mbali")
    page = Document(site.post("/data/train/proposals", {"source": "more", "into": "main", "message": "more"}).text)
    assert "Not yet: a check fails" in page.text
    assert "exact-leakage" in page.text
    assert {"/data/train/examples/t1", "/data/test/examples/s001"} <= set(page.links())


def test_a_proposal_is_withdrawn_and_can_be_made_again(site: Site) -> None:
    proposed(site)
    assert "It was withdrawn; nothing was changed." in Document(site.post("/proposals/1/withdraw").text).text
    again = site.post("/data/test/proposals", {"source": "fix", "into": "main", "message": "again"})
    assert again.url.path == "/proposals/2"


def test_a_long_branch_is_proposed_in_the_background(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("curiouser.surfaces.web.proposals.AT_ONCE_ROWS", 10)
    branched(site)
    answer = site.post("/data/test/proposals", {"source": "fix", "into": "main", "message": "labels"})
    assert answer.url.path == "/jobs/1"
    worker = make_worker(site.bench.workspace)
    assert worker.run_one()
    assert "/proposals/1" in site.page("/jobs/1").links()
    assert site.post("/proposals/1/check").url.path == "/jobs/2"
    assert worker.run_one()
    (made,) = site.bench.workspace.proposals.all(state=ProposalState.OPEN)
    assert made.checks is not None


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"source": "gone", "message": "m"}, 404),
        ({"source": "main", "message": "m"}, 422),
        ({"source": "fix", "message": ""}, 422),
    ],
)
def test_what_cannot_be_proposed_is_refused(site: Site, fields: dict[str, str], status: int) -> None:
    branched(site)
    site.post("/data/test/proposals", {"into": "main", **fields}, status)
    assert site.bench.workspace.proposals.all() == []


def test_every_link_of_these_pages_answers_and_hostile_texts_stay_texts(site: Site) -> None:
    data = site.bench.workspace.data
    data.branch("test", "side", actor=HOSTILE)
    for branch, text in (("main", HOSTILE), ("side", HOSTILE * 2)):
        rows = pl.DataFrame({"id": ["s001"], "want": [text], "offer": [text], "meet": ["no"]})
        data.commit("test", branch, upserts=rows, message=HOSTILE, actor=HOSTILE, allow_input_changes=True)
    site.post("/data/test/proposals", {"source": "side", "into": "main", "message": HOSTILE})
    nothing_runs(site.get("/proposals/1").text)
    site.post("/merges/1/settle", {"conflict": "1", "resolution": "ours", "because": HOSTILE})
    site.post("/proposals/1/check")
    keeper = site.signed_in(Role.ADMIN, "keeper")
    keeper.post("/proposals/1/reject", {"words": HOSTILE})
    nothing_runs(keeper.get("/proposals/1").text)
    nothing_runs(keeper.get("/proposals").text)
    found = keeper.crawl("/proposals", within=("/proposals",))
    assert {path: answer.status_code for path, answer in found.items() if answer.status_code != 200} == {}
    assert len(found) > 12
