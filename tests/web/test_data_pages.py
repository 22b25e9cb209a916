"""The pages of data and slices, through the real application on a real small workspace."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from curiouser.access import Role
from curiouser.surfaces.web.data import CHANGES_IN_A_FILE
from tests.problems.bench import Bench
from tests.web.ground import HOSTILE, a_file, a_site, make_ground, nothing_runs, sample
from tests.web.site import Document, Site

CSV_HEAD = "id,want,offer,meet,user\n"


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_ground(tmp_path_factory.mktemp("data") / "workspace")


@pytest.fixture
def site(ground: Path, tmp_path: Path) -> Iterator[Site]:
    with a_site(ground, tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def shown(ground: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The same for tests that change nothing."""
    with a_site(ground, tmp_path_factory.mktemp("shown")) as made:
        yield made


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Site]:
    bench = Bench.make(tmp_path / "empty")
    yield Site(bench)
    bench.workspace.close()


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def importing(site: Site, text: str, status: int = 200, **fields: str) -> Document:
    said = {"dataset": "test", "branch": "main", "message": "a try"} | fields
    return Document(site.post("/data", said, status, files=a_file("rows.csv", text)).text)


# --- datasets, the log, and versions ---


def test_every_dataset_stands_with_its_branches(shown: Site) -> None:
    page = shown.page("/data")
    assert "test has 47 rows" in page.text
    assert "/data/test/log?ref=main" in page.links()
    assert rows_of(shown.get("/data?format=csv").text)[0]["dataset"] == "test"
    assert shown.json("/data?format=json")["datasets"][0]["dataset"] == "test"


def test_without_data_the_page_says_what_to_import(empty: Site) -> None:
    assert "want, offer, meet" in empty.page("/data").text


def test_a_dataset_leads_to_its_log_newest_first(shown: Site) -> None:
    page = shown.page("/data/test")
    rows = rows_of(shown.get("/data/test/log?format=csv").text)
    assert "test@main" in page.text
    assert [row["rows"] for row in rows] == ["47", "47", "40"]
    assert [row["changed"] for row in rows] == ["1", "0", "0"]


def test_a_version_shows_what_it_changed_field_by_field(shown: Site) -> None:
    commit = rows_of(shown.get("/data/test/log?format=csv").text)[0]["data_commit"]
    text = shown.get(f"/data/test/commits/{commit}").text
    assert "<del>no</del> <ins>yes</ins>" in text
    assert "want 0" in text
    assert shown.json(f"/data/test/commits/{commit}?format=json")["rows"] == [
        {"id": "s000", "change": "changed", "meet_before": "no", "meet_after": "yes"}
    ]


def test_two_versions_are_compared_row_by_row(shown: Site) -> None:
    commits = [row["data_commit"] for row in rows_of(shown.get("/data/test/log?format=csv").text)]
    page = shown.page(f"/data/test/diff?a={commits[-1][:12]}&b=main")
    assert "8 rows differ" in page.text
    assert "marijuana" in page.text
    assert "The same rows" in shown.page("/data/test/diff?a=main&b=main").text
    assert len(rows_of(shown.get(f"/data/test/diff?a={commits[-1]}&b=main&format=csv").text)) == 8


def test_a_parquet_file_that_would_grow_without_end_is_refused(site: Site) -> None:
    out = io.BytesIO()
    pl.DataFrame({"id": ["a"], "want": ["0" * (32 << 20)]}).write_parquet(out, compression="zstd")
    fields = {"dataset": "test", "message": "a bomb"}
    page = Document(site.post("/data", fields, 413, files=a_file("x.parquet", out.getvalue())).text)
    assert "more than a packed file may grow to" in page.text


def test_all_rows_that_differ_are_met_page_by_page_and_file_by_file(site: Site) -> None:
    count = CHANGES_IN_A_FILE + 150
    ids = [f"n{i:05}" for i in range(count)]
    rows = pl.DataFrame({"id": ids, "want": ids, "offer": ids, "meet": ["no"] * count})
    site.bench.workspace.data.commit("test", upserts=rows, message="many", actor="thandi")
    head = site.bench.workspace.data.head("test").id
    for path in ("/data/test/diff?b=main", f"/data/test/commits/{head}"):
        first = site.client.get(path)
        assert f"The first 100 of {count:,}" in Document(first.text).text
        (link,) = [one for one in Document(first.text).links() if "after=" in one and "format" not in one]
        second = Document(site.client.get(link).text)
        assert {f"/data/test/examples/n{i:05}" for i in range(100, 200)} <= {
            one.split("?")[0] for one in second.links()
        }
        seen, link = list[str](), f"{path}{'&' if '?' in path else '?'}format=csv"
        while link:
            answer = site.client.get(link)
            seen += [row["id"] for row in rows_of(answer.text)]
            link = answer.links.get("next", {}).get("url", "")
        assert seen == ids


def test_without_a_choice_the_last_change_is_shown(shown: Site) -> None:
    assert "1 row differs" in shown.page("/data/test/diff").text


@pytest.mark.parametrize(
    "path",
    [
        "/data/nothing/log",
        "/data/test/log?ref=gone",
        "/data/test/commits/abcdef",
        "/data/test/diff?a=gone&b=main",
        "/data/test/examples/gone",
        "/data/test/rows?ref=gone",
    ],
)
def test_what_is_not_there_is_not_found(shown: Site, path: str) -> None:
    assert "Not Found" in shown.page(path, 404).text


# --- rows, and one example ---


def test_rows_are_found_by_a_predicate_in_the_address(shown: Site) -> None:
    page = shown.page('/data/test/rows?where=want+==+"want+3"')
    assert "s003" in page.text
    assert "s004" not in page.text
    rows = rows_of(shown.get('/data/test/rows?where=want+==+"want+3"&format=csv').text)
    assert [row["id"] for row in rows] == ["s003"]


def test_a_predicate_that_cannot_be_read_points_at_the_place_and_keeps_what_was_typed(shown: Site) -> None:
    page = shown.page("/data/test/rows?where=wamt+==+3", 422)
    assert "did you mean 'want'?" in page.text
    assert page.fields()["where"]["value"] == "wamt == 3"


def test_no_row_is_an_answer_too(shown: Site) -> None:
    assert "No row satisfies this" in shown.page('/data/test/rows?where=want+==+"nobody"').text


def test_many_rows_come_page_by_page(site: Site) -> None:
    site.bench.rows([sample(i) for i in range(100, 200)])
    first = site.page("/data/test/rows")
    second = next(link for link in first.links() if "after=" in link and "format" not in link)
    page = site.page(second)
    assert "first page" in page.text
    assert len([link for link in page.links() if "/examples/" in link]) == 50


def test_an_example_shows_its_life_and_what_every_model_said(shown: Site) -> None:
    page = shown.page("/data/test/examples/s000")
    assert "meet no yes" in page.text
    assert "2 of 3 models" in page.text or "models get it wrong" in page.text
    assert "/models/v1" in page.links()


def test_an_example_that_was_removed_still_has_its_history(site: Site) -> None:
    site.bench.workspace.data.commit("test", deletes=["s001"], message="gone", actor="thandi")
    page = site.page("/data/test/examples/s001")
    assert "It is not in this version any more" in page.text
    assert "removed" in page.text


# --- imports, branches, tags, undoing ---


def test_a_file_of_rows_is_imported_and_its_version_shown(site: Site) -> None:
    page = importing(site, CSV_HEAD + "n1,a doctor,medicine,yes,u9\ns001,want 1,offer 1,no,u1\n")
    assert "1 row added, 1 changed, 0 removed" in page.text
    assert "a try" in page.text


def test_every_bad_row_is_shown_with_its_line_and_nothing_is_imported(site: Site) -> None:
    before = site.bench.content()
    page = importing(site, CSV_HEAD + "n1,a doctor,medicine,maybe,u9\nn2,,medicine,yes,u9\nn3,a,b,perhaps,u1\n", 422)
    assert "maybe" in page.text
    assert "perhaps" in page.text
    assert page.fields()["message"]["value"] == "a try"
    assert site.bench.content() == before


def test_a_dry_run_says_what_would_change_and_changes_nothing(site: Site) -> None:
    before = site.bench.content()
    page = importing(site, CSV_HEAD + "n1,a doctor,medicine,yes,u9\n", dry_run="yes")
    assert "Nothing was changed. It would come to: 1 row added" in page.text
    assert site.bench.content() == before


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [("rows.exe", b"MZ", 415), ("rows.parquet", b"not parquet", 422), ("rows.csv", b"\xff\xfe\x00", 422)],
)
def test_a_file_that_is_none_is_refused_beside_the_form(shown: Site, name: str, content: bytes, status: int) -> None:
    said = {"dataset": "test", "branch": "main", "message": "a try"}
    page = Document(shown.post("/data", said, status, files=a_file(name, content)).text)
    assert "file" in page.fields()


def test_importing_without_a_file_says_so(shown: Site) -> None:
    page = Document(shown.post("/data", {"dataset": "test", "message": "x"}, 422).text)
    assert "no file was chosen" in page.text


def test_a_branch_and_a_tag_are_made_and_deleted(site: Site) -> None:
    page = Document(site.post("/data/test/refs", {"name": "Fixes", "kind": "branch", "at": "main"}).text)
    assert "Branch Fixes is made" in page.text
    assert "Tag v1 is made" in Document(site.post("/data/test/refs", {"name": "v1", "kind": "tag"}).text).text
    again = Document(site.post("/data/test/refs", {"name": "v1", "kind": "tag"}, 409).text)
    assert again.fields()["name"]["value"] == "v1"
    site.post("/data/test/refs", {"name": "no good!", "kind": "branch"}, 422)
    assert "Branch Fixes is deleted" in Document(site.post("/data/test/refs/delete", {"name": "Fixes"}).text).text
    site.post("/data/test/refs/delete", {"name": "main"}, 409)


def test_a_version_is_undone_with_a_new_one(site: Site) -> None:
    commit = rows_of(site.get("/data/test/log?format=csv").text)[0]["data_commit"]
    page = Document(site.post("/data/test/revert", {"data_commit": commit, "branch": "main"}).text)
    assert "is undone on main" in page.text
    assert site.bench.test_rows().filter(id="s000")["meet"].to_list() == ["no"]


# --- slices ---


def test_slices_stand_with_their_rows(shown: Site) -> None:
    page = shown.page("/slices")
    assert "early" in page.text
    assert shown.json("/slices?format=json")["slices"][0]["rows"] == 10
    assert rows_of(shown.get("/slices?format=csv").text)[0]["name"] == "early"


def test_a_slice_is_named_by_predicate_or_by_ids_and_forgotten(site: Site) -> None:
    assert "long selects" in Document(site.post("/slices", {"name": "long", "where": "len(want) > 6"}).text).text
    assert "few selects 2 rows" in Document(site.post("/slices", {"name": "few", "ids": "s001\r\ns002"}).text).text
    assert "few is forgotten" in Document(site.post("/slices/few/remove").text).text


@pytest.mark.parametrize(
    ("fields", "status"),
    [({"name": "x", "where": "len("}, 422), ({"name": "x"}, 400), ({"name": "x", "ids": "nobody"}, 422),
     ({"name": "early", "where": 'id < "s010"'}, 409), ({"name": "all", "where": 'id < "s010"'}, 422)],
)  # fmt: skip
def test_a_slice_that_cannot_be_is_refused_and_what_was_typed_stays(
    shown: Site, fields: dict[str, str], status: int
) -> None:
    page = Document(shown.post("/slices", fields, status).text)
    assert page.fields()["where"]["value"] == fields.get("where", "")


def test_without_a_test_set_there_is_nothing_to_slice(empty: Site) -> None:
    assert "There is no test set yet" in empty.page("/slices").text


# --- all of them ---


def test_every_link_of_these_pages_answers(shown: Site) -> None:
    found = shown.crawl("/data", within=("/data", "/slices"), most=150)
    found |= shown.crawl("/slices", within=("/slices",))
    bad = {path: answer.status_code for path, answer in found.items() if answer.status_code != 200}
    assert bad == {}
    assert len(found) > 40


@pytest.mark.parametrize("name", [HOSTILE, "a/b c?d#e%2f", "=1+1", "’n ry"])
def test_ids_of_any_kind_lead_to_their_example(site: Site, name: str) -> None:
    site.bench.rows([sample(0) | {"id": name, "want": HOSTILE}])
    found = site.page('/data/test/rows?where=contains(want,"script")')
    link = next(link for link in found.links() if "/examples/" in link)
    page = site.page(link)
    assert name in page.text
    nothing_runs(site.get(link).text)


def test_hostile_texts_stay_texts_and_no_cell_of_a_file_is_a_formula(site: Site) -> None:
    rows = [sample(0) | {"id": f"h{i}", "want": text} for i, text in enumerate((HOSTILE, "=cmd()", "+1", "@x", "-1"))]
    site.bench.workspace.data.add(rows, "test", message=HOSTILE, actor=HOSTILE)
    site.bench.workspace.evaluations.add_slice("evil", ids=["h0"], actor=HOSTILE)
    for path in ("/data", "/data/test/log", "/data/test/diff", "/data/test/rows", "/slices", "/data/test/examples/h0"):
        nothing_runs(site.get(path).text)
    nothing_runs(site.get(f"/data/test/rows?where={HOSTILE}", 422).text)
    wants = [row["want"] for row in rows_of(site.get('/data/test/rows?where=startswith(id,"h")&format=csv').text)]
    assert wants[1:] == ["'=cmd()", "'+1", "'@x", "'-1"]


@pytest.mark.parametrize(
    ("path", "role"),
    [("/data", Role.MAINTAINER), ("/data/test/refs", Role.MAINTAINER), ("/data/test/revert", Role.MAINTAINER),
     ("/slices", Role.EXPERT), ("/slices/early/remove", Role.EXPERT)],
)  # fmt: skip
def test_changes_need_their_role_and_are_not_offered_below_it(
    ground: Path, tmp_path: Path, path: str, role: Role
) -> None:
    with a_site(ground, tmp_path, accounts=True) as site:
        other = site.signed_in(list(Role)[role.place - 1])
        assert other.client.post(path, data={"csrf": other.csrf()}).status_code == 403
        forms = [one for one in other.page("/data").all("form") if one.get("method") == "post"]
        assert [one["action"] for one in forms if one["action"] != "/logout"] == []
