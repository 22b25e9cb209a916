"""A server that is killed while it is written to, and started again: nothing acknowledged is missing or doubled."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from curiouser.storage import Database
from tests.postgres.server import Server, a_folder, stop

KILLS = 3
WRITER = """
import sys, threading
from sqlalchemy import text
from curiouser.kernel.errors import OutcomeUnknownError, RetryableError
from curiouser.storage import Database

opened, name, n = Database(sys.argv[1]), sys.argv[2], 0
pause = threading.Event()
while n < int(sys.argv[3]):
    try:
        with opened.write() as connection:
            there = text("SELECT 1 FROM acknowledged WHERE name = :name AND n = :n")
            if connection.execute(there, {"name": name, "n": n}).first() is None:
                connection.execute(text("INSERT INTO acknowledged VALUES (:name, :n)"), {"name": name, "n": n})
    except RetryableError:
        pause.wait(0.05)
        continue
    except OutcomeUnknownError:
        print("unknown", flush=True)
        continue
    print(n, flush=True)
    n += 1
"""


@pytest.fixture
def crashing() -> Iterator[Server]:
    """A durable server of its own: the shared one would crash under other tests."""
    folder = a_folder()
    yield Server(folder)
    stop(folder)


def test_every_acknowledged_row_is_there_after_the_server_is_killed_and_started_again(crashing: Server) -> None:
    url, each = crashing.url("crash"), 400
    opened = Database(url)
    opened.create()
    with opened.write() as connection:
        connection.execute(text("CREATE TABLE acknowledged (name TEXT, n INTEGER)"))
    before = opened.stamp()
    command = [sys.executable, "-c", WRITER, url]
    writers = [subprocess.Popen([*command, name, str(each)], stdout=subprocess.PIPE, text=True) for name in "ab"]
    told: list[list[str]] = [[], []]
    for _ in range(KILLS):
        # Let both get somewhere first, then kill the server under them.
        for writer, lines in zip(writers, told, strict=True):
            assert writer.stdout is not None
            lines.extend(writer.stdout.readline().strip() for _ in range(40))
        crashing.kill()
        crashing.start_again()
    for writer, lines in zip(writers, told, strict=True):
        # Not communicate(): it reads past what readline() has buffered.
        assert writer.stdout is not None
        lines.extend(writer.stdout.read().split())
        assert writer.wait(200) == 0
        writer.stdout.close()
    with opened.read() as connection:
        rows = connection.execute(text("SELECT name, n FROM acknowledged ORDER BY name, n")).all()
    assert [tuple(row) for row in rows] == [(name, n) for name in "ab" for n in range(each)]
    assert [[line for line in lines if line != "unknown"] for lines in told] == [[str(n) for n in range(each)]] * 2
    assert opened.stamp() - before == 2 * each
    opened.close()
