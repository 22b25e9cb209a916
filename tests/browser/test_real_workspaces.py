"""The main pages on real public data: 77 classes, and pairs of long texts; nothing cut off, too heavy or barred."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.real_workspaces import make_intents, make_products
from tests.browser.served import Served
from tests.browser.test_every_page import MOST_BYTES, Walk, visited

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.timeout(900)]
INTENTS = ("/", "/problems", "/problems/card-arrival-too-broad", "/models", "/models/one-word-sure", "/leaderboard",
           "/compare?a=one-word&b=two-words", "/settings")  # fmt: skip
PRODUCTS = ("/problems/no-price-left", "/models/letters", "/compare?a=words&b=letters", "/data/test/rows?ref=main")


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Iterator[Served]:
    root = tmp_path_factory.mktemp("real")
    intents, products = make_intents(root / "intents", shared_data), make_products(root / "products", shared_data)
    with Served(intents, products) as server:
        yield server


@pytest.fixture(scope="module")
def walk(browser: Browser, both: Served) -> Walk:
    made = Walk()
    for name, paths in (("intents", INTENTS), ("products", PRODUCTS)):
        for path in paths:
            visited(browser, f"{both.url}/w/{name}{path}", made)
    return made


def test_every_page_opens_without_a_barrier_and_none_is_too_wide_or_too_heavy(walk: Walk) -> None:
    assert {link: status for link, status in walk.statuses.items() if status != 200} == {}
    assert walk.too_wide == []
    assert walk.barriers == []
    assert walk.blocked == []
    assert {link: size for link, size in walk.sizes.items() if size > MOST_BYTES} == {}
