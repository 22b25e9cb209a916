"""Two ways to use a page: by mouse, and by keyboard alone. The same story is told with both."""

from __future__ import annotations

from typing import Protocol

from playwright.sync_api import Locator, Page

_MOST_TABS = 400


class Hands(Protocol):
    """What a person does with a page."""

    page: Page

    def press(self, where: Locator) -> None:
        """Follow a link, push a button, open what is folded."""
        ...

    def write(self, where: Locator, text: str) -> None:
        """Type into a field, in place of what stands there."""
        ...

    def choose(self, where: Locator, option: str) -> None:
        """Choose an option of a list by its words."""
        ...

    def file_a_report(self) -> None:
        """Go to where a report is filed, from any page."""
        ...


class Mouse:
    """Clicks and types."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, where: Locator) -> None:
        where.click()

    def write(self, where: Locator, text: str) -> None:
        where.click()
        where.fill(text)

    def choose(self, where: Locator, option: str) -> None:
        where.select_option(label=option)

    def file_a_report(self) -> None:
        self.page.get_by_role("link", name="File a report").first.click()


class Keyboard:
    """Never touches the mouse: Tab, letters, Enter and Space."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, where: Locator) -> None:
        self._reach(where)
        is_radio = where.evaluate("one => one.type === 'radio'")
        self.page.keyboard.press("Space" if is_radio else "Enter")

    def write(self, where: Locator, text: str) -> None:
        self._reach(where)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(text)

    def choose(self, where: Locator, option: str) -> None:
        self._reach(where)
        self.page.keyboard.type(option)
        assert where.evaluate("one => one.selectedOptions[0].label") == option

    def file_a_report(self) -> None:
        self.page.keyboard.press("c")

    def _reach(self, where: Locator) -> None:
        """Walk with Tab until the focus is there, and see that the focus can be seen."""
        where.wait_for()
        if where.evaluate("one => one.type === 'radio'"):
            self._reach_radio(where)
            return
        for _ in range(_MOST_TABS):
            if where.evaluate("one => one === document.activeElement"):
                assert where.evaluate("one => getComputedStyle(one).outlineStyle !== 'none'"), (
                    "the focus cannot be seen"
                )
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"no way leads to {where} by keyboard")

    def _reach_radio(self, where: Locator) -> None:
        """Tab stops once in a group of radio buttons; arrows move within it."""
        group = where.evaluate("one => one.name")
        for _ in range(_MOST_TABS):
            if where.evaluate("one => one === document.activeElement"):
                return
            inside = self.page.evaluate("name => document.activeElement.name === name", group)
            self.page.keyboard.press("ArrowDown" if inside else "Tab")
        raise AssertionError(f"no way leads to {where} by keyboard")
