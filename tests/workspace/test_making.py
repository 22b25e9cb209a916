"""Making and opening a workspace: nothing half-made, nothing overwritten."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from curiouser.kernel.configuration import configuration_from
from curiouser.kernel.errors import ConfigurationError, WorkspaceExistsError, WorkspaceNotFoundError
from curiouser.workspace import Workspace
from curiouser.workspace.making import make_workspace

TASK = {"kind": "binary", "inputs": ["want", "offer"], "label": "meet", "classes": ["no", "yes"]}
FLAGS = ("--task", "binary", "--inputs", "want,offer", "--label", "meet", "--classes", "no,yes")


def init(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "curiouser", "init", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, stdin=subprocess.DEVNULL)


def test_a_new_workspace_opens_from_any_folder_below_it(tmp_path: Path) -> None:
    make_workspace(tmp_path, configuration_from({"task": TASK})).close()
    (tmp_path / "deep" / "er").mkdir(parents=True)
    with Workspace.open(tmp_path / "deep" / "er") as opened:
        assert opened.root == tmp_path.resolve()
        assert opened.configuration.task.inputs == ("want", "offer")


def test_init_never_overwrites(tmp_path: Path) -> None:
    (tmp_path / "curiouser.toml").write_text("mine")
    with pytest.raises(WorkspaceExistsError, match="nothing was changed"):
        make_workspace(tmp_path, configuration_from({"task": TASK}))
    assert (tmp_path / "curiouser.toml").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["curiouser.toml"]


def test_a_fresh_clone_with_a_configuration_and_no_store_gets_one_from_init_alone(tmp_path: Path) -> None:
    make_workspace(tmp_path / "mine", configuration_from({"task": TASK})).close()
    clone = tmp_path / "clone"
    clone.mkdir()
    (clone / "curiouser.toml").write_bytes((tmp_path / "mine" / "curiouser.toml").read_bytes())
    ran = init(folder=clone)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "Made an empty store" in ran.stdout
    with Workspace.open(clone) as opened:
        assert opened.configuration.task.inputs == ("want", "offer")
    again = init(folder=clone)
    assert again.returncode == 5
    assert "has its store already" in again.stderr


@pytest.mark.parametrize("before", ["", "*.pyc", "*.pyc\n", ".curiouser/\n"])
def test_the_gitignore_keeps_its_lines_and_gains_ours_once(tmp_path: Path, before: str) -> None:
    (tmp_path / ".gitignore").write_text(before)
    make_workspace(tmp_path, configuration_from({"task": TASK})).close()
    lines = (tmp_path / ".gitignore").read_text().splitlines()
    assert lines.count(".curiouser/") == 1
    assert set(before.split()) <= set(lines)


def test_without_a_terminal_init_asks_nothing_and_says_what_is_missing(tmp_path: Path) -> None:
    ran = init(folder=tmp_path)
    assert ran.returncode == 2
    assert "--task, --inputs and --label" in ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_wrong_flags_leave_nothing_behind(tmp_path: Path) -> None:
    ran = init("there", "--task", "binary", "--inputs", "a", "--label", "a", "--classes", "no", folder=tmp_path)
    assert ran.returncode == 1
    assert "must name two classes" in ran.stderr
    assert "the model would read the answer" in ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_init_prints_its_body_as_json(tmp_path: Path) -> None:
    ran = init("there", *FLAGS, "--json", folder=tmp_path)
    assert json.loads(ran.stdout)["task"]["classes"] == ["no", "yes"]


def test_on_a_terminal_init_asks_and_shows_what_it_will_write(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "curiouser", "init", "--name", "talk"]
    running = subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path)
    os.write(ours, b"binary\nwant,offer\nmeet\nno,yes\n\ny\n")
    _, told = running.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert running.returncode == 0, told
    assert b'inputs = ["want", "offer"]' in told
    with Workspace.open(tmp_path) as opened:
        assert opened.configuration.task.label == "meet"


def test_a_folder_without_a_workspace_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceNotFoundError, match="curiouser init"):
        Workspace.open(tmp_path)


def test_mistakes_made_by_hand_in_the_configuration_are_all_told(tmp_path: Path) -> None:
    make_workspace(tmp_path, configuration_from({"task": TASK})).close()
    (tmp_path / "curiouser.toml").write_text('[task]\nkind = "binary"\ninputs = []\n')
    with pytest.raises(ConfigurationError) as caught:
        Workspace.open(tmp_path)
    assert len(caught.value.mistakes) == 3


def test_who_acts_is_who_says_so_or_the_git_name(tmp_path: Path) -> None:
    make_workspace(tmp_path, configuration_from({"task": TASK}), actor="alice").close()
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "config", "user.name", "Mad Hatter"], cwd=tmp_path, check=True)
    with Workspace.open(tmp_path) as opened:
        assert opened.actor == "Mad Hatter"
    with Workspace.open(tmp_path, actor="dormouse") as opened:
        assert opened.actor == "dormouse"
