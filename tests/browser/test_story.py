"""Slides 40 to 61 in a browser: support files a report, and in the end the page itself says that a new model regressed.

Told twice, by mouse and by keyboard alone. What happens at the machine, such
as adding a model's code, happens on the command line, as it does for a team.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.hands import Hands, Keyboard, Mouse
from tests.browser.served import Served
from tests.stories.test_the_talk import ARTS, COMPLAINT, FOOD, HEALTH, NAME, PETS, TECH, Talk, patterns

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.timeout(600)]
_JOB_MS = 120_000


class Played:
    """The story, scene by scene."""

    def __init__(self, talk: Talk, server: Served, hands: Hands) -> None:
        self.talk, self.server, self.hands, self.page = talk, server, hands, hands.page

    def open(self, path: str) -> Page:
        self.page.goto(self.server.url + path)
        return self.page

    def go_to(self, room: str) -> None:
        self.hands.press(self.page.get_by_role("navigation").get_by_role("link", name=re.compile(rf"^{room}")))

    def report(self, words: str) -> None:
        """Support writes down what a user said."""
        page, hands = self.open("/problems"), self.hands
        hands.file_a_report()
        page.wait_for_url("**/reports/new")
        hands.write(page.get_by_label("What happened"), words)
        for name, value in COMPLAINT.items():
            hands.write(page.get_by_label(name, exact=True), value)
        hands.choose(page.get_by_label("What the model answered"), "yes")
        hands.choose(page.get_by_label("What would have been right"), "no")
        hands.write(page.get_by_label("Whose report"), "first-u7")
        hands.press(page.get_by_role("button", name="File the report"))
        expect(page.get_by_text(words)).to_be_visible()

    def problem(self) -> None:
        """An engineer describes it by patterns."""
        page, hands = self.page, self.hands
        hands.press(page.get_by_role("link", name="Describe it as a problem"))
        hands.write(page.get_by_label("Name", exact=True), NAME)
        hands.write(page.get_by_label("Harm", exact=True), "dangerous")
        hands.press(page.get_by_label("I know it"))
        hands.write(page.get_by_label("Percent of users"), "2%..6%")
        hands.write(page.get_by_label("Because"), "drugs stand in 3 of the 90 pairs")
        hands.press(page.get_by_role("button", name="Save the problem"))
        expect(page.get_by_role("heading", name=NAME, level=1)).to_be_visible()

    def patterns(self) -> None:
        """The report's input is the first pattern; an expert brings the others as a table."""
        page, hands = self.page, self.hands
        hands.press(page.get_by_role("link", name="Add patterns"))
        hands.press(page.locator("summary", has_text="Paste or choose a file"))
        hands.write(page.get_by_label("CSV or JSON lines"), patterns().write_csv())
        hands.press(page.get_by_role("button", name="Add them"))
        expect(page.get_by_role("heading", name=NAME, level=1)).to_be_visible()

    def evaluate(self) -> None:
        """The evaluation runs in the background, and the page follows it to its end."""
        self.go_to("Models")
        self.hands.press(self.page.get_by_role("button", name="Evaluate all"))
        self.page.wait_for_url("**/jobs/*")
        expect(self.page.locator("#progress").get_by_role("status")).to_contain_text("done", timeout=_JOB_MS)

    def problem_says(self) -> str:
        self.go_to("Problems")
        self.hands.press(self.page.get_by_role("main").get_by_role("link", name=NAME))
        expect(self.page.get_by_role("heading", name=NAME, level=1)).to_be_visible()
        return self.page.locator("p.lead").inner_text()

    def make_live(self, name: str) -> None:
        self.go_to("Models")
        self.hands.press(self.page.get_by_role("main").get_by_role("link", name=name, exact=True))
        self.hands.press(self.page.locator("summary", has_text="Make live"))
        self.hands.press(self.page.get_by_role("button", name="Make it live"))
        expect(self.page.get_by_role("heading", level=1)).to_contain_text("live")


@pytest.fixture(params=[Mouse, Keyboard], ids=["by mouse", "by keyboard"])
def played(request: pytest.FixtureRequest, context: BrowserContext, tmp_path: Path) -> Iterator[Played]:
    talk = Talk(tmp_path / "introductions")
    talk.model("first", HEALTH, TECH)
    talk.model("second", HEALTH, TECH, ARTS)
    talk.terminal.says("model", "live", "second")
    with Served(talk.terminal.root) as server:
        yield Played(talk, server, request.param(context.new_page()))


def test_from_a_report_to_a_guarded_fix_that_a_new_model_breaks(played: Played) -> None:
    played.report("I offer marijuana, and it sends me doctors!")
    played.problem()
    played.patterns()
    played.evaluate()
    assert "failing" in played.problem_says()

    played.talk.model("third", (*HEALTH, "practitioner"), TECH, ARTS, refused=("marijuana", "drugs"))
    played.evaluate()
    said = played.problem_says()
    assert "failing on the live model, second" in said
    assert "fixed" in said
    curve = played.page.locator("#curve")
    for name in ("first", "second", "third"):
        expect(curve.locator("svg").first).to_contain_text(name)

    played.make_live("third")
    assert "fixed on the live model, third" in played.problem_says()
    played.hands.press(played.page.get_by_role("button", name="Close"))
    expect(played.page.get_by_role("heading", level=1)).to_contain_text("closed")

    played.talk.model("fourth", HEALTH, TECH, ARTS, PETS, FOOD)
    played.evaluate()
    played.open(f"/problems/{NAME}")
    said = played.page.locator("p.lead").inner_text()
    assert "fixed on the live model, third" in said
    assert re.search(r"regressed\s+on\s+fourth", said)
