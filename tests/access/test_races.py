"""Two at once: the chain does not fork, limits hold, a link is used once, an admin stays."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from sqlalchemy import func, select

from curiouser.access import LastAdminError, LinkRefusedError, LoginRefusedError, Role, TooManyAttemptsError, passwords
from curiouser.access.passwords import hash_password
from curiouser.access.stored import find_user, set_password_hash
from curiouser.access.tables import access_attempt
from curiouser.kernel.errors import CuriouserError
from tests.access.bench import ELSEWHERE, HERE, OTHER, PASSWORD, Accounts

ROOT = Path(__file__).resolve().parents[2]
EACH = 60
HASHES_AT_ONCE = 4
WRITER = """
import sys
from curiouser.access import AccessService
from curiouser.kernel.clock import utc_now
from curiouser.storage import Database

access = AccessService(Database(sys.argv[1]), utc_now)
print("ready", flush=True)
sys.stdin.readline()
for n in range(int(sys.argv[3])):
    made = access.record(
        actor=sys.argv[2], role=None, via="local", token=None, action="race", object=str(n), result="ok"
    )
    print(made.number, made.hash, flush=True)
"""


def at_once(*work: Callable[[], object]) -> Counter[str]:
    """Do things at the same moment in threads; count what came of them."""
    gate, outcomes, lock = threading.Barrier(len(work)), Counter[str](), threading.Lock()

    def run(one: Callable[[], object]) -> None:
        gate.wait()
        try:
            one()
            outcome = "ok"
        except CuriouserError as error:
            outcome = type(error).__name__
        with lock:
            outcomes[outcome] += 1

    threads = [threading.Thread(target=run, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_the_chain_does_not_fork_when_two_processes_write(accounts: Accounts) -> None:
    url = accounts.database.url.render_as_string(hide_password=False)
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, url, name, str(EACH)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for name in ("alice", "bob")
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    said = [writer.communicate(timeout=250)[0].split() for writer in writers]
    acknowledged = {
        int(number): digest for words in said for number, digest in zip(words[::2], words[1::2], strict=True)
    }
    assert accounts.access.verify_audit() == []
    entries = {entry.number: entry.hash for entry in accounts.access.audit(limit=1_000)}
    assert entries == acknowledged
    assert sorted(entries) == list(range(1, 2 * EACH + 1))


def test_of_two_admins_who_disable_each_other_one_stays(accounts: Accounts) -> None:
    for name in ("alice", "bob"):
        accounts.add(name, Role.ADMIN)
    outcomes = at_once(
        lambda: accounts.access.disable("alice", actor="bob"), lambda: accounts.access.disable("bob", actor="alice")
    )
    assert outcomes == {"ok": 1, LastAdminError.__name__: 1}
    assert sum(user.disabled_at is None for user in accounts.access.users()) == 1


def test_a_link_that_two_use_at_once_lets_one_in(accounts: Accounts) -> None:
    accounts.add("alice")
    link = accounts.access.invite("alice", actor="root")
    outcomes = at_once(
        lambda: accounts.access.redeem(link, PASSWORD, address=HERE),
        lambda: accounts.access.redeem(link, OTHER, address=ELSEWHERE),
    )
    assert outcomes == {"ok": 1, LinkRefusedError.__name__: 1}
    assert accounts.access.count_sessions("alice") == 1


def test_the_limit_holds_when_many_try_at_once(accounts: Accounts) -> None:
    accounts.add("alice")
    outcomes = at_once(*[lambda: accounts.access.log_in("alice", OTHER, address=HERE)] * 12)
    assert outcomes == {LoginRefusedError.__name__: 5, TooManyAttemptsError.__name__: 7}


def test_a_password_that_is_reset_while_it_is_checked_lets_nobody_in(accounts: Accounts) -> None:
    accounts.add_with_password("alice")
    new = hash_password(OTHER)
    with ExitStack() as held:
        for _ in range(HASHES_AT_ONCE):
            held.enter_context(passwords._AT_ONCE)  # noqa: SLF001  holds the log-in between its two transactions
        with ThreadPoolExecutor(1) as pool:
            trying = pool.submit(at_once, lambda: accounts.access.log_in("alice", PASSWORD, address=HERE))
            wait_until(lambda: attempts_in(accounts) == 1)
            with accounts.database.write() as connection:
                set_password_hash(connection, find_user(connection, "alice"), new)
            held.close()
            assert trying.result() == {LoginRefusedError.__name__: 1}
    assert accounts.access.count_sessions("alice") == 0


def attempts_in(accounts: Accounts) -> int:
    """Count the attempts that are written down."""
    with accounts.database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(access_attempt)).scalar_one())


def wait_until(true: Callable[[], bool]) -> None:
    """Wait for what another thread does, as long as it takes on a busy machine."""
    deadline = time.monotonic() + 120
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_many_who_sign_in_at_once_all_get_in(accounts: Accounts) -> None:
    accounts.add_with_password("alice")
    outcomes = at_once(*[lambda: accounts.access.log_in("alice", PASSWORD, address=HERE)] * 4)
    assert outcomes == {"ok": 4}
    assert accounts.access.count_sessions("alice") == 5
