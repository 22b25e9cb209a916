"""Many at once: 200 readers and 20 writers for a minute, against a real server on loopback.

Every report that a writer was told is filed must be there afterwards; no
request may fail; and the server's memory must not grow with what it answered.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from benchmarks.harness import Line
from tests.browser.served import Served
from tests.postgres.server import Server as PostgresServer
from tests.postgres.server import stop as stop_postgres

READERS, WRITERS, SECONDS = 200, 20, 60.0
READ = ("/api/v1/problems", "/api/v1/reports", "/api/v1/models", "/problems", "/reports", "/")
_GROWTH = 1.25
_TIMEOUT_S = 60.0


@dataclass(slots=True)
class Seen:
    """What the clients saw."""

    statuses: Counter[int] = field(default_factory=Counter)
    """Answers by status."""
    filed: list[int] = field(default_factory=list)
    """Numbers of the reports that writers were told are filed."""
    failures: list[str] = field(default_factory=list)
    """What did not answer at all."""


def run() -> Iterator[Line]:
    """Load the server on SQLite, then on PostgreSQL."""
    with tempfile.TemporaryDirectory() as scratch:
        yield from _loaded("SQLite", _workspace(Path(scratch) / "sqlite"))
        # A Unix socket's path is short, and a temporary folder's may not be.
        folder = Path(tempfile.mkdtemp(prefix="pg-"))
        server = PostgresServer(folder)
        try:
            yield from _loaded("PostgreSQL", _workspace(Path(scratch) / "postgres", server.url("introductions")))
        finally:
            stop_postgres(folder)


def _workspace(folder: Path, database: str | None = None) -> Path:
    task = ["--task", "binary", "--inputs", "text", "--label", "label", "--classes", "no,yes"]
    _curiouser(folder.parent, "init", str(folder), *task, "--yes", *(["--database", database] if database else []))
    rows = "id,text,label\n" + "".join(f"{i},text {i},{'yes' if i % 3 else 'no'}\n" for i in range(2_000))
    (folder / "test.csv").write_text(rows, encoding="utf-8")
    _curiouser(folder, "data", "import", "test.csv", "--dataset", "test", "-m", "rows")
    for model in range(3):
        answers = "id,score\n" + "".join(f"{i},{(i * (model + 7)) % 97 / 97}\n" for i in range(2_000))
        (folder / "answers.csv").write_text(answers, encoding="utf-8")
        _curiouser(folder, "model", "add", f"model-{model}", "--predictions", "answers.csv")
    for problem in range(20):
        (folder / "ids.txt").write_text(
            "\n".join(str(i) for i in range(problem * 50, problem * 50 + 40)), encoding="utf-8"
        )
        _curiouser(
            folder,
            "problem",
            "add",
            f"problem-{problem}",
            "--ids",
            "ids.txt",
            "--affected",
            "2%",
            "--because",
            "a guess",
        )
    _curiouser(folder, "evaluate")
    return folder


def _curiouser(folder: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "curiouser", "--quiet", *arguments]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _loaded(kind: str, folder: Path) -> Iterator[Line]:
    with Served(folder, options=["--workers", "2"]) as server:
        seen, sizes = asyncio.run(_load(server))
        with httpx.Client(base_url=server.url, timeout=_TIMEOUT_S) as client:
            there = _filed_reports(client)
    lost = len(set(seen.filed) - there)
    wrong = sum(n for status, n in seen.statuses.items() if status >= 400) + len(seen.failures)
    total = sum(seen.statuses.values())
    sized = f"{READERS} readers, {WRITERS} writers, {SECONDS:g} s, {total:,} answers, {len(seen.filed):,} reports filed"
    note = f"{sized}; {dict(seen.statuses)}; {seen.failures[:2]}"
    yield Line(
        name=f"errors under load, {kind}", ours=float(wrong), peer=None, ratio=float(wrong), target="0",
        holds=wrong == 0 and total > 0, unit="answers", equal="every answer's status was looked at", note=note,
    )  # fmt: skip
    yield Line(
        name=f"lost writes under load, {kind}", ours=float(lost), peer=None, ratio=float(lost), target="0",
        holds=lost == 0 and bool(seen.filed), unit="reports", note=sized,
        equal="numbers acknowledged against numbers listed",
    )  # fmt: skip
    growth = sizes[-1] / sizes[0]
    yield Line(
        name=f"memory of the server under load, {kind}", ours=sizes[-1] / 1e6, peer=sizes[0] / 1e6, ratio=growth,
        target=f"ratio <= {_GROWTH:g}", holds=growth <= _GROWTH, unit="MB",
        equal="same processes at a third of the time and at its end", note=sized,
    )  # fmt: skip


async def _load(server: Served) -> tuple[Seen, list[int]]:
    seen, sizes = Seen(), list[int]()
    until = time.monotonic() + SECONDS
    limits = httpx.Limits(max_connections=READERS + WRITERS)
    async with httpx.AsyncClient(base_url=server.url, limits=limits, timeout=_TIMEOUT_S) as client:
        readers = [_reader(client, number, until, seen) for number in range(READERS)]
        writers = [_writer(client, number, until, seen) for number in range(WRITERS)]
        await asyncio.gather(*readers, *writers, _weigher(server.pid, until, sizes))
    return seen, sizes


async def _reader(client: httpx.AsyncClient, number: int, until: float, seen: Seen) -> None:
    for place in itertools.cycle(READ[number % len(READ) :] + READ[: number % len(READ)]):
        if time.monotonic() > until:
            return
        try:
            answer = await client.get(place)
            seen.statuses[answer.status_code] += 1
        except httpx.HTTPError as error:
            seen.failures.append(f"{place}: {error!r}")


async def _writer(client: httpx.AsyncClient, number: int, until: float, seen: Seen) -> None:
    for turn in itertools.count():
        if time.monotonic() > until:
            return
        body = {"text": f"writer {number}, turn {turn}", "input": {"text": f"text {turn}"}, "user": f"u{number}"}
        try:
            answer = await client.post("/api/v1/reports", json=body)
        except httpx.HTTPError as error:
            seen.failures.append(repr(error))
            continue
        seen.statuses[answer.status_code] += 1
        if answer.status_code == 201:
            seen.filed.append(int(answer.json()["number"]))


async def _weigher(pid: int, until: float, sizes: list[int]) -> None:
    """Weigh the server's processes when they are warm, and at the end."""
    await asyncio.sleep(SECONDS / 3)
    sizes.append(_resident_bytes(pid))
    await asyncio.sleep(max(0.0, until - time.monotonic()))
    sizes.append(_resident_bytes(pid))


def _resident_bytes(pid: int) -> int:
    """Add up what a process and its children hold."""
    page, total, waiting = os.sysconf("SC_PAGE_SIZE"), 0, [pid]
    while waiting:
        folder = Path("/proc", str(waiting.pop()))
        total += int((folder / "statm").read_text().split()[1]) * page
        for task in (folder / "task").iterdir():
            waiting.extend(map(int, (task / "children").read_text().split()))
    return total


def _filed_reports(client: httpx.Client) -> set[int]:
    found: set[int] = set()
    after: str | None = None
    while True:
        body = client.get("/api/v1/reports", params={"limit": 500, **({"after": after} if after else {})}).json()
        found |= {int(one["number"]) for one in body["reports"]}
        after = body["next"]
        if after is None:
            return found
