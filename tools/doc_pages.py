"""Run the commands of documentation pages, compare what they print with what the page shows, or fill it in.

A page's ``console`` blocks hold lines ``$ command`` (``> `` goes on with it),
each followed by what it prints. ``…`` stands for what is left out; a trailing
``# exit 3`` says which exit status is right. A comment near the top says where
the page starts from::

    <!-- starts from: the example -->
    <!-- starts from: tutorial/03-models.md -->   (where that page ends)

Without it, the page starts in an empty folder. Run this file with pages to
fill in the output of commands that show a lone ``?`` or something that is no
longer true::

    python tools/doc_pages.py docs/tutorial/01-the-test-set.md
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
EXAMPLE = ROOT / "examples" / "introductions"
HOME = "/home/alice/introductions"
"""What the reader's folder is called in the pages."""
MADE_HERE = (".curiouser", "__pycache__", "curiouser.toml", "models", "*.svg")
"""What the reader makes: the tutorial begins before it."""
_THE_EXAMPLE = "the example"
_START = re.compile(r"<!-- starts from: (.+?) -->")
_EXIT = re.compile(r"\s# exit (\d+)\s*$")
_MARK = "=====status"
_SHOWN_LINES = 40
_CHANGES = (
    (re.compile(r"\b(?=[0-9a-f]*\d)[0-9a-f]{7,64}\b"), "HASH"),
    (re.compile(r"\b20\d\d-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|\+00:00| UTC)?)?"), "TIME"),
    (re.compile(r"\s+"), " "),
)
"""What differs from run to run: hashes, moments, and the widths of columns that hold them."""
_PROGRESS = re.compile(
    r"^(asking models|checks|reading .+|writing .+|Copying .+|Hashing .+|Checking .+): [\d,]+( of [\d,]+)?$\n?",
    re.MULTILINE,
)
"""Lines that only a slow machine prints."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command of a page."""

    line: int
    """Line of the page it stands in, from 1."""
    text: str
    """What is typed."""
    status: int
    """The exit status that is right."""
    shown: tuple[str, ...]
    """What the page says it prints."""
    end: int
    """First line of the page after it, from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """What one command did."""

    status: int | None
    """Its exit status; None where it never ended."""
    lines: tuple[str, ...]
    """What it printed, both streams as they came."""


def commands_of(page: str) -> list[Command]:
    """Find the commands of a page's console blocks."""
    found, lines, at = [], page.split("\n"), 0
    while at < len(lines):
        if lines[at].strip() != "```console":
            at += 1
            continue
        end = next(i for i in range(at + 1, len(lines)) if lines[i].strip() == "```")
        found += list(_commands_in(lines, at + 1, end))
        at = end + 1
    return found


def _commands_in(lines: Sequence[str], start: int, end: int) -> Iterator[Command]:
    begins = [i for i in range(start, end) if lines[i].startswith("$ ")]
    for first, after in zip(begins, [*begins[1:], end], strict=True):
        typed = first + 1
        while typed < after and (lines[typed].startswith("> ") or lines[typed] == ">"):
            typed += 1
        text = "\n".join(line[2:] for line in lines[first:typed])
        stated = _EXIT.search(text)
        status = int(stated[1]) if stated else 0
        shown = tuple(lines[typed:after])
        yield Command(line=first + 1, text=text, status=status, shown=shown, end=after + 1)


def start_of(page: str) -> str | None:
    """Read where a page starts from; None for an empty folder."""
    said = _START.search(page)
    return said[1] if said else None


def prepare(page: str, folder: Path, before: Path | None) -> None:
    """Fill a new folder with what a page starts from.

    Args:
        page: The page's text.
        folder: Made here; must not exist.
        before: The folder as the page before left it, where the page names one.
    """
    start = start_of(page)
    if start is None:
        folder.mkdir()
    elif start == _THE_EXAMPLE:
        shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns(*MADE_HERE))
    elif before is not None:
        shutil.copytree(before, folder, symlinks=True)


def run(commands: Sequence[Command], folder: Path, *, limit_s: float, first: Sequence[Path] = ()) -> list[Printed]:
    """Run commands in one shell, in order, in a folder.

    Args:
        commands: What is typed.
        folder: Where.
        limit_s: Longest time for all of them, seconds, > 0.
        first: Folders before all others on the PATH.
    """
    script = "".join(f"{command.text}\nprintf '\\n%s %d\\n' '{_MARK}' $?\n" for command in commands)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CURIOUSER", "GIT_", "PYTEST"))}
    settings = {"CURIOUSER_ACTOR": "alice", "COLUMNS": "120", "TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"}
    path = os.pathsep.join([*map(str, first), str(Path(sys.executable).parent), os.environ["PATH"]])
    with tempfile.TemporaryDirectory() as home:
        file = Path(home) / "page.sh"
        file.write_text(script, encoding="utf-8")
        ran = subprocess.run(
            ["bash", str(file)],
            cwd=folder,
            env=kept | settings | {"PATH": path, "HOME": home},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=limit_s,
            check=False,
        )
    text = _PROGRESS.sub("", ran.stdout.decode("utf-8", "replace")).replace(str(folder.resolve()), HOME)
    return _printed(text, len(commands))


def _printed(text: str, count: int) -> list[Printed]:
    parts = re.split(rf"\n?^{_MARK} (\d+)\n", text, flags=re.MULTILINE)
    outputs, statuses = parts[0::2], parts[1::2]
    return [
        Printed(
            status=int(statuses[i]) if i < len(statuses) else None,
            lines=tuple(line.rstrip() for line in outputs[i].strip("\n").split("\n")) if i < len(outputs) else (),
        )
        for i in range(count)
    ]


def complaint(command: Command, printed: Printed) -> str | None:
    """Say what is not as the page says; None where all is."""
    if printed.status != command.status:
        said = "\n  ".join(printed.lines[-12:])
        return f"line {command.line}: `{command.text}` ended with {printed.status}, not {command.status}:\n  {said}"
    there = [_steady(line) for line in printed.lines]
    for line in filter(str.strip, command.shown):
        pieces = [_steady(piece) for piece in line.split("…")]
        wanted = ".*".join(map(re.escape, pieces))
        whole = re.compile(wanted)
        if not any(whole.fullmatch(one) for one in there):
            said = "\n  ".join(printed.lines[:40])
            return f"line {command.line}: `{command.text}` does not print\n  {line}\nbut\n  {said}"
    return None


def _steady(line: str) -> str:
    for pattern, word in _CHANGES:
        line = pattern.sub(word, line)
    return line.strip()


def filled(page: str, commands: Sequence[Command], printed: Sequence[Printed]) -> str:
    """Put real output into a page: all of it for a lone ``?``, else only lines that are no longer true."""
    lines = page.split("\n")
    for command, one in reversed(list(zip(commands, printed, strict=True))):
        if one.status == command.status and command.shown:
            first = command.line + command.text.count("\n")
            lines[first : command.end - 1] = _beginning(one) if command.shown == ("?",) else _mended(command, one)
    return "\n".join(lines)


def _beginning(printed: Printed) -> list[str]:
    shown = [line for line in printed.lines[:_SHOWN_LINES] if line or len(printed.lines) > 1]
    return [*shown, "…"] if len(printed.lines) > _SHOWN_LINES else shown


def _mended(command: Command, printed: Printed) -> list[str]:
    """Put the line that was printed in place of each that was not; what is left out stays left out."""
    wrong = [line for line in command.shown if _is_wrong(command, line, printed)]
    right = [line for line in command.shown if line not in wrong]
    free = [one for one in printed.lines if _is_wrong(command, one, Printed(status=command.status, lines=tuple(right)))]
    mended = []
    for line in command.shown:
        if line not in wrong or not free:
            mended.append(line)
            continue
        nearest = max(free, key=lambda one: _likeness(one, line))
        free.remove(nearest)
        before, left_out, after = line.partition("…")
        words = re.findall(r"\s*\S+", nearest)
        gap = before[len(before.rstrip()) :]
        kept = [*words[: len(before.split())], f"{gap}…", *words[len(words) - len(after.split()) :]]
        mended.append("".join(kept) if left_out and after.strip() else nearest)
    return mended


def _is_wrong(command: Command, line: str, printed: Printed) -> bool:
    alone = Command(line=command.line, text=command.text, status=command.status, shown=(line,), end=command.end)
    return complaint(alone, printed) is not None


def _likeness(one: str, other: str) -> tuple[int, float]:
    """Compare the words that two lines begin with, most often a name, then all of them."""
    begun = set(one.split()[:2]) & set(other.split()[:2])
    return len(begun), difflib.SequenceMatcher(None, one, other).ratio()


Outcome = tuple[list[Command], list[Printed]]


class Pages:
    """Runs pages, each from where the one before ended, two at a time; what was run once is kept.

    Args:
        scratch: A folder for the folders of the pages; a page whose commands ended there before is not run again as
            the start of another.
        limit_s: Longest time for one page, seconds, > 0.
        first: Folders before all others on the PATH.
    """

    def __init__(self, scratch: Path, *, limit_s: float = 1_500, first: Sequence[Path] = ()) -> None:
        self._scratch, self._limit_s, self._first = scratch, limit_s, tuple(first)
        self._workers = ThreadPoolExecutor(max_workers=2)
        self._begun: dict[str, Future[Outcome]] = {}

    def begin(self, names: Iterable[str]) -> None:
        """Begin to run pages, and those they start from."""
        for name in names:
            self._future(name)

    def outcome(self, name: str) -> Outcome:
        """Wait for a page."""
        return self._future(name).result()

    def _future(self, name: str) -> Future[Outcome]:
        if name not in self._begun:
            start = start_of((DOCS / name).read_text(encoding="utf-8"))
            if start in {None, _THE_EXAMPLE} or self._is_kept(str(start)):
                self._begun[name] = self._workers.submit(self._run, name)
            else:
                self._begun[name] = Future()
                self._future(str(start)).add_done_callback(lambda before: self._follow(before, name))
        return self._begun[name]

    def _follow(self, before: Future[Outcome], name: str) -> None:
        promised, failed = self._begun[name], before.exception()
        if failed is not None:
            promised.set_exception(failed)
            return

        def pass_on(done: Future[Outcome]) -> None:
            error = done.exception()
            if error is not None:
                promised.set_exception(error)
            else:
                promised.set_result(done.result())

        self._workers.submit(self._run, name).add_done_callback(pass_on)

    def _run(self, name: str) -> Outcome:
        page = (DOCS / name).read_text(encoding="utf-8")
        start, folder = start_of(page), self._folder(name)
        shutil.rmtree(folder, ignore_errors=True)
        prepare(page, folder, None if start in {None, _THE_EXAMPLE} else self._folder(str(start)))
        commands = commands_of(page)
        printed = run(commands, folder, limit_s=self._limit_s, first=self._first)
        self._stamp(name).write_text(_told(commands), encoding="utf-8")
        return commands, printed

    def _is_kept(self, name: str) -> bool:
        if name in self._begun or not self._stamp(name).exists():
            return False
        commands = commands_of((DOCS / name).read_text(encoding="utf-8"))
        return self._stamp(name).read_text(encoding="utf-8") == _told(commands)

    def _folder(self, name: str) -> Path:
        return self._scratch / name.replace("/", "-").removesuffix(".md")

    def _stamp(self, name: str) -> Path:
        return self._folder(name).with_suffix(".done")


def _told(commands: Sequence[Command]) -> str:
    return "\n".join(command.text for command in commands)


def main() -> None:
    """Fill in the pages that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--keep", type=Path, help="keep the folders of the pages here, to start others from")
    asked, wrong = parser.parse_args(), 0
    kept = asked.keep or Path(tempfile.mkdtemp(prefix="pages-"))
    kept.mkdir(parents=True, exist_ok=True)
    pages = Pages(kept)
    for path in asked.pages:
        commands, printed = pages.outcome(str(path.resolve().relative_to(DOCS)))
        path.write_text(filled(path.read_text(encoding="utf-8"), commands, printed), encoding="utf-8")
        for command, one in zip(commands, printed, strict=True):
            if one.status != command.status:
                wrong += 1
                print(f"{path}: {complaint(command, one)}")
    if asked.keep is None:
        shutil.rmtree(kept)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
