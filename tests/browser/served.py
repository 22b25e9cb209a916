"""A real server as a process, for tests that speak to it over a socket."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

_READY_S, _GOODBYE_S = 60.0, 20.0


def free_port() -> int:
    """Find a port of loopback that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Served:
    """``curiouser serve`` over workspaces, on loopback, until the block ends."""

    def __init__(self, *folders: Path | str, options: Sequence[str] = ()) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, "-m", "curiouser", "serve", *map(str, folders), "--port", str(self.port), *options]
        environment = os.environ | {"CURIOUSER_ACTOR": "alice"}
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment
        )
        self.said = ""

    @property
    def pid(self) -> int:
        """The process that was started; its children are the workers."""
        return self._process.pid

    def __enter__(self) -> Self:
        deadline = time.monotonic() + _READY_S
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            try:
                if httpx.get(f"{self.url}/api/v1/health", timeout=2).status_code == 200:
                    return self
            except httpx.TransportError:
                time.sleep(0.1)
        self._end()
        raise RuntimeError(f"the server did not answer: {self.said}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            out, _ = self._process.communicate(timeout=_GOODBYE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            out, _ = self._process.communicate()
        self.said = out.decode(errors="replace")
