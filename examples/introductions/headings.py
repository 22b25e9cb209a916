"""What a text is about, by our own list of words in ``headings.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).parent / "headings.toml"
_WHOLE_WORD = 3
"""Entries of at most this many letters match whole words only."""


@dataclass(frozen=True, slots=True)
class Headings:
    """One edition of the list."""

    stems: Mapping[str, frozenset[str]]
    """Entry -> the headings it stands under."""
    vague: frozenset[str]
    """Words that promise nothing by themselves."""
    forbidden: str
    """The heading whose offers meet nobody; empty where there was no such rule."""

    def of(self, words: Iterable[str]) -> set[str]:
        """Return the headings that the words of one text fall under.

        Examples:
            >>> sorted(read_headings("september").of(["ballet", "lessons"]))
            ['arts', 'lessons in music']
            >>> sorted(read_headings("november").of(["marijuana"]))
            ['street drugs']
        """
        found: set[str] = set()
        for word in words:
            found |= self.stems.get(word, frozenset())
            for length in range(_WHOLE_WORD + 1, len(word)):
                found |= self.stems.get(word[:length], frozenset())
        return found


def read_headings(edition: str) -> Headings:
    """Read one edition, ``september`` or ``november``; the second one amends the first.

    Raises:
        ValueError: There is no such edition.
    """
    lists = tomllib.loads(FILE.read_text(encoding="utf-8"))
    if edition not in lists:
        raise ValueError(f"no edition {edition!r} in {FILE.name}; known: {', '.join(lists)}")
    headings: dict[str, str] = {}
    vague: set[str] = set()
    for name in lists:
        headings |= lists[name]["headings"]
        vague |= set(lists[name]["vague"]["words"].split())
        if name == edition:
            break
    stems: dict[str, set[str]] = {}
    for heading, words in headings.items():
        for word in words.split():
            stems.setdefault(word, set()).add(heading)
    return Headings(
        {word: frozenset(found) for word, found in stems.items()},
        frozenset(vague),
        str(lists[edition].get("forbidden", "")),
    )
