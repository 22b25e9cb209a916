"""What axe finds on a page at two widths, light and dark, without being asked the same question twice.

Most of axe's time goes into the contrast of every single text, and a page of
rows has hundreds of the same colours. A theme changes colours alone (held by
``tests/web/test_contrast.py``), so each width needs the other rules once. The
contrast of every text is looked at on the wide, light page, and elsewhere that
of one text of each kind; at night every rule looks at everything, everywhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import NARROW, WIDE
from tests.nightly import NIGHTLY

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
COLOURS = ("color-contrast", "link-in-text-block")
"""The rules of axe that look at colours."""
_ASKED = {"resultTypes": ["violations"]}
"""What passes is not listed, which took two thirds of the time."""
_ONE_OF_EACH_KIND = """() => {
  const grounds = new Map([[null, ""]]);
  const ground = one => {
    if (!grounds.has(one)) {
      const {backgroundColor, backgroundImage, opacity, filter} = getComputedStyle(one);
      grounds.set(one, [ground(one.parentElement), backgroundColor, backgroundImage, opacity, filter].join());
    }
    return grounds.get(one);
  };
  const kinds = new Map();
  for (const one of document.body.querySelectorAll("*")) {
    const box = one.getBoundingClientRect();
    const says = one.matches("input, select, textarea") || [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    if (!says || box.width < 2 || box.height < 2 || !one.checkVisibility({opacityProperty: true, visibilityProperty: true})) continue;
    const {color, fontSize, fontWeight, textDecorationLine} = getComputedStyle(one);
    const within = one.parentElement;
    const kind = [one.tagName, one.className, within.tagName, within.className, getComputedStyle(within).color,
                  color, fontSize, fontWeight, textDecorationLine, ground(one)].join();
    if (!kinds.has(kind)) kinds.set(kind, one);
  }
  return [...kinds.values()];
}"""  # noqa: E501  JavaScript
"""The first visible text of each tag, class, colour, ground and size."""


def barriers(page: Page) -> Iterator[str]:
    """Look at a page that was loaded as wide, and leave it narrow."""
    page.evaluate(Axe().axe_script)
    for size, scheme in product((WIDE, NARROW), SCHEMES):
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        for found in _look(page, is_wide=size is WIDE, is_light=scheme == "light"):
            yield f"{size['width']} {scheme}: {found}"


def _look(page: Page, *, is_wide: bool, is_light: bool) -> Iterator[str]:
    if NIGHTLY or (is_wide and is_light):
        yield from _violations(page, "document", _ASKED)
        return
    if is_light:
        yield from _violations(page, "document", _ASKED | {"rules": {rule: {"enabled": False} for rule in COLOURS}})
    yield from _violations(page, f"{{include: ({_ONE_OF_EACH_KIND})()}}", _ASKED | {"runOnly": COLOURS})


def _violations(page: Page, where: str, options: dict[str, Any]) -> Iterator[str]:
    found = page.evaluate(f"axe.run({where}, {json.dumps(options)}).then(results => results.violations)")
    for one in found:
        yield from (f"{one['id']}: {node['html'][:160]}" for node in one["nodes"])
