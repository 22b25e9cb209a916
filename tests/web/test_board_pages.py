"""The pages of models, the leaderboard and comparisons, through the real application on a real small workspace."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from curiouser.access import Role
from tests.problems.bench import Bench
from tests.web.ground import HOSTILE, a_file, a_site, make_ground, nothing_runs, sample
from tests.web.site import Document, Site

PAIR = {"a": "v1", "b": "v2", "metric": "accuracy", "on": "test"}


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_ground(tmp_path_factory.mktemp("boards") / "workspace")


@pytest.fixture
def site(ground: Path, tmp_path: Path) -> Iterator[Site]:
    with a_site(ground, tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def shown(ground: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The same for tests that only read."""
    with a_site(ground, tmp_path_factory.mktemp("shown")) as made:
        yield made


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Site]:
    bench = Bench.make(tmp_path / "empty")
    yield Site(bench)
    bench.workspace.close()


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


# --- the leaderboard ---


def test_the_leaderboard_says_who_leads_today_and_that_the_best_number_of_old_is_history(shown: Site) -> None:
    text = shown.page("/leaderboard").text
    assert "The best accuracy ever reported here is v2’s 1.000" in text or "lost’s 0.910" in text
    assert "needs" in text
    assert "reported" in text


def test_only_todays_score_ranks_models_and_what_is_missing_comes_last(shown: Site) -> None:
    rows = rows_of(shown.get("/leaderboard?format=csv").text)
    assert [row["model"] for row in rows][:2] == ["v2", "v1"]
    assert [row["rank"] for row in rows] == ["1", "2", "", ""]
    lazy = next(row for row in rows if row["model"] == "lazy")
    assert lazy["today"] == ""
    assert lazy["note"] == "needs 10 predictions"
    assert next(row for row in rows if row["model"] == "lost")["then"] == "0.91"


def test_the_leaderboard_in_json_says_the_same_rows(shown: Site) -> None:
    models = shown.json("/leaderboard?format=json")["models"]
    csv_rows = rows_of(shown.get("/leaderboard?format=csv").text)
    assert [one["model"] for one in models] == [row["model"] for row in csv_rows]


def test_a_metric_is_chosen_in_the_address(shown: Site) -> None:
    page = shown.page("/leaderboard?metric=recall")
    assert "recall" in page.text
    assert [one for one in page.all("option") if "selected" in one] != []
    shown.page("/leaderboard?metric=nonsense", 404)


def test_the_rows_to_predict_are_one_click_from_the_board(shown: Site) -> None:
    link = next(link for link in shown.page("/leaderboard").links() if link.endswith("missing.csv"))
    rows = rows_of(shown.get(link).text)
    assert {"id", "want", "offer"} == set(rows[0])
    assert len(rows) == 17


def test_an_empty_board_says_the_next_step(empty: Site) -> None:
    page = empty.page("/leaderboard")
    assert "There is no test set" in page.text
    assert "/data" in page.links()


# --- comparisons ---


def test_opening_a_comparison_that_nobody_made_makes_none(shown: Site) -> None:
    evaluations = shown.bench.workspace.evaluations
    before = evaluations.leaderboard().seen.comparisons
    page = shown.page("/compare?a=v1&b=v2")
    assert "Nobody has compared these two" in page.text
    assert evaluations.leaderboard().seen.comparisons == before


def test_a_comparison_is_made_by_its_button_and_has_an_address_that_stays(site: Site) -> None:
    answer = site.post("/compare", PAIR)
    address = str(answer.url)
    assert "on=test%40" in address
    page = Document(answer.text)
    assert "v2 is better than v1: accuracy +" in page.text
    assert "points on 40 rows" in page.text
    again = site.page(address.removeprefix("http://127.0.0.1:8150"))
    assert again.text == page.text


def test_asking_again_for_what_was_made_is_no_second_look(site: Site) -> None:
    evaluations = site.bench.workspace.evaluations
    site.post("/compare", PAIR)
    first = evaluations.leaderboard().seen.comparisons
    site.post("/compare", PAIR)
    assert evaluations.leaderboard().seen.comparisons == first
    site.post("/compare", PAIR | {"metric": "recall"})
    assert evaluations.leaderboard().seen.comparisons == first + 1


def test_a_comparison_names_the_problem_that_got_better_and_notes_holm(site: Site) -> None:
    page = Document(site.post("/compare", PAIR).text)
    assert "/problems/drugs-doctors-false-pos" in page.links()
    assert "p, Holm" in page.text
    assert "hollow" in page.text


def test_when_the_test_set_moves_a_comparison_says_that_it_is_of_yesterday(site: Site) -> None:
    address = str(site.post("/compare", PAIR).url).removeprefix("http://127.0.0.1:8150")
    site.bench.rows([sample(1) | {"meet": "no"}])
    page = site.page(address)
    assert "The test set has changed since" in page.text
    assert "Compare on today’s rows" in page.text


def test_flipped_rows_can_be_read_one_by_one(site: Site) -> None:
    site.post("/compare", PAIR)
    first = site.page("/compare/flips?a=v1&b=v2")
    assert "Row 1 of" in first.text
    assert "now right" in first.text
    assert [one["data-key"] for one in first.all("a") if "data-key" in one][:1] == ["n"]
    second = site.page("/compare/flips?a=v1&b=v2&at=2")
    assert [one["data-key"] for one in second.all("a") if "data-key" in one][:2] == ["p", "n"]
    worse = site.page("/compare/flips?a=v1&b=v2&flip=negative")
    assert "now wrong" in worse.text


def test_flips_beyond_the_last_lead_back_to_the_first(site: Site) -> None:
    site.post("/compare", PAIR)
    assert "Row 1 of" in site.page("/compare/flips?a=v1&b=v2&at=5000").text


def test_flips_of_a_comparison_that_nobody_made_lead_to_the_question(shown: Site) -> None:
    assert "Nobody has compared these two" in shown.page("/compare/flips?a=v1&b=v2").text


@pytest.mark.parametrize("part", ["models", "problems", "slices", "flips"])
def test_every_table_of_a_comparison_is_a_file_too(site: Site, part: str) -> None:
    site.post("/compare", PAIR)
    rows = rows_of(site.get(f"/compare?a=v1&b=v2&part={part}&format=csv").text)
    assert site.json(f"/compare?a=v1&b=v2&part={part}&format=json")[part] != []
    assert rows != []


def test_a_comparison_as_json_is_the_body_of_rest(site: Site) -> None:
    site.post("/compare", PAIR)
    body = site.json("/compare?a=v1&b=v2&format=json")
    assert body["pairs"][0]["verdict"] == "better"


@pytest.mark.parametrize(
    ("asked", "status", "says"),
    [
        ({"a": "v1", "b": "v1"}, 422, "two different models"),
        ({"a": "v1", "b": "nobody"}, 404, "no model named"),
        ({"a": "v1", "b": "lost"}, 422, "only reported scores"),
        ({"a": "v1", "b": "lazy"}, 422, "lazy"),
        ({"a": "v1", "b": "v2", "metric": "charm"}, 404, "charm"),
        ({"a": "v1", "b": "v2", "on": "nowhere"}, 404, "nowhere"),
    ],
)
def test_what_cannot_be_compared_is_said_beside_the_choice(
    shown: Site, asked: dict[str, str], status: int, says: str
) -> None:
    page = Document(shown.post("/compare", asked, status).text)
    assert says in page.text
    assert "a" in page.fields()


def test_an_incomplete_model_is_compared_on_the_rows_that_both_answered(site: Site) -> None:
    page = Document(site.post("/compare", {"a": "v1", "b": "lazy", "common": "yes"}).text)
    assert "30 rows" in page.text


def test_a_viewer_may_compare(ground: Path, tmp_path: Path) -> None:
    with a_site(ground, tmp_path, accounts=True) as site:
        viewer = site.signed_in(Role.VIEWER)
        assert "better" in Document(viewer.post("/compare", PAIR | {"csrf": token(viewer, "/compare")}).text).text


def test_one_model_alone_is_told_that_it_needs_another(empty: Site) -> None:
    assert "Tweedledum alone proves nothing" in empty.page("/compare").text


# --- models ---


def test_the_list_says_what_is_missing_what_is_live_and_what_is_not_evaluated(shown: Site) -> None:
    page = shown.page("/models")
    assert "4 models; users meet v1" in page.text
    assert "lazy is not evaluated on today’s test set" in page.text
    assert "needs 10 predictions" in page.text


def test_models_are_files_too(shown: Site) -> None:
    rows = rows_of(shown.get("/models?format=csv").text)
    assert {row["model"]: row["evaluated"] for row in rows} == {
        "lazy": "False",
        "lost": "False",
        "v1": "True",
        "v2": "True",
    }
    assert [one["model"] for one in shown.json("/models?format=json")["models"]] == [row["model"] for row in rows]


def test_an_empty_list_offers_the_form(empty: Site) -> None:
    page = empty.page("/models")
    assert "There is no model to begin with" in page.text
    assert "file" in page.fields()


def test_a_file_of_predictions_becomes_a_model(site: Site) -> None:
    ids = site.bench.test_rows()["id"].to_list()
    text = "id,score\n" + "\n".join(f"{each},0.7" for each in ids)
    answer = site.post("/models", {"what": "predictions", "name": "v9"}, files=a_file("../../v9.csv", text))
    assert answer.url.path == "/models/v9"
    assert "47 answers" in Document(answer.text).text


def test_bad_rows_of_a_predictions_file_are_all_shown_and_what_was_typed_stays(shown: Site) -> None:
    fields = {"what": "predictions", "name": "v9"}
    page = Document(shown.post("/models", fields, 422, files=a_file("v9.csv", "id,score\ns000,2\nzz,0.1\n")).text)
    assert "lies outside [0, 1]" in page.text
    assert "'zz' is the id of no row of test" in page.text
    assert page.fields()["name"]["value"] in {"v9", ""}
    assert "v9" not in [one.name for one in shown.bench.workspace.models.list()]


@pytest.mark.parametrize(
    ("name", "file", "status"),
    [("v9", None, 422), ("v9", ("v9.pickle", b"\x80\x04."), 415), ("v1", ("v1.csv", "id,score\ns000,0.1\n"), 409)],
)
def test_a_model_that_cannot_be_added_is_refused_beside_the_form(
    shown: Site, name: str, file: tuple[str, str | bytes] | None, status: int
) -> None:
    files = a_file(*file) if file is not None else None
    page = Document(shown.post("/models", {"what": "predictions", "name": name}, status, files=files).text)
    assert "file" in page.fields()


def test_reported_scores_become_a_model_or_several(site: Site) -> None:
    file = a_file("old.json", '{"accuracy": 0.8}')
    answer = site.post("/models", {"what": "reported", "name": "old"}, files=file)
    assert "Only reported scores of it remain" in Document(answer.text).text
    table = "model,metric,value\na1,accuracy,0.5\na2,accuracy,0.6\n"
    answer = site.post("/models", {"what": "reported", "name": ""}, files=a_file("each.csv", table))
    assert "2 models added as reported" in Document(answer.text).text


def test_one_model_shows_facts_scores_slices_and_history(shown: Site) -> None:
    page = shown.page("/models/v2")
    assert "Accuracy 1.000" in page.text or "accuracy" in page.text
    assert "early" in page.text
    assert "added" in page.text
    assert "a file of predictions" in page.text
    rows = rows_of(shown.get("/models/v2?format=csv").text)
    assert {"sample", "all", "early"} <= {row["slice"] for row in rows}


def test_an_unknown_model_says_which_there_are(shown: Site) -> None:
    assert "known models" in shown.page("/models/nobody", 404).text


def test_missing_answers_are_added_and_another_answer_is_refused(site: Site) -> None:
    missing = rows_of(site.get("/models/lazy/missing.csv").text)
    text = "id,score\n" + "\n".join(f"{row['id']},0.6" for row in missing)
    assert (
        "none is missing any more" in Document(site.post("/models/lazy/answers", files=a_file("a.csv", text)).text).text
    )
    other = a_file("a.csv", "id,score\ns000,0.123\n")
    assert "s000" in Document(site.post("/models/lazy/answers", None, 422, files=other).text).text


@pytest.mark.parametrize("given", ["", "high", "7", "nan", "inf"])
def test_a_threshold_that_is_none_is_refused_and_nothing_changes(shown: Site, given: str) -> None:
    shown.post("/models/v1/threshold", {"threshold": given}, 422)
    assert shown.bench.workspace.models.get("v1").threshold == 0.5


def test_a_model_is_cut_renamed_made_live_retired_and_restored(site: Site) -> None:
    models = site.bench.workspace.models
    assert "is cut at 0.7" in Document(site.post("/models/v2/threshold", {"threshold": "0,7"}).text).text
    assert "Users meet v2 now" in Document(site.post("/models/v2/live").text).text
    assert "is called second now" in Document(site.post("/models/v2/rename", {"name": "second"}).text).text
    site.post("/models/second/retire", status=422)
    site.post("/models/v1/live")
    assert "is retired" in Document(site.post("/models/second/retire").text).text
    assert "second" not in [one.name for one in models.list()]
    assert "second" in site.page("/models?retired=yes").text
    assert "is back" in Document(site.post("/models/second/restore").text).text
    site.post("/models/second/rename", {"name": "v1"}, 409)


def test_every_model_is_asked_one_input(shown: Site) -> None:
    given = {"input.want": "want 1", "input.offer": "offer 1"}
    page = Document(shown.post("/ask", given).text)
    assert "4 models asked; the answers stand below as they come" in page.text
    assert len({link for link in page.links() if link.startswith("/models/")}) == 4
    assert "row s001 of its predictions" in page.text
    assert "only reported scores of it remain" in page.text
    linked = shown.page("/ask?input.want=want+1&input.offer=offer+1")
    assert "One input, every model’s answer" in linked.text


# --- all of them ---


def test_every_link_of_these_pages_answers(site: Site) -> None:
    site.post("/compare", PAIR)
    found = site.crawl("/leaderboard", within=("/leaderboard", "/models", "/compare", "/ask"))
    site.crawl("/compare?a=v1&b=v2", within=("/compare",))
    bad = {path: answer.status_code for path, answer in found.items() if answer.status_code != 200}
    assert bad == {}
    assert len(found) > 25


def test_hostile_texts_stay_texts(site: Site) -> None:
    models, evaluations = site.bench.workspace.models, site.bench.workspace.evaluations
    models.add_reported("evil", {"accuracy": {"value": 0.5, "note": HOSTILE, "test_set": HOSTILE}}, actor=HOSTILE)
    site.bench.rows([{"id": HOSTILE, "want": HOSTILE, "offer": HOSTILE, "meet": "yes", "user": HOSTILE}])
    for name, score in (("v1", 0.1), ("v2", 0.9)):
        file = site.bench.workspace.root / f"{name}.csv"
        with file.open("w", newline="") as out:
            csv.writer(out).writerows([["id", "score"], [HOSTILE, score]])
        models.update(name, file, actor=HOSTILE)
    evaluations.compare(["v1", "v2"], actor=HOSTILE)
    paths = ("/leaderboard", "/models", "/models/evil", "/models/v1", "/compare?a=v1&b=v2", "/compare/flips?a=v1&b=v2")
    for path in paths:
        nothing_runs(site.get(path).text)
    nothing_runs(site.post("/ask", {"input.want": HOSTILE, "input.offer": HOSTILE}).text)
    nothing_runs(site.get(f"/compare?a={HOSTILE}&b=v2", 404).text)


@pytest.mark.parametrize(
    ("path", "role"),
    [("/models", Role.MAINTAINER), ("/models/v1/threshold", Role.MAINTAINER), ("/models/v1/live", Role.MAINTAINER),
     ("/models/v1/retire", Role.MAINTAINER), ("/models/v1/answers", Role.MAINTAINER), ("/ask", Role.LABELLER)],
)  # fmt: skip
def test_changes_need_their_role(ground: Path, tmp_path: Path, path: str, role: Role) -> None:
    with a_site(ground, tmp_path, accounts=True) as site:
        below = list(Role)[role.place - 1]
        other = site.signed_in(below)
        assert other.client.post(path, data={"csrf": token(other, "/compare")}).status_code == 403
        assert "Retire" not in other.page("/models/v1").text


def token(site: Site, path: str) -> str:
    return str(Document(site.client.get(path).text).fields()["csrf"]["value"])
