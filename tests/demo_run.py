"""The bundled example, walked through once for all tests of one run, whichever process asks first."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

DEMO = Path(__file__).resolve().parent.parent / "examples" / "introductions" / "demo.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoRun:
    """What the demo left behind; look, and do not change it."""

    workspace: Path
    """Its folder."""
    status: int
    """How it ended."""
    out: str
    """What it printed."""
    err: str
    """What it complained about."""


def demo_run(factory: pytest.TempPathFactory) -> DemoRun:
    """Walk through the demo, or wait for the process that does."""
    base = factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    folder = shared / "demo"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "status").exists():
            command = [sys.executable, str(DEMO), "--into", str(folder / "introductions")]
            ended = subprocess.run(command, capture_output=True, text=True, check=False)
            (folder / "out").write_text(ended.stdout, encoding="utf-8")
            (folder / "err").write_text(ended.stderr, encoding="utf-8")
            (folder / "status").write_text(str(ended.returncode), encoding="utf-8")
        return DemoRun(
            workspace=folder / "introductions",
            status=int((folder / "status").read_text(encoding="utf-8")),
            out=(folder / "out").read_text(encoding="utf-8"),
            err=(folder / "err").read_text(encoding="utf-8"),
        )
