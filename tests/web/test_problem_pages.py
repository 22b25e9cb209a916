"""The pages of problems and reports, through the real application on a real small workspace."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curiouser.access import Role
from curiouser.checklist import CHECKLIST
from curiouser.kernel.configuration import FILE_NAME, Task, TaskKind, load_configuration
from curiouser.problems import Given
from curiouser.workspace import Workspace
from tests.problems.bench import Bench, Clock, right, slide_44, talks_model
from tests.web.site import Document, Site

NAME = "drugs-doctors-false-pos"
HERE = f"/problems/{NAME}"
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two models, the first one live, and one problem with a report; each test gets a copy."""
    bench = Bench.make(tmp_path_factory.mktemp("pages") / "workspace")
    bench.samples()
    report = bench.problems.reports.add(
        "I asked for a doctor and you sent me somebody who sells dagga",
        input={"want": "a doctor", "offer": "marijuana"},
        answered="yes",
        expected="no",
        user="u1",
        actor="sipho",
    )
    given: Given = {"harm": "dangerous", "affected": "2%..6%", "because": "support counted calls", "owner": "lerato"}
    bench.problems.add(NAME, patterns=slide_44(), actor="thandi", **given)
    bench.problems.reports.link(report.number, NAME)
    bench.model("v1", talks_model)
    bench.model("v2", right)
    bench.live("v1")
    bench.workspace.close()
    return bench.workspace.root


@pytest.fixture
def site(template: Path, tmp_path: Path) -> Iterator[Site]:
    root = shutil.copytree(template, tmp_path / "workspace")
    with Workspace(root, load_configuration(root / FILE_NAME), actor="thandi", clock=Clock()) as workspace:
        yield Site(Bench(workspace))


@pytest.fixture(scope="module")
def unchanged(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site for what must be refused: no test of it changes anything."""
    root = shutil.copytree(template, tmp_path_factory.mktemp("unchanged") / "workspace")
    with Workspace(root, load_configuration(root / FILE_NAME), actor="thandi", clock=Clock()) as workspace:
        yield Site(Bench(workspace))


def a_problem(bench: Bench, name: str, n: int = 3, **given: Any) -> None:  # noqa: ANN401  settings
    rows = [{"want": f"{name} {i}", "offer": "anything", "meet": "no"} for i in range(n)]
    bench.problems.add(name, patterns=rows, actor="thandi", **given)


def typed(*rows: tuple[str, str, str]) -> dict[str, str]:
    """Fields of the table of patterns."""
    return {f"r{i}.{j}": cell for i, row in enumerate(rows) for j, cell in enumerate(row)}


def settings(**changes: str) -> dict[str, str]:
    """Fields of a problem's settings, as a browser sends them."""
    return {"description": "", "harm": "", "owner": "", "way": "unknown", "tolerance": "0.1", **changes}


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


# The checklist.


def test_the_first_page_has_the_fifteen_items_in_the_talks_order_each_with_why_and_one_next_step(site: Site) -> None:
    page = site.page("/")
    names = [one.name for one in CHECKLIST]
    assert len(names) == 15
    assert sorted(names, key=page.text.index) == names
    assert re.search(r"\d+ of 15 done\. The next one is “", page.text)
    assert page.text.count("Not yet:") + page.text.count("Done:") == 15
    for said in ("First release: ", "After first release: ", "Long term improvements & maintenance: "):
        assert said in page.text


def test_beside_it_stand_the_live_model_the_candidate_and_what_waits(site: Site) -> None:
    site.post("/reports", {"text": "somebody must read this"})
    page = site.page("/")
    assert "Model v1 since 14 Oct 2019" in page.text
    assert "Accuracy 1.000" in page.text
    assert "Model v2 Problems 1 problem mended" in page.text
    assert "1 report to read" in page.text
    assert "/reports?show=waiting" in page.links()
    assert "/compare?a=v1&b=v2" in page.links()


def test_a_job_that_runs_is_shown_with_its_end(site: Site) -> None:
    jobs = site.bench.workspace.jobs
    jobs.add("evaluate", {"on": "test"}, actor="thandi")
    assert jobs.claim("a worker") is not None
    jobs.beat(1, "a worker", 412, 600)
    page = site.page("/")
    assert "evaluate, running , 412 of 600" in page.text.replace("running,", "running ,")
    assert [(one["value"], one["max"]) for one in page.all("progress")] == [("412", "600")]


def test_an_empty_workspace_has_a_first_page_that_says_where_to_begin(tmp_path: Path) -> None:
    bench = Bench.make(tmp_path / "empty")
    page = Site(bench).page("/")
    assert "Nobody has said which model users meet" in page.text
    assert "Nothing. Time for tea." in page.text
    bench.workspace.close()


# The list.


def test_the_list_says_first_how_many_problems_fail_and_what_the_candidate_changes(unchanged: Site) -> None:
    page = unchanged.page("/problems")
    assert f"1 of 1 open problem fails on the live model, v1. v2 mends {NAME}." in page.text


def test_a_line_has_impact_with_its_interval_ranks_both_states_users_error_harm_patterns_and_owner(
    unchanged: Site,
) -> None:
    answer = unchanged.get("/problems").text
    line = Document(answer[answer.index('<tbody class="rows">') : answer.index("</tbody>")] + "</tbody>").text
    for said in (NAME, "failing", "passing", "4.0", "0.57 of 7", "dangerous", "lerato"):
        assert said in line
    assert answer.count('class="bar"') == 1


def test_a_missing_factor_is_said_in_words_and_its_problem_comes_last(site: Site) -> None:
    a_problem(site.bench, "aardvarks", harm="costly")
    page = site.page("/problems")
    assert "missing: users affected" in page.text
    assert page.text.index(NAME) < page.text.index("aardvarks")
    assert "/problems/aardvarks/edit" in page.links()


FILTERS: list[tuple[str, list[str]]] = [
    ("", ["aardvarks", NAME]),
    ("?q=doctors", [NAME]),
    ("?q=owner:lerato", [NAME]),
    ("?q=harm:annoying", ["aardvarks"]),
    ("?owner=nobody", ["aardvarks"]),
    ("?owner=lerato", [NAME]),
    ("?state=passing", [NAME]),
    ("?state=fixed", []),
    ("?show=closed", ["closed-long-ago"]),
    ("?show=all", ["aardvarks", "closed-long-ago", NAME]),
]


def test_the_url_filters(site: Site) -> None:
    a_problem(site.bench, "aardvarks", harm="annoying")
    a_problem(site.bench, "closed-long-ago")
    site.bench.problems.close("closed-long-ago", actor="thandi")
    for query, found in FILTERS:
        joint = "&" if query else "?"
        rows = site.json(f"/problems{query}{joint}format=json")["problems"]
        assert sorted(one["name"] for one in rows) == sorted(found), query


def test_the_url_orders_and_keeps_the_other_choices(site: Site) -> None:
    a_problem(site.bench, "aardvarks", n=9)
    names = [one["name"] for one in site.json("/problems?sort=patterns&format=json")["problems"]]
    assert names == ["aardvarks", NAME]
    assert "/problems?owner=nobody&sort=name" in site.page("/problems?owner=nobody").links()


def test_csv_and_json_have_the_rows_of_the_page_and_csv_is_no_formula(site: Site) -> None:
    site.bench.problems.edit(NAME, owner='=HYPERLINK("http://evil.example")', actor="thandi")
    (row,) = rows_of(site.get("/problems?format=csv").text)
    (body,) = site.json("/problems?format=json")["problems"]
    assert (row["name"], row["state"], row["candidate_state"]) == (NAME, "failing", "passing")
    assert (body["n"], body["patterns"], body["missing"]) == (7, 7, [])
    assert row["owner"].startswith("'=HYPERLINK")


def test_a_list_of_more_than_a_hundred_problems_has_pages(bench: Bench) -> None:
    for i in range(101):
        bench.problems.add(f"p{i:03}", ids=["s000"], actor="thandi")
    site = Site(bench)
    first, second = site.page("/problems?sort=name"), site.page("/problems?sort=name&page=2")
    assert "1–100 of 101" in first.text
    assert "/problems?sort=name&page=2" in first.links()
    assert "/problems/p100" in second.links()
    assert "/problems/p000" not in second.links()


def test_without_problems_the_page_says_what_to_do(bench: Bench) -> None:
    page = Site(bench).page("/problems")
    assert "No open problem" in page.text
    assert "/reports/new" in page.links()


def test_without_models_problems_are_still_listed(bench: Bench) -> None:
    a_problem(bench, "aardvarks")
    page = Site(bench).page("/problems")
    assert "1 open problem, and no model yet to ask." in page.text
    assert "No model has been asked yet" in Site(bench).page("/problems/aardvarks").text


# One problem.


def test_a_problem_says_how_it_stands_on_the_live_model_and_on_the_newest(unchanged: Site) -> None:
    text = unchanged.page(HERE).text
    assert "failing on the live model, v1 : 4 of 7 failed" in text.replace("v1:", "v1 :")
    assert "passing on v2" in text


def test_a_problem_shows_the_way_from_complaint_to_fix(unchanged: Site) -> None:
    text = unchanged.page(HERE).text
    for said in ("Complaint 1 report, first 14 Oct 2019, u1", "Problem 14 Oct 2019, by thandi", "Patterns 7 patterns"):
        assert said in text
    assert "Models 2 asked, v1 to v2" in text
    assert "Passing on v2, 0 of 7 failed" in text


def test_impact_is_an_equation_with_its_parts(unchanged: Site) -> None:
    text = unchanged.page(HERE).text
    assert "4.0%" in text
    assert "users affected" in text
    assert "× 0.57 error rate" in text
    assert "harm dangerous" in text
    assert "Impact" in text


def test_patterns_show_what_each_model_answered_and_the_kind_of_confusion(unchanged: Site) -> None:
    page = unchanged.page(HERE)
    assert page.text.count("FP yes") == 3
    assert page.text.count("FN no") == 1
    assert {one["title"] for one in page.all("abbr")} == {
        "true positive",
        "false positive",
        "true negative",
        "false negative",
    }


def test_only_the_patterns_that_a_model_gets_wrong_can_be_looked_at(unchanged: Site) -> None:
    page = unchanged.page(f"{HERE}?wrong=v1")
    assert "4 of 7 are wrong on v1" in page.text
    assert "No pattern is wrong on v2" in unchanged.page(f"{HERE}?wrong=v2").text
    assert len(unchanged.json(f"{HERE}?wrong=v1&format=json")["patterns"]) == 4


def test_the_columns_are_chosen_in_the_url(unchanged: Site) -> None:
    (row, *_) = rows_of(unchanged.get(f"{HERE}?model=v2&format=csv").text)
    assert "v2 answer" in row
    assert "v1 answer" not in row


def test_every_table_of_a_problem_has_its_file(unchanged: Site) -> None:
    assert [row["model"] for row in rows_of(unchanged.get(f"{HERE}?table=curve&format=csv").text)] == ["v1", "v2"]
    assert [one["kind"] for one in unchanged.json(f"{HERE}?table=steps&format=json")["steps"]] == ["added"]
    assert len(rows_of(unchanged.get(f"{HERE}?format=csv").text)) == 7


def test_a_problem_with_many_patterns_has_pages_of_them(site: Site) -> None:
    a_problem(site.bench, "aardvarks", n=30)
    page = site.page("/problems/aardvarks")
    assert "1–25 of 30" in page.text
    assert "26–30 of 30" in site.page("/problems/aardvarks?page=2").text
    assert "/problems/aardvarks?page=2#patterns" in page.links()


def test_a_name_that_nobody_has_is_a_page_that_says_so(unchanged: Site) -> None:
    assert "there is no problem 'drugs-doctors'" in unchanged.page("/problems/drugs-doctors", status=404).text


# Describing a problem.


def test_a_problem_is_described_by_rows_that_are_typed(site: Site) -> None:
    rows = typed(("a lawyer", "law books", "no"), ("", "", ""), ("a lawyer", "legal advice", "yes"))
    fields = settings(name="lawyers", harm="costly", owner="aisha", way="stated", affected="3%", because="ten calls")
    page = Document(site.post("/problems", {**fields, **rows}).text)
    assert "lawyers is described by 2 patterns." in page.text
    made = site.bench.problems.get("lawyers")
    assert (made.harm, made.owner, made.affected.low if made.affected else None) == ("costly", "aisha", 3.0)
    assert len(site.bench.problems.patterns("lawyers")) == 2


def test_what_is_typed_and_what_is_pasted_come_together(site: Site) -> None:
    rows = typed(("a lawyer", "law books", "no"))
    pasted = "want,offer,meet\na lawyer,a stove,no\na lawyer,legal advice,yes\n"
    site.post("/problems", {**settings(name="lawyers", pasted=pasted), **rows})
    assert len(site.bench.problems.patterns("lawyers")) == 3
    (step,) = site.bench.problems.steps("lawyers")
    assert len(step.gained) == 3


def test_mistakes_in_what_is_typed_and_in_what_is_pasted_are_told_together(unchanged: Site) -> None:
    rows = typed(("a lawyer", "law books", "no"), ("a lawyer", "a stove", ""))
    pasted = "want,offer,meet\na cook,a stove,maybe\n"
    answer = unchanged.post("/problems", {**settings(name="both", pasted=pasted), **rows}, status=422)
    page = Document(answer.text)
    assert "line 2 of what you pasted.csv, meet: 'maybe' is no class" in page.text
    assert 'id="error-r1"' in answer.text
    assert 'id="error-r0"' not in answer.text
    assert page.fields()["r0.0"]["value"] == "a lawyer"


def test_rows_that_say_two_things_of_one_input_are_told_with_where_they_stand(unchanged: Site) -> None:
    rows = typed(("a lawyer", "law books", "no"))
    pasted = "want,offer,meet\na lawyer,law books,yes\n"
    page = Document(unchanged.post("/problems", {**settings(name="both", pasted=pasted), **rows}, status=409).text)
    assert "line 2 of what you pasted.csv: meet is 'yes', but line 1 says 'no'" in page.text


def test_a_problem_is_described_by_what_is_pasted_or_chosen_as_a_file(site: Site) -> None:
    site.post("/problems", settings(name="pasted", pasted="want,offer,meet\na cook,a stove,no\n"))
    site.post("/problems", settings(name="lines", pasted='{"want": "a cook", "offer": "two stoves", "meet": "no"}'))
    files = {"file": ("mine.csv", b"want,offer,meet\na cook,a pan,no\n", "text/csv")}
    site.post("/problems", settings(name="chosen"), files=files)
    assert [len(site.bench.problems.patterns(name)) for name in ("pasted", "lines", "chosen")] == [1, 1, 1]


@pytest.mark.parametrize(
    ("changes", "wrong", "said"),
    [
        ({"name": "Not Kebab"}, "name", "is no name for a problem"),
        ({"name": NAME}, "name", "there is already a problem"),
        ({"name": "new"}, "name", "address of this very form"),
        ({"harm": "awful"}, "harm", "is neither a level nor a number"),
        ({"tolerance": "much"}, "tolerance", "Write a number from 0"),
        ({"tolerance": "2"}, "tolerance", "is no error rate"),
        ({"way": "stated", "affected": "3", "because": "x"}, "affected", "cannot be read"),
        ({"way": "stated", "affected": "3%"}, "because", "Say where the number comes from"),
        ({"way": "rows"}, "affected_where", "Write which rows of production"),
        ({"way": "rows", "affected_where": "want ~ ", "users_in": "test"}, "affected_where", ""),
        ({"way": "rows", "affected_where": "want = 'x'", "users_in": "nowhere"}, "users_in", "nowhere"),
        ({"way": "rows", "affected_where": "want = 'x'", "window": "soon"}, "window", "is no window"),
    ],
)
def test_a_setting_that_cannot_be_right_is_said_beside_its_field_and_nothing_typed_is_lost(
    unchanged: Site, changes: dict[str, str], wrong: str, said: str
) -> None:
    rows = typed(("a lawyer", "law books", "no"))
    before = unchanged.bench.content()
    fields = {"csrf": unchanged.csrf(), **settings(name="lawyers", owner="aisha"), **changes, **rows}
    answer = unchanged.client.post("/problems", data=fields)
    page = Document(answer.text)
    assert answer.status_code in {404, 409, 422}
    field = page.fields()[wrong]
    assert field["aria-invalid"] == "true"
    assert f"error-{wrong}" in str(field["aria-describedby"])
    assert said.lower() in page.text.lower()
    assert page.fields()["owner"]["value"] == "aisha"
    assert page.fields()["r0.0"]["value"] == "a lawyer"
    assert unchanged.bench.content() == before


def test_every_setting_that_is_wrong_is_said_at_once(unchanged: Site) -> None:
    wrong = {"name": "Bad Name", "harm": "awful", "harm_false_negative": "-1", "tolerance": "2", "way": "stated"}
    fields = settings(**wrong, affected="3", because="x") | typed(("a lawyer", "law books", "no"))
    page = Document(unchanged.post("/problems", fields, status=422).text)
    marked = {name for name, attrs in page.fields().items() if attrs.get("aria-invalid")}
    assert marked == {"name", "harm", "harm_false_negative", "tolerance", "affected"}


def test_a_row_that_cannot_be_a_pattern_is_said_beside_it_and_nothing_typed_is_lost(unchanged: Site) -> None:
    rows = typed(("a lawyer", "law books", "no"), ("a judge", "a gavel", ""))
    page = Document(unchanged.post("/problems", {**settings(name="lawyers"), **rows}, status=422).text)
    assert page.fields()["r1.0"]["aria-invalid"] == "true"
    assert "meet is empty, and the pattern is expected to have its label" in page.text
    assert page.fields()["r1.1"]["value"] == "a gavel"
    assert "aria-invalid" not in page.fields()["r0.0"]


def test_a_row_that_stands_there_with_another_label_is_said_beside_it(unchanged: Site) -> None:
    rows = typed(("a lawyer", "law books", "no"), ("a doctor", "marijuana", "yes"))
    page = Document(unchanged.post("/problems", {**settings(name="lawyers"), **rows}, status=409).text)
    assert page.fields()["r1.0"]["aria-invalid"] == "true"
    assert "the row stands there already" in page.text


def test_what_was_pasted_stays_with_its_mistakes(unchanged: Site) -> None:
    pasted = "want,offer,meet\na cook,a stove,maybe\n"
    answer = unchanged.post("/problems", settings(name="cooks", pasted=pasted), status=422)
    assert "a cook,a stove,maybe" in answer.text
    assert "line 2, meet" in Document(answer.text).text


def test_a_form_without_a_pattern_says_so(unchanged: Site) -> None:
    assert (
        "there is no pattern yet" in Document(unchanged.post("/problems", settings(name="empty"), status=422).text).text
    )


def test_more_rows_keep_what_was_typed(unchanged: Site) -> None:
    fields = {**settings(name="half-"), **typed(("a lawyer", "", "")), "more": "yes"}
    page = Document(unchanged.post("/problems", fields).text)
    assert page.fields()["name"]["value"] == "half-"
    assert page.fields()["r0.0"]["value"] == "a lawyer"
    assert "r17.0" in page.fields()
    assert "r19.0" in unchanged.page("/problems/new?rows=20").fields()


def test_a_problem_can_begin_with_a_report(site: Site) -> None:
    site.post("/reports", {"text": "no lawyers here", "i0": "a lawyer", "i1": "law books", "answered": "yes"})
    page = site.page("/problems/new?report=2")
    assert (page.fields()["r0.0"]["value"], page.fields()["r0.1"]["value"]) == ("a lawyer", "law books")
    assert page.fields()["report"]["value"] == "2"
    rows = typed(("a lawyer", "law books", "no"))
    site.post("/problems", {**settings(name="lawyers"), **rows, "report": "2"})
    assert site.bench.problems.reports.get(2).problem == "lawyers"


# Changing a problem.


def edit_fields(site: Site, **changes: str) -> dict[str, str]:
    page = site.page(f"{HERE}/edit").fields()
    seen = str(page["seen"]["value"])
    return (
        settings(
            harm="dangerous",
            owner="lerato",
            way="stated",
            affected="2%..6%",
            because="support counted calls",
            seen=seen,
        )
        | changes
    )


def test_the_form_of_settings_holds_what_is_set(unchanged: Site) -> None:
    fields = unchanged.page(f"{HERE}/edit").fields()
    assert {name: fields[name]["value"] for name in ("harm", "owner", "affected", "because", "tolerance")} == {
        "harm": "dangerous",
        "owner": "lerato",
        "affected": "2%..6%",
        "because": "support counted calls",
        "tolerance": "0.1",
    }


def test_settings_are_saved_emptied_and_kept(site: Site) -> None:
    site.post(f"{HERE}/edit", edit_fields(site, owner="", harm="costly", description="Doctors are no dealers."))
    now = site.bench.problems.get(NAME)
    assert (now.owner, now.harm, now.description) == (None, "costly", "Doctors are no dealers.")
    assert now.affected is not None
    site.post(f"{HERE}/edit", edit_fields(site, harm="costly", way="unknown"))
    assert site.bench.problems.get(NAME).affected is None
    assert "harm: dangerous → costly" in site.page(HERE).text


def test_an_edit_of_what_somebody_changed_meanwhile_is_refused_and_not_lost(site: Site) -> None:
    fields = edit_fields(site, description="My words.")
    site.bench.problems.edit(NAME, owner="aisha", actor="aisha")
    answer = site.post(f"{HERE}/edit", fields, status=412)
    assert "Somebody changed this problem while you were writing" in answer.text
    assert "My words." in answer.text
    assert site.bench.problems.get(NAME).owner == "aisha"


def test_a_wrong_setting_stays_in_the_form(site: Site) -> None:
    page = Document(site.post(f"{HERE}/edit", edit_fields(site, harm="awful", owner="zola"), status=422).text)
    assert page.fields()["harm"]["aria-invalid"] == "true"
    assert page.fields()["owner"]["value"] == "zola"


def test_patterns_are_added_and_those_that_are_there_already_left_alone(site: Site) -> None:
    rows = typed(("a doctor", "aspirin", "no"), ("a doctor", "marijuana", "no"))
    assert "1 pattern came." in Document(site.post(f"{HERE}/patterns", rows).text).text
    assert len(site.bench.problems.patterns(NAME)) == 8
    again = Document(site.post(f"{HERE}/patterns", typed(("a doctor", "marijuana", "no"))).text)
    assert "They were there already" in again.text


def test_patterns_that_cannot_be_added_stay_typed(unchanged: Site) -> None:
    page = Document(unchanged.post(f"{HERE}/patterns", typed(("a doctor", "aspirin", "")), status=422).text)
    assert page.fields()["r0.1"]["value"] == "aspirin"
    assert page.fields()["r0.1"]["aria-invalid"] == "true"


def test_a_report_becomes_a_pattern_of_a_problem_that_is_there(site: Site) -> None:
    site.post("/reports", {"text": "and now pills", "i0": "a doctor", "i1": "party pills", "answered": "yes"})
    page = site.page(f"{HERE}/patterns/new?report=2")
    assert page.fields()["r0.1"]["value"] == "party pills"
    site.post(f"{HERE}/patterns", {**typed(("a doctor", "party pills", "no")), "report": "2"})
    assert site.bench.problems.reports.get(2).problem == NAME


def test_ticked_patterns_are_removed_and_the_step_can_be_undone(site: Site) -> None:
    page = site.page(f"{HERE}?choose=true")
    ids = [str(one["value"]) for one in page.all("input") if one.get("name") == "id"]
    assert len(ids) == 7
    assert "2 patterns went; 5 are left." in Document(site.post(f"{HERE}/patterns/remove", {"id": ids[:2]}).text).text
    assert "Undo “patterns removed”" in site.page(HERE).text
    site.post(f"{HERE}/undo")
    assert len(site.bench.problems.patterns(NAME)) == 7


def test_a_problem_keeps_its_last_pattern_and_says_why(unchanged: Site) -> None:
    ids = [one.example_id for one in unchanged.bench.problems.patterns(NAME)]
    page = Document(unchanged.post(f"{HERE}/patterns/remove", {"id": ids}).text)
    assert "would have no pattern left" in page.text
    assert len(unchanged.bench.problems.patterns(NAME)) == 7


def test_patterns_that_wait_for_an_answer_are_counted_beside_the_way_to_ask(site: Site) -> None:
    site.post(f"{HERE}/patterns", typed(("a doctor", "aspirin", "no")))
    page = site.page(HERE)
    assert "1 pattern without an answer of v1." in page.text
    assert "/jobs" in page.links()


def test_nothing_ticked_removes_nothing(unchanged: Site) -> None:
    assert "Nothing was ticked" in Document(unchanged.post(f"{HERE}/patterns/remove").text).text
    assert len(unchanged.bench.problems.patterns(NAME)) == 7


def test_a_case_is_removed_as_a_whole(site: Site) -> None:
    lines = ("want,offer,meet,case,place,expectation", "a cook,a stove,,c,0,", "a chef,a stove,,c,1,same_as")
    pasted = "\n".join((*lines, "a cook,a pan,no,,,"))
    site.post("/problems", settings(name="cooks", pasted=pasted))
    page = site.page("/problems/cooks?choose=true")
    assert [one["value"] for one in page.all("input") if one.get("name") == "case"] == ["c"]
    assert "c: same as" in page.text
    site.post("/problems/cooks/patterns/remove", {"case": "c"})
    assert len(site.bench.problems.patterns("cooks")) == 1


def test_a_problem_is_closed_found_among_the_closed_and_reopened(site: Site) -> None:
    page = Document(site.post(f"{HERE}/close").text)
    assert f"{NAME} is closed. It still guards every new model." in page.text
    assert HERE in site.page("/problems?show=closed").links()
    assert HERE not in site.page("/problems").links()
    site.post(f"{HERE}/reopen")
    assert site.bench.problems.get(NAME).closed_at is None
    assert "is open already" in Document(site.post(f"{HERE}/reopen", status=409).text).text


def test_undoing_the_first_step_takes_the_problem_back_and_says_so_before(site: Site) -> None:
    assert "takes the problem itself back" in site.page(HERE).text
    page = Document(site.post(f"{HERE}/undo").text)
    assert f"So {NAME} is no more." in page.text
    site.get(HERE, status=404)


# Reports.


def test_a_report_is_filed_with_its_input_and_answers(site: Site) -> None:
    fields = {"text": "Wrong man", "i0": "a doctor", "i1": "weed", "answered": "yes", "user": "u7", "model": "v1"}
    page = Document(site.post("/reports", fields).text)
    assert "Report 2 is filed." in page.text
    made = site.bench.problems.reports.get(2)
    assert dict(made.input) == {"want": "a doctor", "offer": "weed"}
    assert (made.text, made.answered, made.expected, made.user, made.model) == ("Wrong man", "yes", None, "u7", "v1")
    assert "1 report waits to be read." in site.page("/reports").text


def test_a_report_needs_only_words(site: Site) -> None:
    site.post("/reports", {"text": "It is all nonsense"})
    assert not site.bench.problems.reports.get(2).input
    assert "no model can be asked again" in site.page("/reports/2").text


def test_a_report_without_words_keeps_everything_else(unchanged: Site) -> None:
    fields = {"text": " ", "i0": "a doctor", "i1": "weed", "answered": "yes", "user": "u7"}
    page = Document(unchanged.post("/reports", fields, status=422).text)
    assert page.fields()["text"]["aria-invalid"] == "true"
    assert page.fields()["user"]["value"] == "u7"
    assert ">weed</textarea>" in unchanged.post("/reports", fields, status=422).text.replace("\n", "")


def test_an_answer_that_the_task_does_not_know_is_said_beside_its_field(unchanged: Site) -> None:
    page = Document(unchanged.post("/reports", {"text": "x", "answered": "maybe"}, status=422).text)
    assert page.fields()["answered"]["aria-invalid"] == "true"


def test_reports_are_listed_by_what_they_wait_for(site: Site) -> None:
    site.post("/reports", {"text": "waits"})
    site.post("/reports", {"text": "none at all"})
    site.post("/reports/3/withdraw")
    for show, numbers in {"all": [2, 1], "waiting": [2], "withdrawn": [3, 2, 1]}.items():
        assert [one["number"] for one in site.json(f"/reports?show={show}&format=json")["reports"]] == numbers
    assert [row["text"] for row in rows_of(site.get(f"/reports?problem={NAME}&format=csv").text)] == [
        "I asked for a doctor and you sent me somebody who sells dagga"
    ]


def test_a_report_is_linked_to_a_problem_and_let_go_again(site: Site) -> None:
    site.post("/reports", {"text": "waits"})
    assert f"{NAME} answers report 2." in Document(site.post("/reports/2/link", {"problem": NAME}).text).text
    assert "Report 2 waits again." in Document(site.post("/reports/2/link", {"problem": ""}).text).text
    site.post("/reports/2/link", {"problem": "nobody-knows"}, status=404)


def test_withdrawing_asks_first_and_happens_once(site: Site) -> None:
    page = site.page("/reports/1")
    assert "counts no more, until it is taken back" in page.text
    assert "is withdrawn; it stays readable" in Document(site.post("/reports/1/withdraw").text).text
    site.post("/reports/1/withdraw", status=409)
    assert "It was one after all" in site.page("/reports/1").text
    assert "Report 1 counts again" in Document(site.post("/reports/1/restore").text).text


def test_every_model_is_asked_the_same_question(site: Site, bench: Bench) -> None:
    code = "def answer(rows):\n    return [0.25 for _ in rows]\n"
    Path(bench.workspace.root, "mine.py").write_text(code, encoding="utf-8")
    bench.workspace.models.add_python("quarter", "mine:answer", actor="thandi")
    text = Document(site.post("/reports/1/ask").text).text
    assert "asked just now" in text
    assert "of its predictions" in text
    rows = rows_of(site.post("/reports/1/ask", {"format": "csv"}).text)
    assert {row["model"]: row["answer"] for row in rows} == {"quarter": "no", "v1": "no", "v2": "no"}


# Other kinds of tasks.

INTENT = Task(name="intent", kind=TaskKind.MULTICLASS, inputs=("text",), label="intent", classes=("a", "b", "ç"))
PRICE = Task(name="price", kind=TaskKind.REGRESSION, inputs=("text", "size"), label="price", tolerance=0.5)


def a_site(folder: Path, task: Task, rows: list[dict[str, Any]], answers: list[Any]) -> Site:
    bench = Bench.make(folder, task)
    bench.rows(rows)
    frame = pl.DataFrame({"id": [row["id"] for row in rows], "prediction": answers})
    bench.workspace.models.add_predictions("m1", frame, on="test", actor="thandi")
    return Site(bench)


def test_problems_of_several_classes_are_described_followed_and_reported(tmp_path: Path) -> None:
    rows = [{"id": str(i), "text": f"t{i}", "intent": "abç"[i % 3]} for i in range(6)]
    site = a_site(tmp_path / "intent", INTENT, rows, ["a"] * 6)
    site.post("/problems", {**settings(name="b-for-a", harm="2"), "r0.0": "t1", "r0.1": "b"})
    site.post("/reports", {"text": "no b", "i0": "t1", "answered": "a"})
    text = site.page("/problems/b-for-a").text
    assert "1 of 1 failed" in text
    assert "TP and TN" not in text
    assert "m1 a" in Document(site.post("/reports/1/ask").text).text
    site.bench.workspace.close()


def test_problems_of_numbers_are_described_followed_and_reported(tmp_path: Path) -> None:
    rows = [{"id": str(i), "text": f"t{i}", "size": float(i), "price": i * 1.5} for i in range(6)]
    site = a_site(tmp_path / "price", PRICE, rows, [1.0] * 6)
    site.post("/problems", {**settings(name="too-cheap"), "r0.0": "t4", "r0.1": "4", "r0.2": "6"})
    assert "1 of 1 failed" in site.page("/problems/too-cheap").text
    wrong = Document(site.post("/reports", {"text": "cheap", "i0": "t4", "i1": "four"}, status=422).text)
    assert wrong.fields()["i1"]["aria-invalid"] == "true"
    assert "This is no number." in wrong.text
    site.post("/reports", {"text": "cheap", "i0": "t4", "i1": "4"})
    assert "m1 1.00" in Document(site.post("/reports/1/ask").text).text
    site.bench.workspace.close()


# Who may do what, and what nobody may.


def test_a_viewer_reads_and_is_offered_nothing_that_is_refused(site: Site) -> None:
    viewer = site.signed_in(Role.VIEWER)
    for path in ("/problems", HERE, "/reports", "/reports/1"):
        offered = set(viewer.page(path).links()) & {"/problems/new", f"{HERE}/edit", f"{HERE}/patterns/new"}
        assert offered == set()
    viewer.get("/problems/new", status=403)
    viewer.get("/reports/new", status=403)


def test_a_labeller_files_reports_and_changes_no_problem(site: Site) -> None:
    labeller = site.signed_in(Role.LABELLER)
    labeller.post("/reports", {"text": "from the queue"})
    assert labeller.bench.problems.reports.get(2).reported_by == "labeller"
    labeller.post(f"{HERE}/close", status=403)
    labeller.get(f"{HERE}/edit", status=403)


def test_an_expert_describes_and_closes(site: Site) -> None:
    expert = site.signed_in(Role.EXPERT)
    expert.post("/problems", {**settings(name="lawyers"), **typed(("a lawyer", "law books", "no"))})
    expert.post("/problems/lawyers/close")
    assert expert.bench.problems.steps("lawyers")[0].actor == "expert"


def test_a_form_of_another_session_is_refused(unchanged: Site) -> None:
    answer = unchanged.client.post(f"{HERE}/close", data={"csrf": "made-up"})
    assert answer.status_code == 403
    assert unchanged.bench.problems.get(NAME).closed_at is None


def test_hostile_text_in_every_field_is_shown_and_never_obeyed(site: Site) -> None:
    fields = settings(name="hostile", description=HOSTILE, owner=HOSTILE, way="stated", affected="3%", because=HOSTILE)
    site.post("/problems", {**fields, **typed((HOSTILE, HOSTILE, "no"))})
    site.post("/reports", {"text": HOSTILE, "i0": HOSTILE, "i1": HOSTILE, "user": HOSTILE, "answered": "yes"})
    site.post("/reports/2/link", {"problem": "hostile"})
    bad = [
        site.post("/problems", {**fields, "name": HOSTILE, **typed((HOSTILE, HOSTILE, HOSTILE))}, status=422).text,
        site.post("/problems", settings(name="x", pasted=HOSTILE), status=422).text,
        site.post("/reports", {"text": "", "i0": HOSTILE, "user": HOSTILE, "model": HOSTILE}, status=422).text,
        site.post("/problems/hostile/edit", {**fields, "harm": HOSTILE, "seen": HOSTILE}, status=412).text,
        site.client.get("/problems", params={"q": HOSTILE, "owner": HOSTILE, "model": HOSTILE}).text,
        site.client.get("/problems/hostile", params={"wrong": HOSTILE}).text,
        site.client.get("/reports/new", params={"problem": "<script>"}).text,
        site.client.get(f"/problems/{HOSTILE.replace('/', '')}").text,
    ]
    here = "/problems/hostile"
    paths = ("/", "/problems", here, f"{here}/edit", "/reports", "/reports/2", "/problems/new?report=2")
    good = [site.get(path).text for path in paths]
    for text in (*good, *bad):
        page = Document(text)
        assert all(str(one.get("src")).startswith("/static/") for one in page.all("script"))
        assert not page.all("img")
        assert not [attrs for _, attrs in page.elements for name in attrs if name.startswith("on")]


def test_no_page_has_a_style_or_a_script_of_its_own_and_every_link_answers(site: Site) -> None:
    visited = site.crawl("/", within=("/problems", "/reports"))
    assert sum(path.startswith(("/problems", "/reports")) for path in visited) > 15
    assert {path: answer.status_code for path, answer in visited.items() if answer.status_code != 200} == {}
    for path, answer in visited.items():
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        page = Document(answer.text)
        assert not page.all("style"), path
        assert all(one.get("src") for one in page.all("script")), path
        assert not [attrs for _, attrs in page.elements if "style" in attrs], path
        ids = [attrs["id"] for _, attrs in page.elements if attrs.get("id")]
        assert len(ids) == len(set(ids)), f"{path} uses an id twice"
