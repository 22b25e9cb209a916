"""What decides a callable's answers: its project's files, what is installed, and Python itself.

A version of a callable keeps every file it was ever seen to load, with the hash
of the bytes it loaded. :func:`is_unchanged` looks at them again; it costs a
hash per file and starts no process.
"""

from __future__ import annotations

import importlib.machinery
import platform
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from curiouser.kernel.canonical import digest_of
from curiouser.kernel.errors import BadInputError
from curiouser.models.sandbox.watching import hash_file

ABSENT = ""
"""In place of a hash: the file was looked for, and is not there."""
_READS = "--reads "
_INSTALLED = re.compile(r"(?P<name>.+?)-(?P<version>[^-]+)(?:-py[\d.]+)?\.(?:dist|egg)-info")
_SUFFIXES = tuple(importlib.machinery.all_suffixes())


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a version was seen to load."""

    files: Mapping[str, str]
    """Path (relative to the root where it lies there) or ``--reads`` argument -> SHA-256, or ABSENT."""
    imports: tuple[str, ...]
    """Installed modules it loads, by their top name, sorted."""


def folders_of(root: Path) -> list[str]:
    """List the folders of a project that modules are imported from, first one first."""
    return [".", "src"] if (root / "src").is_dir() else ["."]


def hashes_now(root: Path, paths: Iterable[str]) -> dict[str, str]:
    """Hash files, or what ``--reads`` names, as they are at this moment."""
    return {path: _hash_now(root, path) for path in paths}


def reads_key(argument: str) -> str:
    """Name what ``--reads`` names among the files of a version."""
    return _READS + argument


def check_reads(root: Path, arguments: Iterable[str]) -> None:
    """Make sure that what ``--reads`` names is there.

    Raises:
        BadInputError: There is no such file or folder.
    """
    for argument in arguments:
        if not (root / argument).exists():
            raise BadInputError(
                f"--reads {argument}: there is no {root / argument}", "paths are relative to the workspace"
            )


def check_writes(root: Path, arguments: Iterable[str], hidden: Iterable[Path]) -> None:
    """Make sure that what ``--writes`` names are folders of the project, and not the store.

    Raises:
        BadInputError: One is no folder, lies outside the project, or holds the store.
    """
    for argument in arguments:
        folder = (root / argument).resolve()
        if not folder.is_dir() or not folder.is_relative_to(root.resolve()) or folder == root.resolve():
            raise BadInputError(f"--writes {argument}: this is no folder inside {root}", "make one, say `mkdir calls`")
        if any(store.is_relative_to(folder) or folder.is_relative_to(store) for store in hidden):
            raise BadInputError(f"--writes {argument}: the store lies there", "choose another folder")


def environment() -> str:
    """Hash what is installed (name and version of every distribution) and which Python runs."""
    found = {match["name"].lower().replace("_", "-") + "==" + match["version"] for match in _distributions()}
    return digest_of({"python": platform.python_version(), "distributions": sorted(found)})


def is_unchanged(root: Path, seen: Seen) -> bool:
    """Tell whether every file a version loaded is as it was, and no new file would be loaded in its place."""
    return hashes_now(root, seen.files) == dict(seen.files) and not _shadows(root, seen)


def readable(root: Path, hidden: Iterable[Path]) -> tuple[list[str], list[str]]:
    """List what a child may read: the project without the store, Python, and what is installed.

    Returns:
        Files and folders it may read, and folders it may only list because something in them is hidden.
    """
    reads: list[str] = []
    lists: list[str] = []
    away = [path.resolve() for path in hidden]
    waiting = [root.resolve()]
    while waiting:
        path = waiting.pop()
        if path in away:
            continue
        if any(store.is_relative_to(path) for store in away):
            lists.append(str(path))
            waiting.extend(path.iterdir())
        else:
            reads.append(str(path))
    installed = {sys.prefix, sys.base_prefix, sys.exec_prefix, *sys.path, str(Path(__file__).parents[2])}
    # A folder that holds the whole project, store included, is never opened as a whole.
    wide = [path for path in installed if path and not root.resolve().is_relative_to(Path(path).resolve())]
    return reads + sorted(wide), lists


def _hash_now(root: Path, path: str) -> str:
    target = root / path.removeprefix(_READS)
    try:
        if target.is_dir():
            inside = sorted(file for file in target.rglob("*") if file.is_file())
            return digest_of({file.relative_to(target).as_posix(): hash_file(file) for file in inside})
        return hash_file(target)
    except (FileNotFoundError, NotADirectoryError):
        return ABSENT


def _distributions() -> Iterable[re.Match[str]]:
    for folder in dict.fromkeys(sys.path):
        try:
            names = [path.name for path in Path(folder or ".").iterdir()]
        except (FileNotFoundError, NotADirectoryError):
            continue  # a zip file, or a folder that is no more
        yield from (match for name in names if (match := _INSTALLED.fullmatch(name)))


def _shadows(root: Path, seen: Seen) -> bool:
    """Tell whether a file has appeared that Python would load in place of one that was loaded."""
    for part in folders_of(root):
        for path in (root / part).iterdir():
            name = path.name.partition(".")[0]
            is_module = path.name.endswith(_SUFFIXES) or (path / "__init__.py").is_file()
            if is_module and name in seen.imports:
                return True
    packages = (path.removesuffix(".py") + "/__init__.py" for path in seen.files if path.endswith(".py"))
    return any(package not in seen.files and (root / package).is_file() for package in packages)
