"""Makes every SQLite file that a test names a schema of the run's PostgreSQL server.

The tests of the store say ``sqlite:///…`` or make a workspace with the embedded
defaults; with ``CURIOUSER_TEST_DATABASE=postgresql`` the very same tests, and
the commands they start, run on a server instead. One file is one schema, named
by the hash of its path, so that processes which open the same file meet.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from curiouser.storage import Database

_FILE = "sqlite:///"

opened: list[Database] = []
"""Every database this process has opened on the server, until a test's end closes them."""
paths: dict[str, Path] = {}
"""Schema -> the file it stands for."""


def landed(url: str) -> str:
    """Give a schema's URL for a file's; anything else stays as it is."""
    name = url.removeprefix(_FILE)
    if name == url or not name or name == ":memory:":
        return url
    path = Path(name).absolute()
    schema = f"t_{hashlib.sha256(str(path).encode()).hexdigest()[:20]}"
    paths[schema] = path
    return f"postgresql://postgres@/postgres?host={os.environ['CURIOUSER_TEST_SERVER']}&schema={schema}"


def land(store: type[Database]) -> None:
    """Let every database that is opened from now on land on the server."""
    make = store.__init__

    def make_landed(self: Database, url: str) -> None:
        make(self, landed(url))
        if self.schema:
            opened.append(self)

    # The one place where every test's database is made.
    setattr(store, "__init__", make_landed)  # noqa: B010  mypy lets nobody assign to a method


def close_all() -> None:
    """Close what was opened; whoever still uses one of them opens it again by using it."""
    for one in opened:
        one.close()
    opened.clear()


def schemas_below(folder: Path) -> list[str]:
    """Name, and forget, the schemas that stand for files in a folder."""
    found = [schema for schema, path in paths.items() if folder in path.parents]
    for schema in found:
        del paths[schema]
    return found
