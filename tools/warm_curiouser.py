"""Answer `curiouser` commands from a process that has imported everything already: each command is a fork of it.

The pages of the documentation run more than a hundred commands, and most of
what these cost is importing libraries. A shim named ``curiouser`` stands first
on their PATH, connects here, and leaves with the command's exit status; the
command itself runs with the shim's folder, environment and outputs. Linux
only, for it reaches them through /proc.
"""

from __future__ import annotations

import importlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parent.parent
_END = "\x04"
_SHIM = """#!/bin/bash
exec 9<>/dev/tcp/127.0.0.1/{port} || exit 70
printf '%s\\0' "$$" "$PWD" "$@" $'\\x04' >&9
read -r status <&9
exit "${{status:-70}}"
"""
_PRELOADED = (
    "curiouser.data",
    "curiouser.models.service",
    "curiouser.evaluations",
    "curiouser.problems",
    "curiouser.workspace.standing",
    *(f"curiouser.surfaces.cli.{name}" for name in ("program", "data", "data_files", "model", "problem", "report")),
    *(f"curiouser.surfaces.cli.{name}" for name in ("evaluate", "compare", "leaderboard", "slice", "status", "init")),
)


class Warm:
    """The server, as a process of its own, and the folder with its shim."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="warm-")
        self.folder = Path(self._folder.name)
        self._process = subprocess.Popen([sys.executable, __file__], stdout=subprocess.PIPE, cwd=ROOT)
        port = self._process.stdout.readline().decode().strip() if self._process.stdout else ""
        shim = self.folder / "curiouser"
        shim.write_text(_SHIM.format(port=port), encoding="utf-8")
        shim.chmod(0o755)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the server."""
        self._process.kill()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._folder.cleanup()


def serve() -> None:
    """Answer until killed."""
    for name in _PRELOADED:
        importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.create_server(("127.0.0.1", 0), backlog=16) as listening:
        print(listening.getsockname()[1], flush=True)
        while True:
            connection, _ = listening.accept()
            if os.fork() == 0:
                listening.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                _answer(connection)
                os._exit(0)
            connection.close()


def _answer(connection: socket.socket) -> None:
    said = b""
    while not said.endswith(b"\0" + _END.encode() + b"\0"):
        part = connection.recv(65_536)
        if not part:
            return
        said += part
    pid, folder, *arguments = said.decode().split("\0")[:-2]
    command = os.fork()
    if command == 0:
        connection.close()
        _become(int(pid), folder, arguments)
    _, status = os.waitpid(command, 0)
    connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def _become(pid: int, folder: str, arguments: list[str]) -> None:
    for number, path in enumerate(("/dev/null", f"/proc/{pid}/fd/1", f"/proc/{pid}/fd/2")):
        opened = os.open(path, os.O_WRONLY | os.O_APPEND if number else os.O_RDONLY)
        os.dup2(opened, number)
        os.close(opened)
    os.chdir(folder)
    given = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    os.environ.clear()
    for part in given:
        name, sign, value = part.decode().partition("=")
        if sign:
            os.environ[name] = value
    sys.argv = ["curiouser", *arguments]
    # Imported already; named here because every command is a fork of what is loaded.
    from curiouser.surfaces.cli.main import main  # noqa: PLC0415  see above

    status = 1
    try:
        main()
        status = 0
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    serve()
