"""Who writes, and how: users, their habits, their spelling mistakes."""

from __future__ import annotations

from dataclasses import dataclass

from making.phrases import Dice, Topic, Vocabulary, choose

LANGUAGES = {"en": 86.0, "zu": 4.0, "af": 4.0, "xh": 3.0, "pt": 3.0}
GENDERS = {"f": 44.0, "m": 41.0, "x": 3.0, "": 12.0}
PLACES = (
    "Joburg", "Soweto", "Durban", "Cape Town", "Pretoria", "Sandton", "Khayelitsha", "Polokwane", "Umlazi",
    "Mbombela", "East London", "Stellenbosch", "Alexandra", "Midrand", "Bloem", "Maputo",
)  # fmt: skip
WANT_OPENINGS = (
    "looking for", "I am looking for", "need", "I need", "hi, I need", "in search of", "please help me find",
    "we are looking for", "I would like to find", "searching for",
)  # fmt: skip
MEET_OPENINGS = ("I want to meet", "I would like to meet", "want to meet", "hoping to meet", "I'd love to meet")
OFFER_OPENINGS = (
    "I can provide", "I provide", "I offer", "we offer", "offering", "I do", "we provide", "available for",
    "my service is", "I can help with",
)  # fmt: skip
_PEOPLE = ("a ", "an ", "someone", "somebody", "people", "my ward", "investors", "activists", "volunteers")
_THINGS = (
    "a way", "a logo", "a name", "a cake", "a venue", "a room", "a flat", "a job", "a driving job", "a 30",
    "a place", "a dark room", "a massage", "a lift club", "a parcel", "an eating plan", "an eye", "an online shop",
)  # fmt: skip
_OWN_VERB = ("I ", "we ", "my ", "our ", "two ", "anything")


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """One user with settled habits; their rows resemble each other."""

    name: str
    """Id, ``u-0001``."""
    language: str
    """ISO 639-1 code of the language they write in."""
    gender: str
    """``f``, ``m``, ``x``, or empty where they did not say."""
    topics: tuple[str, ...]
    """What this person is after, most wanted first."""
    opening: int
    """Which opening they like: an index into the tuples above."""
    opens: float
    """How often they start with an opening, in [0, 1]."""
    typos: float
    """Chance of a spelling mistake in each text, in [0, 1]."""
    case: str
    """``as is``, ``lower``, ``sentence`` or ``upper``."""


def make_writer(number: int, vocabulary: Vocabulary, popular: dict[str, float], dice: Dice) -> Writer:
    """Draw one user."""
    language = dice.weighted(LANGUAGES)
    if language == "en":
        wanted = dict(popular)
    else:
        found = vocabulary.languages[language]
        wanted = {name: popular[name] ** 0.5 for name, topic in found.items() if topic.want and name in popular}
    topics: list[str] = []
    for _ in range(2 + dice.below(2)):
        topics.append(dice.weighted({name: weight for name, weight in wanted.items() if name not in topics}))
    return Writer(
        name=f"u-{number:04d}",
        language=language,
        gender=dice.weighted(GENDERS),
        topics=tuple(topics),
        opening=dice.below(1000),
        opens=dice.pick((0.0, 0.1, 0.5, 0.9)),
        typos=dice.weighted({0.0: 6.0, 0.12: 3.0, 0.5: 1.0}),
        case=dice.weighted({"as is": 45.0, "lower": 33.0, "sentence": 20.0, "upper": 2.0}),
    )


def misspell(text: str, dice: Dice) -> str:
    """Swap, drop or double one letter inside a longer word, if there is one."""
    places = [
        at for at in range(1, len(text) - 2) if text[at - 1 : at + 3].isalpha() and text[at - 1 : at + 3].isascii()
    ]
    if not places:
        return text
    at = dice.pick(places)
    kind = dice.below(3)
    if kind == 0:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    if kind == 1:
        return text[:at] + text[at + 1 :]
    return text[: at + 1] + text[at:]


def _dress(text: str, writer: Writer, dice: Dice) -> str:
    if writer.language == "en" and dice.chance(0.10):
        text = f"{text} {dice.pick(('in', 'near', 'around'))} {dice.pick(PLACES)}"
    if dice.chance(0.06):
        text += dice.pick((" please", " asap", "!", " thanks", "..")) if writer.language == "en" else "!"
    elif dice.chance(0.12):
        text += "."
    if dice.chance(writer.typos):
        text = misspell(text, dice)
    if writer.case == "lower":
        return text.lower()
    if writer.case == "upper":
        return text.upper()
    return text[:1].upper() + text[1:] if writer.case == "sentence" else text


def write_want(phrase: str, writer: Writer, dice: Dice) -> str:
    """Write what a user wants, in their manner."""
    text = choose(phrase, dice)
    if writer.language == "en" and dice.chance(writer.opens):
        people = text.startswith(_PEOPLE) and not text.startswith(_THINGS) and dice.chance(0.6)
        openings = MEET_OPENINGS if people else WANT_OPENINGS
        if not text.startswith("help,"):
            text = f"{openings[writer.opening % len(openings)]} {text}"
    return _dress(text, writer, dice)


def write_offer(phrase: str, writer: Writer, dice: Dice) -> str:
    """Write what a user can provide, in their manner."""
    text = choose(phrase, dice)
    if writer.language == "en" and dice.chance(writer.opens) and not text.startswith(_OWN_VERB):
        text = f"{OFFER_OPENINGS[writer.opening % len(OFFER_OPENINGS)]} {text}"
    return _dress(text, writer, dice)


def wording(topic: Topic, language: str, vocabulary: Vocabulary) -> Topic:
    """Return the topic as written in a language, or in English where it has no such words."""
    return vocabulary.languages.get(language, {}).get(topic.name, topic)
