#!/usr/bin/env python3
"""Make `.venv` hold exactly what `requirements.lock` lists, and this project.

Runs on a bare Python and needs only the standard library. Safe to run at any
time and from several shells at once: when nothing has changed it only compares
a stamp, which takes a few milliseconds.

Steps:
    1. Check that this Python is new enough and can make environments.
    2. Make `.venv`, unless a usable one is there.
    3. Install the locked uv with pip, then let uv install the lock (hashes
       checked). Where uv can't be had or fails, pip installs the same lock.
    4. Install the project itself, editable, without asking for dependencies.
    5. Compile all of it to bytecode, which every start of a command then saves.

The file must run on old Pythons (3.7 and later), or the check in step 1 could not speak.
"""

from __future__ import annotations

import ast
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

OLDEST_PYTHON = (3, 11)
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
SCRIPTS = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = SCRIPTS / ("python.exe" if os.name == "nt" else "python")
UV = SCRIPTS / ("uv.exe" if os.name == "nt" else "uv")
LOCK = ROOT / "requirements.lock"
STAMP = VENV / "bootstrap.stamp"


class SetupError(Exception):
    """The environment can't be made; the message says what to do about it."""


def say(words: str) -> None:
    """Report progress on standard error, at once."""
    print("setup: " + words, file=sys.stderr, flush=True)


def check_python() -> None:
    """Refuse a Python that is too old or that can't make environments.

    Raises:
        SetupError: With the line that repairs it.
    """
    if sys.version_info < OLDEST_PYTHON:
        found, wanted = (".".join(map(str, version)) for version in (sys.version_info[:2], OLDEST_PYTHON))
        raise SetupError(
            f"Python {wanted} or newer is needed and {sys.executable} is {found}. "
            f"Install one and name it, for example: make setup PYTHON=python{wanted}"
        )
    try:
        import ensurepip  # noqa: F401, PLC0415 -- Debian splits it off: its absence is what is asked here
        import venv  # noqa: F401, PLC0415 -- as above
    except ImportError:
        own = "python{}.{}-venv".format(*sys.version_info[:2])
        raise SetupError(
            f"this Python can't make environments: its package {own} is missing. "
            "On Debian or Ubuntu: sudo apt-get install python3-venv"
        ) from None


def fingerprint() -> str:
    """Return a digest of everything that decides what is in `.venv`.

    The checkout's path counts, because scripts in an environment name it.
    """
    digest = hashlib.sha256()
    for part in (sys.version, sys.base_prefix, str(ROOT)):
        digest.update(part.encode() + b"\0")
    for path in (LOCK, ROOT / "pyproject.toml", Path(__file__)):
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def home_of_venv() -> str:
    """Return which Python and which checkout `.venv` must belong to."""
    return f"{sys.version}\n{sys.base_prefix}\n{ROOT}"


def is_current() -> bool:
    """Tell whether `.venv` was completed with today's lock and project file."""
    return PYTHON.exists() and STAMP.exists() and STAMP.read_text(encoding="utf-8") == fingerprint()


@contextmanager
def only_one_setup() -> Iterator[None]:
    """Let a second setup of this checkout wait until the first is done."""
    try:
        import fcntl  # noqa: PLC0415 -- POSIX only; elsewhere two setups must not be started at once
    except ImportError:
        yield
        return
    name = "curiouser-setup-" + hashlib.sha256(str(ROOT).encode()).hexdigest()[:16] + f"-{os.getuid()}.lock"
    with (Path(tempfile.gettempdir()) / name).open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def run(*command: str) -> bool:
    """Run one command, its output shown only when it fails; tell whether it succeeded."""
    environment = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if done.returncode != 0:
        sys.stderr.write(done.stdout.decode(errors="replace"))
    return done.returncode == 0


def pip(*arguments: str) -> bool:
    """Run the environment's own pip."""
    return run(str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments)


def make_venv() -> None:
    """Make `.venv`, or leave a usable one alone."""
    home = VENV / "bootstrap.home"
    if PYTHON.exists() and home.exists() and home.read_text(encoding="utf-8") == home_of_venv():
        return
    if VENV.exists():
        say("removing .venv: it belongs to another Python or another folder")
        shutil.rmtree(VENV)
    say("making .venv")
    if not run(sys.executable, "-m", "venv", str(VENV)):
        raise SetupError("the environment .venv could not be made; the lines above say why")
    home.write_text(home_of_venv(), encoding="utf-8")


def locked(name: str) -> str:
    """Return the lock's lines for one package: its pin and its hashes."""
    lines = LOCK.read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"{name}=="))
    end = start + 1
    while end < len(lines) and lines[end].startswith((" ", "#")):
        end += 1
    return "\n".join(lines[start:end]) + "\n"


def has_uv() -> bool:
    """Install the locked uv with pip; tell whether that worked."""
    say("installing uv")
    with tempfile.TemporaryDirectory() as folder:
        only_uv = Path(folder) / "uv.txt"
        only_uv.write_text(locked("uv"), encoding="utf-8")
        return pip("install", "--require-hashes", "-r", str(only_uv)) and UV.exists()


def find_links() -> list[str]:
    """Return the folders of wheels that pip is told of, as options for uv, which reads no pip settings."""
    asked = subprocess.run([str(PYTHON), "-m", "pip", "config", "list"], cwd=ROOT, stdout=subprocess.PIPE, check=False)
    places = []
    for line in asked.stdout.decode(errors="replace").splitlines():
        key, _, value = line.partition("=")
        if key.endswith(".find-links"):
            places += ast.literal_eval(value).split()
    return [option for place in dict.fromkeys(places) for option in ("--find-links", place)]


def install_lock() -> None:
    """Install what the lock lists, with uv where it works and with pip elsewhere.

    Raises:
        SetupError: Neither could.
    """
    if has_uv():
        say("installing the locked packages with uv")
        links = find_links()
        if run(str(UV), "pip", "sync", "--quiet", "--python", str(PYTHON), "--require-hashes", *links, str(LOCK)):
            return
    say("uv could not do it; installing the locked packages with pip, which takes about a minute")
    if not pip("install", "--require-hashes", "-r", str(LOCK)):
        raise SetupError("the locked packages could not be installed; the lines above say why")


def install_project() -> None:
    """Install the project itself, editable: dependencies and build tool come from the lock.

    Raises:
        SetupError: Its build failed.
    """
    say("installing curiouser itself")
    if not pip("install", "--no-deps", "--no-build-isolation", "--editable", str(ROOT)):
        raise SetupError("curiouser itself could not be installed; the lines above say why")


def compile_all() -> None:
    """Compile what was installed, so that no command does it again: uv does not, and some machines forbid Python to.

    It saves each start of a command a second of processor time; where it fails, nothing but that is lost.
    """
    say("compiling")
    places = [str(ROOT / "src"), *map(str, VENV.glob("lib/python*/site-packages"))]
    run(str(PYTHON), "-m", "compileall", "-q", "-q", "-j", "0", "-x", "/tests?/", *places)


def main() -> int:
    """Bring `.venv` up to date and return the exit status."""
    started = time.monotonic()
    try:
        check_python()
        if is_current():
            return 0
        with only_one_setup():
            if is_current():
                return 0
            make_venv()
            STAMP.unlink(missing_ok=True)
            install_lock()
            install_project()
            compile_all()
            STAMP.write_text(fingerprint(), encoding="utf-8")
    except SetupError as error:
        say(str(error))
        return 1
    say(f"ready in {time.monotonic() - started:.0f} s; the commands are in .venv/bin")
    return 0


if __name__ == "__main__":
    sys.exit(main())
