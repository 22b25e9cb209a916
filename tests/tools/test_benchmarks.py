"""What ``make bench`` runs, the modules that have a ``run`` and no other, and how it measures memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.__main__ import names

REPOSITORY = Path(__file__).resolve().parents[2]
MEGABYTE = 1_000_000


def test_every_module_that_has_a_run_is_a_benchmark() -> None:
    written = {
        path.stem for path in (REPOSITORY / "benchmarks").glob("*.py") if "\ndef run(" in path.read_text("utf-8")
    }
    assert set(names()) == written
    assert "data_commit" in written


def test_a_module_that_supports_benchmarks_is_none() -> None:
    assert not {"__main__", "harness", "data_rows"} & set(names())


def test_the_peak_of_a_process_is_its_own_and_not_its_parents() -> None:
    code = "from benchmarks.harness import peak_bytes; held = b'x' * {}; print(peak_bytes())"
    parent = b"x" * (300 * MEGABYTE)
    peaks = [
        int(subprocess.run([sys.executable, "-c", code.format(size)], cwd=REPOSITORY, stdout=-1, check=True).stdout)
        for size in (1, 100 * MEGABYTE)
    ]
    assert len(parent) > 3 * peaks[0]
    assert 90 * MEGABYTE < peaks[1] - peaks[0] < 110 * MEGABYTE
