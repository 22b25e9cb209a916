"""Files of patterns: what is read, and how mistakes are told."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curiouser.kernel.configuration import Task, TaskKind
from curiouser.kernel.errors import BadInputError
from curiouser.problems.drafts import PatternDraft, place_in_cases
from curiouser.problems.errors import BadPatternsError
from curiouser.problems.pattern_files import drafts_from, read_rows, template
from curiouser.problems.records import Expectation, ExpectationKind

TASK = Task(
    name="introductions",
    kind=TaskKind.BINARY,
    inputs=("want", "offer"),
    label="meet",
    classes=("no", "yes"),
    user="user",
)


def read(folder: Path, text: str, name: str = "patterns.csv", encoding: str = "utf-8") -> tuple[PatternDraft, ...]:
    path = folder / name
    path.write_text(text, encoding=encoding, newline="")
    return drafts_from(
        read_rows(path), task=TASK, types={"id": "text", "origin": "category", "age": "number"}, source=name
    )


def mistakes_in(folder: Path, text: str, name: str = "patterns.csv") -> list[str]:
    with pytest.raises(BadPatternsError) as caught:
        read(folder, text, name)
    return list(caught.value.problems)


def test_a_row_is_a_labelled_pattern(tmp_path: Path) -> None:
    (one,) = read(tmp_path, "want,offer,meet\na doctor,marijuana,no\n")
    assert one.values == {"want": "a doctor", "offer": "marijuana", "meet": "no"}
    assert (one.id, one.case, one.expectation.kind) == (None, None, ExpectationKind.LABEL)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("want;offer;meet\na doctor;drugs, legal;no\n", "utf-8"),
        ('want,offer,meet\r\na doctor,"drugs, legal",no\r\n', "utf-8-sig"),
        ("want\toffer\tmeet\na doctor\tdrugs, legal\tno\n", "utf-8"),
    ],
)
def test_excels_ways_of_writing_csv_are_read(tmp_path: Path, text: str, encoding: str) -> None:
    (one,) = read(tmp_path, text, encoding=encoding)
    assert one.values["offer"] == "drugs, legal"


def test_a_quoted_cell_may_hold_a_line_break(tmp_path: Path) -> None:
    (one,) = read(tmp_path, 'want,offer,meet\n"a\ndoctor",drugs,no\n')
    assert one.values["want"] == "a\ndoctor"


def test_json_lines_say_the_same_as_csv(tmp_path: Path) -> None:
    from_json = read(tmp_path, '{"want": "a doctor", "offer": "drugs", "meet": "no", "age": 3}\n', "p.jsonl")
    from_csv = read(tmp_path, "want,offer,meet,age\na doctor,drugs,no,3\n")
    assert [one.values for one in from_json] == [one.values for one in from_csv]


def test_a_case_needs_no_places_where_one_member_compares_with_nothing(tmp_path: Path) -> None:
    text = "want,offer,case,expectation\nb,x,k,same as\na,x,k,\nc,x,k,same_as\n"
    drafts = read(tmp_path, text)
    assert [(one.values["want"], one.place) for one in drafts] == [("b", 1), ("a", 0), ("c", 2)]
    assert [one.expectation.kind for one in drafts] == ["same_as", "first", "same_as"]


def test_all_mistakes_are_told_at_once_with_line_and_column(tmp_path: Path) -> None:
    text = (
        "want,offer,meet,case,expectation,quantity,tolerance,age\n"
        "a,b,perhaps,,,,,\n"
        "a,b,,,,,,\n"
        "a,b,no,,same_as,,,\n"
        "a,b,no,k,jumps,,,\n"
        "a,b,no,k,moves_up,p_maybe,wide,\n"
        "a,b,no,,,,,old\n"
        ",,no,,,,,\n"
    )
    found = mistakes_in(tmp_path, text)
    for line, column in [(2, "meet"), (3, "meet"), (4, "case"), (5, "expectation"), (6, "quantity"), (6, "tolerance")]:
        assert any(said.startswith(f"line {line}, {column}:") for said in found), (line, column, found)
    assert any(said.startswith("line 7, age:") for said in found)
    assert any(said.startswith("line 8, want:") for said in found)


def test_a_misspelt_column_is_named_with_the_nearest_one(tmp_path: Path) -> None:
    (said,) = mistakes_in(tmp_path, "want,offer,meet,expectaton\na,b,no,label\n")
    assert "'expectaton' is unknown" in said
    assert "did you mean 'expectation'" in said


def test_origin_is_not_for_the_file_to_say(tmp_path: Path) -> None:
    (said,) = mistakes_in(tmp_path, "want,offer,meet,origin\na,b,no,sample\n")
    assert "'origin' is unknown" in said


def test_a_missing_input_is_told_before_anything_else(tmp_path: Path) -> None:
    (said,) = mistakes_in(tmp_path, "want,meet\na,no\n")
    assert "'offer' is missing" in said


@pytest.mark.parametrize(
    "text",
    [
        "want,offer,case,expectation\na,x,k,same_as\nb,x,k,same_as\n",
        "want,offer,meet,case,expectation\na,x,no,k,label\nb,x,no,k,label\nc,x,,k,same_as\n",
        "want,offer,case,expectation,place\na,x,k,,0\nb,x,k,same_as,0\n",
        "want,offer,case,expectation,place\na,x,k,,0\nb,x,k,same_as,\n",
        "want,offer,case,expectation,place\na,x,k,,0.5\nb,x,k,same_as,1\n",
    ],
)
def test_a_case_whose_first_member_is_unclear_is_refused(tmp_path: Path, text: str) -> None:
    assert any("line" in said for said in mistakes_in(tmp_path, text))


@pytest.mark.parametrize("text", ["", "want,offer,meet\n"])
def test_a_file_without_rows_is_refused(tmp_path: Path, text: str) -> None:
    assert mistakes_in(tmp_path, text) == ["there is no row in it"]


def test_rows_of_the_wrong_length_are_named(tmp_path: Path) -> None:
    assert mistakes_in(tmp_path, "want,offer,meet\na,b\n") == ["line 2: 2 cells, but there are 3 columns"]


def test_lines_that_are_no_json_objects_are_named(tmp_path: Path) -> None:
    found = mistakes_in(tmp_path, '{"want": \n[1]\n', "p.jsonl")
    assert [said[:7] for said in found] == ["line 1:", "line 2:"]


def test_one_id_cannot_name_two_rows(tmp_path: Path) -> None:
    (said,) = mistakes_in(tmp_path, "id,want,offer,meet\n1,a,b,no\n1,a,c,no\n")
    assert "id '1' stands in line 2 with another row" in said


@pytest.mark.parametrize("name", ["patterns.xlsx", "patterns"])
def test_a_file_of_another_kind_is_refused_with_the_command_that_helps(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInputError, match="problem template"):
        read_rows(tmp_path / name)


def test_a_missing_file_and_one_that_is_not_utf8_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="there is no file"):
        read_rows(tmp_path / "absent.csv")
    (tmp_path / "latin.csv").write_bytes("want\nJosé\n".encode("latin-1"))
    with pytest.raises(BadInputError, match="not UTF-8"):
        read_rows(tmp_path / "latin.csv")


@pytest.mark.parametrize("form", ["csv", "jsonl"])
@pytest.mark.parametrize(
    "task", [TASK, Task(name="r", kind=TaskKind.REGRESSION, inputs=("case", "x"), label="y", tolerance=1.0)]
)
def test_the_template_can_be_read_back(tmp_path: Path, form: str, task: Task) -> None:
    path = tmp_path / f"t.{form}"
    path.write_text(template(task, form=form), encoding="utf-8")
    drafts = drafts_from(read_rows(path), task=task, types={}, source=path.name)
    assert [one.expectation.kind for one in drafts] == ["label", "first", "same_as"]
    assert [one.place for one in drafts] == [None, 0, 1]


@given(st.data())
def test_places_do_not_depend_on_the_order_of_rows_where_every_case_says_its_first(data: st.DataObject) -> None:
    same = Expectation(kind=ExpectationKind.SAME_AS)
    drafts = [
        PatternDraft(
            values={"x": f"{case}{i}"}, case=case, expectation=same if i else Expectation(kind=ExpectationKind.FIRST)
        )
        for case in "abc"
        for i in range(data.draw(st.integers(1, 4)))
    ]
    shuffled, mistakes = place_in_cases(data.draw(st.permutations(drafts)))
    assert mistakes == []
    assert {(one.case, one.values["x"]) for one in shuffled if one.place == 0} == {
        ("a", "a0"),
        ("b", "b0"),
        ("c", "c0"),
    }
    for case in "abc":
        assert sorted(one.place or 0 for one in shuffled if one.case == case) == list(
            range(sum(one.case == case for one in drafts))
        )
