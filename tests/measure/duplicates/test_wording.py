"""A typo is no other word: what counts as the same words, and what turns the meaning round."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curiouser.measure.duplicates import compare_words, is_slip, words_of

WORDS = st.lists(st.sampled_from(["cat", "sitting", "breeding", "wanted", "please", "no"]), max_size=8).map(" ".join)

NEAR = [
    ("i offer cat sitting", "i offer cat siting"),
    ("i offer cat sitting", "i offer cat sittting"),
    ("i offer cat sitting", "i offer cat sittnig"),
    ("i offer cat sitting", "i offer cat sitting!"),
    ("i offer cat-sitting", "i offer catsitting"),
    ("i offer cat sitting", "i offer sitting cat"),
    ("a weekend away", "a week end away"),
    ("caf\u00e9s wanted", "cafes wanted"),
    ("don't call", "don\u2019t call"),
    ("is it 5 mg?", "is it 5 mg."),
]
OTHER = [
    ("i offer cat breeding", "i offer cat sitting"),
    ("i offer cat sitting", "i offer no cat sitting"),
    ("someone to hire", "someone to fire"),
    ("a male nurse", "a female nurse"),
    ("legal work", "illegal work"),
    ("paid work please", "unpaid work please"),
    ("take 5mg daily", "take 50mg daily"),
    ("2 rooms", "3 rooms"),
    ("a temperature of -5", "a temperature of 5"),
    ("you can call", "you can't call"),
    ("good \U0001f44d", "good \U0001f44e"),
    ("great\U0001f44d", "great\U0001f44e"),
    ("doctor seeks patient", "patient seeks doctor"),
    ("teachers of students", "students of teacehrs"),
    ("\u6211\u60f3\u89c1\u533b\u751f", "\u6211\u60f3\u89c1\u5f8b\u5e08"),
]


@pytest.mark.parametrize(("left", "right"), NEAR)
def test_slips_punctuation_breaks_and_swaps_leave_the_words_the_same(left: str, right: str) -> None:
    assert compare_words(left, right).is_near
    assert compare_words(right, left).is_near


@pytest.mark.parametrize(("left", "right"), OTHER)
def test_a_word_that_turns_the_meaning_round_is_another_word(left: str, right: str) -> None:
    assert not compare_words(left, right).is_near
    assert not compare_words(right, left).is_near


def test_the_words_that_differ_are_named() -> None:
    (change,) = compare_words("i offer cat breeding", "i offer cat sitting").differing
    assert (change.left, change.right) == ("breeding", "sitting")
    (slip,) = compare_words("i offer cat sitting", "i offer cat siting").typos
    assert (slip.left, slip.right) == ("sitting", "siting")


def test_a_small_slip_in_a_short_word_is_a_typo_only_in_a_text_that_is_a_copy() -> None:
    assert not is_slip("the", "tha", is_lenient=False)
    assert is_slip("the", "tha", is_lenient=True)
    shared = "one two three four five six seven"
    assert compare_words(f"{shared} you", f"{shared} yu").is_near
    assert not compare_words("help you", "help yu").is_near


def test_words_of_one_column_are_not_found_in_another() -> None:
    assert words_of("cat\x1fdog") != words_of("dog\x1fcat")
    assert not compare_words("cat sitting\x1fdog walking", "dog walking\x1fcat sitting").is_near
    assert compare_words("cat sitting\x1fdog walking", "cat siting\x1fdog walking").is_near


@given(WORDS, WORDS)
def test_comparing_is_symmetric_and_equals_are_near(left: str, right: str) -> None:
    assert compare_words(left, right).is_near == compare_words(right, left).is_near
    assert compare_words(left, left).is_near


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_two_texts_can_be_compared(left: str, right: str) -> None:
    wording = compare_words(left, right)
    assert wording.unshared >= 0
    assert bool(wording.differing) != wording.is_near
