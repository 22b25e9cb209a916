"""``curiouser serve`` as a process: where it listens, who gets in first, and that nothing of it stays behind."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path

import httpx
import pytest

from tests.browser.served import Served
from tests.terminal import Terminal

FREE = re.compile(r"/login/once/(\S+)")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Terminal.init(tmp_path_factory.mktemp("served") / "spam").root


def children_of(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def ended_within(pids: list[int], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and any(map(is_running, pids)):
        time.sleep(0.05)
    return not any(map(is_running, pids))


def test_a_local_user_needs_no_password_and_a_foreign_name_is_refused(workspace: Path) -> None:
    with Served(workspace, options=["--job-workers", "0"]) as server:
        assert httpx.get(f"{server.url}/api/v1/status").status_code == 200
        rebound = httpx.get(f"{server.url}/api/v1/status", headers={"Host": f"evil.example:{server.port}"})
        assert rebound.status_code == 421


def test_the_first_start_with_accounts_prints_a_link_that_works_once(tmp_path: Path) -> None:
    root = Terminal.init(tmp_path / "spam").root
    with Served(root, options=["--accounts", "--job-workers", "0"]) as server:
        assert httpx.get(f"{server.url}/api/v1/status").status_code == 401
        secret = server.waits_for(FREE)[1]
        words = {"password": "curiouser and curiouser", "again": "curiouser and curiouser"}
        with httpx.Client(base_url=server.url) as client:
            assert client.post(f"/login/once/{secret}", data=words).status_code == 303
            assert client.get("/api/v1/status").status_code == 200
        again = httpx.post(f"{server.url}/login/once/{secret}", data=words)
        assert again.status_code in {401, 404, 410, 422}
        assert "Set-Cookie" not in again.headers


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_no_process_of_a_server_outlives_it_however_it_ends(workspace: Path, how: signal.Signals) -> None:
    with Served(workspace, options=["--workers", "2"]) as server:
        mine = children_of(server.pid)
        assert len(mine) >= 3, "two server processes and a worker of jobs"
        os.kill(server.pid, how)
        assert ended_within([server.pid, *mine], 30)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--host", "0.0.0.0"], "passwords would travel in the clear"),  # noqa: S104  it is refused
        (["--host", "192.168.0.1", "--accounts"], "passwords would travel in the clear"),
        (["--tls-cert", "curiouser.toml"], "TLS needs both"),
    ],
)
def test_an_address_that_others_can_reach_needs_https(workspace: Path, options: list[str], said: str) -> None:
    ended = Terminal(workspace).run(
        "serve", *(str(workspace / one) if one.endswith("toml") else one for one in options)
    )
    assert ended.status == 2
    assert said in ended.err
