"""The setup script says in plain words what is missing, and does nothing twice."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools import bootstrap


def test_an_old_python_is_refused_with_the_line_that_repairs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "OLDEST_PYTHON", (99, 1))
    with pytest.raises(bootstrap.SetupError, match=r"Python 99\.1 or newer is needed.*PYTHON=python99\.1"):
        bootstrap.check_python()


def test_a_python_without_environments_is_refused_with_debians_package(tmp_path: Path) -> None:
    (tmp_path / "ensurepip.py").write_text("raise ImportError('split off')", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", "from tools import bootstrap; bootstrap.check_python()"],
        env={"PYTHONPATH": f"{tmp_path}:{bootstrap.ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "apt-get install python3-venv" in done.stderr


@pytest.mark.parametrize("changed", ["requirements.lock", "pyproject.toml"])
def test_a_changed_lock_or_project_file_makes_the_environment_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    for name in ("requirements.lock", "pyproject.toml", "python", "stamp"):
        (tmp_path / name).write_text("once\n", encoding="utf-8")
    for name, path in {"ROOT": "", "LOCK": "requirements.lock", "PYTHON": "python", "STAMP": "stamp"}.items():
        monkeypatch.setattr(bootstrap, name, tmp_path / path)
    (tmp_path / "stamp").write_text(bootstrap.fingerprint(), encoding="utf-8")
    assert bootstrap.is_current()

    (tmp_path / changed).write_text("twice\n", encoding="utf-8")

    assert not bootstrap.is_current()


def test_uv_itself_comes_from_the_lock_with_its_hashes() -> None:
    lines = bootstrap.locked("uv").splitlines()
    assert lines[0].startswith("uv==")
    assert sum("--hash=sha256:" in line for line in lines) > 1
    assert not any("==" in line for line in lines[1:])


def test_wheel_folders_that_pip_is_told_of_are_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_FIND_LINKS", "/one /two")
    assert bootstrap.find_links() == ["--find-links", "/one", "--find-links", "/two"]


def test_a_second_run_changes_nothing_and_says_nothing() -> None:
    if not bootstrap.is_current():
        pytest.fail("run the tests through make, which sets the environment up first")
    before = bootstrap.STAMP.stat().st_mtime_ns
    done = subprocess.run([str(bootstrap.PYTHON), str(bootstrap.__file__)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert bootstrap.STAMP.stat().st_mtime_ns == before
