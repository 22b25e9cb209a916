"""A missing part is skipped visibly, and is a failure where the machine is meant to have everything."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

THREE_TESTS = """
import socket
import pytest

@pytest.mark.needs_program("no-such-program")
def test_needs_a_program() -> None: ...

def test_needs_public_data(shared_data) -> None: ...

@pytest.mark.xfail(strict=True)
def test_is_known_to_fail() -> None:
    assert False
"""
IMPORTS_AN_ABSENT_PACKAGE = "import pytest\npytest.importorskip('no_such_package')\n"
CALLS_ANOTHER_MACHINE = """
import socket

def test_calls_another_machine() -> None:
    socket.create_connection(("192.0.2.1", 80), timeout=1)
"""


def outcome(folder: Path, text: str, *, full: bool) -> str:
    """Run one file of tests under this project's conftest and return what pytest printed."""
    here = Path(__file__).parent
    shutil.copytree(here / "postgres", folder / "tests" / "postgres", ignore=shutil.ignore_patterns("test_*"))
    for name in ("conftest.py", "new_databases.py"):
        shutil.copy(here / name, folder / "tests" / name)
    (folder / "tests" / "test_it.py").write_text(text, encoding="utf-8")
    settings = "[pytest]\npythonpath = .\naddopts = --import-mode=importlib\nmarkers = needs_program(name)\n"
    (folder / "pytest.ini").write_text(settings, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "CURIOUSER_FULL"}
    command = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "tests"]
    done = subprocess.run(
        command,
        cwd=folder,
        # Other plugins take longer to load than these tests to run.
        env=environment | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"} | ({"CURIOUSER_FULL": "1"} if full else {}),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


def test_a_missing_program_is_skipped_and_named(tmp_path: Path) -> None:
    printed = outcome(tmp_path, THREE_TESTS, full=False)
    assert "apt-get install no-such-program" in printed
    assert "2 skipped, 1 xfailed" in printed


def test_a_missing_program_fails_where_everything_should_be_and_absent_public_data_does_not(tmp_path: Path) -> None:
    printed = outcome(tmp_path, THREE_TESTS, full=True)
    assert "CURIOUSER_FULL=1 allows no missing part" in printed
    assert "1 skipped, 1 xfailed, 1 error" in printed


@pytest.mark.parametrize(("full", "closing"), [(False, "1 skipped"), (True, "1 error")])
def test_a_whole_file_that_is_skipped_counts_like_a_test(tmp_path: Path, closing: str, *, full: bool) -> None:
    assert closing in outcome(tmp_path, IMPORTS_AN_ABSENT_PACKAGE, full=full)


def test_a_test_that_calls_another_machine_fails_before_anything_is_sent(tmp_path: Path) -> None:
    assert "tests use this machine only" in outcome(tmp_path, CALLS_ANOTHER_MACHINE, full=False)
