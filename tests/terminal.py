"""A terminal for tests: commands run in one workspace, as typed, with their exit status and what they said."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from curiouser.surfaces.cli.program import run

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a command answered."""

    status: int
    """Exit status."""
    out: str
    """Standard output."""
    err: str
    """Standard error."""

    @property
    def body(self) -> Any:  # noqa: ANN401  a JSON body
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, Any]:
        """The error of a command with ``--json``: the last lines of standard error."""
        found: dict[str, Any] = json.loads(self.err[self.err.index("{") :])
        return found


class Terminal:
    """Runs commands in one workspace."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def init(cls, root: Path, *flags: str, task: str = "binary", classes: str = "no,yes") -> Terminal:
        """Make a workspace for a task over the columns ``text`` and ``label``, unless the flags say otherwise."""
        made = cls(root)
        usual = {"--task": task, "--inputs": "text", "--label": "label", "--classes": classes}
        words = [word for name, value in usual.items() if name not in flags and value for word in (name, value)]
        made.says("init", str(root), *words, *flags, "--yes", inside=False)
        return made

    def run(self, *arguments: str, inside: bool = True) -> Said:
        """Run a command in this process, through the program's own entry."""
        whole = [*(("-C", str(self.root)) if inside else ()), "--actor", "alice", *arguments]
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
        status = 0
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                run(whole)
            except SystemExit as stop:
                status = int(stop.code or 0)
        return Said(status=status, out=_text(out), err=_text(err))

    def says(self, *arguments: str, inside: bool = True) -> str:
        """Run a command that must succeed, and return what it printed."""
        said = self.run(*arguments, inside=inside)
        assert said.status == 0, f"{arguments} ended with {said.status}:\n{said.out}\n{said.err}"
        return said.out

    def body(self, *arguments: str) -> Any:  # noqa: ANN401  a JSON body
        """Run a command that must succeed, and return its body."""
        return json.loads(self.says(*arguments, "--json"))

    def refuses(self, status: int, *arguments: str) -> dict[str, Any]:
        """Run a command that must fail with this status, and return the error's body."""
        said = self.run(*arguments, "--json")
        assert said.status == status, f"{arguments} ended with {said.status}, not {status}:\n{said.out}\n{said.err}"
        assert "Traceback" not in said.err
        return said.error

    def command(self, *arguments: str) -> list[str]:
        """Write a command for a process of its own."""
        return [sys.executable, "-m", "curiouser", "-C", str(self.root), "--actor", "alice", *arguments]

    def spawn(self, *arguments: str) -> Said:
        """Run a command in a process of its own."""
        done = subprocess.run(
            self.command(*arguments), capture_output=True, text=True, check=False, env=ENVIRONMENT, timeout=200
        )
        return Said(status=done.returncode, out=done.stdout, err=done.stderr)

    def file(self, name: str, frame: pl.DataFrame) -> str:
        """Write a frame as CSV beside the workspace, and return its path."""
        path = self.root / name
        frame.write_csv(path)
        return str(path)

    def text_file(self, name: str, text: str) -> str:
        """Write a text beside the workspace, and return its path."""
        path = self.root / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def imports(self, name: str, frame: pl.DataFrame, *more: str) -> Any:  # noqa: ANN401  a JSON body
        """Import rows into the test set."""
        return self.body("data", "import", self.file(f"{name}.csv", frame), "--dataset", "test", "-m", name, *more)

    def adds(self, name: str, frame: pl.DataFrame, *more: str) -> Any:  # noqa: ANN401  a JSON body
        """Add a model that is a file of predictions."""
        return self.body("model", "add", name, "--predictions", self.file(f"model-{name}.csv", frame), *more)


def _text(stream: io.TextIOWrapper) -> str:
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode()
