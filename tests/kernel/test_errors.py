"""Every error names the thing, the reason and the repair, and survives a trip between processes."""

import importlib
import pkgutil
import re
from multiprocessing.reduction import ForkingPickler

import pytest

import curiouser
from curiouser.kernel.errors import (
    BadRowsError,
    ConfigurationError,
    CuriouserError,
    MissingExtraError,
    StorageError,
    every_error,
)

for module in pkgutil.walk_packages(curiouser.__path__, "curiouser."):
    if module.name.rpartition(".")[2] in {"errors", "records"}:
        importlib.import_module(module.name)


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [kind.code for kind in every_error()]
    assert all(re.fullmatch(r"CUR\d{3}", code) for code in codes)
    assert len(codes) == len(set(codes))


def test_exit_and_http_status_come_from_the_documented_table() -> None:
    assert {kind.exit_status for kind in every_error()} <= {1, 2, 3, 4, 5, 6, 74, 75}
    assert all(400 <= kind.http_status < 600 for kind in every_error())


def test_every_error_says_what_it_is() -> None:
    assert all((kind.__doc__ or "").strip() for kind in every_error())


@pytest.mark.parametrize(
    "error",
    [
        CuriouserError("it is so", "do this"),
        StorageError("the disk is full", "free some space"),
        ConfigurationError("curiouser.toml", ["a", "b"]),
        BadRowsError("test.csv", ["row 2: no label"]),
        MissingExtraError("skops", "sklearn"),
    ],
)
def test_an_error_says_the_same_after_it_crossed_a_process_boundary(error: CuriouserError) -> None:
    again = ForkingPickler.loads(ForkingPickler.dumps(error))
    assert str(again) == str(error)
    assert str(error).startswith(f"[{error.code}] ")


def test_many_bad_rows_are_counted_and_the_first_are_shown() -> None:
    error = BadRowsError("test.csv", [f"row {i}" for i in range(10_000)])
    assert "10,000 bad rows;" in str(error)
    assert "… and 9,980 more" in str(error)
    assert len(error.problems) == 10_000
