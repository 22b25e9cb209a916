"""Who asks for what, when, what is shown beside it, and what the rules say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from making.phrases import Dice, Vocabulary
from making.writers import Writer, make_writer, wording, write_offer, write_want

KINDS = {"meets": 43.0, "near": 29.0, "general": 6.0, "other": 22.0}
"""What is shown beside a want, in percent, while the app was young."""
KINDS_LATER = {"meets": 40.0, "near": 26.0, "general": 14.0, "other": 20.0}
"""The same from October 2019 on: more users, and more of them write next to nothing."""
POPULAR = {
    "doctor": 4.0, "web-development": 4.0, "graphic-design": 3.0, "pet-sitting": 2.5, "tax-advice": 2.5,
    "pharmacy": 2.0, "addiction-support": 2.0, "mobile-apps": 2.0, "machine-learning": 2.0, "web-design": 2.0,
    "fashion-design": 2.0, "interior-design": 2.0, "it-support": 2.0, "social-media": 2.0, "branding": 2.0,
    "painting": 2.0, "guitar-lessons": 2.0, "photography": 2.0, "childcare": 2.0, "courier": 2.0,
    "finding-investors": 2.0, "cooking-lessons": 2.0, "gardening": 2.0, "advertising": 1.5, "sculpture": 1.5,
    "theatre": 1.5, "dance": 1.5, "mentoring": 1.5, "sales": 1.5, "maths-tutoring": 1.5, "vegetable-farming": 1.5,
    "drugs": 0.2, "developing-film": 0.3, "toys": 0.4, "product-design": 0.6, "ux-design": 0.7, "crypto": 1.0,
    "local-council": 0.3, "parliament": 0.35,
}  # fmt: skip
KINDS_LIVE = {"meets": 43.0, "near": 40.0, "general": 13.0, "other": 4.0}
"""The same since the second model picks what is shown: hardly anything far apart is left."""
SECOND_MODEL_LIVE = date(2019, 11, 4)
LATE_SHARE = 0.08
"""Share of all wants that one risen topic reaches after four weeks."""
NEW_WORDS_FROM = date(2019, 10, 1)
"""Until this day nobody used the last wording of a topic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One pair: a want of one user beside an offer of another."""

    id: str
    want: str
    offer: str
    meet: str
    """``yes`` or ``no``; empty where nobody was asked."""
    user_id: str
    language: str
    gender: str
    at: str
    """ISO date, or UTC time in production."""
    topic: str
    """The heading that the user filed the want under."""


class Market:
    """Users with wants, and the offers that are shown to them."""

    def __init__(self, vocabulary: Vocabulary, dice: Dice) -> None:
        self.words, self.dice = vocabulary, dice
        self.weights = {n: POPULAR.get(n, 0.08) for n, t in vocabulary.topics.items() if not t.rises}
        self._settled: dict[tuple[str, str], tuple[str, date]] = {}

    def users(self, first: int, count: int) -> list[Writer]:
        """Draw ``count`` users, numbered from ``first``."""
        return [make_writer(number, self.words, self.weights, self.dice) for number in range(first, first + count)]

    def wanted(self, user: Writer, day: date) -> str:
        """Return the topic a user asks for on a day; new topics rise over four weeks."""
        risen = {
            name: LATE_SHARE * min(1.0, (day - date.fromisoformat(topic.rises)).days / 28)
            for name, topic in self.words.topics.items()
            if topic.rises and day >= date.fromisoformat(topic.rises)
        }
        if user.language == "en" and self.dice.chance(sum(risen.values())):
            return self.dice.weighted(risen)
        return self.dice.weighted({name: 1.0 / (place + 1) for place, name in enumerate(user.topics)})

    def can_write(self, user: Writer, topic: str) -> bool:
        """Tell whether we have words for a topic in the language of this user."""
        return user.language == "en" or topic in self.words.languages[user.language]

    def want_text(self, user: Writer, topic: str, day: date) -> str:
        """Write the want; mostly a user repeats the words they settled on."""
        known = self._settled.get((user.name, topic))
        if known and known[1] <= day and self.dice.chance(0.75):
            return known[0]
        phrases = self._phrases(wording(self.words.topics[topic], user.language, self.words).want, day)
        text = write_want(self.dice.pick(phrases), user, self.dice)
        self._settled[user.name, topic] = (text, day)
        return text

    def offer_text(self, topic: str, user: Writer, other: Writer, day: date) -> str:
        """Write an offer of somebody else, who may write another language."""
        language = user.language if self.dice.chance(0.7) else other.language
        known = wording(self.words.topics[topic], language, self.words)
        if not known.offer:
            known = self.words.topics[topic]
        writer = replace(other, language="en" if known is self.words.topics[topic] else language)
        return write_offer(self.dice.pick(self._phrases(known.offer, day)), writer, self.dice)

    def general_text(self, want: str, user: Writer, other: Writer) -> str:
        """Write an offer that is too general to act on."""
        own = self.words.languages.get(user.language, {}).get("general")
        phrases = own.offer if own else self.words.general[self.words.topics[want].group]
        return write_offer(self.dice.pick(phrases), other, self.dice)

    def offered(self, want: str, kind: str, day: date) -> str:
        """Return a topic to show beside a want: one that meets it, looks alike, or neither."""
        topic = self.words.topics[want]
        open_now = {n for n, t in self.words.topics.items() if not t.rises or date.fromisoformat(t.rises) <= day}
        if kind == "meets":
            helping = [n for n in (want, want, want, *topic.helps) if self.words.meets(want, n)]
            return self.dice.pick(helping) if helping else want
        if kind == "near":
            return self.dice.pick([n for n in topic.near if n in open_now and not self.words.meets(want, n)])
        apart = {*topic.near, *topic.helps, want}
        others = [
            n
            for n, t in self.words.topics.items()
            if n in open_now and n not in apart and t.group != topic.group and want not in t.near
        ]
        return self.dice.pick(others)

    @staticmethod
    def _phrases(phrases: Sequence[str], day: date) -> Sequence[str]:
        return phrases if day >= NEW_WORDS_FROM or len(phrases) < 3 else phrases[:-1]

    def row(self, user: Writer, other: Writer, day: date, topic: str | None = None) -> Row:
        """Make one labelled row."""
        want = topic or self.wanted(user, day)
        kinds = KINDS_LIVE if day >= SECOND_MODEL_LIVE else KINDS_LATER if day >= NEW_WORDS_FROM else KINDS
        kind = self.dice.weighted(kinds)
        offer = self.offered(want, kind, day) if kind != "general" else ""
        return self.pair(user, other, day, want, offer)

    def pair(self, user: Writer, other: Writer, day: date, want: str, offer: str) -> Row:
        """Make the row of one want and one offered topic; an empty one is too general."""
        text = self.offer_text(offer, user, other, day) if offer else self.general_text(want, user, other)
        return Row(
            id="",
            want=self.want_text(user, want, day),
            offer=text,
            meet="yes" if offer and self.words.meets(want, offer) else "no",
            user_id=user.name,
            language=user.language,
            gender=user.gender,
            at=day.isoformat(),
            topic=want,
        )
