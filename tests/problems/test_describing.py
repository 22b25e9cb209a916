"""A problem is described by patterns, which become rows of the test set; every step can be undone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curiouser.kernel.errors import BadInputError, UsageError
from curiouser.problems import (
    BadFactorError,
    BadPatternsError,
    NothingToUndoError,
    PatternDisagreesError,
    PatternNotFoundError,
    ProblemExistsError,
    ProblemNotFoundError,
    StepTakenError,
)
from tests.problems.bench import Bench, slide_44

NAME = "drugs-doctors-false-pos"


def add(bench: Bench, name: str = NAME, **given: Any) -> None:  # noqa: ANN401  settings by name
    given.setdefault("patterns", slide_44())
    bench.problems.add(name, actor="thandi", **given)


def origins(bench: Bench) -> dict[str, int]:
    return dict(bench.test_rows().group_by("origin").len().iter_rows())


def test_patterns_of_a_file_become_rows_of_origin_pattern(bench: Bench) -> None:
    made = bench.problems.add(NAME, patterns=slide_44(), harm="dangerous", actor="thandi")
    assert (made.patterns, made.cases, made.committed, made.reused) == (7, 7, 7, 0)
    assert origins(bench) == {"sample": 20, "pattern": 7}


def test_a_pattern_that_stands_in_the_test_set_is_reused_and_keeps_its_origin(bench: Bench) -> None:
    made = bench.problems.add("same", patterns=[{"want": "want 1", "offer": "offer 1", "meet": "yes"}], actor="thandi")
    assert (made.committed, made.reused) == (0, 1)
    assert origins(bench) == {"sample": 20}
    assert [one.example_id for one in bench.problems.patterns("same")] == ["s001"]


def test_a_pattern_that_stands_there_with_another_label_is_refused_by_name(bench: Bench) -> None:
    before = bench.content()
    with pytest.raises(PatternDisagreesError, match="'s001' is labelled 'yes'"):
        bench.problems.add("x", patterns=[{"want": "want 1", "offer": "offer 1", "meet": "no"}], actor="thandi")
    assert bench.content() == before
    assert bench.problems.list() == ()


def test_an_id_that_stands_there_with_another_input_is_refused(bench: Bench) -> None:
    row = {"id": "s001", "want": "else", "offer": "offer 1", "meet": "yes"}
    with pytest.raises(PatternDisagreesError, match="another input"):
        bench.problems.add("x", patterns=[row], actor="thandi")


def test_a_given_id_is_kept_and_an_absent_one_follows_from_the_input(bench: Bench) -> None:
    rows = [{"id": "mine", "want": "a", "offer": "b", "meet": "no"}, {"want": "a", "offer": "c", "meet": "no"}]
    bench.problems.add("x", patterns=rows, actor="thandi")
    bench.problems.add("y", patterns=[rows[1]], actor="thandi")
    (again,) = bench.problems.patterns("y")
    assert {one.example_id for one in bench.problems.patterns("x")} == {"mine", again.example_id}


def test_two_labels_for_one_input_in_one_file_are_refused(bench: Bench) -> None:
    rows = [{"want": "a", "offer": "b", "meet": "no"}, {"want": "a", "offer": "b", "meet": "yes"}]
    with pytest.raises(PatternDisagreesError, match="line 2"):
        bench.problems.add("x", patterns=rows, actor="thandi")


def test_patterns_can_be_a_frame_a_file_or_a_list(bench: Bench, tmp_path: Path) -> None:
    frame = pl.DataFrame(slide_44())
    frame.write_csv(tmp_path / "p.csv")
    for name, given in [("a", frame), ("b", tmp_path / "p.csv"), ("c", slide_44()), ("d", frame.to_pandas())]:
        bench.problems.add(name, patterns=given, actor="thandi")
    assert len({tuple(bench.problems.patterns(name)) for name in "abcd"}) == 1


def test_a_column_that_no_one_declared_is_kept(bench: Bench) -> None:
    bench.problems.add("x", patterns=[{"want": "a", "offer": "b", "meet": "no", "note": "as reported"}], actor="t")
    rows = bench.test_rows()
    assert rows.filter(pl.col("note") == "as reported")["want"].to_list() == ["a"]


def test_ids_take_rows_as_they_are(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text("s003\ns001\n", encoding="utf-8")
    made = bench.problems.add("x", ids=tmp_path / "ids.txt", actor="thandi")
    assert [one.example_id for one in bench.problems.patterns("x")] == ["s001", "s003"]
    assert made.problem.selected_by == "ids"
    (tmp_path / "ids.csv").write_text("id,why\ns005,x\n", encoding="utf-8")
    bench.problems.add("y", ids=tmp_path / "ids.csv", actor="thandi")
    assert [one.example_id for one in bench.problems.patterns("y")] == ["s005"]


def test_an_id_that_is_not_there_is_named(bench: Bench) -> None:
    with pytest.raises(PatternNotFoundError, match="s999"):
        bench.problems.add("x", ids=["s001", "s999"], actor="thandi")


def test_a_slice_takes_the_labelled_rows_it_selects_today(bench: Bench) -> None:
    bench.rows([{"id": "s900", "want": "want 900", "offer": "o", "meet": None, "user": "u1"}])
    made = bench.problems.add("x", where='user == "u1"', actor="thandi")
    assert made.patterns == 4
    assert any("1 selected row has no label" in note for note in made.notes)
    bench.rows([{"id": "s901", "want": "want 901", "offer": "o", "meet": "no", "user": "u1"}])
    assert len(bench.problems.patterns("x")) == 4


def test_a_slice_that_selects_nothing_is_refused(bench: Bench) -> None:
    with pytest.raises(PatternNotFoundError, match="selects 0 row"):
        bench.problems.add("x", where='user == "nobody"', actor="thandi")


def test_a_report_becomes_the_first_pattern_of_a_problem(bench: Bench) -> None:
    told = bench.problems.reports.add(
        "You sent me a dealer.", input={"want": "a doctor", "offer": "weed"}, answered="yes", user="u1", actor="nomsa"
    )
    bench.problems.add("weed", from_report=told.number, actor="thandi")
    (one,) = bench.problems.patterns("weed")
    row = bench.workspace.data.rows("test", ids=[one.example_id]).row(0, named=True)
    assert (row["want"], row["offer"], row["meet"], row["origin"]) == ("a doctor", "weed", "no", "pattern")
    assert bench.problems.reports.get(told.number).problem == "weed"


def test_a_report_without_an_input_cannot_be_a_pattern(bench: Bench) -> None:
    told = bench.problems.reports.add("It is bad.", actor="nomsa")
    with pytest.raises(PatternDisagreesError, match="has no input"):
        bench.problems.add("x", from_report=told.number, actor="thandi")


def test_a_name_is_kebab_case_and_taken_once(bench: Bench) -> None:
    with pytest.raises(BadInputError, match="hyphens"):
        add(bench, "Drugs & Doctors")
    add(bench)
    before = bench.content()
    with pytest.raises(ProblemExistsError):
        add(bench, patterns=[{"want": "z", "offer": "z", "meet": "no"}])
    assert bench.content() == before


@pytest.mark.parametrize("given", [{}, {"ids": ["s001"], "where": 'user == "u1"'}])
def test_patterns_come_from_one_place(bench: Bench, given: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="where the patterns come from"):
        bench.problems.add("x", actor="thandi", **given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"harm": "apocalyptic"}, "neither a level nor a number"),
        ({"harm": -1}, "neither a level nor a number"),
        ({"affected": "3", "because": "x"}, "percent sign"),
        ({"affected": "3%"}, "needs its reason"),
        ({"affected": "6%..2%", "because": "x"}, "must rise"),
        ({"affected": "120%", "because": "x"}, "stay within"),
        ({"tolerance": 1.0}, "no error rate"),
        ({"tolerance": float("nan")}, "no error rate"),
        ({"affected": "3%", "because": "x", "affected_by_reports": True}, "several ways"),
        ({"because": "x"}, "no percent"),
        ({"window": "28d"}, "nothing to count"),
    ],
)
def test_a_factor_that_cannot_be_right_is_refused_before_anything_is_written(
    bench: Bench, given: dict[str, Any], said: str
) -> None:
    before = bench.content()
    with pytest.raises(BadFactorError, match=said):
        add(bench, **given)
    assert (bench.content(), bench.problems.list()) == (before, ())


def test_settings_are_edited_one_by_one_and_emptied_by_name(bench: Bench) -> None:
    add(bench, harm="costly", owner="lerato", affected="2%..6%", because="forty calls")
    made = bench.problems.edit(NAME, tolerance=0.05, clear=("owner",), actor="thandi")
    assert (made.harm, made.owner, made.tolerance) == ("costly", None, 0.05)
    assert made.affected is not None
    assert (made.affected.low, made.affected.high, made.affected.because) == (2.0, 6.0, "forty calls")
    with pytest.raises(UsageError, match="nothing is to be changed"):
        bench.problems.edit(NAME, actor="thandi")


def test_a_problem_is_closed_and_reopened_once(bench: Bench) -> None:
    add(bench)
    assert bench.problems.close(NAME, actor="thandi").closed_at is not None
    with pytest.raises(StepTakenError, match="closed already"):
        bench.problems.close(NAME, actor="thandi")
    assert bench.problems.reopen(NAME, actor="thandi").closed_at is None
    assert bench.problems.count_open() == 1


def test_patterns_are_added_once_and_removed_by_id(bench: Bench) -> None:
    add(bench)
    extra = {"want": "a nurse", "offer": "herbal highs", "meet": "no"}
    done = bench.problems.add_patterns(NAME, patterns=[*slide_44()[:2], extra], actor="thandi")
    assert (done.patterns, done.added, done.committed) == (8, 1, 1)
    gone = bench.problems.patterns(NAME)[0].example_id
    assert bench.problems.remove_patterns(NAME, ids=[gone], actor="thandi").patterns == 7
    assert gone in set(bench.test_rows()["id"])
    with pytest.raises(PatternNotFoundError):
        bench.problems.remove_patterns(NAME, ids=[gone], actor="thandi")


CASE = [
    {"want": "a doctor", "offer": "a GP", "case": "typos"},
    {"want": "a doctr", "offer": "a GP", "case": "typos", "expectation": "same_as"},
    {"want": "a dcotor", "offer": "a GP", "case": "typos", "expectation": "same_as"},
]


def test_a_case_may_stand_without_labels_and_is_removed_whole(bench: Bench) -> None:
    made = bench.problems.add("typos", patterns=[*slide_44(), *CASE], actor="thandi")
    assert (made.patterns, made.cases) == (10, 8)
    member = next(one for one in bench.problems.patterns("typos") if one.case == "typos")
    with pytest.raises(PatternDisagreesError, match="--case"):
        bench.problems.remove_patterns("typos", ids=[member.example_id], actor="thandi")
    assert bench.problems.remove_patterns("typos", cases=["typos"], actor="thandi").patterns == 7
    with pytest.raises(BadInputError, match="no pattern left"):
        bench.problems.remove_patterns(
            "typos", ids=[one.example_id for one in bench.problems.patterns("typos")], actor="thandi"
        )


def test_a_case_of_the_same_name_with_other_members_is_refused(bench: Bench) -> None:
    bench.problems.add("typos", patterns=CASE, actor="thandi")
    other = [{**CASE[0], "want": "a dentist"}, CASE[1]]
    with pytest.raises(PatternDisagreesError, match="with other members"):
        bench.problems.add_patterns("typos", patterns=other, actor="thandi")


def test_undoing_takes_back_the_rows_that_nobody_else_uses(bench: Bench) -> None:
    before = bench.content()
    add(bench)
    bench.problems.add("pharmacists", patterns=[slide_44()[5]], actor="thandi")
    done = bench.problems.undo(NAME, actor="thandi")
    assert (done.problem, done.rows_removed) == (None, 6)
    with pytest.raises(ProblemNotFoundError):
        bench.problems.get(NAME)
    bench.problems.undo("pharmacists", actor="thandi")
    # The pharmacist's row was committed by the first problem, which is gone: the second one only used it.
    assert origins(bench) == {"sample": 20, "pattern": 1}
    assert bench.content() != before


def test_undoing_walks_back_step_by_step_to_nothing(bench: Bench) -> None:
    before = bench.content()
    add(bench, harm="costly")
    settings = bench.problems.get(NAME)
    bench.problems.edit(NAME, harm="annoying", actor="thandi")
    bench.problems.add_patterns(NAME, patterns=[{"want": "x", "offer": "y", "meet": "no"}], actor="thandi")
    bench.problems.close(NAME, actor="thandi")
    kinds = [bench.problems.undo(NAME, actor="lerato").step.kind for _ in range(3)]
    assert kinds == ["closed", "patterns added", "edited"]
    assert (bench.problems.get(NAME), len(bench.problems.patterns(NAME))) == (settings, 7)
    bench.problems.undo(NAME, actor="lerato")
    assert bench.content() == before
    with pytest.raises(NothingToUndoError):
        bench.problems.undo(NAME, actor="lerato")
    assert [step.actor for step in bench.problems.steps(NAME)] == ["lerato"] * 4 + ["thandi"] * 4


def test_undoing_a_problem_lets_its_reports_wait_again(bench: Bench) -> None:
    told = bench.problems.reports.add("Help.", input={"want": "a", "offer": "b"}, expected="no", actor="nomsa")
    bench.problems.add("x", from_report=told.number, actor="thandi")
    assert bench.problems.count_unlinked_reports() == 0
    bench.problems.undo("x", actor="thandi")
    assert bench.problems.count_unlinked_reports() == 1


def test_a_row_that_became_a_sample_meanwhile_is_not_taken_back(bench: Bench) -> None:
    bench.problems.add("x", patterns=[{"id": "p1", "want": "a", "offer": "b", "meet": "no"}], actor="thandi")
    bench.rows([{"id": "p1", "want": "a", "offer": "b", "meet": "no", "origin": "sample"}])
    assert bench.problems.undo("x", actor="thandi").rows_removed == 0
    assert "p1" in set(bench.test_rows()["id"])


def test_a_misspelt_name_says_what_is_near(bench: Bench) -> None:
    add(bench)
    with pytest.raises(ProblemNotFoundError, match="did you mean 'drugs-doctors-false-pos'"):
        bench.problems.get("drugs-doctor-false-pos")


def test_bad_rows_of_a_file_change_nothing(bench: Bench) -> None:
    before = bench.content()
    with pytest.raises(BadPatternsError, match="2 bad row"):
        bench.problems.add(
            "x", patterns=[{"want": "a", "offer": "b", "meet": "maybe"}, {"want": "a", "offer": "b"}], actor="t"
        )
    assert (bench.content(), bench.problems.list()) == (before, ())


def test_the_log_of_a_problem_that_never_was_is_refused(bench: Bench) -> None:
    with pytest.raises(ProblemNotFoundError):
        bench.problems.steps("nobody-knows")
