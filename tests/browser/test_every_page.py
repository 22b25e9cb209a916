"""Every page, as people meet it: no barrier, light to carry, nothing cut off, nothing blocked by its own policy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, Request

from tests.browser.conftest import NARROW, WIDE
from tests.browser.served import Served

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.timeout(900)]
MOST_BYTES = 60_000
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
_NUMBERED = re.compile(r"[0-9a-f]{8,64}|\d+")


def own_links(page: Page, base: str) -> list[str]:
    found = page.eval_on_selector_all("a[href]", "several => several.map(one => one.href)")
    wanted = [link.partition("#")[0] for link in found if link.startswith(base + "/")]
    return [link for link in wanted if "format=" not in link and "/static/" not in link and "/api/" not in link]


def shape(link: str) -> str:
    """Name a kind of page: rows, problems and numbers of one kind look alike."""
    parts = urlsplit(link)
    names = sorted(part.partition("=")[0] for part in parts.query.split("&") if part)
    segments = parts.path.split("/")
    kind = [*segments[:2], *("*" for _ in segments[2:3]), *(_NUMBERED.sub("*", one) for one in segments[3:])]
    return "/".join(kind) + "?" + "&".join(names)


def every_page(page: Page, base: str, most: int = 60) -> Iterator[str]:
    """Walk from the home page, one page of each kind."""
    waiting, seen = [base + "/"], {shape(base + "/")}
    while waiting and most:
        link = waiting.pop(0)
        answer = page.goto(link)
        assert answer is not None
        assert answer.status == 200, f"{link} answers {answer.status}"
        most -= 1
        yield link
        for other in own_links(page, base):
            if shape(other) not in seen:
                seen.add(shape(other))
                waiting.append(other)


def barriers(page: Page) -> list[str]:
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


def test_no_page_has_a_barrier_a_blocked_part_or_a_sideways_scroll_light_or_dark_wide_or_narrow(
    context: BrowserContext, served: Served
) -> None:
    page, troubles = context.new_page(), list[str]()
    page.on("console", lambda said: troubles.append(f"{page.url}: {said.text}") if said.type == "error" else None)
    page.on("pageerror", lambda error: troubles.append(f"{page.url}: {error}"))
    walked = 0
    for link in every_page(page, served.url):
        walked += 1
        for size in (WIDE, NARROW):
            page.set_viewport_size(size)
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)
                troubles += [f"{link} {size['width']} {scheme}: {one}" for one in barriers(page)]
            wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            troubles += [f"{link} at {size['width']}: {wider} pixels too wide"] if wider > 0 else []
        page.set_viewport_size(WIDE)
    assert troubles == []
    assert walked > 20


def test_no_page_weighs_more_than_sixty_kilobytes_at_a_first_visit(context: BrowserContext, served: Served) -> None:
    page = context.new_page()
    links = list(every_page(page, served.url))
    heavy = {}
    for link in links:
        fresh = context.browser.new_context() if context.browser else context
        visit, finished = fresh.new_page(), list[Request]()
        visit.on("requestfinished", finished.append)
        visit.goto(link, wait_until="networkidle")
        weight = sum(one.sizes()["responseBodySize"] for one in finished)
        if weight > MOST_BYTES:
            heavy[link] = weight
        fresh.close()
    assert heavy == {}
