"""What every benchmark shares: CPU time, interleaved repeats, medians, one JSON line.

Wall time is not used: on a shared machine it favours whatever is short.
"""

from __future__ import annotations

import gc
import json
import re
import resource
import statistics
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

REPEATS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One benchmark's outcome, printed as JSON."""

    name: str
    """What was measured."""
    ours: float
    """CPU seconds, a count or bytes: see unit."""
    peer: float | None
    """The same of the peer, or None where a bound is absolute."""
    ratio: float
    """What the target is about; its direction is in the target."""
    target: str
    """For instance ``ratio <= 4``."""
    holds: bool
    """Whether the target is met."""
    unit: str
    """Of ours and peer."""
    equal: str
    """What was asserted equal before timing."""
    note: str = ""
    """Sizes, versions, and what limits the figure."""


def tell(line: Line) -> Line:
    """Print a line at once."""
    print(json.dumps({key: _rounded(value) for key, value in asdict(line).items()}, ensure_ascii=False), flush=True)
    return line


def cpu_s(work: Callable[[], object]) -> float:
    """Measure CPU seconds, user and system, of this process and of the children it waited for."""
    gc.collect()
    before = _spent()
    work()
    return _spent() - before


def interleaved(
    ours: Callable[[], object], peer: Callable[[], object], *, repeats: int = REPEATS
) -> tuple[float, float]:
    """Run both in turn and return the median CPU seconds of each; the first pair warms up and is not counted."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for repeat in range(repeats + 1):
        for kept, work in zip(seconds, (ours, peer), strict=True):
            spent = cpu_s(work)
            if repeat:
                kept.append(spent)
    return statistics.median(seconds[0]), statistics.median(seconds[1])


def peak_bytes() -> int:
    """Tell the largest resident size of this process since its program began, in bytes."""
    # Linux counts into ru_maxrss what the parent held when it forked; VmHWM begins anew with the program.
    told = Path("/proc/self/status")
    if told.exists():
        return int(re.findall(r"^VmHWM:\s+(\d+) kB$", told.read_text(encoding="ascii"), re.MULTILINE)[0]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _spent() -> float:
    usages = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _rounded(value: object) -> object:
    return float(f"{value:.4g}") if isinstance(value, float) else value
