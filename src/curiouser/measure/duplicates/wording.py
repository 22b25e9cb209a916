"""Tell a typo from another word: the guard for texts in which one word turns the meaning round."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from curiouser.measure.duplicates.edits import trimmed
from curiouser.measure.duplicates.probing import LONG_WORD, LONGEST_WORD
from curiouser.measure.duplicates.records import WordChange

COLUMN = "\x1f"
"""Joins the columns of an input; no normalised text contains it."""
ENOUGH = 7
"""Words in common from which a small slip counts as a typo even where it might make another word."""
_MOST = 24
"""Words left over in one text beyond which no typos are looked for among them: such texts are not copies."""
# Scripts that put no space between words: each of their characters is compared as a word.
_UNSPACED = re.compile("([\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])")
_AROUND = ".,;:!?()[]{}\"'"  # what may stand around a number without being part of it
_DIGIT = re.compile(r"\d")
_APOSTROPHES = str.maketrans("\u2019\u02bc", "''")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How the words of two texts differ."""

    differing: tuple[WordChange, ...]
    """Whole words that differ or have moved; none for a near-duplicate."""
    typos: tuple[WordChange, ...]
    """Words that differ by a slip."""
    in_order: tuple[str, str]
    """Both texts as they are, or, where words moved, both with their common words in the same order."""
    unshared: int
    """Characters of the words that only one text has, the larger of both counts, >= 0."""

    @property
    def is_near(self) -> bool:
        """Whether all words are the same, but for slips, punctuation, breaks and order."""
        return not self.differing

    def turned(self) -> Wording:
        """Say it with the texts the other way round."""
        return replace(
            self,
            differing=tuple(change.turned() for change in self.differing),
            typos=tuple(change.turned() for change in self.typos),
            in_order=self.in_order[::-1],
        )


def compare_either_way(left: str, right: str) -> Wording:
    """Compare two texts so that the answer depends on them alone, and not on which of them comes first.

    Args and Source are those of :func:`compare_words`.

    Examples:
        >>> compare_either_way("b x", "a x") == compare_either_way("a x", "b x").turned()
        True
    """
    return compare_words(left, right) if left <= right else compare_words(right, left).turned()


def compare_words(left: str, right: str) -> Wording:
    """Compare two normalised texts word by word.

    Words that both have cancel; that neighbours have changed places makes no difference, that words have moved
    further does: ``doctor seeks patient`` is not ``patient seeks doctor``. What is left over is compared
    without punctuation, then by :func:`is_slip`, then joined (``week end`` is ``weekend``); what then remains
    are other words.

    Args:
        left: A normalised text; columns joined by U+001F are compared each with its own.
        right: Another.

    Source:
        Own rule, measured in docs/explanation/near-duplicates.md. The operations are those of
        Damerau (1964), "A technique for computer detection and correction of spelling errors".

    Examples:
        >>> compare_words("i offer cat breeding", "i offer cat sitting").differing
        (WordChange(left='breeding', right='sitting'),)
        >>> compare_words("i offer cat sitting", "i offer: siting cat").is_near
        True
        >>> compare_words("doctor seeks patient", "patient seeks doctor").is_near
        False
    """
    one, two = words_of(left), words_of(right)
    start, end = _same_ends(one, two)
    middle = _bared(one[start : len(one) - end]), _bared(two[start : len(two) - end])
    same, other, rest = _cancelled(*middle)
    slips, others = _explained(*rest, is_lenient=start + end + len(same) >= ENOUGH)
    common = same
    if slips:
        # A misspelt word keeps its place in the order of words.
        meant = {slip.right: slip.left for slip in slips}
        spelt_alike = [meant.get(word, word) for word in middle[1]]
        common, other = (same, same) if spelt_alike == middle[0] else _cancelled(middle[0], spelt_alike)[:2]
    differing, texts = _changes(*others), (left, right)
    if common != other:
        kept = [*one[:start], *one[len(one) - end :], *same]
        texts = (" ".join([*kept, *rest[0]]), " ".join([*kept, *rest[1]]))
        if not _only_neighbours_swapped(common, other):
            differing = (*_changes([" ".join(common)], [" ".join(other)]), *differing)
    unshared = max(sum(map(len, side)) + len(side) for side in rest)
    typos = tuple(WordChange(left=_shown(slip.left), right=_shown(slip.right)) for slip in slips) if slips else ()
    return Wording(differing=differing, typos=typos, in_order=texts, unshared=unshared)


def words_of(text: str) -> list[str]:
    """Cut a text into words at white space; in scripts without spaces each character is a word.

    A word of a later column carries the column's number, so that it never cancels with one of another column.

    Examples:
        >>> words_of("two words")
        ['two', 'words']
    """
    if not text.isascii():
        text = _UNSPACED.sub(r" \1 ", text.translate(_APOSTROPHES))
    if COLUMN not in text:
        return text.split()
    columns = text.split(COLUMN)
    return [word + COLUMN * place for place, column in enumerate(columns) for word in column.split()]


def is_slip(left: str, right: str, *, is_lenient: bool) -> bool:
    """Tell whether two different words look like one word and a typo of it.

    A slip is one edit of letters (insertion, deletion, substitution, or swap of neighbours), two in words of eight
    letters and more. It is none where digits are involved, where letters are put in front (``un-``, ``il-``),
    or where the first letter is another: typos rarely are there, and words that rhyme are. A word of up to
    four letters is a slip away from many others: there only a swap counts, unless the texts have much in
    common.

    Args:
        left: A word.
        right: Another.
        is_lenient: Whether the texts have at least seven words in common.

    Source:
        Own rule. Pollock and Zamora (1984), "Automatic spelling correction in scientific and scholarly text",
        Communications of the ACM 27(4): most misspellings are one edit, few in the first letter.

    Examples:
        >>> is_slip("breeding", "breding", is_lenient=False), is_slip("cat", "car", is_lenient=False)
        (True, False)
        >>> is_slip("legal", "illegal", is_lenient=True), is_slip("50mg", "5mg", is_lenient=True)
        (False, False)
    """
    longer = max(len(left), len(right))
    if not 2 <= longer <= LONGEST_WORD or abs(len(left) - len(right)) > 2:
        return False
    one, two = trimmed(left, right)
    if _DIGIT.search(left) or _DIGIT.search(right) or not all(map(_is_letter, one + two)):
        return False
    if left[0] != right[0] and not _is_mild_at_start(left, right, one, two, is_lenient=is_lenient):
        return False
    if len(one) == len(two) == 2 and one == two[::-1]:
        return True
    if longer <= 4 and not is_lenient:
        return False
    return _distance(one, two) <= (2 if longer >= LONG_WORD else 1)


def _is_letter(letter: str) -> bool:
    return letter.isalpha() or letter == "'" or unicodedata.category(letter)[0] == "M"


def _is_mild_at_start(left: str, right: str, one: str, two: str, *, is_lenient: bool) -> bool:
    """Tell whether the first letter was swapped with the second, or lost or doubled in a text that is a copy."""
    if len(one) == len(two) == 2 and one == two[::-1]:
        return True
    return is_lenient and {len(one), len(two)} == {0, 1} and min(len(left), len(right)) > 2


def _distance(one: str, two: str) -> int:
    """Edit distance with swaps of neighbours, of what two words do not begin and end with alike.

    Source:
        Optimal string alignment, after Damerau (1964) and Wagner and Fischer (1974).
    """
    if not one or not two:
        return len(one) + len(two)
    older: list[int] = []
    old = list(range(len(two) + 1))
    for i, a in enumerate(one):
        new = [i + 1]
        for j, b in enumerate(two):
            cost = min(old[j] + (a != b), old[j + 1] + 1, new[j] + 1)
            if i and j and a == two[j - 1] and one[i - 1] == b:
                cost = min(cost, older[j - 1] + 1)
            new.append(cost)
        older, old = old, new
    return old[-1]


def _same_ends(one: Sequence[str], two: Sequence[str]) -> tuple[int, int]:
    """Count the words that two lists begin with alike, and of the others those they end with alike."""
    start = end = 0
    for a, b in zip(one, two, strict=False):
        if a != b:
            break
        start += 1
    most = min(len(one), len(two)) - start
    while end < most and one[-1 - end] == two[-1 - end]:
        end += 1
    return start, end


def _cancelled(one: Sequence[str], two: Sequence[str]) -> tuple[list[str], list[str], tuple[list[str], list[str]]]:
    """Take out the words that both have; return these in the order of each, and what is left over of each."""
    if max(len(one), len(two)) > _MOST:
        return _many_cancelled(one, two)
    common, rest_one, rest_two = list[str](), list[str](), list(two)
    for word in one:
        if word in rest_two:
            rest_two.remove(word)
            common.append(word)
        else:
            rest_one.append(word)
    waiting, other = common.copy(), list[str]()
    for word in two if waiting else ():
        if word in waiting:
            waiting.remove(word)
            other.append(word)
    return common, other, (rest_one, rest_two)


def _many_cancelled(one: Sequence[str], two: Sequence[str]) -> tuple[list[str], list[str], tuple[list[str], list[str]]]:
    """Do the same for long lists, without looking through them again and again."""
    both = Counter(one) & Counter(two)
    (common, rest_one), (other, rest_two) = _split(one, both), _split(two, both)
    return common, other, (rest_one, rest_two)


def _only_neighbours_swapped(one: Sequence[str], two: Sequence[str]) -> bool:
    """Tell whether no word of two arrangements of the same words stands more than one place away."""
    places: dict[str, list[int]] = {}
    for place, word in enumerate(two):
        places.setdefault(word, []).append(place)
    turns = {word: iter(where) for word, where in places.items()}
    return all(abs(place - next(turns[word])) <= 1 for place, word in enumerate(one))


def _split(words: Sequence[str], both: Counter[str]) -> tuple[list[str], list[str]]:
    left, common, rest = both.copy(), [], []
    for word in words:
        if left[word]:
            left[word] -= 1
            common.append(word)
        else:
            rest.append(word)
    return common, rest


def _explained(
    one: list[str], two: list[str], *, is_lenient: bool
) -> tuple[tuple[WordChange, ...], tuple[list[str], list[str]]]:
    """Explain left-over words as word breaks and slips; return these, and what stays unexplained of each text."""
    if not one or not two or max(len(one), len(two)) > _MOST:
        return (), (one, two)
    if max(len(one), len(two)) > 1 and _is_other_break(one, two):
        return (WordChange(left=" ".join(map(_shown, one)), right=" ".join(map(_shown, two))),), ([], [])
    slips, one, two = [], list(one), list(two)
    for word in tuple(one):
        for other in two:
            if _is_same_column_slip(word, other, is_lenient=is_lenient):
                slips.append(WordChange(left=word, right=other))
                one.remove(word)
                two.remove(other)
                break
    return tuple(slips), (one, two)


def _is_same_column_slip(word: str, other: str, *, is_lenient: bool) -> bool:
    if COLUMN in word or COLUMN in other:
        if word.count(COLUMN) != other.count(COLUMN):
            return False
        word, other = _shown(word), _shown(other)
    return is_slip(word, other, is_lenient=is_lenient)


def _is_other_break(one: Sequence[str], two: Sequence[str]) -> bool:
    """Tell whether the same letters are only cut into words elsewhere (``week end``, ``weekend``)."""
    if len({word.count(COLUMN) for word in (*one, *two)}) > 1:
        return False
    return "".join(map(_shown, one)) == "".join(map(_shown, two))


def bare_words(text: str) -> list[str]:
    """Cut a text into words without their punctuation."""
    return _bared(words_of(text))


def _bared(words: Sequence[str]) -> list[str]:
    return [bare for word in words if (bare := _bare(word))]


def _bare(word: str) -> str:
    """Drop punctuation, but for what may carry meaning: inner apostrophes, signs of numbers, symbols."""
    if word.isalnum():
        return word
    text = word.rstrip(COLUMN)
    if any(map(str.isdigit, text)):
        kept = text.strip(_AROUND)
    else:
        kept = "".join(letter for letter in text.strip("'") if letter == "'" or not _is_punctuation(letter))
    return kept + word[len(text) :] if kept else ""


def _is_punctuation(letter: str) -> bool:
    return unicodedata.category(letter)[0] == "P"


def _shown(word: str) -> str:
    return word.rstrip(COLUMN)


def _changes(one: Sequence[str], two: Sequence[str]) -> tuple[WordChange, ...]:
    """Put what is left over side by side, at most 24 words of it."""
    if not one and not two:
        return ()
    pairs = zip_longest(one[:_MOST], two[:_MOST], fillvalue="")
    return tuple(WordChange(left=_shown(a), right=_shown(b)) for a, b in pairs)
