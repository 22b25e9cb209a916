"""Numbers about one pair: how much the want and the offer have in common.

Helper of ``train.py`` and of ``introductions_model.py``. Only scikit-learn
parts are kept, so that a trained model can be written with skops.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from headings import Headings, read_headings

Rows = Sequence[Mapping[str, str]]
"""Pairs with the keys ``want`` and ``offer``."""

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
SEEN_AT_LEAST = 30
"""A word gets a weight of its own once it stood in this many training rows."""


def words_of(text: str) -> list[str]:
    """Split a text into lower-case words.

    Examples:
        >>> words_of("My cat's sitter, PLEASE!")
        ['my', "cat's", 'sitter', 'please']
    """
    return _WORD.findall(text.lower())


@dataclass(frozen=True, slots=True, kw_only=True)
class PairFeatures:
    """Turns rows with ``want`` and ``offer`` into a matrix."""

    words: TfidfVectorizer
    characters: TfidfVectorizer
    wanted: CountVectorizer
    offered: CountVectorizer
    edition: str
    """``september`` or ``november``: which headings are in force."""

    @classmethod
    def fit(cls, rows: Rows, edition: str) -> PairFeatures:
        """Learn the words and their weights from training rows."""
        wants, offers = [row["want"] for row in rows], [row["offer"] for row in rows]
        pieces = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, min_df=2)
        return cls(
            words=TfidfVectorizer(sublinear_tf=True).fit(wants + offers),
            characters=pieces.fit(wants + offers),
            wanted=CountVectorizer(binary=True, min_df=SEEN_AT_LEAST).fit(wants),
            offered=CountVectorizer(binary=True, min_df=SEEN_AT_LEAST).fit(offers),
            edition=edition,
        )

    def matrix(self, rows: Rows) -> sparse.csr_matrix:
        """Return ``(n_rows, n_features)``: overlap, headings, then common words."""
        headings = read_headings(self.edition)
        wants, offers = [row["want"] for row in rows], [row["offer"] for row in rows]
        # An offer of nothing but vague words has nothing in common with anybody.
        telling = ["" if headings.vague.issuperset(words_of(offer)) else offer for offer in offers]
        columns = [
            _cosine(self.words, wants, telling),
            _cosine(self.characters, wants, telling),
            _shared(wants, telling, headings),
            _vagueness(offers, headings),
        ]
        known = [self.wanted.transform(wants) * 0.3, self.offered.transform(offers) * 0.5]
        return sparse.csr_matrix(sparse.hstack([sparse.csr_matrix(np.column_stack(columns)), *known]))


def _cosine(of: TfidfVectorizer, wants: Sequence[str], offers: Sequence[str]) -> NDArray[np.float64]:
    product = of.transform(wants).multiply(of.transform(offers))
    return np.asarray(product.sum(axis=1), dtype=np.float64).ravel()


def _shared(wants: Sequence[str], offers: Sequence[str], headings: Headings) -> NDArray[np.float64]:
    """Return ``(n_rows, 6)``: what the headings of both texts have in common."""
    rows = []
    for want, offer in zip(wants, offers, strict=True):
        wanted, offered = headings.of(words_of(want)), headings.of(words_of(offer))
        shared = wanted & offered
        common = len(shared) / max(1, len(wanted | offered))
        forbidden = 2 * (headings.forbidden in offered)
        rows.append([common, bool(shared), len(shared) > 1, not wanted, not offered, forbidden])
    return np.array(rows, dtype=np.float64)


def _vagueness(offers: Sequence[str], headings: Headings) -> NDArray[np.float64]:
    """Return ``(n_rows, 3)``: whether all words are vague, how many of them, and the logarithm of the length."""
    split = [words_of(offer) for offer in offers]
    share = [sum(word in headings.vague for word in words) / max(1, len(words)) for words in split]
    return np.array([[part == 1, part, np.log1p(len(words))] for part, words in zip(share, split, strict=True)])
