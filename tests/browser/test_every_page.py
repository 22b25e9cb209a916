"""Every page, as people meet it: no barrier, light to carry, nothing cut off, nothing blocked by its own policy."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request

from tests.browser.barriers import barriers
from tests.browser.conftest import NARROW, WIDE
from tests.browser.served import Served

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.timeout(900)]
MOST_BYTES = 60_000
_NUMBERED = re.compile(r"[0-9a-f]{8,64}|\d+")


def own_links(page: Page, link: str) -> list[str]:
    base = "{0.scheme}://{0.netloc}".format(urlsplit(link))
    found = page.eval_on_selector_all("a[href]:not([download])", "several => several.map(one => one.href)")
    wanted = [link.partition("#")[0] for link in found if link.startswith(base + "/")]
    pages = [link for link in wanted if "format=" not in link and "/static/" not in link and "/api/" not in link]
    return [link for link in pages if not link.partition("?")[0].endswith((".csv", ".json"))]


def shape(link: str) -> str:
    """Name a kind of page: rows, problems and numbers of one kind look alike."""
    parts = urlsplit(link)
    names = sorted(part.partition("=")[0] for part in parts.query.split("&") if part)
    segments = parts.path.split("/")
    kind = [*segments[:2], *("*" for _ in segments[2:3]), *(_NUMBERED.sub("*", one) for one in segments[3:])]
    return "/".join(kind) + "?" + "&".join(names)


@dataclass(slots=True)
class Walk:
    """What was seen of one page of each kind."""

    statuses: dict[str, int] = field(default_factory=dict)
    barriers: list[str] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)
    too_wide: list[str] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)


def visited(browser: Browser, link: str, walk: Walk) -> list[str]:
    """Visit a page as for the first time, at two widths, light and dark; return where it leads."""
    # Colours that fade from theme to theme would be judged half-way.
    context = browser.new_context(viewport=WIDE, reduced_motion="reduce")
    page, finished = context.new_page(), list[Request]()
    page.set_default_timeout(60_000)
    page.on("requestfinished", lambda done: finished.append(done))  # noqa: PLW0108  a builtin cannot be listened with
    page.on("console", lambda said: walk.blocked.append(f"{link}: {said.text}") if said.type == "error" else None)
    page.on("pageerror", lambda error: walk.blocked.append(f"{link}: {error}"))
    answer = page.goto(link, wait_until="load")
    walk.statuses[link] = answer.status if answer else 0
    walk.sizes[link] = sum(one.sizes()["responseBodySize"] for one in finished)
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        walk.too_wide += [f"{link} at {size['width']}: by {wider} pixels"] if wider > 0 else []
    walk.barriers += [f"{link} {found}" for found in barriers(page)]
    links = own_links(page, link)
    context.close()
    return links


@pytest.fixture(scope="module")
def walk(browser: Browser, served: Served) -> Walk:
    """Walk from the home page to one page of each kind."""
    made, waiting, seen = Walk(), [served.url + "/"], {shape(served.url + "/")}
    while waiting:
        for other in visited(browser, waiting.pop(0), made):
            if shape(other) not in seen:
                seen.add(shape(other))
                waiting.append(other)
    return made


def test_every_link_leads_to_a_page(walk: Walk) -> None:
    assert {link: status for link, status in walk.statuses.items() if status != 200} == {}
    assert len(walk.statuses) > 20


def test_no_page_has_a_barrier_light_or_dark_wide_or_narrow(walk: Walk) -> None:
    assert walk.barriers == []


def test_no_page_asks_for_what_its_own_policy_forbids(walk: Walk) -> None:
    assert walk.blocked == []


def test_no_page_scrolls_sideways(walk: Walk) -> None:
    assert walk.too_wide == []


def test_no_page_weighs_more_than_sixty_kilobytes_at_a_first_visit(walk: Walk) -> None:
    assert {link: size for link, size in walk.sizes.items() if size > MOST_BYTES} == {}
    assert min(walk.sizes.values()) > 1_000, "something was weighed"


def test_a_text_that_cannot_be_read_on_the_narrow_dark_page_alone_is_found(browser: Browser) -> None:
    context = browser.new_context(viewport=WIDE)
    page = context.new_page()
    faint = "@media (width < 500px) and (prefers-color-scheme: dark) { .last { color: #222; background: #111 } }"
    lines = "<p>one</p><p>two</p><p class='last'>three</p><p class='last'>four</p>"
    head = f"<title>Numbers</title><style>{faint}</style>"
    page.set_content(f"<!doctype html><html lang='en'><head>{head}</head><body><main><h1>0</h1>{lines}</main></body>")
    found = list(barriers(page))
    assert found[0] == '375 dark: color-contrast: <p class="last">three</p>'
    assert {one.partition(":")[0] for one in found} == {"375 dark"}
    context.close()
