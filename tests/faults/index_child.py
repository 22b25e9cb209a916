"""A process of its own that builds an index of signatures and is killed while it does.

Run by path, never imported but for what both sides must agree on: ``index_child.py BASE TARGET STRIDE``. Copies the
base for every step, kills itself at that step, and says how each ended.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

import numpy as np
from sqlalchemy import Engine, event

from curiouser.datachecks import segment_merging, sorted_pages
from curiouser.datachecks.signatures import SignatureIndex
from curiouser.storage import Database

ROWS = 240
TEXTS = [f"{'abcdefgh'[at % 8] * 6} number {at * 7919} of some texts that are all of them others" for at in range(200)]
IDS = [f"r{at:03}" for at in range(ROWS)]


def open_index(folder: Path) -> tuple[Database, SignatureIndex]:
    """Open an index that works in many small steps."""
    sorted_pages.AT_ONCE, segment_merging.PAGES = 2_500, 4
    database = Database(f"sqlite:///{folder}/meta.db")
    return database, SignatureIndex(database, "test", ["text"], at_once=20)


def build(folder: Path) -> None:
    """Add all rows; some texts have two."""
    _, index = open_index(folder)
    index.add(TEXTS, IDS, np.arange(ROWS) % len(TEXTS), data_commit="all")


def kill_at(step: int) -> None:
    """Kill this process at the ``step``-th time that it speaks SQL or commits."""
    left = [step]

    def count(*_args: object, **_kwargs: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", count)
    event.listen(Engine, "commit", count)


def main() -> None:
    base, target, stride = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    step, is_done = 1, False
    while not is_done:
        folder = target / str(step)
        shutil.copytree(base, folder)
        pid = os.fork()
        if pid == 0:
            kill_at(step)
            build(folder)
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        is_done = os.WIFEXITED(status)
        sys.stdout.write(f"{step} {'done' if is_done else 'killed'}\n")
        sys.stdout.flush()
        step += stride


if __name__ == "__main__":
    main()
