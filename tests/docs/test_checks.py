"""Every check on data has a page that says what it tells, by which method, from where on, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from curiouser.datachecks import EVERY_CHECK, Check
from curiouser.kernel.check_settings import DEFAULT_RULES

PAGES = Path(__file__).resolve().parents[2] / "docs" / "checks"
SECTIONS = ("## What it tells", "## Method and source", "## Threshold", "## How to repair", "## Example")


@pytest.mark.parametrize("check", EVERY_CHECK, ids=lambda check: check.code)
def test_every_check_has_a_page(check: Check) -> None:
    page = (PAGES / f"{check.code}.md").read_text(encoding="utf-8")
    flowing = " ".join(page.split())
    assert [section for section in SECTIONS if section not in page] == []
    assert all(word in page for word in ("Source:", "False alarms:", "Unknown:"))
    if check.name in DEFAULT_RULES:
        rule = DEFAULT_RULES[check.name]
        assert page.startswith(f"# {check.code} `{check.name}`: {check.title}\n")
        assert f"Default: {rule.severity}, {rule.threshold:g}." in flowing
        assert f"[{check.code}]({check.code}.md)" in (PAGES / "README.md").read_text(encoding="utf-8")


def test_no_page_is_of_a_check_that_is_gone() -> None:
    assert {path.stem for path in PAGES.glob("DC*.md")} == {check.code for check in EVERY_CHECK}
