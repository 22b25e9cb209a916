"""A user report says what happened, in the user's words, and waits for a problem."""

from __future__ import annotations

import pytest

from curiouser.kernel.canonical import Json
from curiouser.kernel.errors import BadInputError
from curiouser.problems import ProblemNotFoundError, ReportNotFoundError, StepTakenError
from tests.problems.bench import Bench, slide_44

INPUT = {"want": "a doctor", "offer": "marijuana"}


def test_a_report_keeps_what_was_said_and_who_wrote_it_down(bench: Bench) -> None:
    made = bench.problems.reports.add("“Improves health”?", input=INPUT, answered="yes", user="u1", actor="nomsa")
    again = bench.problems.reports.get(made.number)
    assert again == made
    assert (again.text, again.input, again.reported_by, again.problem) == ("“Improves health”?", INPUT, "nomsa", None)
    assert again.reported_at.tzinfo is not None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"want": "a doctor"}, "missing: offer"),
        ({"want": "a", "offer": "b", "age": 3}, "unknown: age"),
    ],
)
def test_an_input_has_the_columns_of_the_task(bench: Bench, given: dict[str, Json], said: str) -> None:
    with pytest.raises(BadInputError, match=said):
        bench.problems.reports.add("x", input=given, actor="nomsa")


def test_an_answer_is_one_of_the_classes_and_a_report_has_words(bench: Bench) -> None:
    with pytest.raises(BadInputError, match="'maybe' is no answer"):
        bench.problems.reports.add("x", answered="maybe", actor="nomsa")
    with pytest.raises(BadInputError, match="without words"):
        bench.problems.reports.add("  ", actor="nomsa")


def test_reports_are_listed_newest_first_by_problem_and_by_whether_they_wait(bench: Bench) -> None:
    bench.problems.add("drugs", patterns=slide_44(), actor="t")
    numbers = [bench.problems.reports.add(f"report {i}", actor="nomsa").number for i in range(4)]
    bench.problems.reports.link(numbers[1], "drugs")
    bench.problems.reports.withdraw(numbers[2])
    reports = bench.problems.reports
    assert [one.number for one in reports.list()] == [numbers[3], numbers[1], numbers[0]]
    assert [one.number for one in reports.list(problem="drugs")] == [numbers[1]]
    assert [one.number for one in reports.list(waiting=True)] == [numbers[3], numbers[0]]
    assert [one.number for one in reports.list(withdrawn=True, limit=2)] == [numbers[3], numbers[2]]
    assert reports.count_unlinked() == 2
    assert [(one.problem.name, one.reports) for one in bench.problems.list()] == [("drugs", 1)]


def test_a_link_can_be_changed_and_taken_away(bench: Bench) -> None:
    bench.problems.add("drugs", patterns=slide_44(), actor="t")
    told = bench.problems.reports.add("x", actor="nomsa")
    assert bench.problems.reports.link(told.number, "drugs").problem == "drugs"
    assert bench.problems.reports.link(told.number, None).problem is None
    with pytest.raises(ProblemNotFoundError):
        bench.problems.reports.link(told.number, "nothing")


def test_a_report_is_withdrawn_once_stays_readable_and_can_be_taken_back(bench: Bench) -> None:
    told = bench.problems.reports.add("x", actor="nomsa")
    assert bench.problems.reports.withdraw(told.number).withdrawn_at is not None
    with pytest.raises(StepTakenError):
        bench.problems.reports.withdraw(told.number)
    assert bench.problems.reports.get(told.number).text == "x"
    assert bench.problems.reports.restore(told.number).withdrawn_at is None
    assert [one.number for one in bench.problems.reports.list()] == [told.number]
    with pytest.raises(StepTakenError, match="is not withdrawn"):
        bench.problems.reports.restore(told.number)
    with pytest.raises(ReportNotFoundError, match="no user report 99"):
        bench.problems.reports.get(99)
