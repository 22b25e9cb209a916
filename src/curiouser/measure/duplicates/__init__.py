"""Near-duplicates of texts: MinHash over character shingles, banded, then verified by words and edit similarity.

Lexical, so that a paraphrase is none. Slides 70-73: data changes all the time, and its repeats
and leaks have to be found before it is merged.
"""

from curiouser.measure.duplicates.comparing import near_wordings
from curiouser.measure.duplicates.edits import edit_similarity, levenshtein
from curiouser.measure.duplicates.finding import Gathered, near_between, near_within, shared_keys, verified
from curiouser.measure.duplicates.minhash import ALGORITHM, BINS, estimated_jaccard, signatures
from curiouser.measure.duplicates.probing import BANDS, Buckets, Met, all_keys, band_keys, deletion_keys, order_keys
from curiouser.measure.duplicates.records import Crowded, Found, Likeness, Search, TextPair, WordChange
from curiouser.measure.duplicates.shingles import shingle_hashes
from curiouser.measure.duplicates.vocabulary import Counts, are_both_words, texts_with
from curiouser.measure.duplicates.wording import Wording, compare_either_way, compare_words, is_slip, words_of

__all__ = [
    "ALGORITHM",
    "BANDS",
    "BINS",
    "Buckets",
    "Counts",
    "Crowded",
    "Found",
    "Gathered",
    "Likeness",
    "Met",
    "Search",
    "TextPair",
    "WordChange",
    "Wording",
    "all_keys",
    "are_both_words",
    "band_keys",
    "compare_either_way",
    "compare_words",
    "deletion_keys",
    "edit_similarity",
    "estimated_jaccard",
    "is_slip",
    "levenshtein",
    "near_between",
    "near_within",
    "near_wordings",
    "order_keys",
    "shared_keys",
    "shingle_hashes",
    "signatures",
    "texts_with",
    "verified",
    "words_of",
]
