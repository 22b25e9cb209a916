"""Which files of a project decide what a model answers: those it loads, by the bytes it loaded.

Modules of the project are compiled from their source each time, so that the
hash is of exactly what ran; compiled files beside them are ignored, because
Python trusts one whenever size and second of its source are unchanged. Files
that are opened for reading through Python count as well; what a library opens
by itself is not seen, and is named with ``--reads``.
"""

from __future__ import annotations

import hashlib
import importlib.machinery
import os
import site
import sys
import sysconfig
import threading
from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.importlib import PathEntryFinderProtocol

_BLOCK = 1 << 20


def hash_file(path: str | Path) -> str:
    """Hash a file, 64 hex digits."""
    digest = hashlib.sha256()
    with Path(path).open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


class Watch:
    """Notes each file of the project that is loaded or opened, with the hash of its bytes.

    Args:
        root: The project's folder.
        ignored: Folders whose files never count: the child's home, and what it may write to.
    """

    def __init__(self, root: Path, ignored: tuple[str, ...]) -> None:
        self._root = Path(os.path.realpath(root))
        self._ignored = tuple(Path(os.path.realpath(path)) for path in ignored)
        self._installed = _installed_folders()
        beside = [folder for folder in self._installed if not self._root.is_relative_to(folder)]
        self._installed_names = tuple(f"{folder}{os.sep}" for folder in beside)
        self._fresh: dict[str, str] = {}
        self._known: set[str] = set()
        self._imported: set[str] = set()
        self._here = threading.local()

    def start(self, *folders: Path) -> None:
        """Look for the project's modules in these folders first, and note files from here on."""
        # What is loaded by now can't be shadowed by the project any more.
        self._imported = _top_modules()
        sys.path_hooks.insert(0, self._finder())
        sys.path_importer_cache.clear()
        sys.path[:0] = [str(folder) for folder in folders]
        sys.addaudithook(self._noticed)

    def fresh(self) -> dict[str, str]:
        """Return what was noted since the last call: path, relative to the root where it lies there -> SHA-256."""
        fresh, self._fresh = self._fresh, {}
        return fresh

    def imports(self) -> list[str]:
        """Name the installed modules that are loaded, without their submodules; empty when none is new."""
        tops = _top_modules()
        fresh, self._imported = tops - self._imported, tops
        return sorted(name for name in fresh if not self._is_own_module(name))

    def is_own(self, path: Path) -> bool:
        """Tell whether a resolved path belongs to the project and not to what is installed."""
        if any(path.is_relative_to(folder) for folder in self._ignored):
            return False
        within = [folder for folder in self._installed if path.is_relative_to(folder)]
        if path.is_relative_to(self._root):
            return not any(folder.is_relative_to(self._root) for folder in within)
        return not within

    def note(self, path: Path, sha256: str) -> None:
        """Write a file down, once."""
        name = path.relative_to(self._root).as_posix() if path.is_relative_to(self._root) else str(path)
        if name not in self._known:
            self._known.add(name)
            self._fresh[name] = sha256

    def _is_own_module(self, name: str) -> bool:
        module = sys.modules.get(name)
        places = [getattr(module, "__file__", None), *list(getattr(module, "__path__", ()))]
        return any(isinstance(place, str) and self.is_own(Path(os.path.realpath(place))) for place in places)

    def _finder(self) -> Callable[[str], PathEntryFinderProtocol]:
        watch = self

        class FromSource(importlib.machinery.SourceFileLoader):
            """Compiles the source it has hashed."""

            def get_code(self, fullname: str) -> CodeType:
                path = Path(self.get_filename(fullname))
                source = path.read_bytes()
                watch.note(Path(os.path.realpath(path)), hashlib.sha256(source).hexdigest())
                code: CodeType = self.source_to_code(source, str(path))
                return code

        kinds = (importlib.machinery.ExtensionFileLoader, importlib.machinery.EXTENSION_SUFFIXES)
        made = importlib.machinery.FileFinder.path_hook(kinds, (FromSource, importlib.machinery.SOURCE_SUFFIXES))

        def hook(folder: str) -> PathEntryFinderProtocol:
            if not watch.is_own(Path(os.path.realpath(folder))):
                raise ImportError(f"{folder} is no folder of the project")
            return made(folder)

        return hook

    def _noticed(self, event: str, args: tuple[object, ...]) -> None:
        if event == "open":
            name, mode, flags = args
            # Thousands of files of installed libraries pass here: they are turned away by their name alone.
            if isinstance(name, str | bytes) and not self._is_installed(name) and _reads(mode, flags):
                self._opened(name)
        elif event == "import" and isinstance(args[1], str):  # an extension module: no source, but a file
            self._opened(args[1])

    def _is_installed(self, name: str | bytes) -> bool:
        return os.fsdecode(name).startswith(self._installed_names)

    def _opened(self, name: str | bytes) -> None:
        if getattr(self._here, "hashing", False):
            return
        self._here.hashing = True
        try:
            path = Path(os.path.realpath(os.fsdecode(name)))
            if self._root in path.parents and path.suffix != ".pyc" and self.is_own(path) and path.is_file():
                self.note(path, hash_file(path))
        except OSError:
            return  # the model is about to meet the same refusal, and to report it
        finally:
            self._here.hashing = False


def _top_modules() -> set[str]:
    return {name for name in list(sys.modules) if "." not in name and not name.startswith("__")}


def _reads(mode: object, flags: object) -> bool:
    if isinstance(mode, str):
        return "r" in mode
    return isinstance(flags, int) and flags & os.O_ACCMODE != os.O_WRONLY


def _installed_folders() -> tuple[Path, ...]:
    named = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    folders = {*named, sys.prefix, *site.getsitepackages(), site.getusersitepackages()}
    return tuple(sorted(Path(os.path.realpath(folder)) for folder in folders if folder))
