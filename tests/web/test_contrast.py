"""Contrast of every ink on every ground, in both themes, after WCAG 2.2 (1.4.3 and 1.4.11)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).parents[2] / "src/curiouser/surfaces/web/static/tokens.css"
PAIR = re.compile(r"--([a-z0-9-]+): light-dark\((#[0-9a-f]{6})([0-9a-f]{2})?, (#[0-9a-f]{6})([0-9a-f]{2})?\);")
THEMES = ("light", "dark")
SURFACES = ("bg", "rail", "hover", "selected", "raised")
JUDGED = ("good-bg", "bad-bg", "warn-bg")
INKS = ("fg", "muted", "accent", "good", "bad", "warn")
SERIES = ("s1", "s2", "s3", "s4")


def tokens() -> dict[str, tuple[str, str]]:
    return {name: (light, dark) for name, light, _, dark, _ in PAIR.findall(TOKENS.read_text(encoding="utf-8"))}


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def mixed(one: str, other: str, share: float) -> str:
    parts = [(int(one[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in parts)


def test_the_formula_gives_what_wcag_gives_for_black_on_white() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)


def test_every_colour_of_the_tokens_is_tested_here() -> None:
    known = {*SURFACES, *JUDGED, *INKS, *SERIES, "on-accent", "edge", "focus", "line", "band"}
    assert set(tokens()) == known


def test_a_theme_changes_colours_and_nothing_else() -> None:
    """The browser's tests ask the rules about anything but colours in one theme alone."""
    tokens_alone = PAIR.sub("", TOKENS.read_text(encoding="utf-8"))
    others = [path for path in TOKENS.parents[1].rglob("*") if path.suffix in {".css", ".js", ".html", ".py"}]
    texts = {path.name: path.read_text(encoding="utf-8") for path in others if path != TOKENS} | {"": tokens_alone}
    assert [name for name, text in texts.items() if "light-dark(" in text or "prefers-color-scheme" in text] == []


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", [*SURFACES, *JUDGED])
@pytest.mark.parametrize("ink", INKS)
def test_every_ink_can_be_read_on_every_ground(ink: str, ground: str, theme: str) -> None:
    place = THEMES.index(theme)
    assert contrast(tokens()[ink][place], tokens()[ground][place]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("part", ["edge", "focus", *SERIES])
@pytest.mark.parametrize("ground", SURFACES)
def test_what_carries_meaning_without_words_stands_out(part: str, ground: str, theme: str) -> None:
    place = THEMES.index(theme)
    assert contrast(tokens()[part][place], tokens()[ground][place]) >= 3


@pytest.mark.parametrize("theme", THEMES)
def test_the_main_button_can_be_read_also_under_the_pointer(theme: str) -> None:
    place = THEMES.index(theme)
    ink, ground, fg = (tokens()[name][place] for name in ("on-accent", "accent", "fg"))
    assert contrast(ink, ground) >= 4.5
    # base.css mixes 12 % of the ink into it.
    assert contrast(ink, mixed(ground, fg, 0.88)) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_series_are_told_apart_by_more_than_their_colour(theme: str) -> None:
    style = TOKENS.with_name("base.css").read_text(encoding="utf-8")
    dashes = [re.search(rf"\.path{n} {{[^}}]*?(?:stroke-dasharray: ([^;]+);)?\s*}}", style) for n in (1, 2, 3, 4)]
    found = [dash.group(1) for dash in dashes if dash]
    assert len(set(found)) == len(found) == 4
