"""The tests of the store make every database by its migrations."""

from __future__ import annotations

import pytest

from curiouser.storage import Database
from tests.new_databases import as_written


@pytest.fixture(autouse=True)
def made_by_migrations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Database, "create", as_written(Database))
