"""Slide 73 in a browser: a branch is proposed, a conflict settled, a leaking row stopped at the gate, and it is merged.

Told twice, by mouse and by keyboard alone; each person signs in and does what
their role allows. Rows come from files, on the command line, where the story is told
as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from curiouser.access import Role
from curiouser.workspace import Workspace
from tests.browser.conftest import WIDE
from tests.browser.data_team import BRANCH, CONTESTED, LEAKING, NEW, WHY, DataTeam
from tests.browser.hands import Hands, Keyboard, Mouse
from tests.browser.served import Served

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.timeout(600)]
PASSWORD = "the queen of hearts, she made some tarts"
ROLES = {"lerato": Role.ADMIN, "mbali": Role.MAINTAINER, "naidoo": Role.EXPERT}


class People:
    """Everybody in a browser of their own, signed in."""

    def __init__(self, browser: Browser, server: Served, hands: type[Mouse | Keyboard]) -> None:
        self._browser, self._server, self._hands = browser, server, hands
        self._contexts: dict[str, BrowserContext] = {}
        self._open: dict[str, Hands] = {}

    def of(self, name: str) -> Hands:
        """Let somebody go on where they were, or sign in."""
        if name not in self._open:
            context = self._contexts[name] = self._browser.new_context(viewport=WIDE)
            context.set_default_timeout(60_000)
            expect.set_options(timeout=60_000)
            page = context.new_page()
            page.goto(f"{self._server.url}/login")
            hands = self._open[name] = self._hands(page)
            hands.write(page.get_by_label("Name"), name)
            hands.write(page.get_by_label("Password"), PASSWORD)
            hands.press(page.get_by_role("button", name="Sign in"))
            expect(page.get_by_role("heading", level=1)).to_be_visible()
        return self._open[name]

    def close(self) -> None:
        for context in self._contexts.values():
            context.close()


@pytest.fixture(params=[Mouse, Keyboard], ids=["mouse", "keyboard"])
def told(request: pytest.FixtureRequest, browser: Browser, tmp_path: Path) -> Iterator[tuple[DataTeam, People]]:
    team = DataTeam(tmp_path / "team")
    team.disagree()
    with Workspace.open(team.terminal.root, actor="lerato") as workspace:
        for name, role in ROLES.items():
            workspace.access.add_user(name, role=role, actor="lerato")
            secret = workspace.access.invite(name, actor="lerato")
            workspace.access.redeem(secret, PASSWORD, address="test")
    with Served(team.terminal.root) as server:
        people = People(browser, server, request.param)
        yield team, people
        people.close()


def lead_of(page: Page) -> str:
    return page.locator(".lead").first.inner_text()


def test_from_branch_to_merge_with_one_conflict_and_one_leaking_row_stopped_at_the_gate(
    told: tuple[DataTeam, People],
) -> None:
    team, people = told
    number = propose(people)
    settle(people, number)
    stopped_at_the_gate(people, number)
    rejected(people, number)
    team.says(
        "mbali", "data", "commit", "--dataset", "train", "--branch", BRANCH, "--delete", LEAKING, "-m", "it leaks"
    )
    checked_again(people, number)
    approved_and_merged(people, number)
    assert (team.label("train", CONTESTED), team.label("train", NEW), team.label("train", LEAKING)) == (
        ["no"],
        ["no"],
        [],
    )


def propose(people: People) -> str:
    """Mbali proposes her branch from the page of the branches."""
    hands = people.of("mbali")
    page = hands.page
    page.goto(re.sub(r"(://[^/]+)/.*", r"\1/data/train/branches", page.url))
    expect(page.get_by_text("main moves only by approved proposals")).to_be_visible()
    form = page.locator("form", has=page.get_by_role("button", name="Propose it"))
    hands.write(form.get_by_label("Why"), WHY)
    hands.press(form.get_by_role("button", name="Propose it"))
    page.wait_for_url("**/proposals/*")
    assert "the branches disagree" in lead_of(page)
    expect(page.get_by_text("You cannot approve or reject it")).to_be_visible()
    return page.url.rpartition("/")[2]


def open_proposal(people: People, name: str, number: str) -> Hands:
    hands = people.of(name)
    hands.page.goto(re.sub(r"(://[^/]+)/.*", rf"\1/proposals/{number}", hands.page.url))
    return hands


def settle(people: People, number: str) -> None:
    """Dr Naidoo reads base, ours and theirs, and keeps what main has: by one press, or one key."""
    hands = open_proposal(people, "naidoo", number)
    page = hands.page
    row = page.locator("#c1")
    expect(row).to_contain_text(f"Row {CONTESTED}")
    expect(row.get_by_role("row", name="meet")).to_contain_text("yes")
    if isinstance(hands, Keyboard):
        page.keyboard.press("1")
    else:
        hands.press(row.get_by_role("button", name="Keep main"))
    expect(page.get_by_text("Conflict 1: main keeps what it has.")).to_be_visible()


def stopped_at_the_gate(people: People, number: str) -> None:
    """Its checks run on the rows as they would be, and name the row that stands in the test set."""
    hands = open_proposal(people, "mbali", number)
    page = hands.page
    hands.press(page.get_by_role("button", name=re.compile("^Check it")))
    expect(page.get_by_text("It is worked out and checked")).to_be_visible()
    assert "a check fails" in lead_of(page)
    checks = page.locator("#checks")
    hands.press(checks.get_by_role("row", name="exact-leakage").locator("summary"))
    expect(checks.get_by_role("link", name=LEAKING).first).to_be_visible()
    expect(page.get_by_role("button", name="Merge it into main")).to_have_count(0)


def rejected(people: People, number: str) -> None:
    hands = open_proposal(people, "naidoo", number)
    page = hands.page
    hands.write(page.get_by_label("What you think of it"), f"{LEAKING} stands in the test set")
    hands.press(page.get_by_role("button", name="Reject"))
    expect(page.get_by_text("You rejected it.")).to_be_visible()


def checked_again(people: People, number: str) -> None:
    """The row is gone from the branch; what was said before is of an earlier state."""
    hands = open_proposal(people, "mbali", number)
    page = hands.page
    expect(page.locator("#way")).to_contain_text("A branch moved since it was checked")
    hands.press(page.get_by_role("button", name="Check it again"))
    expect(page.get_by_text("It is worked out and checked")).to_be_visible()
    assert "nobody has approved it" in lead_of(page)


def approved_and_merged(people: People, number: str) -> None:
    hands = open_proposal(people, "naidoo", number)
    page = hands.page
    expect(page.locator("#rows")).to_contain_text(NEW)
    expect(page.get_by_text("of an earlier state")).to_be_visible()
    hands.write(page.get_by_label("What you think of it"), "I called two of them")
    hands.press(page.get_by_role("button", name="Approve"))
    expect(page.get_by_text("You approved it.")).to_be_visible()
    expect(page.get_by_text("You cannot merge it: it needs the role maintainer.")).to_be_visible()
    keeper = open_proposal(people, "lerato", number)
    keeper.press(keeper.page.get_by_role("button", name="Merge it into main"))
    expect(keeper.page.get_by_text("It is merged: main holds it.")).to_be_visible()
