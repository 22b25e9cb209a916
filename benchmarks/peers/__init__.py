"""Peers: what we are measured against, each in a locked environment of its own.

A peer's folder holds ``requirements.in``, the lock made from it (versions and
hashes, no host names) and the script that does the peer's half of a benchmark.
The environment is made when a benchmark first needs it, in ``build/peers``.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent
_BUILD = _HERE.parents[1] / "build" / "peers"


class Peer:
    """One peer's environment and script.

    Args:
        name: Name of its folder.
    """

    def __init__(self, name: str) -> None:
        self.name, self._folder = name, _HERE / name

    def run(self, script: str, *arguments: str) -> Any:  # noqa: ANN401  what the script printed
        """Run a script of the peer; its last line of output is JSON.

        Raises:
            CalledProcessError: It failed.
        """
        command = [str(self._python()), str(self._folder / script), *arguments]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        return json.loads(done.stdout.splitlines()[-1])

    def _python(self) -> Path:
        """Make the environment that the lock describes, or find the one made before."""
        lock = self._folder / "requirements.lock"
        digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
        home = _BUILD / f"{self.name}-{digest}"
        python = home / "bin" / "python"
        if (home / "complete").exists():
            return python
        shutil.rmtree(home, ignore_errors=True)
        uv = str(Path(sys.executable).with_name("uv"))
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(home)], check=True)
        install = [uv, "pip", "install", "--quiet", "--python", str(python), "--require-hashes", "-r", str(lock)]
        subprocess.run(install, check=True)
        (home / "complete").touch()
        return python
