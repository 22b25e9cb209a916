"""Our side of the sandbox: starts a child, watches time and memory, and says how it failed.

One child serves one model for all batches of a call. It is spoken to over two
pipes of its own; what it prints is drained as it comes, and the last of it is
shown when something goes wrong.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from curiouser.models.errors import AnswerRefusedError, ModelRunError, UntrustedTypesError
from curiouser.models.records import Limits
from curiouser.models.sandbox import frames
from curiouser.models.sandbox.outcomes import death, out_of_memory, out_of_time, refusal

_PROGRAM = "import sys; sys.path.append({folder!r}); from curiouser.models.sandbox.child import main; main()"
_TICK_S = 0.05
_LAST_WORDS = 16_384
_MOST_HEADER = 64 << 20
_GOODBYE_S = 5.0
_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a child said."""

    header: Mapping[str, Any]
    """Its JSON."""
    body: bytes
    """Its bytes."""


class Child:
    """A sandboxed process that holds one model.

    Args:
        name: The model's name, for errors.
        start: The first message: what to load, and how to be confined; ``confinement`` gets its home here.
        body: Bytes that come with it.
        limits: Time, memory and file size.
    """

    def __init__(self, name: str, start: Mapping[str, Any], body: bytes, limits: Limits) -> None:
        self._name, self._limits = name, limits
        self._home = tempfile.mkdtemp(prefix="curiouser-model-")
        self._token = uuid.uuid4().hex
        self._last_words = bytearray()
        try:
            self._process, self._to_child, self._from_child, self._output = self._launched(str(start["root"]))
        except BaseException:
            shutil.rmtree(self._home, ignore_errors=True)
            raise
        confinement = {**start["confinement"], "home": self._home, "file_bytes": limits.file_mb * _MEGABYTE}
        cpu_s = max(limits.batch_s, limits.start_s) * (os.cpu_count() or 1)
        message = {**start, "confinement": confinement, "ignored": [*start["ignored"], self._home], "cpu_s": cpu_s}
        try:
            self.started = self._exchange(frames.packed(message, body), limits.start_s, 0, "to load")
        except BaseException:
            self._end(kind=False)
            raise

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers of the sandbox that are active, in words."""
        watched = ["memory watch"] if Path("/proc/self/statm").exists() else []
        return (*self.started.header["layers"], *watched)

    def ask(self, header: Mapping[str, Any], body: bytes, most_bytes: int) -> Reply:
        """Put one batch to the model.

        Args:
            header: Of the request; ``rows`` says how many.
            body: Of the request.
            most_bytes: Longest body the reply may have.

        Raises:
            ModelRunError: It raised, died, hung or used too much.
            AnswerRefusedError: What it answered is no answer.
        """
        return self._exchange(
            frames.packed(dict(header), body), self._limits.batch_s, most_bytes, f"for a batch of {header['rows']} rows"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end(kind=kind is None)

    def _launched(self, root: str) -> tuple[subprocess.Popen[bytes], int, int, int]:
        child_in, to_child = os.pipe()
        from_child, child_out = os.pipe()
        output, child_prints = os.pipe()
        folder = str(Path(__file__).resolve().parents[3])
        environment = {
            "PATH": os.defpath, "HOME": self._home, "TMPDIR": self._home, "LANG": "C.UTF-8", "PYTHONHASHSEED": "0",
            "CURIOUSER_CHILD": self._token,
        }  # fmt: skip
        try:
            process = subprocess.Popen(
                [sys.executable, "-s", "-P", "-B", "-c", _PROGRAM.format(folder=folder), str(child_in), str(child_out)],
                stdin=subprocess.DEVNULL,
                stdout=child_prints,
                stderr=child_prints,
                pass_fds=(child_in, child_out),
                cwd=root,
                env=environment,
                start_new_session=True,
            )
        except BaseException:
            _close(to_child, from_child, output)
            raise
        finally:
            _close(child_in, child_out, child_prints)
        for descriptor in (to_child, from_child, output):
            os.set_blocking(descriptor, False)
        return process, to_child, from_child, output

    def _exchange(self, message: bytes, limit_s: float, most_bytes: int, doing: str) -> Reply:
        waiting, came = memoryview(message), bytearray()
        deadline = time.monotonic() + limit_s
        with selectors.DefaultSelector() as selector:
            selector.register(self._to_child, selectors.EVENT_WRITE)
            selector.register(self._from_child, selectors.EVENT_READ)
            selector.register(self._output, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select(_TICK_S):
                    waiting = self._moved(selector, key.fd, waiting, came)
                reply = self._whole(came, most_bytes)
                if reply is not None:
                    return self._judged(reply)
                if self._from_child not in selector.get_map():
                    raise self._died(doing)
                self._watched(deadline, limit_s, doing)

    def _moved(
        self, selector: selectors.BaseSelector, descriptor: int, waiting: memoryview, came: bytearray
    ) -> memoryview:
        """Send or take what one pipe is ready for; a pipe that is done is listened to no more."""
        if descriptor == self._to_child:
            waiting = self._sent(waiting)
            is_open = bool(waiting)
        elif descriptor == self._output:
            is_open = self._drained()
        else:
            is_open = self._received(came)
        if not is_open:
            selector.unregister(descriptor)
        return waiting

    def _sent(self, waiting: memoryview) -> memoryview:
        try:
            return waiting[os.write(self._to_child, waiting) :]
        except BlockingIOError:
            return waiting
        except BrokenPipeError:
            return memoryview(b"")  # it is dying; reading will tell how

    def _received(self, came: bytearray) -> bool:
        try:
            part = os.read(self._from_child, 1 << 20)
        except BlockingIOError:
            return True
        came += part
        return bool(part)

    def _drained(self) -> bool:
        """Take what the model printed and keep the last of it; False when it can print no more."""
        try:
            part = os.read(self._output, 1 << 16)
        except BlockingIOError:
            return True
        self._last_words += part
        del self._last_words[:-_LAST_WORDS]
        return bool(part)

    def _whole(self, came: bytearray, most_bytes: int) -> Reply | None:
        if len(came) < frames.LENGTHS.size:
            return None
        head, body = frames.LENGTHS.unpack_from(came)
        if head > _MOST_HEADER or body > most_bytes:
            self._end(kind=False)
            raise ModelRunError(self._name, "sent what is no reply: its code wrote to our pipe", tail=self._tail())
        start = frames.LENGTHS.size
        if len(came) < start + head + body:
            return None
        try:
            header = frames.header_of(came[start : start + head])
        except ValueError as error:
            self._end(kind=False)
            reason = "sent what is no reply: its code wrote to our pipe"
            raise ModelRunError(self._name, reason, tail=self._tail()) from error
        return Reply(header=header, body=bytes(came[start + head : start + head + body]))

    def _judged(self, reply: Reply) -> Reply:
        kind = reply.header.get("error")
        if kind is None:
            return reply
        while self._drained_at_once():
            pass
        if kind == "untrusted":
            raise UntrustedTypesError(*refusal(self._name, reply.header))
        if kind == "answer":
            said = reply.header
            raise AnswerRefusedError(self._name, said["reason"], said["repair"], self._tail(), row=said["row"])
        raise ModelRunError(
            self._name, f"raised {reply.header['reason']}", "correct its code and run this again",
            reply.header["tail"] + self._printed(),
        )  # fmt: skip

    def _watched(self, deadline: float, limit_s: float, doing: str) -> None:
        if time.monotonic() > deadline:
            self._end(kind=False)
            raise ModelRunError(self._name, *out_of_time(limit_s, doing), tail=self._tail())
        if memory_bytes(self._process.pid) > self._limits.memory_mb * _MEGABYTE:
            self._end(kind=False)
            raise ModelRunError(self._name, *out_of_memory(self._limits.memory_mb, doing), tail=self._tail())

    def _died(self, doing: str) -> ModelRunError:
        try:
            status: int | None = self._process.wait(_GOODBYE_S)
        except subprocess.TimeoutExpired:
            status = None
        self._end(kind=False)
        return ModelRunError(self._name, *death(status, doing), tail=self._tail())

    def _drained_at_once(self) -> bool:
        try:
            part = os.read(self._output, 1 << 16)
        except (BlockingIOError, OSError):
            return False
        self._last_words += part
        del self._last_words[:-_LAST_WORDS]
        return bool(part)

    def _printed(self) -> str:
        text = self._tail()
        return f"\nit printed at last:\n{text}" if text else ""

    def _tail(self) -> str:
        lines = self._last_words.decode(errors="replace").splitlines()[-12:]
        return "\n".join(line[:300] for line in lines)

    def _end(self, *, kind: bool) -> None:
        """Close the pipes, let it leave where there is no hurry, then kill whatever is left."""
        if self._to_child < 0:
            return
        _close(self._to_child)
        self._to_child = -1
        until = time.monotonic() + (_GOODBYE_S if kind else 0.0)
        while not self._has_ended() and time.monotonic() < until:
            self._drained_at_once()
            time.sleep(0.002)
        # The group is signalled while its leader still holds the number.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._end_strays()
        while self._drained_at_once():
            pass
        _close(self._from_child, self._output)
        shutil.rmtree(self._home, ignore_errors=True)

    def _has_ended(self) -> bool:
        """Tell whether the child is done, where the system allows without giving its number away."""
        if not hasattr(os, "waitid"):
            return self._process.poll() is not None
        try:
            return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        except ChildProcessError:
            return True

    def _end_strays(self) -> None:
        """Kill what the model started and left behind; some leave their session."""
        until = time.monotonic() + _GOODBYE_S
        while (strays := list(_marked(self._token))) and time.monotonic() < until:
            for stray in strays:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(stray, signal.SIGKILL)
            time.sleep(0.002)


def _close(*descriptors: int) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def memory_bytes(pid: int) -> int:
    """Tell how much memory a process and its descendants hold, in bytes; 0 where the system does not say."""
    page = os.sysconf("SC_PAGE_SIZE")
    total, waiting = 0, [pid]
    while waiting:
        folder = Path("/proc", str(waiting.pop()))
        try:
            total += int((folder / "statm").read_text().split()[1]) * page
            for task in (folder / "task").iterdir():
                waiting.extend(int(child) for child in (task / "children").read_text().split())
        except (OSError, IndexError):
            continue  # it ended meanwhile
    return total


def _marked(token: str) -> Iterator[int]:
    """Find processes that carry a child's mark."""
    mark = f"CURIOUSER_CHILD={token}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes():
                yield int(folder.name)
        except OSError:
            continue  # not ours to read, or gone
