"""What ``make bench`` runs: the modules that have a ``run``, and no other."""

from __future__ import annotations

from pathlib import Path

from benchmarks.__main__ import names

REPOSITORY = Path(__file__).resolve().parents[2]


def test_every_module_that_has_a_run_is_a_benchmark() -> None:
    written = {
        path.stem for path in (REPOSITORY / "benchmarks").glob("*.py") if "\ndef run(" in path.read_text("utf-8")
    }
    assert set(names()) == written
    assert "data_commit" in written


def test_a_module_that_supports_benchmarks_is_none() -> None:
    assert not {"__main__", "harness", "data_rows"} & set(names())
