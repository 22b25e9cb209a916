"""Edit distance of many pairs, against the textbook's table of one."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curiouser.measure.duplicates import edit_similarity, levenshtein

PAIRS = st.lists(st.tuples(st.text("ab\u00e9", max_size=12), st.text("ab\u00e9", max_size=12)), max_size=12)


def slow_distance(left: str, right: str) -> int:
    old = list(range(len(right) + 1))
    for row, one in enumerate(left, 1):
        new = [row]
        for column, two in enumerate(right, 1):
            new.append(min(old[column] + 1, new[-1] + 1, old[column - 1] + (one != two)))
        old = new
    return old[-1]


@given(PAIRS)
def test_distances_are_those_of_the_table(pairs: list[tuple[str, str]]) -> None:
    found = levenshtein([one for one, _ in pairs], [two for _, two in pairs])
    assert found.tolist() == [slow_distance(one, two) for one, two in pairs]


def test_pairs_of_very_different_lengths_go_together() -> None:
    rng = random.Random(1)
    texts = ["".join(rng.choices("abcd", k=length)) for length in (0, 1, 3, 300, 40, 7, 150, 2, 90)]
    others = [*texts[1:], texts[0]]
    assert levenshtein(texts, others).tolist() == [slow_distance(*pair) for pair in zip(texts, others, strict=True)]


@given(st.text(max_size=20), st.text(max_size=20))
def test_similarity_is_symmetric_and_one_for_equals_only(left: str, right: str) -> None:
    one, two = edit_similarity([left, right], [right, left])
    assert one == two
    assert 0 <= one <= 1
    assert (one == 1) == (left == right)


@pytest.mark.parametrize(("left", "right", "similarity"), [("", "", 1.0), ("a", "", 0.0), ("abcde", "abXde", 0.8)])
def test_similarity_is_a_share_of_the_longer_text(left: str, right: str, similarity: float) -> None:
    assert edit_similarity([left], [right])[0] == pytest.approx(similarity)


def test_long_texts_that_begin_and_end_alike_cost_little() -> None:
    text = "word " * 200_000
    assert levenshtein([text + "x" + text], [text + "yz" + text]).tolist() == [2]
