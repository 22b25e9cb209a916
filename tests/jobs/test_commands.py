"""The commands of jobs."""

from pathlib import Path

from curiouser.workspace import Workspace
from tests.terminal import Terminal


def test_jobs_are_listed_shown_cancelled_and_retried(tmp_path: Path) -> None:
    terminal = Terminal.init(tmp_path / "here")
    assert terminal.says("job", "list") == "There is no job.\n"
    with Workspace.open(terminal.root) as opened:
        number = opened.jobs.add("evaluate", {"on": "test", "models": ["a\x1b"]}, actor="alice").number
    assert terminal.says("job", "show", str(number)).splitlines()[0].startswith("job 1: evaluate, queued, asked for by")
    assert "\x1b" not in terminal.says("job", "show", str(number))
    assert terminal.body("job", "list", "--state", "queued")["jobs"][0]["arguments"]["on"] == "test"
    cancelled = terminal.body("job", "cancel", str(number))
    assert (cancelled["state"], cancelled["error"]) == ("cancelled", "cancelled by alice")
    assert terminal.body("job", "retry", str(number))["number"] == number + 1
    assert [one["number"] for one in terminal.body("job", "list", "--before", "2")["jobs"]] == [number]
    assert "cancelled" in terminal.says("job", "list")
    assert terminal.refuses(6, "job", "show", "99")["code"] == "CUR701"
    assert terminal.refuses(5, "job", "cancel", str(number))["code"] == "CUR702"


def test_a_worker_without_work_says_so(tmp_path: Path) -> None:
    terminal = Terminal.init(tmp_path / "here")
    assert terminal.body("job", "work", "--once")["unfinished"] == 0
