"""Shingles, signatures and estimates, against sets and exact Jaccard similarity."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curiouser.measure.duplicates import ALGORITHM, BINS, estimated_jaccard, shingle_hashes, signatures

TEXTS = st.lists(st.text(max_size=30), max_size=8)


def shingles_of(text: str) -> set[str]:
    """The slow second definition: every four characters, the last ones filled up."""
    filled = text + "\0" * 3
    return {filled[place : place + 4] for place in range(len(text))}


def exact_jaccard(left: str, right: str) -> float:
    one, two = shingles_of(left), shingles_of(right)
    return len(one & two) / len(one | two)


def edited(text: str, rng: random.Random, edits: int) -> str:
    letters = list(text)
    for _ in range(edits):
        letters[rng.randrange(len(letters))] = rng.choice("abcdefghij ")
    return "".join(letters)


@given(TEXTS)
def test_hashes_are_of_the_shingles_of_each_text(texts: list[str]) -> None:
    hashes, places = shingle_hashes(texts)
    assert len(hashes) == sum(map(len, texts))
    known: dict[int, str] = {}
    for place, text in enumerate(texts):
        mine = {int(one) for one in hashes[places == place]}
        assert len(mine) == len(shingles_of(text))
        filled = text + "\0" * 3
        for start, one in enumerate(hashes[places == place].tolist()):
            assert known.setdefault(one, filled[start : start + 4]) == filled[start : start + 4]


@given(TEXTS)
def test_a_signature_depends_on_its_text_alone(texts: list[str]) -> None:
    together = signatures(texts)
    assert together.shape == (len(texts), BINS)
    for place, text in enumerate(texts):
        assert np.array_equal(signatures([text])[0], together[place])


def test_equal_sets_of_shingles_are_signed_alike_however_often_they_repeat() -> None:
    once, often = signatures(["abcabcabc" + "abc" * 3, "abcabcabc" + "abc" * 300])
    assert np.array_equal(once, often)


@pytest.mark.parametrize(("length", "edits"), [(8, 1), (30, 1), (80, 4), (200, 10), (1_500, 60)])
def test_the_estimate_is_unbiased(length: int, edits: int) -> None:
    rng = random.Random(length)
    many = 1_500 if length < 1_000 else 150
    left = ["".join(rng.choices("abcdefghij ", k=length)) for _ in range(many)]
    right = [edited(text, rng, edits) for text in left]
    truth = np.array([exact_jaccard(one, two) for one, two in zip(left, right, strict=True)])
    errors = estimated_jaccard(signatures(left), signatures(right)) - truth
    assert abs(errors.mean()) < 4 * errors.std() / many**0.5
    # 64 bins chosen with replacement would err by at most this; one of several thousand bins errs no more.
    assert errors.std() < 1.3 * (truth * (1 - truth) / BINS).mean() ** 0.5 + 0.01


@given(st.text(min_size=1, max_size=60), st.text(min_size=1, max_size=60))
def test_the_estimate_is_symmetric_and_one_for_equals(left: str, right: str) -> None:
    one, two = signatures([left]), signatures([right])
    assert estimated_jaccard(one, two) == estimated_jaccard(two, one)
    assert estimated_jaccard(one, one) == 1


def test_nothing_in_common_is_estimated_near_zero() -> None:
    left = ["".join(random.Random(seed).choices("abcdef", k=60)) for seed in range(50)]
    right = ["".join(random.Random(seed).choices("uvwxyz", k=60)) for seed in range(50)]
    assert estimated_jaccard(signatures(left), signatures(right)).max() < 0.02


def test_texts_of_any_length_are_signed() -> None:
    texts = ["", "a", "ab", "\U0001f600", "e\u0301", "x" * 1_000_000]
    signed = signatures(texts)
    assert not signed[0].any()
    assert len({row.tobytes() for row in signed}) == len(texts)


def test_the_algorithm_is_frozen() -> None:
    # Stored signatures are compared with new ones: whoever changes this changes ALGORITHM too.
    assert ALGORITHM == "oph64-b16-char4-24x4-1"
    signed = signatures(["I offer cat sitting", "\u732b\u306e\u4e16\u8a71"])
    assert [row[:6].tolist() for row in signed] == FROZEN


FROZEN = [[16561, 63890, 474, 63890, 49930, 26613], [40400, 40400, 20151, 27296, 27296, 12022]]
