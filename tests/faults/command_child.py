"""A process of its own that runs one command and kills itself at its n-th write, for every n.

Run by path, never imported by tests: ``command_child.py BASE TARGET STRIDE COMMAND…``. Each time the
command works in a fresh copy of BASE; it prints ``STEP killed`` or ``STEP STATUS``, and ends when it survives.
"""

from __future__ import annotations

import importlib
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine, event

import curiouser
from curiouser.surfaces.cli.program import run

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_WATCHED = {"os.rename", "os.remove", "os.mkdir", "os.truncate", "subprocess.Popen"}
_ELSEWHERE = (
    "curiouser.pytest_plugin",
    "curiouser.storage.migrations",
    "curiouser.testing",
    *(f"curiouser.surfaces.{name}" for name in ("notebook", "rest", "serving", "web")),
)
"""What no command of these tests loads."""
_READING = ("SELECT", "PRAGMA", "WITH", "BEGIN\n")


def kill_at(step: int) -> None:
    """Kill this process at the step-th call that writes, renames, removes, fsyncs, starts a model or changes a row."""
    left = [step]

    def count(*_args: object, **_kwargs: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def audit(name: str, args: tuple[object, ...]) -> None:
        opened_to_write = name == "open" and isinstance(args[2], int) and args[2] & _WRITING
        if name in _WATCHED or (opened_to_write and args[0] != os.devnull):
            count()

    def statement(_connection: object, _cursor: object, said: str, *_more: object) -> None:
        if not f"{said.lstrip().upper()}\n".startswith(_READING):
            count()

    fsync = os.fsync

    def counted_fsync(fd: FileDescriptorLike) -> None:
        count()
        fsync(fd)
        count()

    os.fsync = counted_fsync
    sys.addaudithook(audit)
    event.listen(Engine, "before_cursor_execute", statement)
    event.listen(Engine, "commit", count)


def child(folder: Path, step: int, command: list[str]) -> None:
    """Run the command in a copy, and leave without tidying up."""
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.chdir(folder)
    kill_at(step)
    try:
        run(["--actor", "alice", *command])
    except SystemExit as stop:
        os._exit(int(stop.code or 0))


def load_everything() -> None:
    """Import what commands load when they need it, so that no child has to."""
    root = Path(curiouser.__file__).parent
    for path in sorted(root.rglob("*.py")):
        name = ".".join(path.relative_to(root.parent).with_suffix("").parts).removesuffix(".__init__")
        if not name.endswith("__main__") and not name.startswith(_ELSEWHERE):
            importlib.import_module(name)


def tell(step: int, ended: str) -> None:
    sys.stdout.write(f"{step} {ended}\n")
    sys.stdout.flush()


def main() -> None:
    load_everything()
    base, target, stride, command = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
    step = 1
    while True:
        folder = target / str(step)
        shutil.copytree(base, folder)
        # Forked before Polars has started a thread: importing it again for every step would take minutes.
        pid = os.fork()
        if pid == 0:
            child(folder, step, command)
        _, status = os.waitpid(pid, 0)
        if os.WIFEXITED(status):
            tell(step, str(os.WEXITSTATUS(status)))
            return
        tell(step, "killed")
        step += stride


if __name__ == "__main__":
    main()
