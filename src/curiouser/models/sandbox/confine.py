"""How a child locks itself in, layer by layer, before it loads anything of the user's.

Limits always; a user namespace without network, Landlock and a system-call
filter where the kernel permits. Nothing here is assumed: :func:`confine`
returns the layers that took hold, and they are recorded with the model.

Source:
    Linux man-pages: unshare(2), user_namespaces(7), landlock(7), seccomp(2), prctl(2).
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

_CLONE_NEWIPC, _CLONE_NEWUSER, _CLONE_NEWNET = 0x08000000, 0x10000000, 0x40000000
_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 22, 38
_SECCOMP_MODE_FILTER = 2
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_MOST_PROCESSES = 512

# Landlock's rights on files, by bit: execute 0, write 1, read 2, list 3, then removing and making (4-12),
# refer 13 (ABI 2), truncate 14 (ABI 3), ioctl on devices 15 (ABI 5).
_EXECUTE, _WRITE, _READ, _LIST = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE = 1 << 14
_ALL_BY_ABI = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_NETWORK_ABI, _SCOPE_ABI = 4, 6
_READ_ONLY = _EXECUTE | _READ | _LIST

# (AUDIT_ARCH, socket, ptrace, io_uring_setup) from the kernel's tables.
_SYSTEM_CALLS = {"x86_64": (0xC000003E, 41, 101, 425), "aarch64": (0xC00000B7, 198, 117, 425)}
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050001, 0x80000000
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_X32_BIT = 0x40000000

_SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/sbin", "/opt", "/proc", "/sys/devices/system", "/sys/fs/cgroup")
_SETTINGS = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "timezone", "ssl", "pki", "ca-certificates")
_NAMES = ("nsswitch.conf", "hosts", "host.conf", "resolv.conf", "gai.conf", "passwd", "group", "services", "protocols")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty")


@dataclass(frozen=True, slots=True, kw_only=True)
class Confinement:
    """What a child is left with."""

    home: str
    """Its own empty folder: the only place it may write to, but for ``writes``."""
    reads: tuple[str, ...]
    """Files and folders it may read, the project's own included."""
    lists: tuple[str, ...]
    """Folders it may list without reading what is in them."""
    writes: tuple[str, ...]
    """Folders it may write to besides."""
    network: bool
    """Whether it may open connections."""
    file_bytes: int
    """Largest file it may write."""

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Self:
        """Read it from JSON."""
        return cls(
            home=raw["home"],
            reads=tuple(raw["reads"]),
            lists=tuple(raw["lists"]),
            writes=tuple(raw["writes"]),
            network=raw["network"],
            file_bytes=raw["file_bytes"],
        )


def confine(wish: Confinement) -> list[str]:
    """Give up what the child does not need; the order matters, each step may need what the next gives up.

    Returns:
        The layers that are active, in words.
    """
    _limit(wish)
    layers = ["limits", "own session and home"]
    if platform.system() != "Linux":
        return layers
    library = ctypes.CDLL(None, use_errno=True)
    _prctl(library, _PR_SET_PDEATHSIG, signal.SIGKILL)
    _prctl(library, _PR_SET_NO_NEW_PRIVS, 1)
    if _own_namespace(library, network=wish.network):
        layers.append("own user namespace" if wish.network else "own user and network namespace")
    abi = _call(library, _LANDLOCK_CREATE, None, 0, 1)
    if abi > 0 and _landlock(library, abi, wish):
        layers.append(f"landlock (ABI {abi})")
    if _filter_system_calls(library, network=wish.network):
        layers.append("system-call filter" if wish.network else "system-call filter without sockets")
    if wish.network:
        layers.append("network allowed")
    return layers


def _limit(wish: Confinement) -> None:
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, wish.file_bytes)
    _lower(resource.RLIMIT_NOFILE, 256)
    # A write beyond the limit then fails with an error the model can report, where a signal would kill it.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    adjustment = Path("/proc/self/oom_score_adj")
    if adjustment.exists():
        adjustment.write_text("1000")


def allow_cpu(seconds: float) -> None:
    """Give the child this much more processor time; a backstop behind the time limit of a batch."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime + seconds) + 1, hard))


def _lower(which: int, most: int) -> None:
    _soft, hard = resource.getrlimit(which)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(which, (most, most))


def _own_namespace(library: ctypes.CDLL, *, network: bool) -> bool:
    uid, gid = os.getuid(), os.getgid()
    flags = _CLONE_NEWUSER | _CLONE_NEWIPC | (0 if network else _CLONE_NEWNET)
    if not hasattr(library, "unshare") or library.unshare(flags) != 0:
        return False
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        Path("/proc/self", name).write_text(text)
    # Counted within the new namespace, so other processes of this user play no part.
    _lower(resource.RLIMIT_NPROC, _MOST_PROCESSES)
    return True


def _landlock(library: ctypes.CDLL, abi: int, wish: Confinement) -> bool:
    everything = (1 << _ALL_BY_ABI.get(abi, 16)) - 1
    attributes = struct.pack("=Q", everything)
    if abi >= _NETWORK_ABI:
        attributes += struct.pack("=Q", 0 if wish.network else 3)
    if abi >= _SCOPE_ABI:
        attributes += struct.pack("=Q", 3)
    rules = _call(library, _LANDLOCK_CREATE, attributes, len(attributes), 0)
    if rules < 0:
        return False
    for path in _existing((*wish.reads, *_readable_system())):
        _allow(library, rules, path, _READ_ONLY)
    for path in _existing(wish.lists):
        _allow(library, rules, path, _LIST)
    for path in _existing(_DEVICES):
        _allow(library, rules, path, (_READ | _WRITE | _TRUNCATE) & everything)
    for path in _existing((wish.home, *wish.writes)):
        _allow(library, rules, path, everything)
    done = _call(library, _LANDLOCK_RESTRICT, rules, 0) == 0
    os.close(rules)
    return done


def _readable_system() -> list[str]:
    return [*_SYSTEM, *(f"/etc/{name}" for name in (*_SETTINGS, *_NAMES))]


def _existing(paths: Iterable[str]) -> list[Path]:
    return [Path(path) for path in paths if Path(path).exists()]


def _allow(library: ctypes.CDLL, rules: int, path: Path, rights: int) -> None:
    if not path.is_dir():
        rights &= _EXECUTE | _WRITE | _READ | _TRUNCATE
    handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        _call(library, _LANDLOCK_ADD, rules, 1, struct.pack("=Qi", rights, handle), 0)
    finally:
        os.close(handle)


def _filter_system_calls(library: ctypes.CDLL, *, network: bool) -> bool:
    """Refuse ptrace and io_uring, and without network also ``socket``, which reaches what a namespace does not."""
    if platform.machine() not in _SYSTEM_CALLS:
        return False
    architecture, socket, *others = _SYSTEM_CALLS[platform.machine()]
    refused = others if network else [socket, *others]
    steps = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, architecture), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, 0)]
    # A match jumps over those below it and over "allow", to "refuse" at the end.
    steps.append((_AT_LEAST, len(refused) + 1, 0, _X32_BIT))
    steps += [(_EQUAL, len(refused) - at, 0, number) for at, number in enumerate(refused)]
    steps += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("@HP", len(steps), ctypes.addressof(code)))
    return _prctl(library, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(program))


def _prctl(library: ctypes.CDLL, option: int, *values: int) -> bool:
    # Whole words: the kernel refuses what it finds in the upper half of an argument.
    words = [ctypes.c_ulong(value) for value in (*values, 0, 0, 0, 0)[:4]]
    return int(library.prctl(option, *words)) == 0


def _call(library: ctypes.CDLL, number: int, *values: int | bytes | None) -> int:
    words = [ctypes.c_long(value) if isinstance(value, int) else value for value in values]
    return int(library.syscall(ctypes.c_long(number), *words))
