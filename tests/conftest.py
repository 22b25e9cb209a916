"""What every test can rely on: the rules of skipping, no network, and settings of Hypothesis.

``CURIOUSER_FULL=1`` says that this machine is meant to have everything, so
that a test skipped for a missing part fails instead. Only the public data
beside the checkout may be absent even then.

``CURIOUSER_TEST_DATABASE=postgresql`` lets every database that a test makes
land on a PostgreSQL server (``make test-postgres``).
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import shutil
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests import new_databases
from tests.postgres import server

ROOT = Path(__file__).resolve().parent.parent
SHARED_DATA = ROOT.parent / "shared" / "data"
NO_SHARED_DATA = "the shared public data is not beside this checkout"
FULL = bool(os.environ.get("CURIOUSER_FULL"))
ON_POSTGRESQL = os.environ.get("CURIOUSER_TEST_DATABASE") == "postgresql"
if ON_POSTGRESQL:
    # Loads the store, which most runs of a few tests would not.
    from curiouser.storage import Database
    from tests.postgres.landing import landed

# Tests never depend on how fast a machine is; a submission is judged on the same examples as its author saw.
settings.register_profile("here", deadline=None, print_blob=True)
settings.register_profile("ci", deadline=None, print_blob=True, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


def refuse_the_network(event: str, args: tuple[object, ...]) -> None:
    """Raise where a test reaches for another machine: sockets of this machine only."""
    if event != "socket.connect":
        return
    address = args[1]
    if not isinstance(address, tuple):
        return  # a Unix socket is a file
    host = str(address[0])
    if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
        raise PermissionError(f"a test tried to connect to {host}; tests use this machine only")


sys.addaudithook(refuse_the_network)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "sqlite_only(reason): about SQLite's file itself; left out on PostgreSQL")
    server.name_the_folder()
    if ON_POSTGRESQL:
        server.shared_server()
        landed.land(Database)
        # For what tests start, and not for the workers of pytest-xdist: those come by here themselves.
        if hasattr(config, "workerinput") or config.getoption("dist", "no") == "no":
            landing = str(Path(landed.__file__).parent)
            os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [landing, os.environ.get("PYTHONPATH")]))


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        server.stop_what_this_process_named()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    left_out = [item for item in items if ON_POSTGRESQL and item.get_closest_marker("sqlite_only")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def pytest_collection_finish(session: pytest.Session) -> None:
    # Looked up, so that a run of a few tests without a store does not load it.
    store = sys.modules.get("curiouser.storage")
    if store is not None:
        new_databases.copy_from_now_on(store.Database)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    folder = getattr(item, "funcargs", {}).get("tmp_path")
    yield
    if ON_POSTGRESQL:
        landed.close_all()
        if folder is not None and (schemas := landed.schemas_below(folder)):
            server.shared_server().drop(*schemas)


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("needs_program"):
        if shutil.which(marker.args[0]) is None:
            pytest.skip(f"{marker.args[0]} is not installed; on Debian: apt-get install {marker.args[0]}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if FULL and report.skipped and not hasattr(report, "wasxfail"):
        fail_what_was_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if FULL and report.skipped:
        fail_what_was_skipped(report)
    return report


def fail_what_was_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip into a failure, unless it is for the shared public data."""
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if NO_SHARED_DATA not in reason:
        report.outcome = "failed"
        report.longrepr = f"CURIOUSER_FULL=1 allows no missing part, and this was skipped: {reason}"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real public data beside the checkout, read in place and never copied."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"{NO_SHARED_DATA} (looked for {SHARED_DATA})")
    return SHARED_DATA


@pytest.fixture(scope="session")
def postgresql() -> server.Server:
    """The PostgreSQL server of this run, shared by its processes: name your schema after your test."""
    return server.shared_server()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of its own for a test, on each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/meta.db"
        return
    started: server.Server = request.getfixturevalue("postgresql")
    schema = f"u_{hashlib.sha256(str(tmp_path).encode()).hexdigest()[:20]}"
    yield started.url(schema)
    started.drop(schema)
