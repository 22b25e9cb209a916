"""Which texts meet, against all pairs of their keys; and that a cap holds the work and tells."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curiouser.measure.duplicates import BANDS, Buckets, Met, band_keys, deletion_keys, order_keys, signatures

KEYS = st.lists(st.integers(0, 5), max_size=30)


def sorted_buckets(keys: list[int], cap: int) -> Buckets:
    table = np.array(keys, np.uint64)
    order = np.argsort(table, kind="stable")
    return Buckets(table[order], order, cap=cap)


def pairs_of(met: list[Met]) -> list[tuple[int, int]]:
    return sorted(pair for some in met for pair in zip(some.left.tolist(), some.right.tolist(), strict=True))


@given(KEYS)
def test_all_that_share_a_key_are_paired_once(keys: list[int]) -> None:
    buckets = sorted_buckets(keys, cap=100)
    found = [tuple(sorted(pair)) for pair in pairs_of(list(buckets.within()))]
    expected = [(one, two) for one, two in itertools.combinations(range(len(keys)), 2) if keys[one] == keys[two]]
    assert sorted(found) == expected
    assert buckets.not_looked_at == 0


@given(KEYS, KEYS)
def test_two_lists_are_paired_across(here: list[int], there: list[int]) -> None:
    buckets = sorted_buckets(here, cap=100)
    met = list(buckets.across(np.array(there, np.uint64), np.arange(len(there))))
    expected = [(one, two) for one, two in itertools.product(range(len(here)), range(len(there)))]
    assert pairs_of(met) == sorted(pair for pair in expected if here[pair[0]] == there[pair[1]])


@given(KEYS, st.integers(1, 4))
def test_what_a_cap_leaves_out_is_counted(keys: list[int], cap: int) -> None:
    buckets = sorted_buckets(keys, cap)
    found = len(pairs_of(list(buckets.within())))
    every = sum(one == two for one, two in itertools.combinations(keys, 2))
    assert found + buckets.not_looked_at == every
    assert found <= cap * len(keys)


@given(KEYS, KEYS, st.integers(1, 4))
def test_keys_that_too_many_have_are_passed_over_between_two_lists(here: list[int], there: list[int], cap: int) -> None:
    buckets = sorted_buckets(here, cap)
    keys = np.array(there, np.uint64)
    met = pairs_of(list(buckets.across(keys, np.arange(len(there)))))
    both = itertools.product(range(len(here)), range(len(there)))
    every = [(one, two) for one, two in both if here[one] == there[two]]
    assert met == sorted(pair for pair in every if here.count(here[pair[0]]) <= cap)
    assert len(met) + buckets.not_looked_at == len(every)
    crowded = buckets.crowded(keys)
    told = zip(crowded.keys.tolist(), crowded.left.tolist(), crowded.right.tolist(), strict=True)
    assert list(told) == [
        (key, here.count(key), there.count(key)) for key in sorted(set(here)) if here.count(key) > cap
    ]
    first = pairs_of(list(buckets.first_across(keys, np.arange(len(there)))))
    assert len(first) == sum(min(here.count(key), cap) for key in there)


def test_a_bucket_of_a_million_is_no_quadratic_work() -> None:
    buckets = Buckets(np.zeros(1_000_000, np.uint64), np.arange(1_000_000), cap=2)
    assert sum(len(met.left) for met in buckets.within()) == 0
    assert buckets.not_looked_at == 1_000_000 * 999_999 // 2
    assert [buckets.crowded().keys.tolist(), buckets.crowded().left.tolist()] == [[0], [1_000_000]]


@pytest.mark.parametrize(("similarity", "low", "high"), [(0.3, 0.12, 0.23), (0.5, 0.7, 0.82), (0.8, 0.99, 1.0)])
def test_bands_meet_as_often_as_their_curve_says(similarity: float, low: float, high: float) -> None:
    rng = np.random.default_rng(0)
    left = rng.integers(0, 65_536, (2_000, 64)).astype(np.uint16)
    right = np.where(rng.random((2_000, 64)) < similarity, left, left + np.uint16(1))
    met = (band_keys(left) == band_keys(right)).any(axis=1).mean()
    assert low <= met <= high
    assert met == pytest.approx(1 - (1 - similarity**4) ** BANDS, abs=0.04)


def test_keys_of_different_bands_do_not_meet() -> None:
    same = np.zeros((1, 64), np.uint16)
    assert len(set(band_keys(same)[0].tolist())) == BANDS


@given(st.lists(st.text("ab \u00e9\U0001f600", max_size=7), max_size=8))
def test_short_texts_meet_where_their_deletions_do(texts: list[str]) -> None:
    keys, places = deletion_keys(texts)
    made = [set(keys[places == place].tolist()) for place in range(len(texts))]
    slow = [
        {text, *(text[:at] + text[at + 1 :] for at in range(len(text)))} if len(text) >= 2 else set() for text in texts
    ]
    for one, two in itertools.combinations(range(len(texts)), 2):
        assert bool(made[one] & made[two]) == bool(slow[one] & slow[two])


def test_any_one_slip_in_a_short_text_is_met() -> None:
    rng = random.Random(0)
    for _ in range(200):
        text = "".join(rng.choices("abcdefgh ", k=rng.randint(3, 19)))
        at = rng.randrange(len(text) - 1)
        slips = [
            text[:at] + text[at + 1 :],
            text[:at] + "z" + text[at:],
            text[:at] + "z" + text[at + 1 :],
            text[:at] + text[at + 1] + text[at] + text[at + 2 :],
        ]
        for slip in slips:
            keys, places = deletion_keys([text, slip])
            assert np.intersect1d(keys[places == 0], keys[places == 1]).size


def test_keys_of_words_in_order_forget_order_and_punctuation_alone() -> None:
    keys, places = order_keys(["b a", "a, b!", "a b b", "", "a" * 33])
    assert places.tolist() == [0, 1, 2]
    assert keys[0] == keys[1] != keys[2]


def test_long_texts_have_no_keys_of_short_ones() -> None:
    assert deletion_keys(["x" * 21, "", "x"])[0].size == 0
    assert signatures([]).shape == (0, 64)
