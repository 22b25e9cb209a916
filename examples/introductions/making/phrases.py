"""The hand-written vocabulary: topics, their phrases, and who helps whom.

A phrase holds choices, ``a {dog|cat|} sitter``; an empty choice is allowed.
Randomness goes through ``Dice``, which draws with ``random()`` alone: that
sequence is the same in every Python version, so the CSV files can be made
again byte for byte.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

FOLDER = Path(__file__).parent.parent / "vocabulary"
TOPIC_FILES = ("home", "health", "work", "making")
_CHOICE = re.compile(r"\{([^{}]*)\}")
_SPACES = re.compile(r"\s+")
_T = TypeVar("_T")


class Dice:
    """Seeded draws that stay the same from one Python version to the next."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def chance(self, share: float) -> bool:
        """Say yes with probability ``share`` in [0, 1]."""
        return self._random.random() < share

    def below(self, count: int) -> int:
        """Return a whole number in [0, count)."""
        return int(self._random.random() * count)

    def pick(self, items: Sequence[_T]) -> _T:
        """Return one item, each as likely as the next."""
        return items[self.below(len(items))]

    def weighted(self, weights: Mapping[_T, float]) -> _T:
        """Return one key, as often as its weight says."""
        left = self._random.random() * sum(weights.values())
        for item, weight in weights.items():
            left -= weight
            if left < 0:
                return item
        return list(weights)[-1]

    def some(self, items: Sequence[_T], count: int) -> list[_T]:
        """Return ``count`` different items in drawn order."""
        pool = list(items)
        return [pool.pop(self.below(len(pool))) for _ in range(min(count, len(pool)))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What people want and offer under one heading."""

    name: str
    """Kebab-case heading, as users see it."""
    group: str
    """Headings of one group lie close together."""
    want: tuple[str, ...]
    """Ways to say what one is looking for."""
    offer: tuple[str, ...]
    """Ways to say what one can provide."""
    helps: tuple[str, ...] = ()
    """Other topics whose offers answer this want too."""
    near: tuple[str, ...] = ()
    """Topics that look alike and must not meet this want."""
    rises: str = ""
    """ISO date on which users start to write about it; empty: always did."""
    offer_meets_nobody: bool = False
    """True where the house rules forbid the offer, whoever asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """All topics, the offers that are too general, and the other languages."""

    topics: dict[str, Topic]
    general: dict[str, tuple[str, ...]]
    """Too-general offers by the group of wants they are shown beside."""
    languages: dict[str, dict[str, Topic]] = field(default_factory=dict)
    """Topics as written in ``zu``, ``xh``, ``af`` and ``pt``."""

    def meets(self, want: str, offer: str) -> bool:
        """Tell whether the rules say that these two topics should meet.

        Examples:
            >>> words = read_vocabulary()
            >>> words.meets("pet-sitting", "pet-sitting")
            True
            >>> words.meets("pet-sitting", "cat-breeding")
            False
            >>> words.meets("drugs", "drugs")
            False
        """
        if offer not in self.topics or self.topics[offer].offer_meets_nobody:
            return False
        return offer == want or offer in self.topics[want].helps


def _topic(name: str, group: str, entry: Mapping[str, object]) -> Topic:
    def texts(key: str) -> tuple[str, ...]:
        value = entry.get(key, [])
        if not isinstance(value, list):
            raise TypeError(f"{name}.{key} must be a list, got {value!r}")
        return tuple(str(text) for text in value)

    return Topic(
        name=name,
        group=group,
        want=texts("want"),
        offer=texts("offer"),
        helps=texts("helps"),
        near=texts("near"),
        rises=str(entry.get("rises", "")),
        offer_meets_nobody=bool(entry.get("offer_meets_nobody", False)),
    )


def _read(name: str) -> dict[str, dict[str, object]]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def read_vocabulary() -> Vocabulary:
    """Read the files of the folder ``vocabulary``.

    Raises:
        KeyError: A topic names another topic that does not exist.
    """
    entries = {name: entry for file in TOPIC_FILES for name, entry in _read(file).items()}
    topics = {name: _topic(name, str(entry["group"]), entry) for name, entry in entries.items()}
    for topic in topics.values():
        for other in (*topic.helps, *topic.near):
            if other not in topics:
                raise KeyError(f"{topic.name} names {other!r}, which is no topic")
    general: dict[str, tuple[str, ...]] = {}
    for name, entry in _read("general").items():
        groups = entry["for"]
        if not isinstance(groups, list):
            raise TypeError(f"{name}.for must be a list, got {groups!r}")
        for group in groups:
            general[group] = general.get(group, ()) + _topic(name, "general", entry).offer
    languages = {
        language: {
            name: _topic(name, language, dict(entry)) for name, entry in found.items() if isinstance(entry, dict)
        }
        for language, found in _read("languages").items()
    }
    return Vocabulary(topics=topics, general=general, languages=languages)


def choose(phrase: str, dice: Dice) -> str:
    """Replace every ``{a|b}`` of a phrase by one of its choices.

    Examples:
        >>> choose("a {calm} dog { }", Dice(1))
        'a calm dog'
    """
    chosen = _CHOICE.sub(lambda found: dice.pick(found.group(1).split("|")), phrase)
    return _SPACES.sub(" ", chosen).replace(" ,", ",").strip(" ,")


def phrase_count(vocabulary: Vocabulary) -> int:
    """Count the hand-written phrases, before their choices are taken."""
    topics = [*vocabulary.topics.values(), *(t for found in vocabulary.languages.values() for t in found.values())]
    return sum(len(topic.want) + len(topic.offer) for topic in topics)
