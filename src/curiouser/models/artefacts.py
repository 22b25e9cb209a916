"""Model files before they are loaded: the declared format and the first bytes must agree, and nothing falls back."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from curiouser.kernel.errors import BadInputError, MissingExtraError
from curiouser.models.errors import WrongFormatError
from curiouser.storage.objects import disk_errors

_MOST_BYTES = 2 << 30
_MOST_MEMBERS = 10_000
_MOST_RATIO = 100
_SMALL = 16 << 20
_PICKLES = (".pkl", ".pickle", ".joblib", ".dill", ".cloudpickle", ".pt", ".pth")
_CONVERT = 'save it anew where it was trained: skops.io.dump(model, "model.skops")'


def read_artefact(path: Path) -> bytes:
    """Read a .skops file: a zip with a ``schema.json`` in it.

    Raises:
        WrongFormatError: It is a pickle, by its name or its first bytes, or something else.
        BadInputError: It cannot be read, or is larger than 2 GiB.
    """
    name = path.name.lower()
    if name.endswith(_PICKLES) or name.endswith(tuple(f"{suffix}.gz" for suffix in _PICKLES)):
        raise WrongFormatError(
            f"{path.name} is a pickle by its name, and loading a pickle runs whatever is in it", _CONVERT
        )
    if not path.is_file():
        raise BadInputError(f"there is no file {path}", "check the path")
    if path.stat().st_size > _MOST_BYTES:
        raise BadInputError(f"{path.name} is larger than 2 GiB", "save a smaller model")
    with disk_errors(f"reading {path}"):
        data = path.read_bytes()
    _check(data, path.name)
    return data


def skops_bytes(estimator: object) -> bytes:
    """Save an estimator in memory.

    Raises:
        MissingExtraError: skops is not installed.
        BadInputError: skops can't save it.
    """
    try:
        # Only whoever adds an estimator pays for skops.
        import skops.io  # noqa: PLC0415  see above
    except ModuleNotFoundError as error:
        raise MissingExtraError("saving an estimator", "sklearn") from error
    try:
        data: bytes = skops.io.dumps(estimator)
    except (TypeError, ValueError, NotImplementedError, AttributeError) as error:
        raise BadInputError(
            f"skops can't save a {type(estimator).__name__}: {error}", "add a Python callable"
        ) from error
    return data


def _check(data: bytes, name: str) -> None:
    if data[:1] == b"\x80" or data[:2] in {b"\x1f\x8b", b"x\x9c", b"BZ"} or data[:6] == b"\xfd7zXZ\x00":
        raise WrongFormatError(
            f"{name} is a pickle by its first bytes, and loading a pickle runs whatever is in it", _CONVERT
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except zipfile.BadZipFile as error:
        raise WrongFormatError(f"{name} is no .skops file: it is no zip file", _CONVERT) from error
    if "schema.json" not in {member.filename for member in members}:
        raise WrongFormatError(f"{name} is no .skops file: it has no schema.json", _CONVERT)
    unpacked = sum(member.file_size for member in members)
    if len(members) > _MOST_MEMBERS or unpacked > max(_SMALL, _MOST_RATIO * len(data)):
        raise WrongFormatError(f"{name} unpacks to {unpacked:,} bytes in {len(members):,} members, which no model does")
