"""Files that were chosen in a form: spooled to a file whose name we choose; of the client's only its ending counts."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request, UploadFile

from curiouser.kernel.errors import BadInputError
from curiouser.surfaces.serving.errors import UnsupportedFileError
from curiouser.surfaces.serving.unpacking import Unpacked, check_parquet
from curiouser.surfaces.web.posted import Posted

TABLES = (".csv", ".tsv", ".jsonl", ".parquet")
"""Endings of tables."""
SCORES = (".json", *TABLES)
"""Endings of reported scores."""
_PIECE = 1 << 20


@contextmanager
def upload(file: UploadFile | None, endings: Sequence[str] = TABLES) -> Iterator[Path]:
    """Give a file that was uploaded a place on the disk, as long as the block lasts.

    Raises:
        BadInputError: No file was chosen.
        UnsupportedFileError: It ends in none of the endings.
        TooLargeError: It has, or would unpack to, more than may be sent at once.
    """
    if file is None or not file.filename:
        raise BadInputError("no file was chosen", f"choose one that ends in {', '.join(endings)}")
    ending = Path(file.filename).suffix.lower()
    if ending not in endings:
        raise UnsupportedFileError(f"a file that ends in {ending or 'nothing'!r} is not taken here",
                                   f"choose one that ends in {', '.join(endings)}")  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="curiouser-") as folder:
        path = Path(folder) / f"upload{ending}"
        with path.open("wb") as target:
            out = Unpacked(target, packed=False)
            while piece := file.file.read(_PIECE):
                out.write(piece)
        if ending == ".parquet":
            check_parquet(path)
        yield path


async def read_fields(request: Request) -> Posted:
    """Read the texts of a form whose files are tables, which need not be text.

    Raises:
        BadInputError: A text holds what no database keeps.
    """
    form = await request.form(max_fields=2_000)
    texts: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if not isinstance(value, str):
            continue
        if "\0" in value:
            raise BadInputError(f"the field {name!r} holds a NUL character, which no text has", "take it out")
        texts.setdefault(name, []).append(value)
    return Posted(texts=texts)


Fields = Annotated[Posted, Depends(read_fields)]
"""The parameter by which a handler takes the texts of a form that also sends a file."""
