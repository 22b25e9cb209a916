"""Checking twice costs once, a small change costs little, gates gate, and every ref has a history."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curiouser.datachecks import EVERY_CHECK, CheckNotFoundError, NeverCheckedError, Outcome
from curiouser.kernel.check_settings import DEFAULT_RULES, OwnRule, Rule, Severity
from tests.datachecks.bench import TASK, Bench, texts
from tests.nightly import examples


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def many(n: int) -> pl.DataFrame:
    return texts(
        *[f"text {place} of many" for place in range(n)],
        labels=["ham", "spam"] * (n // 2),
        language=["zu", "en"] * (n // 2),
    )


def test_unchanged_data_is_not_checked_twice(bench: Bench) -> None:
    bench.commit(many(200))
    first = bench.check()
    assert first.ran == len(first.checks) > 10
    read = bench.workspace.datachecks.services.profiles.rows_read
    second = bench.check()
    assert (second.ran, second.checks) == (0, first.checks)
    bench.set()  # another process
    assert bench.check().ran == 0
    assert bench.workspace.datachecks.services.profiles.rows_read == 0
    assert read == 200


def test_rows_that_come_back_are_known_whatever_their_history(bench: Bench) -> None:
    bench.commit(many(100))
    before = bench.check(against="test")
    bench.commit(texts("another", prefix="n"))
    bench.workspace.data.commit("test", message="m", actor="a", deletes=["n0000"])
    again = bench.check(against="test")
    assert again.content_hash == before.content_hash
    assert again.data_commit != before.data_commit
    assert again.ran == 0


def test_a_changed_threshold_asks_only_its_own_check_again(bench: Bench) -> None:
    bench.commit(many(100))
    bench.check()
    bench.set(rules={**DEFAULT_RULES, "missing-values": Rule(severity=Severity.WARN, threshold=0.5)})
    assert bench.check().ran == 1
    bench.set(rules={**DEFAULT_RULES, "missing-values": Rule(severity=Severity.GATE, threshold=0.5)})
    assert bench.check().ran == 0


def test_a_small_change_is_looked_at_alone(bench: Bench) -> None:
    bench.commit(many(3_000))
    bench.commit(many(100), "train")
    bench.check()
    profiles = bench.workspace.datachecks.services.profiles
    assert profiles.rows_read == 3_100
    bench.commit(texts(*[f"fresh {place}" for place in range(50)], prefix="n"))
    found = bench.check()
    assert profiles.rows_read == 3_150
    assert found.rows == 3_050


WORDS = st.sampled_from(["win", "WIN", "win ", "money", "Money now", "hello", "", "bye", "a b", "A  B"])
ROW = st.tuples(st.integers(0, 30), WORDS, st.sampled_from(["ham", "spam", None]), st.sampled_from(["zu", "en", None]))


def as_rows(drawn: list[tuple[int, str, str | None, str | None]]) -> pl.DataFrame:
    rows = {f"r{number:02}": (text, label, language) for number, text, label, language in drawn}
    return pl.DataFrame(
        [(id_, *cells) for id_, cells in rows.items()],
        schema={"id": pl.String, "text": pl.String, "label": pl.String, "language": pl.String}, orient="row",
    )  # fmt: skip


@settings(max_examples=examples(3, nightly=300))
@pytest.mark.timeout(3_600)  # at night
@given(
    first=st.lists(ROW, min_size=1, max_size=40), later=st.lists(ROW, max_size=20),
    gone=st.sets(st.integers(0, 30), max_size=5), train=st.lists(ROW, min_size=1, max_size=10),
)  # fmt: skip
def test_what_is_moved_by_changes_is_what_is_found_by_looking_at_all_rows(
    tmp_path_factory: pytest.TempPathFactory,
    first: list[tuple[int, str, str | None, str | None]],
    later: list[tuple[int, str, str | None, str | None]],
    gone: set[int],
    train: list[tuple[int, str, str | None, str | None]],
) -> None:
    root = tmp_path_factory.mktemp("laws")
    followed, afresh = Bench(root / "followed"), Bench(root / "afresh")
    before = as_rows(first)
    for bench in (followed, afresh):
        bench.commit(before)
        bench.commit(as_rows(train), "train")
    followed.check()
    deletes = [one for one in before["id"] if int(one[1:]) in gone and one not in set(as_rows(later)["id"])]
    for bench in (followed, afresh):
        if later or deletes:
            bench.commit(as_rows(later), deletes=deletes)
    for ref in ("test", "train"):
        left, right = followed.check(ref, against=None), afresh.check(ref, against=None)
        assert [one.finding for one in left.checks] == [one.finding for one in right.checks]
    for bench in (followed, afresh):
        bench.workspace.close()


def test_a_gate_fails_with_its_reasons_and_a_warning_does_not(bench: Bench) -> None:
    bench.commit(texts("win", "win", labels=["ham", "spam"]))
    gate = bench.workspace.datachecks.gate("test", actor="thandi")
    assert gate.outcome is Outcome.FAIL
    assert any(one.startswith("DC11 contradictory-labels fails") for one in gate.reasons)
    assert not any("exact-duplicates" in one for one in gate.reasons)
    warned = {name: Rule(severity=Severity.WARN, threshold=rule.threshold) for name, rule in DEFAULT_RULES.items()}
    bench.set(rules=warned)
    assert bench.workspace.datachecks.gate("test", actor="thandi").outcome is Outcome.PASS


def test_a_gate_that_cannot_say_is_unknown(bench: Bench) -> None:
    bench.commit(many(100))
    gate = bench.workspace.datachecks.gate("test", actor="thandi")
    assert gate.outcome is Outcome.UNKNOWN
    assert any("label-distribution can't say" in one for one in gate.reasons)


def test_a_check_that_is_off_is_not_asked(bench: Bench) -> None:
    bench.commit(many(20))
    off = {name: Rule(severity=Severity.OFF, threshold=rule.threshold) for name, rule in DEFAULT_RULES.items()}
    bench.set(rules=off)
    assert bench.check().checks == ()


def test_a_branch_is_compared_with_main_and_main_with_the_version_before(bench: Bench) -> None:
    first = bench.commit(many(40))
    bench.workspace.data.branch("test", "fix", actor="thandi")
    bench.commit(texts("more", prefix="n"), branch="fix")
    assert bench.check("test@fix").against == "test@main"
    bench.commit(texts("more", prefix="m"))
    assert bench.check("test").against_commit == first
    assert bench.check("test", against="test@fix").against == "test@fix"


def test_every_ref_has_a_history_and_its_last_results(bench: Bench) -> None:
    with pytest.raises(NeverCheckedError, match="curiouser data check test"):
        bench.workspace.datachecks.last("test")
    bench.commit(many(40))
    made = bench.check()
    bench.check()
    bench.commit(texts("text 1 of many", prefix="n"))
    bench.check()
    runs = bench.workspace.datachecks.runs("test")
    assert [run.data_commit for run in runs][-1] == made.data_commit
    assert len(runs) == 2
    assert bench.workspace.datachecks.runs("test", before=runs[0].number) == runs[1:]
    last = bench.workspace.datachecks.last("test")
    assert last.data_commit == runs[0].data_commit
    assert last.checks == bench.check().checks


def test_a_name_that_is_no_check_says_which_there_are(bench: Bench) -> None:
    bench.commit(many(10))
    with pytest.raises(CheckNotFoundError, match="exact-duplicates"):
        bench.check(only=["duplicates"])
    assert {one.code for one in bench.check(only=["DC03", "schema"]).checks} == {"DC01", "DC03"}


def test_a_damaged_or_missing_index_is_made_again(bench: Bench) -> None:
    bench.commit(texts("a", "a", "b"))
    assert bench.result("exact-duplicates").finding.count == 1
    for path in bench.workspace.objects.root.glob("*/*.inputs.arrow"):
        path.write_bytes(b"damaged" + path.read_bytes()[7:])
    bench.set(rules={**DEFAULT_RULES, "exact-duplicates": Rule(severity=Severity.WARN, threshold=0.9)})
    assert bench.result("exact-duplicates").finding.count == 1
    for path in bench.workspace.objects.root.glob("*/*.inputs.arrow"):
        path.unlink()
    bench.set(rules=DEFAULT_RULES)
    bench.commit(texts("a", prefix="n"))
    assert bench.result("exact-duplicates").finding.count == 2


def test_old_profiles_are_forgotten(bench: Bench) -> None:
    for place in range(9):
        bench.commit(texts(*[f"{place} {one}" for one in np.arange(30)]), replace=True)
        bench.check(only=["exact-duplicates"])
    assert len(list(bench.workspace.objects.root.glob("*/*.inputs.arrow"))) <= 6


def test_every_check_has_settings_and_a_code_of_its_own() -> None:
    assert [one.name for one in EVERY_CHECK if one.name != "own"] == list(DEFAULT_RULES)
    codes = [one.code for one in EVERY_CHECK]
    assert codes == sorted(set(codes))


def test_a_predicate_that_must_select_nothing(tmp_path: Path) -> None:
    bench = Bench(tmp_path, TASK)
    bench.set(own=(OwnRule(name="no-addresses", where='contains(text, "@")'),))
    bench.commit(texts("hello", "mail me: a@b.c"))
    found = bench.result("no-addresses")
    assert (found.code, found.name, found.outcome) == ("DC20", "no-addresses", Outcome.FAIL)
    assert [one.at.id for one in found.finding.rows if one.at] == ["r0001"]
    bench.commit(texts("a@b", prefix="n"))
    own = bench.workspace.datachecks.services.own
    judged = own.rows_judged
    assert bench.result("no-addresses").finding.count == 2
    assert own.rows_judged == judged + 1
    bench.set(own=(OwnRule(name="broken", where="nothing == 1"),))
    assert bench.result("broken").outcome is Outcome.UNKNOWN


FUNCTION = """
calls = 0
def short(rows):
    return ["is too long" if len(row["text"]) > 8 else None for row in rows]
def fails(rows):
    raise RuntimeError("no idea")
"""


def test_a_function_of_the_project_judges_each_row_once(tmp_path: Path) -> None:
    bench = Bench(tmp_path, TASK)
    (tmp_path / "ours.py").write_text(FUNCTION, encoding="utf-8")
    bench.set(own=(OwnRule(name="short-texts", function="ours:short"),))
    bench.commit(texts("hello", "much too long", "bye"))
    found = bench.result("short-texts")
    assert [(one.at.id, one.what) for one in found.finding.rows if one.at] == [("r0001", "is too long")]
    own = bench.workspace.datachecks.services.own
    assert own.rows_judged == 3
    assert bench.check(only=["short-texts"]).ran == 0
    bench.commit(texts("this is long, too", prefix="n"))
    assert bench.result("short-texts").finding.count == 2
    assert own.rows_judged == 4
    (tmp_path / "ours.py").write_text(FUNCTION.replace("> 8", "> 80"), encoding="utf-8")
    assert bench.result("short-texts").outcome is Outcome.PASS
    assert own.rows_judged == 8


def test_a_function_that_fails_is_unknown_and_asked_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path, TASK)
    (tmp_path / "ours.py").write_text(FUNCTION, encoding="utf-8")
    bench.set(own=(OwnRule(name="broken", function="ours:fails"), OwnRule(name="lost", function="nowhere:f")))
    bench.commit(texts("hello"))
    broken, lost = bench.check(only=["broken", "lost"]).checks
    assert (broken.outcome, lost.outcome) == (Outcome.UNKNOWN, Outcome.UNKNOWN)
    assert "no idea" in broken.finding.reason
    assert bench.check(only=["broken"]).ran == 1


def test_an_own_gate_that_could_not_judge_lets_nothing_through(bench: Bench) -> None:
    bench.commit(texts("hello"))
    mistyped = OwnRule(name="no-shouting", where="text = 'LOUD'")
    bench.set(
        own=(mistyped,), rules={name: replace(rule, severity=Severity.OFF) for name, rule in DEFAULT_RULES.items()}
    )
    gate = bench.workspace.datachecks.gate("test", actor="thandi")
    [one] = gate.checked.checks
    assert (one.outcome, one.gates, gate.outcome) == (Outcome.UNKNOWN, True, Outcome.FAIL)
    assert gate.reasons[0].startswith("DC20 no-shouting could not judge: ")
    bench.check()
    assert bench.workspace.datachecks.last("test").outcome is Outcome.FAIL
    bench.set(own=(replace(mistyped, where="text == 'LOUD'"),))
    assert bench.workspace.datachecks.gate("test", actor="thandi").outcome is Outcome.PASS
    bench.set(own=(replace(mistyped, severity=Severity.WARN),))
    assert bench.workspace.datachecks.gate("test", actor="thandi").outcome is Outcome.PASS
