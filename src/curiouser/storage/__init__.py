"""Where things are kept: one SQL database and a folder of immutable objects.

A slice writes rows through :meth:`Database.write` and bytes through
:class:`FolderObjects`; nothing else in the house opens a file of the store.
Slide 59: everything that decides an answer is kept, under a name.
"""

from curiouser.storage.checked_rows import checked, damaged_rows, holds, with_checksum
from curiouser.storage.database import Database, metadata, utc_text
from curiouser.storage.objects import FolderObjects

__all__ = [
    "Database",
    "FolderObjects",
    "checked",
    "damaged_rows",
    "holds",
    "metadata",
    "utc_text",
    "with_checksum",
]
