"""The power goes at any moment: what was written is replayed up to there, and what was not yet durable is lost.

A kill leaves to the disk all that was written; a power loss only what was
synced, and perhaps some of the rest. The system calls of a real change are
recorded, and from them the disk is built as it may be found afterwards.
"""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pytest

from tests.data.rows import MEMORY
from tests.faults.data_child import SCENARIOS, a_store
from tests.faults.test_data_faults import CHILD, ENVIRONMENT, a_base, contents, equal
from tests.nightly import NIGHTLY, examples

CALLS = "openat,write,pwrite64,ftruncate,fsync,fdatasync,rename,unlink"
_LINE = re.compile(r"^(\d+) +(.*)$")
_RESUMED = re.compile(r"^<\.\.\. \w+ resumed>(.*)$")
_CALL = re.compile(r"^(\w+)\((.*)\) += (-?\d+)")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"|<((?:\\x[0-9a-f]{2})*)>')
_DURABLE = {"fsync", "fdatasync", "rename", "unlink", "said"}


@dataclass(frozen=True)
class Call:
    """One system call that changes what is on the disk, makes it durable, or tells somebody that it is."""

    name: str
    path: str = ""
    data: bytes = b""
    offset: int = 0
    target: str = ""


@dataclass(eq=False)
class File:
    """One file: what of it is durable, and what was written since."""

    durable: bytes = b""
    pending: list[Call] = field(default_factory=list)

    def after(self, kept: int) -> bytes:
        """Its content when only the first so many of the pending writes have reached the disk."""
        content = bytearray(self.durable)
        for call in self.pending[:kept]:
            content.extend(bytes(max(0, call.offset - len(content))))
            if call.name == "ftruncate":
                del content[call.offset :]
            else:
                content[call.offset : call.offset + len(call.data)] = call.data
        return bytes(content)


class Disk:
    """A folder as it was and calls done to it: what processes see under each name, and which names are durable."""

    def __init__(self, root: Path) -> None:
        self.seen = {str(path): File(path.read_bytes()) for path in root.rglob("*") if path.is_file()}
        self.durable = dict(self.seen)

    def do(self, call: Call) -> None:
        """Let one call happen."""
        if call.name in {"fsync", "fdatasync"}:
            self._sync(call.path)
        elif call.name == "rename":
            self.seen[call.target] = self.seen.pop(call.path)
        elif call.name == "unlink":
            self.seen.pop(call.path, None)
        elif call.name != "said":
            self.seen.setdefault(call.path, File()).pending.append(call)

    def _sync(self, path: str) -> None:
        if path in self.seen:
            file = self.seen[path]
            file.durable, file.pending = file.after(len(file.pending)), []
            # The name of a new file becomes durable with it, on the file systems that people use.
            self.durable.setdefault(path, file)
            return
        for each in {*self.seen, *self.durable}:
            if str(Path(each).parent) == path:
                self.durable.pop(each, None)
                self.durable |= {each: self.seen[each]} if each in self.seen else {}

    def left(self, random_: random.Random | None) -> Iterator[tuple[str, bytes]]:
        """Tell what a power loss leaves: nothing that was pending, or of each file the first part of it."""
        for path, file in self.durable.items():
            if not path.endswith("-shm"):  # SQLite makes it anew after a power loss
                yield path, file.after(0 if random_ is None else random_.randint(0, len(file.pending)))


def recorded(scenario: str, folder: Path) -> list[Call]:
    """Run a scenario under strace and return its calls within a folder, in their order."""
    log = folder.with_name("calls")
    strace = ("strace", "-f", "-qq", "-yy", "-xx", "-s", "4000000", "-o", str(log), "-e", f"trace={CALLS}")
    command = [*strace, sys.executable, str(CHILD), scenario, str(folder)]
    subprocess.run(command, capture_output=True, env=ENVIRONMENT, timeout=280, check=True)
    return list(_calls(log.read_text(encoding="ascii").splitlines(), str(folder)))


def _calls(lines: Iterable[str], root: str) -> Iterator[Call]:
    places: dict[str, int] = {}
    for name, arguments, result in _whole(lines):
        texts = [bytes.fromhex((quoted or path).replace("\\x", "")) for quoted, path in _TEXT.findall(arguments)]
        number = arguments.partition("<")[0]
        if name == "openat":
            path = texts[1].decode()
            places[str(result)] = 0
            if path.startswith(root) and "O_CREAT" in arguments:
                yield Call("ftruncate" if "O_TRUNC" in arguments else "pwrite64", path)
        elif name == "write" and number == "1":
            yield Call("said")
        elif texts and texts[0].decode(errors="replace").startswith(root):
            path = texts[0].decode()
            if name == "rename":
                yield Call(name, path, target=texts[1].decode())
            elif name == "write":
                yield Call(name, path, texts[1], places[number])
                places[number] += len(texts[1])
            elif name == "pwrite64":
                yield Call(name, path, texts[1], int(arguments.rpartition(", ")[2]))
            elif name == "ftruncate":
                yield Call(name, path, offset=int(arguments.rpartition(", ")[2]))
            else:
                yield Call(name, path)


def _whole(lines: Iterable[str]) -> Iterator[tuple[str, str, int]]:
    """Read calls that succeeded; a call that strace tells in two parts is put together."""
    begun: dict[str, str] = {}
    for line in lines:
        found = _LINE.match(line)
        if found is None:
            continue
        thread, text = found[1], found[2]
        if text.endswith("<unfinished ...>"):
            begun[thread] = text.removesuffix("<unfinished ...>")
            continue
        resumed = _RESUMED.match(text)
        if resumed is not None:
            text = begun.pop(thread, "") + resumed[1]
        call = _CALL.match(text)
        if call is not None and int(call[3]) >= 0:
            yield call[1], call[2], int(call[3])


@pytest.mark.timeout(3_600)
@pytest.mark.needs_program("strace")
@pytest.mark.parametrize("scenario", sorted(SCENARIOS) if NIGHTLY else ["merge"])
def test_a_power_loss_at_any_moment_leaves_a_whole_store_and_all_that_was_acknowledged(scenario: str) -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY) as name:
        root = Path(name)
        base = a_base(root / "base")
        before = contents(a_store(base))
        shutil.copytree(base, root / "disk")
        disk = Disk(root / "disk")
        calls = recorded(scenario, root / "disk")
        after = contents(a_store(root / "disk"))
        random_ = random.Random(scenario)
        ends = [place for place, call in enumerate(calls) if call.name in _DURABLE]
        assert len(ends) > 8
        chosen = {*ends, *random_.sample(range(len(calls)), min(len(calls), examples(8, nightly=10_000)))}
        acknowledged = False
        for place, call in enumerate(calls):
            disk.do(call)
            acknowledged = acknowledged or call.name == "said"
            for torn in (None, random_) if place in chosen else ():
                found = left_by(disk, torn, root)
                assert equal(found, after) or (not acknowledged and equal(found, before)), (place, call.name, torn)
        assert acknowledged


def left_by(disk: Disk, torn: random.Random | None, root: Path) -> dict[str, pl.DataFrame]:
    """Build what a power loss leaves, and read it as the next process would."""
    folder = root / "left"
    shutil.rmtree(folder, ignore_errors=True)
    for path, content in disk.left(torn):
        target = folder / Path(path).relative_to(root / "disk")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    service = a_store(folder)
    assert service.verify() == []
    found = contents(service)
    service.database.close()
    return found
