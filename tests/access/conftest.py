"""Fixtures of the tests of access."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.access.bench import Accounts, accounts_at


@pytest.fixture
def accounts(tmp_path: Path) -> Iterator[Accounts]:
    with accounts_at(tmp_path) as made:
        yield made
