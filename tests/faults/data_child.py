"""A process of its own that commits data and is killed, starved or raced while it does.

Run by path, never imported by tests: ``data_child.py MODE FOLDER …``. What was
acknowledged is written to stdout only after the call has returned.
"""

from __future__ import annotations

import ctypes
import functools
import itertools
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import Engine, event

from curiouser.data import BranchMovedError, DataService
from curiouser.data.snapshots import Layout
from curiouser.kernel.clock import utc_now
from curiouser.kernel.configuration import Task, TaskKind
from curiouser.kernel.errors import CuriouserError
from curiouser.storage import Database, FolderObjects

TASK = Task(name="faults", kind=TaskKind.BINARY, inputs=("want",), label="meet", classes=("no", "yes"))
LAYOUTS = {"fold": Layout(file_rows=4, fold_chain=0), "small": Layout(file_rows=4, range_files=2, run_rows=8)}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
LANDS = "end of writing"
# Of Linux's prctl.
_PR_SET_PTRACER, _BY_ANYBODY = 0x59616D61, 2 ** (8 * ctypes.sizeof(ctypes.c_ulong)) - 1
_WATCHED = {"os.rename", "os.remove", "os.mkdir", "os.truncate"}


def a_store(folder: Path, layout: str = "small", *, later: timedelta = timedelta(0)) -> DataService:
    database = Database(f"sqlite:///{folder}/meta.db")
    if not (folder / "meta.db").exists():
        database.create()
    return DataService(
        database, FolderObjects(folder / "objects"), TASK, lambda: utc_now() + later, layout=LAYOUTS[layout]
    )


def rows(ids: list[str], meet: str = "no") -> pl.DataFrame:
    return pl.DataFrame({"id": ids, "want": [f"want {each}" for each in ids], "meet": [meet] * len(ids)})


def change(folder: Path) -> str:
    made = a_store(folder).commit(
        "test", upserts=rows(["03", "99"], "yes"), deletes=["05"], message="change", actor="child"
    )
    return made.data_commit


def fold(folder: Path) -> str:
    made = a_store(folder, "fold").commit(
        "test", upserts=rows(["03", "99"], "yes"), deletes=["05"], message="change", actor="child"
    )
    return made.data_commit


def first(folder: Path) -> str:
    ids = [f"{number:02}" for number in range(10)]
    return a_store(folder).commit("new", upserts=rows(ids), message="first", actor="child").data_commit


def large(folder: Path) -> str:
    parts = [rows([f"{number:02}" for number in range(start, start + 8)], "yes") for start in (0, 8, 16)]
    return a_store(folder).commit_large("test", parts=parts, message="large", actor="child").data_commit


def revert(folder: Path) -> str:
    service = a_store(folder)
    return service.revert("test", "main", service.head("test").id, actor="child").data_commit


def merge(folder: Path) -> str:
    return a_store(folder).merges.merge("test", "fix", "main", actor="child").committed.data_commit


def gc(folder: Path) -> str:
    return str(a_store(folder, later=timedelta(days=1)).gc(timedelta(0)).objects)


SCENARIOS: dict[str, Callable[[Path], str]] = {
    each.__name__: each for each in (change, fold, first, large, revert, merge, gc)
}


def say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def watch(notice: Callable[[str], None]) -> None:
    """Call ``notice`` before each call that writes, renames, removes, fsyncs or speaks SQL, with its kind."""
    writing = [False]

    def statement(*said: object) -> None:
        word = str(said[2]).split(maxsplit=1)[0]
        if word == "BEGIN":
            writing[0] = "IMMEDIATE" in str(said[2])
        changes = word in {"INSERT", "UPDATE", "DELETE"}
        notice("change" if changes else f"{word} {writing[0]}" if word == "BEGIN" else "look")

    def audit(name: str, args: tuple[object, ...]) -> None:
        opened_to_write = name == "open" and isinstance(args[2], int) and args[2] & _WRITING
        if name in _WATCHED or opened_to_write:
            notice(name)

    fsync = os.fsync

    def noticed_fsync(fd: Any) -> None:  # noqa: ANN401  the signature of what it replaces
        notice("before fsync")
        fsync(fd)
        notice("after fsync")

    os.fsync = noticed_fsync
    sys.addaudithook(audit)
    event.listen(Engine, "before_cursor_execute", statement)
    event.listen(Engine, "commit", lambda _connection: notice(LANDS if writing[0] else "end of looking"))


def kill_at(step: int) -> None:
    """Kill this process at its ``step``-th call, of those that are watched."""
    left = [step]

    def count(_kind: str) -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    watch(count)


def forked(work: Callable[[], str], *, tracer: Sequence[str] = ()) -> tuple[str, int]:
    """Do something in a fork of this process; tell what it said, and how it ended.

    Forked before Polars has started a thread: importing it again for every step would take minutes.

    Args:
        work: What to do.
        tracer: A command that is told the fork's number, and has to hold it before the work begins.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        if tracer:
            # Linux may let a process be traced by its parents alone, and the tracer is its sibling.
            ctypes.CDLL(None).prctl(_PR_SET_PTRACER, ctypes.c_ulong(_BY_ANYBODY), 0, 0, 0)
            os.kill(os.getpid(), signal.SIGSTOP)
        os.write(writer, work().encode())
        os._exit(0)
    os.close(writer)
    holding = let_go_when_held(child, tracer) if tracer else None
    with os.fdopen(reader) as pipe:
        said = pipe.read()
    status = os.waitpid(child, 0)[1]
    if holding is not None:
        holding.wait()
    return said, status


def let_go_when_held(child: int, tracer: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start the tracer of a process that has stopped itself, and let the process go on once it is held."""
    os.waitpid(child, os.WUNTRACED)
    holding = subprocess.Popen([*tracer, str(child)])
    while "TracerPid:\t0\n" in Path(f"/proc/{child}/status").read_text(encoding="utf-8"):
        if holding.poll() is not None:
            os.kill(child, signal.SIGKILL)
            sys.exit(f"{tracer} ended with {holding.returncode}")
    os.kill(child, signal.SIGCONT)
    return holding


def kinds_of(scenario: str, folder: Path) -> list[str]:
    """Let a scenario through, and name the kind of each step at which it could have been killed."""
    kinds: list[str] = []

    def watched() -> str:
        watch(kinds.append)
        SCENARIOS[scenario](folder)
        return "\n".join(kinds)

    return forked(watched)[0].splitlines()


def telling(kinds: list[str]) -> list[int]:
    """Choose steps: of each kind the first and the last, around each transaction that lands, and every tenth.

    Examples:
        >>> telling(["look", "look", "os.rename", "change", "end of writing", "look", "look"])
        [1, 3, 4, 5, 6, 7, 8]
    """
    places = {kind: [step for step, each in enumerate(kinds, 1) if each == kind] for kind in kinds}
    ends = {step for several in places.values() for step in (several[0], several[-1])}
    after = {step + 1 for step in places.get(LANDS, [])}
    return sorted({*ends, *places.get(LANDS, []), *after, *range(10, len(kinds), 10), len(kinds) + 1})


def kills(scenario: str, base: Path, target: Path, *, every: bool) -> None:
    """Kill the scenario at one step after the other, each time in a fresh copy, until it survives."""
    kinds = kinds_of(scenario, Path(shutil.copytree(base, target / "watched")))
    for step in itertools.chain([] if every else telling(kinds), itertools.count(1 if every else len(kinds) + 2)):
        folder = Path(shutil.copytree(base, target / str(step)))

        def killed(step: int = step, folder: Path = folder) -> str:
            kill_at(step)
            return SCENARIOS[scenario](folder)

        tell(step, *forked(killed))


def call_kills(scenario: str, base: Path, target: Path) -> None:
    """Kill the scenario at one system call after the other, each time in a fresh copy, until it survives."""
    calls = "fsync,fdatasync,rename,pwrite64,unlink"
    strace = ("strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={calls}")
    for step in itertools.count(1):
        folder = Path(shutil.copytree(base, target / str(step)))
        inject = ("-e", f"inject={calls}:signal=KILL:when={step}", "-p")
        tell(step, *forked(functools.partial(SCENARIOS[scenario], folder), tracer=(*strace, *inject)))


def tell(step: int, said: str, status: int) -> None:
    """Say what a step came to; when the scenario survived it, there is no further one."""
    say(step, "done" if os.WIFEXITED(status) else "killed", said or "-")
    if os.WIFEXITED(status):
        sys.exit(os.WEXITSTATUS(status))


def race(folder: Path, name: str, count: int, *, same: bool) -> None:
    """Commit again and again; a lost race over the same rows is told apart, and tried again."""
    service = a_store(folder)
    for number in range(count):
        ids = ["00"] if same else [f"{name}-{number}"]
        upserts = rows(ids).with_columns(by=pl.lit(f"{name}-{number}"))
        while True:
            try:
                made = service.commit("test", upserts=upserts, message=f"{name}-{number}", actor=name)
            except BranchMovedError:
                say("lost")
                continue
            say("done", made.data_commit, f"{name}-{number}")
            break


def many(folder: Path, writers: int, count: int, *, same: bool) -> None:
    """Let several processes commit to one branch at once, each merging a branch of its own at the end.

    Forked before Polars has started a thread: a process each of its own would take longer to start than to write.
    """
    children = []
    for number in range(writers):
        child = os.fork()
        if child == 0:
            name = f"writer{number}"
            race(folder, name, count, same=same)
            service = a_store(folder)
            service.branch("test", name, actor=name)
            service.commit("test", name, upserts=rows([f"{name}-own"]), message=f"{name}-own", actor=name)
            done = service.merges.merge("test", name, "main", actor=name, message=f"{name}-merge")
            say("done", done.committed.data_commit, f"{name}-merge")
            os._exit(0)
        children.append(child)
    sys.exit(max(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children))


def starved(folder: Path, limit: int) -> None:
    """Commit while no file may grow beyond a limit."""
    service = a_store(folder)
    service.rows("test")
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        made = service.commit(
            "test", upserts=rows([f"{n:05}" for n in range(400)], "yes"), message="much", actor="child"
        )
    except CuriouserError as error:
        say("refused", type(error).__name__, error)
        sys.exit(error.exit_status)
    say("done", made.data_commit)


def main() -> None:
    mode, folder = sys.argv[1], Path(sys.argv[2])
    if mode == "kills":
        kills(sys.argv[3], folder, Path(sys.argv[4]), every=sys.argv[5] == "every")
    elif mode == "call-kills":
        call_kills(sys.argv[3], folder, Path(sys.argv[4]))
    elif mode == "race":
        race(folder, sys.argv[3], int(sys.argv[4]), same=sys.argv[5] == "same")
    elif mode == "many":
        many(folder, int(sys.argv[3]), int(sys.argv[4]), same=sys.argv[5] == "same")
    elif mode == "starved":
        starved(folder, int(sys.argv[3]))
    else:
        say(SCENARIOS[mode](folder))


if __name__ == "__main__":
    main()
