"""The child: locks itself in, loads the model, and answers batches until the pipe closes.

Its first message says what to load; each further one is a batch. Whatever the
model prints goes to standard output and error, which nobody parses: the
protocol has pipes of its own.
"""

from __future__ import annotations

import faulthandler
import importlib
import sys
import traceback
from pathlib import Path
from typing import Any

from curiouser.models.sandbox import estimators, feeding, frames
from curiouser.models.sandbox.answers import Columns, NoAnswerError, Wanted, columns_of
from curiouser.models.sandbox.confine import Confinement, allow_cpu, confine
from curiouser.models.sandbox.verdicts import wrong_rows
from curiouser.models.sandbox.watching import Watch

_SHOWN_LINES = 12
_OURS = (str(Path(__file__).parent), str(Path(importlib.__file__).parent), "<frozen importlib")
"""Where frames lie that lead to the model's code: of this package, and of the import that it asked for."""


class Asked:
    """The model or the check of this child, loaded."""

    def __init__(self, start: dict[str, Any], body: bytes) -> None:
        self._wanted = Wanted(**{**start["wanted"], "classes": tuple(start["wanted"]["classes"])})
        self.shape: dict[str, Any] = {}
        self._is_check = start["kind"] == "check"
        if start["kind"] == "sklearn":
            self._callee: Any = estimators.load(body, tuple(start["trust"]))
            self.shape = estimators.shape_of(self._callee, self._wanted)
            self.shape["names"] = estimators.names_read(self._callee)
            self.form = ""
        else:
            self._callee = feeding.find(start["target"])
            self.form = feeding.wanted_form(self._callee)

    def answer(self, header: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        """Answer one batch."""
        given = feeding.decode(header, body, header["form"])
        if self._is_check:
            return {"wrong": wrong_rows(self._callee(given), int(header["rows"]))}, b""
        if self.shape:
            return _packed(estimators.answer(self._callee, given, self.shape, self._wanted))
        return _packed(columns_of(self._callee(given), int(header["rows"]), self._wanted))


def main() -> None:
    """Serve one model over the two descriptors named on the command line."""
    incoming, outgoing = int(sys.argv[-2]), int(sys.argv[-1])
    start, body = frames.read(incoming)
    layers = confine(Confinement.of(start["confinement"]))
    faulthandler.enable()
    root = Path(start["root"])
    watch = Watch(root, tuple(start["ignored"]))
    watch.start(*(root / part for part in start["folders"]))
    asked: list[Asked] = []

    def load() -> dict[str, Any]:
        allow_cpu(float(start["cpu_s"]))
        asked.append(Asked(start, body))
        return {"layers": layers, "form": asked[0].form, "shape": asked[0].shape}

    _reply(outgoing, watch, _outcome(load)[0], b"")
    while asked:
        try:
            header, batch = frames.read(incoming)
        except frames.ClosedPipeError:
            return

        def ask(header: dict[str, Any] = header, batch: bytes = batch) -> tuple[dict[str, Any], bytes]:
            allow_cpu(float(start["cpu_s"]))
            return asked[0].answer(header, batch)

        _reply(outgoing, watch, *_outcome(ask))


def _outcome(step: Any) -> tuple[dict[str, Any], bytes]:  # noqa: ANN401  two kinds of steps
    """Run one step of the user's code; whatever it does short of dying becomes a reply."""
    try:
        made = step()
    except NoAnswerError as error:
        return {"error": "answer", "reason": error.reason, "row": error.row, "repair": error.repair}, b""
    except estimators.UntrustedError as error:
        return {"error": "untrusted", "asked": error.asked, "dangerous": error.dangerous}, b""
    except MemoryError:
        return {"error": "raised", "reason": "ran out of memory", "tail": _tail()}, b""
    except BaseException as error:  # noqa: BLE001  the model's own code: any exception is its answer, SystemExit too
        return {"error": "raised", "reason": _said(error), "tail": _tail()}, b""
    finally:
        _flush()
    return made if isinstance(made, tuple) else (made, b"")


def _said(error: BaseException) -> str:
    text = str(error).strip().splitlines()
    return type(error).__name__ + (f": {text[0][:200]}" if text else "")


def _tail() -> str:
    """Return the last lines of the traceback, without the frames above the model's own; empty where it has none."""
    kind, error, trace = sys.exc_info()
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(_OURS):
        trace = trace.tb_next
    if trace is None:
        return ""
    lines = "".join(traceback.format_exception(kind, error, trace)).splitlines()
    return "\n".join(line[:300] for line in lines[-_SHOWN_LINES:])


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            continue  # the model closed or replaced it; what it printed is its own loss


def _packed(columns: Columns) -> tuple[dict[str, Any], bytes]:
    described = [[name, column.typecode, len(column)] for name, column in columns.items()]
    return {"columns": described}, b"".join(column.tobytes() for column in columns.values())


def _reply(outgoing: int, watch: Watch, header: dict[str, Any], body: bytes) -> None:
    frames.write(outgoing, {**header, "files": watch.fresh(), "imports": watch.imports()}, body)
