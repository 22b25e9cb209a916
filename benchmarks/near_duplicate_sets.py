"""Two sets of texts whose near-duplicates are known, made by rule: planted copies, and templates that are no copies.

A row knows its *meaning*: rows of one meaning are duplicates, rows of two are not. In the planted set words are
random, so that nothing collides by chance; it measures recall. In the hard set short templates differ in one
word, as in "I offer cat sitting" and "I offer cat breeding"; it measures precision.
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

BASES = 8_000
COPIES = 400
"""Planted copies of each kind."""


@dataclass(frozen=True, slots=True)
class Row:
    """One text of a set."""

    text: str
    meaning: str
    """Rows of one meaning are duplicates."""
    kind: str
    """How it was made: ``base``, or from the base text of its meaning, or from another (a negative)."""


def planted(seed: int = 0) -> list[Row]:
    """Make 8,000 texts of 8 to 25 random words, and 400 copies of each of six kinds."""
    rng = random.Random(seed)
    words = ["".join(rng.choices(string.ascii_lowercase, k=rng.randint(3, 9))) for _ in range(6_000)]
    bases = [" ".join(rng.choices(words, k=rng.randint(8, 25))) for _ in range(BASES)]
    rows = [Row(text, text, "base") for text in bases]
    kinds: dict[str, Callable[[str], str]] = {
        "exact": lambda text: text,
        "case": lambda text: recased(text, rng),
        "one typo": lambda text: misspelt(text, rng, 1),
        "three typos": lambda text: misspelt(text, rng, 3),
        "swapped words": lambda text: swapped(text, rng),
        "substituted word": lambda text: substituted(text, rng, words),
    }
    for kind, change in kinds.items():
        rows += [Row(change(text), text, kind) for text in rng.sample(bases, COPIES)]
    return rows


TEMPLATES = (
    "I offer {}",
    "I can provide {}",
    "Looking for {} near me",
    "I want to learn about {}",
    "Can you help me with {}?",
    "{} wanted, weekends only",
    "I would like to meet someone who does {}",
    "We are a small team and need help with {} this month",
    "Does anybody here have experience with {} for beginners?",
    "My neighbour recommended that I ask around for {} before the summer starts",
)
SUBJECTS = (
    "cat breeding", "cat sitting", "cat grooming", "dog training", "dog walking", "dog grooming",
    "piano lessons", "piano tuning", "guitar lessons", "guitar repair", "wedding photography",
    "wedding catering", "garden design", "garden clearing", "house painting", "house cleaning",
    "house moving", "tax advice", "legal advice", "medical advice", "career coaching", "voice coaching",
    "bread baking", "cheese making", "wine tasting", "bee keeping", "bike repair", "bike rental",
    "sailing lessons", "swimming lessons", "chess for children", "chess for adults",
    "translation into Greek", "translation into Dutch", "translation from Greek",
)  # fmt: skip
CONFUSABLE = (
    # one word turns the meaning round, and is spelt almost alike
    ("someone to hire", "someone to fire"), ("tools to lend", "tools to send"), ("a house to sell", "a house to tell"),
    ("a male nurse", "a female nurse"), ("legal work", "illegal work"), ("paid internships", "unpaid internships"),
    ("married couples", "unmarried couples"), ("walking tours", "talking tours"),
    ("a friendly boss", "an unfriendly boss"),
    ("planting workshops", "painting workshops"), ("a heart specialist", "a hearth specialist"),
    ("a form to fill", "a farm to fill"), ("night shifts", "light shifts"), ("a spare car", "a spare cat"),
    ("trading courses", "training courses"), ("a quiet place", "a quite place"), ("desert guides", "dessert guides"),
    ("an honest broker", "a dishonest broker"), ("visible tattoos", "invisible tattoos"),
    ("moral support", "mortal support"),
    # negation, number, direction, role
    ("work with animals", "work without animals"), ("food with nuts", "food with no nuts"),
    ("people who smoke", "people who do not smoke"), ("2 rooms in town", "3 rooms in town"),
    ("a dose of 5mg", "a dose of 50mg"), ("a flight to Porto", "a flight from Porto"),
    ("rent before May", "rent after May"),
    ("a doctor seeking a patient", "a patient seeking a doctor"), ("lessons from locals", "lessons for locals"),
    ("teachers of students", "students of teachers"),
)  # fmt: skip
SYNONYMS = {
    "advice": "guidance", "lessons": "classes", "repair": "mending", "help": "assistance", "small": "little",
    "someone": "somebody", "house": "home", "begin": "start", "team": "crew", "recommended": "suggested",
    "experience": "expertise", "children": "kids", "dog": "hound", "looking": "searching", "photography": "pictures",
}  # fmt: skip
HARD_COPIES = 150


def hard(seed: int = 0) -> list[Row]:
    """Make templates with one word changed (other meanings) and copies with slips (the same meaning).

    Synonyms get a meaning of their own: a lexical search is not asked to find them, and calling them near
    counts as wrong, because it cannot know.
    """
    rng = random.Random(seed)
    subjects = [*SUBJECTS, *(phrase for pair in CONFUSABLE for phrase in pair)]
    bases = [template.format(subject) for template, subject in product(TEMPLATES, subjects)]
    rows = [Row(text, text, "base") for text in bases]
    kinds: dict[str, Callable[[str], str]] = {
        "exact": lambda text: text,
        "case": lambda text: recased(text, rng),
        "white space": lambda text: respaced(text, rng),
        "punctuation": lambda text: repunctuated(text, rng),
        "one typo": lambda text: misspelt(text, rng, 1),
        "swapped words": lambda text: swapped(text, rng),
        "word break": lambda text: rebroken(text, rng),
    }
    for kind, change in kinds.items():
        rows += [Row(change(text), text, kind) for text in rng.sample(bases, HARD_COPIES)]
    replaced = [(text, " ".join(SYNONYMS.get(word, word) for word in text.split())) for text in bases]
    rows += [Row(new, f"synonym of {text}", "synonym") for text, new in rng.sample(replaced, 400) if new != text]
    return rows


def misspelt(text: str, rng: random.Random, slips: int) -> str:
    """Insert, drop, replace or swap letters, anywhere in any word of three letters or more."""
    letters = list(text)
    for _ in range(slips):
        words = _word_spans(letters)
        start, end = rng.choice([span for span in words if span[1] - span[0] >= 3])
        at = rng.randrange(start, end)
        match rng.randrange(4):
            case 0:
                letters.insert(at, rng.choice(string.ascii_lowercase))
            case 1:
                del letters[at]
            case 2:
                letters[at] = rng.choice(string.ascii_lowercase.replace(letters[at].lower(), ""))
            case _:
                at = min(at, end - 2)
                letters[at], letters[at + 1] = letters[at + 1], letters[at]
    return "".join(letters)


def swapped(text: str, rng: random.Random) -> str:
    """Swap two neighbouring words."""
    words = text.split()
    at = rng.randrange(len(words) - 1)
    words[at], words[at + 1] = words[at + 1], words[at]
    return " ".join(words)


def substituted(text: str, rng: random.Random, others: Sequence[str]) -> str:
    """Put another word in the place of one."""
    words = text.split()
    words[rng.randrange(len(words))] = rng.choice(others)
    return " ".join(words)


def recased(text: str, rng: random.Random) -> str:
    """Write in capitals, in small letters, or each word with a capital."""
    return rng.choice((str.upper, str.lower, str.title))(text)


def respaced(text: str, rng: random.Random) -> str:
    """Put more white space between words and around them."""
    return (
        rng.choice(("", " ", "\t")) + rng.choice(("  ", "\n", " \u00a0")).join(text.split()) + rng.choice((" ", "\n"))
    )


def repunctuated(text: str, rng: random.Random) -> str:
    """Add, drop or change punctuation."""
    bare = text.translate(str.maketrans("", "", ",?"))
    words = bare.split()
    at = rng.randrange(len(words))
    words[at] += rng.choice((",", ":", " -", ";"))
    return " ".join(words) + rng.choice(("", ".", "!", "!!!", "…", " ?"))


def rebroken(text: str, rng: random.Random) -> str:
    """Leave out the space between two words, or put one into a word."""
    words = text.split()
    if rng.random() < 0.5:
        at = rng.randrange(len(words) - 1)
        return " ".join([*words[:at], words[at] + words[at + 1], *words[at + 2 :]])
    at = rng.choice([place for place, word in enumerate(words) if len(word) >= 4])
    cut = rng.randrange(1, len(words[at]))
    return " ".join([*words[:at], words[at][:cut], words[at][cut:], *words[at + 1 :]])


def _word_spans(letters: Sequence[str]) -> list[tuple[int, int]]:
    spans, start = [], 0
    for at, letter in enumerate([*letters, " "]):
        if letter.isspace():
            spans.append((start, at))
            start = at + 1
    return spans
