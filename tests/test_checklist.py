"""The talk's checklist: its words, what counts as done, and what the facts of a workspace are."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from curiouser.checklist import (
    CHECKLIST,
    Answer,
    Checklist,
    DatasetFacts,
    Facts,
    Group,
    ModelFacts,
    ProblemFacts,
    judge,
)
from curiouser.surfaces.bodies.checklist import checklist_body
from curiouser.surfaces.cli.program import cli
from curiouser.workspace.checking import checklist_of, facts_of
from tests.problems.bench import Bench, right, slide_44, talks_model

TALK = (
    ("First release", 74, ("Careful metric selection", "Threshold selection strategy", "Explain predictions",
                           "Fairness framework")),
    ("After first release", 75, ("ML problem tracker", "Problem triage strategy", "Reproducible training",
                                 "Comparable results", "Result management", "Be able to answer why")),
    ("Long term improvements & maintenance", 76, (
        "Data refresh strategy", "Data version control", "CI/CD or metrics for data",
        "Data labeller platform + strategy", "Robustness & uncertainty")),
)  # fmt: skip
NOT_BUILT = {
    "metric-selection", "explain-predictions", "fairness-framework", "reproducible-training", "answer-why",
    "data-refresh", "data-checks", "labelling",
}  # fmt: skip
"""Items that no fact can make done yet, because Curiouser cannot do them."""


def a_dataset(name: str = "test", **more: Any) -> DatasetFacts:  # noqa: ANN401  fields by name
    made = DatasetFacts(name=name, rows=1_064, data_commits=10, branches=2, age_days=54.2)
    return dataclasses.replace(made, **more)


def a_model(name: str = "v1", **more: Any) -> ModelFacts:  # noqa: ANN401  fields by name
    made = ModelFacts(
        name=name, threshold=0.62, threshold_by="thandi on 2019-10-14", evaluated=True, complete=True,
        calibrated=True, trained_on=None, missing=None,
    )  # fmt: skip
    return dataclasses.replace(made, **more)


def some_problems(**more: Any) -> ProblemFacts:  # noqa: ANN401  fields by name
    made = ProblemFacts(
        open=12, closed=2, patterns=264, without_patterns=(), model="v2", lack_affected=(), lack_harm=(),
        lack_error=(), unowned=(), compared_cases=40, changed_cases=3,
    )  # fmt: skip
    return dataclasses.replace(made, **more)


def some_facts(**more: Any) -> Facts:  # noqa: ANN401  fields by name
    """Facts of a team that has done all that can be done."""
    made = Facts(
        kind="binary", tolerance=None, groups=("language",), harm={"annoying": 1.0, "dangerous": 10.0},
        metrics=("accuracy", "f1"), datasets={"test": a_dataset(), "train": a_dataset("train", data_commits=3)},
        models=(a_model("v1"), a_model("v2")), reported=0, live="v2", evaluations=19, evaluated_commits=5,
        comparisons=3, problems=some_problems(), reports=9, waiting=0, waiting_days=None,
    )  # fmt: skip
    return dataclasses.replace(made, **more)


NOTHING = some_facts(
    groups=(), datasets={}, models=(), live=None, evaluations=0, evaluated_commits=0, comparisons=0, reports=0,
    problems=some_problems(open=0, closed=0, patterns=0, model=None, compared_cases=0, changed_cases=0),
)  # fmt: skip


def answer(key: str, facts: Facts) -> Answer:
    return next(item for item in CHECKLIST if item.key == key).probe(facts)


def test_the_items_are_the_talks_in_its_order_and_words() -> None:
    shown = [(str(group), [item for item in CHECKLIST if item.group is group]) for group in Group]
    assert [(group, items[0].slide, tuple(one.name for one in items)) for group, items in shown] == list(TALK)
    assert [item.slide for item in CHECKLIST] == sorted(item.slide for item in CHECKLIST)
    assert len({item.key for item in CHECKLIST}) == 15


def test_nothing_is_done_by_default() -> None:
    assert judge(NOTHING).done == 0


def test_what_curiouser_cannot_do_is_never_done_and_says_so() -> None:
    found = judge(some_facts())
    not_done = {one.item.key for one in found.items if not one.answer.done}
    assert not_done == NOT_BUILT
    for one in found.items:
        if not one.answer.done:
            assert re.search(r"Curiouser (cannot|does not)", one.answer.why)


names = st.sampled_from(["a", "b", "drugs-doctors-false-pos"])
CHOSEN = ((None, None), (0.5, None), (0.62, "thandi on 2019-10-14"))
"""Thresholds, and who chose them."""
models = st.builds(
    lambda cut, **more: ModelFacts(threshold=cut[0], threshold_by=cut[1], **more),
    cut=st.sampled_from(CHOSEN), name=names,
    evaluated=st.booleans(), complete=st.booleans(), calibrated=st.booleans(), trained_on=st.none() | st.just("train"),
    missing=st.none() | st.integers(0, 20),
)  # fmt: skip
some_names = st.lists(names, max_size=3, unique=True).map(tuple)
datasets = st.builds(
    DatasetFacts, name=st.just("test"), rows=st.integers(0, 3), data_commits=st.integers(1, 3),
    branches=st.integers(1, 3), age_days=st.floats(0, 100),
)  # fmt: skip
HOW_MANY = ((0, 0), (3, 0), (0, 3), (5, 2))
"""Open and closed problems: none, or as many as are named at least."""


@st.composite
def problem_facts(draw: st.DrawFn) -> ProblemFacts:
    opened, closed = draw(st.sampled_from(HOW_MANY))
    some = some_names if opened or closed else st.just(())
    return ProblemFacts(
        open=opened, closed=closed, patterns=draw(st.integers(0, 99)), model=draw(st.none() | names),
        without_patterns=draw(some if opened else st.just(())), lack_affected=draw(some), lack_harm=draw(some),
        lack_error=draw(some), unowned=draw(some), compared_cases=draw(st.integers(40, 60) | st.just(0)),
        changed_cases=0,
    )  # fmt: skip


every_fact = st.builds(
    Facts, kind=st.sampled_from(["binary", "multiclass", "regression"]), tolerance=st.none() | st.floats(0, 1),
    groups=st.sampled_from([(), ("language",), ("a", "b", "c", "d")]), harm=st.just({"costly": 3.0}),
    metrics=st.just(("accuracy", "f1")),
    datasets=st.dictionaries(st.sampled_from(["test", "train", "production"]), datasets),
    models=st.lists(models, max_size=4).map(tuple), reported=st.integers(0, 2), live=st.none() | names,
    evaluations=st.integers(0, 5), evaluated_commits=st.integers(0, 5), comparisons=st.integers(0, 5),
    problems=problem_facts(), reports=st.integers(0, 9), waiting=st.integers(0, 9),
    waiting_days=st.none() | st.floats(0, 400),
)  # fmt: skip


@given(every_fact)
def test_whatever_the_facts_every_answer_is_sentences_and_every_next_step_a_command(facts: Facts) -> None:
    for one in judge(facts).items:
        found = one.answer
        assert re.fullmatch(r"[A-Z0-9a-z].*\.", found.why, re.DOTALL), found.why
        assert "None" not in found.why + found.next.command + found.next.says
        assert not re.search(r"\b1 (rows|problems|models|patterns|reports|days)\b", found.why)
        assert re.fullmatch(r"[A-Z].*[^.:]", found.next.says), found.next.says
        assert found.next.page is None or re.fullmatch(r"/[^\s]*", found.next.page)
        for command in found.next.command.split(", then "):
            assert known_command(command), command


def known_command(text: str) -> bool:
    """Tell whether a text names a command, and only options that it has."""
    words = text.split()
    command: click.Command | None = cli
    context = click.Context(cli)
    assert words[0] == "curiouser"
    for word in words[1:]:
        if not isinstance(command, click.Group):
            break
        command = command.get_command(context, word)
    if command is None or isinstance(command, click.Group):
        return False
    options = {name for each in command.params for name in each.opts}
    return {word for word in words if re.match(r"--?[a-z]", word)} <= options


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"live": None}, "No model is live"),
        ({"models": (a_model("v2", threshold_by=None),)}, "v2 is live at 0.62, and nobody chose that for it"),
        (
            {"models": (a_model("v2"), a_model("v3", threshold=0.5, threshold_by=None))},
            "v3 would go live at 0.5, and nobody chose that",
        ),
        ({"models": (a_model("v2", complete=False),)}, "at it v2 has no complete scores"),
        ({"kind": "multiclass"}, "most probable class"),
        ({"kind": "regression"}, "which miss still counts as right"),
    ],
)
def test_a_threshold_is_a_strategy_only_where_somebody_chose_it_for_this_model(
    changed: dict[str, Any], says: str
) -> None:
    assert answer("threshold-selection", some_facts()).done
    found = answer("threshold-selection", some_facts(**changed))
    assert not found.done
    assert says in found.why


def test_a_regression_has_decided_what_is_right_by_its_tolerance() -> None:
    assert answer("threshold-selection", some_facts(kind="regression", tolerance=0.5)).done


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"problems": some_problems(open=0, closed=0)}, "No problem is described yet"),
        ({"problems": some_problems(without_patterns=("developer",))}, "1 open problem of 12 cannot be followed"),
        (
            {"waiting": 4, "waiting_days": 7.1},
            "4 user reports wait, the oldest for 7 days; more than 7",
        ),
    ],
)
def test_a_tracker_with_undescribed_problems_or_forgotten_reports_is_not_in_use(
    changed: dict[str, Any], says: str
) -> None:
    found = answer("problem-tracker", some_facts(**changed))
    assert not found.done
    assert says in found.why


def test_a_tracker_is_done_while_reports_wait_for_less_than_a_week_and_leads_to_them() -> None:
    found = answer("problem-tracker", some_facts(waiting=1, waiting_days=6.9))
    assert found.done
    assert found.why == (
        "There are 14 problems (12 open), described by 264 patterns; 1 user report has waited for 6 days."
    )
    assert found.next.says == "Read 1 report"
    assert found.next.page == "/reports"


def test_triage_counts_each_problem_once_and_names_every_gap() -> None:
    gaps = some_problems(lack_affected=("a", "b"), lack_harm=("b",), lack_error=("c",), unowned=("a",))
    found = answer("triage-strategy", some_facts(problems=gaps))
    assert not found.done
    assert found.why == (
        "9 of 12 open problems have an Impact on v2: 2 with no percent of users affected (a and b);"
        " 1 with no harm (b); 1 with no scored pattern (c); 1 with no owner (a)."
    )
    assert found.next.command == "curiouser problem edit b --harm LEVEL"
    assert found.next.page == "/problems/b"


def test_triage_looks_at_the_closed_problems_where_none_is_open() -> None:
    found = answer("triage-strategy", some_facts(problems=some_problems(open=0)))
    assert found.done
    assert found.why.startswith("2 of 2 closed problems have an Impact on v2")


def test_results_are_comparable_only_when_every_model_has_all_of_todays_rows() -> None:
    behind = some_facts(models=(a_model("v1", complete=False, missing=10), a_model("v2")))
    found = answer("comparable-results", behind)
    assert found.why == (
        "1 of 2 models lacks scores over all of today's test set (1,064 rows): v1. v1 needs 10 predictions."
    )
    assert found.next.command == "curiouser model missing v1 --on test -o FILE.csv"
    assert not answer("comparable-results", some_facts(models=(a_model("v1"),))).done
    assert answer("comparable-results", some_facts()).done


def test_data_is_under_version_control_only_with_a_history_and_with_the_training_data() -> None:
    once = {"test": a_dataset(data_commits=1), "train": a_dataset("train")}
    assert "never changed" in answer("data-version-control", some_facts(datasets=once)).why
    found = answer("data-version-control", some_facts(datasets={"test": a_dataset()}))
    assert not found.done
    assert "the training data is not here: v1 and v2 may have learned from any data" in found.why
    told = (a_model("v1", trained_on="pool@abcd"),)
    assert answer("data-version-control", some_facts(datasets={"test": a_dataset()}, models=told)).done


def test_robustness_needs_enough_changed_inputs_and_probabilities_that_were_checked() -> None:
    few = some_problems(compared_cases=28, changed_cases=1)
    assert "only 1 of 28 Cases" in answer("robustness", some_facts(problems=few)).why
    blind = (a_model("v2", calibrated=False),)
    assert "whether v2 knows when it is unsure is not known" in answer("robustness", some_facts(models=blind)).why
    assert answer("robustness", some_facts()).why.startswith(
        "3 of 40 Cases that change an input turned out wrong on v2"
    )


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench.make(tmp_path / "ws")
    yield made
    made.workspace.close()


def done(found: Checklist) -> set[str]:
    return {one.item.key for one in found.items if one.answer.done}


def test_an_empty_workspace_has_done_nothing_and_starts_with_a_test_set(bench: Bench) -> None:
    found = checklist_of(bench.workspace)
    assert found.done == 0
    assert found.next is not None
    assert found.next.item.key == "metric-selection"
    assert 'data import FILE.csv --dataset test -m "first test set"' in found.next.answer.next.command


def test_a_team_gets_its_items_done_one_by_one(bench: Bench) -> None:
    bench.samples(40)
    bench.model("v1", right)
    assert done(checklist_of(bench.workspace)) == set()
    bench.workspace.evaluations.evaluate(actor="t")
    assert done(checklist_of(bench.workspace)) == {"result-management"}
    bench.problems.add("drugs-doctors", patterns=slide_44(), harm="dangerous", actor="t")
    bench.model("v1", talks_model)
    bench.model("v2", talks_model)
    assert done(checklist_of(bench.workspace)) == {"problem-tracker"}
    bench.workspace.evaluations.evaluate(actor="t")
    assert done(checklist_of(bench.workspace)) == {"problem-tracker", "result-management", "comparable-results"}
    bench.problems.edit("drugs-doctors", affected="3%", because="counted", owner="lerato", actor="t")
    assert "triage-strategy" in done(checklist_of(bench.workspace))
    bench.live("v2")
    assert "threshold-selection" not in done(checklist_of(bench.workspace))
    bench.workspace.models.set_threshold("v2", 0.6, actor="thandi")
    assert "no complete scores" in answer("threshold-selection", facts_of(bench.workspace)).why
    bench.workspace.evaluations.evaluate(actor="t")
    found = answer("threshold-selection", facts_of(bench.workspace))
    assert found.done
    assert "The threshold of v2, 0.6, was chosen by thandi on 2019-10-14" in found.why


def test_a_threshold_given_with_the_model_was_chosen_and_the_usual_one_was_not(bench: Bench) -> None:
    bench.samples()
    rows = bench.test_rows().select("id").with_columns(score=0.5)
    for name, threshold in (("usual", None), ("also-usual", 0.5), ("chosen", 0.3)):
        bench.workspace.models.add_predictions(name, rows, on="test", threshold=threshold, actor="sipho")
        bench.live(name)
        model = facts_of(bench.workspace).models[-1]
        assert model.name == name
        assert (model.threshold_by is not None) == (name == "chosen")


def test_facts_count_what_is_there(bench: Bench) -> None:
    bench.samples(30)
    bench.problems.add("drugs-doctors", patterns=slide_44(), actor="t")
    bench.model("v1", lambda row: None if row["origin"] == "pattern" else right(row))
    bench.workspace.evaluations.evaluate(actor="t")
    bench.problems.reports.add("bad", actor="t")
    bench.problems.reports.add("worse", actor="t")
    bench.problems.reports.link(2, "drugs-doctors")
    facts = facts_of(bench.workspace)
    assert facts.test is not None
    assert (facts.test.rows, facts.test.data_commits) == (37, 2)
    (model,) = facts.models
    assert (model.complete, model.missing) == (False, 7)
    assert (facts.reports, facts.waiting) == (2, 1)
    assert facts.problems.lack_error == facts.problems.lack_harm == facts.problems.unowned == ("drugs-doctors",)
    assert facts.problems.patterns == 7


def test_cases_that_change_an_input_are_counted_on_the_live_model(bench: Bench) -> None:
    bench.samples()
    cases = [
        {"want": f"x {i}", "offer": offer, "meet": None, "case": str(i), "expectation": says}
        for i in range(3)
        for offer, says in (("tea", "first"), ("Tea", "same_as"))
    ]
    bench.problems.add("capitals", patterns=cases, actor="t")
    bench.model("v1", lambda row: 0.9 if row["want"] == "x 1" and row["offer"] == "Tea" else 0.1)
    found = facts_of(bench.workspace).problems
    assert (found.compared_cases, found.changed_cases) == (3, 1)


def test_the_command_says_what_the_body_says(bench: Bench) -> None:
    bench.samples()
    ran = CliRunner().invoke(cli, ["-C", str(bench.workspace.root), "checklist", "--json"])
    assert ran.exit_code == 0, ran.output
    body = json.loads(ran.stdout)
    here = checklist_of(bench.workspace)
    # The command looks at the time of day, and the workspace at its own clock: what is so many days old differs.
    ours = dataclasses.replace(here, items=tuple(one for one in here.items if one.item.key != "data-refresh"))
    assert [item for item in body["items"] if item["key"] != "data-refresh"] == checklist_body(ours)["items"]
    text = CliRunner().invoke(cli, ["-C", str(bench.workspace.root), "checklist"]).stdout
    assert text.startswith("0 of 15 done.")
    assert "not yet  Careful metric selection" in text
