"""Objects are whole or absent, and damage is always seen."""

import random
import subprocess
import sys
from pathlib import Path

import pytest

from curiouser.kernel.errors import ObjectCorruptError, ObjectNotFoundError, StorageError
from curiouser.kernel.ids import ObjectName
from curiouser.storage import FolderObjects


@pytest.fixture
def objects(tmp_path: Path) -> FolderObjects:
    return FolderObjects(tmp_path / "objects")


def test_reads_back_what_was_put(objects: FolderObjects) -> None:
    assert objects.get(objects.put(b"grin")) == b"grin"


def test_two_writers_of_the_same_bytes_both_win(objects: FolderObjects) -> None:
    assert objects.put(b"cat") == FolderObjects(objects.root).put(b"cat")
    assert len(list(objects.names())) == 1


def test_an_unknown_name_is_not_found(objects: FolderObjects) -> None:
    with pytest.raises(ObjectNotFoundError, match="is missing"):
        objects.get(ObjectName("0" * 64 + ".bin"))


def test_every_flipped_bit_is_seen(objects: FolderObjects) -> None:
    content = random.Random(7).randbytes(5_000)
    name = objects.put(content)
    path = objects.path(name)
    for _ in range(200):
        damaged = bytearray(content)
        position = random.Random().randrange(len(content) * 8)
        damaged[position // 8] ^= 1 << (position % 8)
        path.write_bytes(damaged)
        with pytest.raises(ObjectCorruptError, match="damaged"):
            FolderObjects(objects.root).get(name)
    path.write_bytes(content)
    assert FolderObjects(objects.root).get(name) == content


def test_what_is_not_adopted_is_removed(objects: FolderObjects) -> None:
    with pytest.raises(RuntimeError), objects.writing() as temporary:
        temporary.write_bytes(b"half")
        raise RuntimeError
    assert objects.leftovers() == []
    assert list(objects.names()) == []


def test_quarantine_keeps_the_bytes(objects: FolderObjects) -> None:
    name = objects.put(b"hat")
    assert objects.quarantine(name).read_bytes() == b"hat"
    with pytest.raises(ObjectNotFoundError):
        objects.get(name)


LIMITED = """
import resource, signal, sys
from pathlib import Path
from curiouser.kernel.errors import StorageError
from curiouser.storage import FolderObjects
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
objects = FolderObjects(Path(sys.argv[1]))
try:
    objects.put(b"x" * 5000)
except StorageError as error:
    print(error)
print(len(list(objects.names())), len(objects.leftovers()))
"""


def test_a_refused_write_stores_nothing_and_says_why(tmp_path: Path) -> None:
    ran = subprocess.run([sys.executable, "-c", LIMITED, str(tmp_path)], capture_output=True, text=True, check=True)
    assert "file-size limit" in ran.stdout
    assert ran.stdout.splitlines()[-1] == "0 0"


def test_a_folder_that_cannot_be_made_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "objects").write_text("a file stands where the folder should")
    with pytest.raises(StorageError, match="nothing was changed"):
        FolderObjects(tmp_path / "objects").put(b"x")
