"""Starts the server's processes and the workers of its jobs, and ends them together."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import uvicorn

from curiouser.access import Role
from curiouser.surfaces.serving.application import open_mounts
from curiouser.surfaces.serving.settings import ENVIRONMENT, Settings

_GOODBYE_S = 10.0
_IDLE_S = 75
"""How long an idle connection is kept: longer than proxies do (a minute), or one may send into a closing one."""
_LOOK_S = 1.0
_FIRST_ADMIN = "admin"
_APPLICATION = "curiouser.surfaces.serving.application:from_environment"
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which processes to start."""

    workers: int
    """Server processes, >= 1."""
    job_workers: int
    """Processes per workspace that work on jobs, >= 0."""
    behind_proxy: bool
    """Whether a proxy on this machine says who the client is."""
    cert: str | None
    """Path of the TLS certificate."""
    key: str | None
    """Path of its key."""


def run_server(settings: Settings, plan: Plan, *, say: Say) -> None:
    """Serve until interrupted.

    Args:
        settings: What every server process is told.
        plan: Which processes to start.
        say: Tells the person at the terminal where to go.

    Raises:
        StorageError: A workspace cannot be opened.
    """
    _greet(settings, plan, say)
    os.environ[ENVIRONMENT] = settings.as_text()
    with _job_workers(settings, plan.job_workers):
        uvicorn.run(
            _APPLICATION,
            factory=True,
            host=settings.host,
            port=settings.port,
            workers=plan.workers,
            proxy_headers=plan.behind_proxy,
            forwarded_allow_ips="127.0.0.1,::1" if plan.behind_proxy else "",
            ssl_certfile=plan.cert,
            ssl_keyfile=plan.key,
            server_header=False,
            access_log=False,
            log_level="warning",
            timeout_keep_alive=_IDLE_S,
            timeout_graceful_shutdown=int(_GOODBYE_S),
        )


def _greet(settings: Settings, plan: Plan, say: Say) -> None:
    """Say where the pages are; where people must sign in and nobody can yet, print a one-time link."""
    mounts = open_mounts(settings)
    try:
        place = _address(settings, plan)
        say(f"the pages are at {place}/; end with Ctrl-C")
        access = mounts.home.access
        if settings.is_local:
            if access.has_users():
                say("this workspace has accounts, so people sign in, on this machine too")
            return
        if not access.has_users():
            access.add_user(_FIRST_ADMIN, role=Role.ADMIN, actor=mounts.home.actor)
        if not access.user(_FIRST_ADMIN).has_password:
            secret = access.invite(_FIRST_ADMIN, actor=mounts.home.actor)
            say(f"nobody can sign in yet; within 24 hours, once: {place}/login/once/{secret}")
    finally:
        mounts.close()


def _address(settings: Settings, plan: Plan) -> str:
    if plan.behind_proxy and settings.names:
        return f"https://{settings.names[0]}"
    host = settings.names[0] if settings.names else settings.host
    host = f"[{host}]" if ":" in host else host
    return f"{'https' if settings.encrypted else 'http'}://{host}:{settings.port}"


@contextlib.contextmanager
def _job_workers(settings: Settings, each: int) -> Iterator[None]:
    """Keep workers running beside the server: one that dies is started again, and its job is taken over."""
    stop = threading.Event()
    commands = [
        [sys.executable, "-m", "curiouser", "-C", folder, "--quiet", "job", "work", "--while-open"]
        for folder in settings.workspaces.values()
        for _ in range(each)
    ]
    watching = threading.Thread(target=_watch, args=(commands, stop), name="job-workers")
    watching.start()
    try:
        yield
    finally:
        stop.set()
        watching.join()


def _watch(commands: list[list[str]], stop: threading.Event) -> None:
    running = [_started(command) for command in commands]
    while not stop.wait(_LOOK_S):
        for number, process in enumerate(running):
            if process.poll() is not None:
                running[number] = _started(commands[number])
    for process in running:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)
    for process in running:
        try:
            process.wait(_GOODBYE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _started(command: list[str]) -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl-C is the server's, which ends its workers in order. Where the server is killed,
    # its end of the pipe closes, and they end as well.
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
