"""The words for how a child failed: the reason and the repair."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from typing import Any


def out_of_time(limit_s: float, doing: str) -> tuple[str, str]:
    """Say that it took too long."""
    return (
        f"took longer than {limit_s:g} s {doing} and was stopped",
        "make it faster, or add it again with a larger --batch-seconds or a smaller --batch-rows",
    )


def out_of_memory(limit_mb: int, doing: str) -> tuple[str, str]:
    """Say that it used too much memory."""
    return (
        f"used more than {limit_mb:,} MB of memory {doing} and was stopped",
        "make it smaller, or add it again with a larger --memory-mb or a smaller --batch-rows",
    )


def death(status: int | None, doing: str) -> tuple[str, str]:
    """Say how a child ended that was expected to answer.

    Args:
        status: As ``Popen.returncode``: negative for a signal; None when it lives and only closed its pipes.
        doing: What it was asked to do.

    Examples:
        >>> death(-11, "to load")[0]
        'was killed by SIGSEGV when it was asked to load'
    """
    asked = doing.replace("for a batch", "about a batch")
    if status is None:
        return (
            f"closed the pipes it is spoken to over when it was asked {asked}",
            "leave files open that it did not open",
        )
    if status >= 0:
        return f"ended by itself with exit status {status} when it was asked {asked}", "it must return, not exit"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    repairs = {
        "SIGKILL": "perhaps the machine ran out of memory",
        "SIGXCPU": "it used too much processor time",
        "SIGSYS": "it made a system call that the sandbox forbids",
    }
    return f"was killed by {name} when it was asked {asked}", repairs.get(name, "run it by itself to find out why")


def refusal(name: str, header: Mapping[str, Any]) -> tuple[str, str]:
    """Say which types of a .skops file nobody vouched for, and what can be done."""
    dangerous, asked = list(header["dangerous"]), list(header["asked"])
    if dangerous:
        return (
            f"model {name!r} would load {', '.join(dangerous)}, which can run commands or code; it was not loaded",
            "no option allows that: save the model without it, or add a Python callable instead",
        )
    trust = " ".join(f"--trust {kind}" for kind in asked)
    return (
        f"model {name!r} would build objects of types that nobody vouched for: {', '.join(asked)}; it was not loaded",
        f"if you know where the file comes from and what they do, say so: {trust}",
    )
