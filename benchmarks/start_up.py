"""What it costs to ask for help: ``curiouser --help`` against a bare argparse script."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.harness import Line, interleaved

_BARE = "import argparse; p = argparse.ArgumentParser(); p.add_argument('x'); p.parse_args(['--help'])"
_LOADED = """
import sys
before = set(sys.modules)
import curiouser
print(*{name.partition(".")[0] for name in set(sys.modules) - before})
"""
_STARTS = 10


def run() -> Iterator[Line]:
    """Start each ten times a repeat."""
    program = [str(Path(sys.executable).parent / "curiouser"), "--help"]
    assert b"Usage: curiouser" in subprocess.run(program, capture_output=True, check=True).stdout
    found = subprocess.run([sys.executable, "-c", _LOADED], capture_output=True, text=True, check=True).stdout.split()
    foreign = sorted(set(found) - {"curiouser"} - set(sys.stdlib_module_names))
    assert not foreign, f"import curiouser loads {foreign}"
    ours, peer = interleaved(lambda: _start(program), lambda: _start([sys.executable, "-c", _BARE]))
    yield Line(
        name="curiouser --help",
        ours=ours / _STARTS,
        peer=peer / _STARTS,
        ratio=ours / peer,
        target="ratio <= 2.5",
        holds=ours / peer <= 2.5,
        unit="CPU s a start",
        equal="help is printed; import curiouser loads no third-party module",
        note="peer: a bare argparse script that prints its help",
    )


def _start(command: list[str]) -> None:
    for _ in range(_STARTS):
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
