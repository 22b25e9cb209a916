"""A real server as a process, for tests that speak to it over a socket."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
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
        self._log = tempfile.NamedTemporaryFile(prefix="served-", suffix=".log")  # noqa: SIM115  closed at the end
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self._log, stderr=subprocess.STDOUT, env=environment
        )

    @property
    def pid(self) -> int:
        """The process that was started; its children are the workers."""
        return self._process.pid

    @property
    def said(self) -> str:
        """What the server printed so far."""
        return Path(self._log.name).read_text(encoding="utf-8", errors="replace")

    def waits_for(self, wanted: re.Pattern[str]) -> re.Match[str]:
        """Wait until the server has printed something."""
        deadline = time.monotonic() + _READY_S
        while time.monotonic() < deadline:
            found = wanted.search(self.said)
            if found:
                return found
            time.sleep(0.05)
        raise RuntimeError(f"the server did not print {wanted.pattern}: {self.said}")

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
        said = self.said
        self._end()
        raise RuntimeError(f"the server did not answer: {said}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(_GOODBYE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()
