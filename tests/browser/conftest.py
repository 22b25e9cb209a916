"""A real Chromium, and a real server over a workspace that has lived through the talk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import Browser, BrowserContext, ViewportSize, expect, sync_playwright

from curiouser.proposals import Verdict
from curiouser.workspace import Workspace
from tests.browser.served import Served
from tests.demo_run import demo_run

CHROMIUM = "chromium"
WIDE, NARROW = ViewportSize(width=1280, height=900), ViewportSize(width=375, height=800)
# Chromium looks up its maker's hosts at every start unless it is told not to.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for one module: while it lives, a loop of events runs in this process, and others need their own."""
    program = shutil.which(CHROMIUM)
    if program is None:
        pytest.skip("chromium is not installed; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser without a past."""
    made = browser.new_context(viewport=WIDE)
    # A busy machine is no mistake of a page.
    made.set_default_timeout(60_000)
    expect.set_options(timeout=60_000)
    yield made
    made.close()


@pytest.fixture(scope="session")
def introductions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the bundled example, with its problems, models and comparisons, and proposals that wait."""
    ran = demo_run(tmp_path_factory)
    assert ran.status == 0, ran.err
    made = shutil.copytree(ran.workspace, tmp_path_factory.mktemp("served") / "introductions")
    with Workspace.open(made, actor="thandi") as workspace:
        disagree(workspace)
    return made


def disagree(workspace: Workspace) -> None:
    """Propose a branch that main disagrees with, and one that only brings a label; reject the latter."""
    data, (no, yes) = workspace.data, workspace.configuration.task.classes
    label = workspace.configuration.task.label
    rows = data.rows("train", columns=["id", label])
    contested, other = (rows.filter(pl.col(label) == one).head(1) for one in (yes, no))
    for branch in ("second-look", "one-label"):
        data.branch("train", branch, actor="thandi")
    for branch, some, said in (("main", contested, no), ("second-look", contested, None), ("one-label", other, yes)):
        changed = some.with_columns(pl.lit(said, pl.String).alias(label))
        data.commit("train", branch, upserts=changed, message=f"labels on {branch}", actor="thandi")
    propose = partial(workspace.proposals.propose, "train", into="main", actor="thandi")
    propose(source="second-look", message="Second look")
    made = propose(source="one-label", message="One label")
    workspace.proposals.review(made.proposal.number, Verdict.REJECT, words="Ask them once more", actor="lerato")
    data.protections.protect("train", "main", actor="thandi")
    workspace.datachecks.check("test", actor="thandi")


@pytest.fixture(scope="session")
def served(introductions: Path) -> Iterator[Served]:
    with Served(f"introductions={introductions}") as server:
        yield server
