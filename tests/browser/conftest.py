"""A real Chromium, and a real server over a workspace that has lived through the talk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import Browser, BrowserContext, ViewportSize, expect, sync_playwright

from curiouser.data import SettlingRule
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
    data, task = workspace.data, workspace.configuration.task
    rows = data.rows("train").head(2).select("id", task.label)
    for branch in ("second-look", "one-label"):
        data.branch("train", branch, actor="thandi")
    for branch, label in (("main", task.classes[0]), ("second-look", None), ("one-label", task.classes[1])):
        some = (rows.tail(1) if branch == "one-label" else rows).with_columns(
            pl.lit(label, pl.String).alias(task.label)
        )
        data.commit("train", branch, upserts=some, message=f"labels on {branch}", actor="thandi")
    for branch in ("second-look", "one-label"):
        workspace.proposals.propose("train", branch, "main", message=f"Labels of {branch}", actor="thandi")
    data.merges.settle_all(2, SettlingRule.THEIRS, actor="lerato", because="called them")
    workspace.proposals.check(2, actor="lerato")
    workspace.proposals.review(2, Verdict.REJECT, words="Ask them once more", actor="lerato")
    data.protections.protect("train", "main", actor="thandi")
    workspace.datachecks.check("test", actor="thandi")


@pytest.fixture(scope="session")
def served(introductions: Path) -> Iterator[Served]:
    with Served(f"introductions={introductions}") as server:
        yield server
