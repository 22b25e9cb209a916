"""Laws that hold whatever a team does: undo restores, order is nothing, problems do not touch each other."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curiouser.kernel.errors import CuriouserError
from curiouser.problems import ProblemNotFoundError
from tests.problems.bench import Bench, right

WANTS = ("a doctor", "a chef", "a nurse", "a plumber")
OFFERS = ("drugs", "medicine", "lessons")
PAIRS = list(itertools.product(WANTS, OFFERS))
NAMES = ("first", "second")
few = settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])


@contextmanager
def a_bench() -> Iterator[Bench]:
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench.make(Path(folder) / "workspace")
        bench.samples(8)
        yield bench
        bench.workspace.close()


def label_of(want: str, offer: str) -> str:
    return "yes" if (len(want) + len(offer)) % 2 else "no"


def rows_of(pairs: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"want": want, "offer": offer, "meet": label_of(want, offer)} for want, offer in pairs]


several_rows = st.lists(st.sampled_from(PAIRS), min_size=1, max_size=5, unique=True).map(rows_of)


def state(bench: Bench) -> tuple[Any, ...]:
    listed = bench.problems.list()
    patterns = {one.problem.name: bench.problems.patterns(one.problem.name) for one in listed}
    return bench.content(), listed, patterns


def a_step(data: st.DataObject, bench: Bench, name: str) -> Callable[[], object]:
    """Draw one thing that can be done to a problem."""
    problems = bench.problems
    if name not in {one.problem.name for one in problems.list()}:
        rows = data.draw(several_rows)
        return lambda: problems.add(name, patterns=rows, harm="costly", actor="t")
    kind = data.draw(st.sampled_from(["edit", "close", "reopen", "add", "remove"]))
    tolerance = data.draw(st.sampled_from([0.0, 0.05, 0.2]))
    rows = data.draw(several_rows)
    ids = [data.draw(st.sampled_from(problems.patterns(name))).example_id]
    return {
        "edit": lambda: problems.edit(name, tolerance=tolerance, actor="t"),
        "close": lambda: problems.close(name, actor="t"),
        "reopen": lambda: problems.reopen(name, actor="t"),
        "add": lambda: problems.add_patterns(name, patterns=rows, actor="t"),
        "remove": lambda: problems.remove_patterns(name, ids=ids, actor="t"),
    }[kind]


def steps_of(bench: Bench, name: str) -> int:
    try:
        return len(bench.problems.steps(name))
    except ProblemNotFoundError:  # nothing was ever done to it
        return 0


@few
@given(st.data())
def test_undoing_restores_what_was_there_before_each_step(data: st.DataObject) -> None:
    with a_bench() as bench:
        before = [state(bench)]
        done = []
        for _ in range(data.draw(st.integers(1, 7))):
            name = data.draw(st.sampled_from(NAMES))
            steps = steps_of(bench, name)
            try:
                a_step(data, bench, name)()
            except CuriouserError:
                assert state(bench) == before[-1]
                continue
            if steps_of(bench, name) > steps:
                done.append(name)
                before.append(state(bench))
        for name in reversed(done):
            before.pop()
            bench.problems.undo(name, actor="t")
            assert state(bench) == before[-1]


@few
@given(st.data())
def test_the_order_of_rows_in_a_file_changes_nothing(data: st.DataObject) -> None:
    same = [
        {"want": f"a doctr{'r' * i}", "offer": "drugs", "meet": None, "case": "c", "expectation": "same_as"}
        for i in range(3)
    ]
    rows = [*rows_of(PAIRS[:5]), {"want": "a doctor", "offer": "pills", "meet": "no", "case": "c"}, *same]
    shuffled = data.draw(st.permutations(rows))
    outcomes = []
    for order in (rows, shuffled):
        with a_bench() as bench:
            bench.problems.add("x", patterns=order, harm=1, affected="2%", because="x", actor="t")
            bench.model("m", lambda row: 0.9 if "rr" in row["want"] else 0.2)
            (line,) = bench.problems.triage().problems
            outcomes.append((bench.content(), line.standing, line.impact))
    assert outcomes[0] == outcomes[1]


@few
@given(several_rows, several_rows)
def test_patterns_of_one_problem_do_not_change_another(
    mine: list[dict[str, str]], theirs: list[dict[str, str]]
) -> None:
    with a_bench() as bench:
        bench.problems.add("mine", patterns=mine, harm=1, affected="1%..5%", because="x", actor="t")
        bench.model("m", lambda row: 0.9 if row["want"] == "a chef" else right(row))
        before = bench.problems.triage().problems
        bench.problems.add("theirs", patterns=theirs, actor="t")
        bench.model("m", lambda row: 0.9 if row["want"] == "a chef" else right(row))
        after = [one for one in bench.problems.triage().problems if one.problem.name == "mine"]
        assert [(one.standing, one.impact) for one in after] == [(one.standing, one.impact) for one in before]
