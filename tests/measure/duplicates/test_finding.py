"""The search as a whole: against all pairs one by one, on sets with known answers, and on hostile texts."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.near_duplicate_sets import SUBJECTS, TEMPLATES, misspelt, swapped
from curiouser.measure.duplicates import (
    Likeness,
    Search,
    all_keys,
    compare_words,
    edit_similarity,
    near_between,
    near_within,
    near_wordings,
    shared_keys,
    signatures,
)

WORD = st.sampled_from(["cat", "car", "sitting", "siting", "breeding", "wanted", "week", "end", "weekend", "no", "5mg"])
TEXT = st.lists(WORD, max_size=6).map(" ".join)


def subjects() -> list[str]:
    return [template.format(subject).lower() for template in TEMPLATES[3:] for subject in SUBJECTS]


def test_templates_with_another_word_are_no_near_duplicates_but_are_counted_and_shown() -> None:
    texts = subjects()
    found = near_within(texts, Search(templates=5))
    assert not [pair for pair in found.pairs if pair.likeness is Likeness.NEAR]
    assert len(found.pairs) == 5
    assert found.templates > 500
    assert all(pair.differing for pair in found.pairs)


@pytest.mark.parametrize("slip", [lambda text, rng: misspelt(text, rng, 1), swapped])
def test_a_slip_in_a_template_is_found_and_its_pair_named(slip: Callable[[str, random.Random], str]) -> None:
    rng = random.Random(0)
    texts = subjects()
    copies = [slip(text, rng) for text in texts[::7]]
    every = list(dict.fromkeys([*texts, *copies]))
    found = near_within(every, Search())
    near = {(every[pair.left], every[pair.right]) for pair in found.pairs if pair.likeness is Likeness.NEAR}
    expected = {(text, copy) for text, copy in zip(texts[::7], copies, strict=True) if copy not in texts}
    assert len(near & expected) >= 0.75 * len(expected)
    assert near <= expected


@settings(max_examples=40)
@given(st.lists(TEXT, min_size=2, max_size=7, unique=True))
def test_what_is_found_is_what_all_pairs_one_by_one_would_give(texts: list[str]) -> None:
    search = Search(similarity=0.7, jaccard=0.0)
    found = {(pair.left, pair.right): pair for pair in near_within(texts, search).pairs}
    for pair, one in found.items():
        wording = compare_words(texts[pair[0]], texts[pair[1]])
        assert (one.likeness is Likeness.NEAR) == wording.is_near
        assert one.similarity == pytest.approx(edit_similarity([wording.in_order[0]], [wording.in_order[1]])[0])
        assert one.likeness is Likeness.TEMPLATE or one.similarity >= 0.7


@settings(max_examples=50)
@given(st.lists(TEXT, min_size=2, max_size=8, unique=True))
def test_looking_at_all_words_at_once_changes_nothing(texts: list[str]) -> None:
    left, right = map(np.array, zip(*itertools.combinations(range(len(texts)), 2), strict=True))
    slow = {
        place
        for place, (one, two) in enumerate(zip(left.tolist(), right.tolist(), strict=True))
        if compare_words(texts[one], texts[two]).is_near
    }
    # Repeated, so that there are more pairs than texts and the short cut is taken.
    many = [np.tile(side, 2 * len(texts) + 2) for side in (left, right)]
    assert {place % len(left) for place in near_wordings(texts, many[0], many[1])} == slow


def test_two_lists_give_the_pairs_across_them() -> None:
    left, right = ["i offer cat sitting", "i offer dog training"], ["i offer dog trainng", "i offer cat sitting"]
    found = near_between(left, right, Search())
    assert [(pair.left, pair.right) for pair in found.pairs if pair.likeness is Likeness.NEAR] == [(1, 0)]


def test_two_runs_give_the_same() -> None:
    texts = subjects()[:150]
    one, two = near_within(texts, Search()), near_within(list(texts), Search())
    assert one.pairs == two.pairs
    assert np.array_equal(one.others, two.others)


def test_caps_bite_and_tell() -> None:
    texts = [f"please call this number today to win a prize {number}" for number in range(1_000)]
    found = near_within(texts, Search(bucket=3, pairs=1_000))
    assert found.compared <= 1_000
    assert found.not_looked_at > 100_000
    assert not [pair for pair in found.pairs if pair.likeness is Likeness.NEAR]


def test_hostile_texts_do_no_harm() -> None:
    large = "lorem ipsum dolor sit amet " * 40_000
    texts = [
        "",
        "a",
        "b",
        "\U0001f600",
        "\U0001f600\U0001f600",
        "e\u0301" * 30,
        "\u0301",
        "\x00",
        "\x1f",
        "\x1f\x1f",
        "\u202e" * 50,
        "x" * 100_000,
        "x" * 99_999,
        large,
        large + "end",
    ]
    found = near_within(texts, Search())
    assert all(0 <= pair.similarity <= 1 for pair in found.pairs)
    assert not {0, 1, 2} & {place for pair in found.pairs for place in (pair.left, pair.right)}
    assert near_within([], Search()).pairs == near_between([], ["a"], Search()).pairs == ()


def test_a_search_refuses_nonsense() -> None:
    for wrong in ({"similarity": float("nan")}, {"jaccard": 1.1}, {"bucket": 0}, {"pairs": 0}):
        with pytest.raises(ValueError, match=r"in \[0, 1\]|at least 1"):
            Search(**wrong)


TEXTS = st.lists(
    st.tuples(st.sampled_from(["training", "traning", "trading"]), st.integers(1, 4)).map(
        lambda said: "i offer {} to group {}".format(*said)
    ),
    unique=True, max_size=9,
)  # fmt: skip


@given(TEXTS, st.data())
def test_whether_two_texts_seem_near_depends_on_these_two_alone(texts: list[str], data: st.DataObject) -> None:
    def seeming(some: list[str]) -> set[frozenset[str]]:
        return {frozenset((some[pair.left], some[pair.right])) for pair in near_within(some, Search()).seeming}

    shuffled = data.draw(st.permutations(texts))
    few = shuffled[: len(shuffled) // 2]
    assert seeming(shuffled) == seeming(texts)
    assert seeming(few) == {pair for pair in seeming(texts) if pair <= set(few)}
    half = near_between(few, shuffled[len(few) :], Search()).seeming
    assert {frozenset((few[pair.left], shuffled[len(few) + pair.right])) for pair in half} == {
        pair for pair in seeming(texts) if len(pair & set(few)) == 1
    }


@given(TEXTS, TEXTS)
def test_shared_keys_are_those_of_both(left: list[str], right: list[str]) -> None:
    pairs = list(zip(left, right, strict=False))
    found = shared_keys([one for one, _ in pairs], [two for _, two in pairs])
    expected = []
    for one, two in pairs:
        keys, owners = all_keys([one, two], signatures([one, two]))
        expected.append(sorted(set(keys[owners == 0].tolist()) & set(keys[owners == 1].tolist())))
    assert found == expected
