"""``python -m benchmarks [NAME …]``: run all benchmarks, or those named; exit 1 when a target does not hold."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterator

import benchmarks
from benchmarks.harness import Line, tell


def names() -> Iterator[str]:
    """List the benchmarks: every module here that has a ``run``; the others support them."""
    for found in pkgutil.iter_modules(benchmarks.__path__):
        if not found.ispkg and hasattr(importlib.import_module(f"benchmarks.{found.name}"), "run"):
            yield found.name


def main() -> None:
    """Run them one after another: two at a time would measure each other."""
    lines: list[Line] = []
    for name in sys.argv[1:] or sorted(names()):
        lines.extend(map(tell, importlib.import_module(f"benchmarks.{name}").run()))
    missed = [line.name for line in lines if not line.holds]
    if missed:
        sys.exit(f"{len(missed)} of {len(lines)} targets missed: {', '.join(missed)}")


if __name__ == "__main__":
    main()
