"""Verifying, backing up and restoring: damage is seen and set aside, a torn backup is never a workspace."""

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from curiouser.kernel.configuration import configuration_from
from curiouser.kernel.errors import BadInputError, ConflictError
from curiouser.surfaces.cli.program import cli
from curiouser.workspace import Workspace
from curiouser.workspace.backups import back_up, restore
from curiouser.workspace.making import make_workspace
from curiouser.workspace.verifying import verify

of_a_file = pytest.mark.sqlite_only("a server is backed up with its own tools")

TASK = {"kind": "binary", "inputs": ["text"], "label": "spam", "classes": ["ham", "spam"]}
ROWS = [{"id": str(i), "text": f"text {i}", "spam": "spam" if i % 2 else "ham"} for i in range(40)]


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    made = make_workspace(tmp_path / "here", configuration_from({"task": TASK}), actor="alice")
    made.data.add(ROWS, "test", message="first rows", actor="alice")
    made.data.add(ROWS[:5], "train", message="some", actor="alice")
    made.models.add_predictions("m", rows_file(tmp_path), actor="alice")
    made.evaluations.evaluate(actor="alice")
    yield made
    made.close()


def rows_file(folder: Path) -> Path:
    path = folder / "predictions.csv"
    path.write_text("id,score\n" + "\n".join(f"{row['id']},0.{int(row['id']) + 10}" for row in ROWS))
    return path


def run(workspace: Workspace, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["-C", str(workspace.root), *arguments])


def scores(workspace: Workspace) -> list[float | None]:
    evaluated = workspace.evaluations.evaluate(actor="alice")
    assert evaluated.model_calls == 0
    return [one.scores["accuracy"].value for one in evaluated.evaluations]


def test_a_whole_workspace_is_clean(workspace: Workspace) -> None:
    found = verify(workspace)
    assert found.findings == ()
    assert found.objects > 0
    assert run(workspace, "fsck").output.endswith("All is well.\n")


def test_a_damaged_object_is_set_aside_and_told(workspace: Workspace) -> None:
    name = next(iter(workspace.objects.names()))
    path = workspace.objects.path(name)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    answer = run(workspace, "fsck", "--json")
    assert answer.exit_code == 3
    findings = json.loads(answer.stdout)["findings"]
    assert any(name in finding["what"] and "set aside" in finding["repair"] for finding in findings)
    kept = list((workspace.objects.root / "quarantine").iterdir())
    assert [each.read_bytes() for each in kept] == [bytes(content)]


def test_looking_only_moves_nothing(workspace: Workspace) -> None:
    path = workspace.objects.path(next(iter(workspace.objects.names())))
    path.write_bytes(b"not what it was")
    assert verify(workspace, quarantine=False).findings
    assert path.read_bytes() == b"not what it was"


@of_a_file
def test_a_backup_restores_to_the_same_workspace(workspace: Workspace, tmp_path: Path) -> None:
    before = scores(workspace)
    back_up(workspace, tmp_path / "backup.tar")
    restore(tmp_path / "backup.tar", tmp_path / "there")
    with Workspace.open(tmp_path / "there") as again:
        assert verify(again).findings == ()
        assert [each.content_hash for each in again.data.log("test")] == [
            each.content_hash for each in workspace.data.log("test")
        ]
        assert scores(again) == before


def test_a_backup_never_overwrites(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "backup.tar").write_text("precious")
    with pytest.raises(ConflictError, match="never overwrites"):
        back_up(workspace, tmp_path / "backup.tar")
    assert (tmp_path / "backup.tar").read_text() == "precious"


@of_a_file
def test_a_workspace_is_not_restored_over_another(workspace: Workspace, tmp_path: Path) -> None:
    back_up(workspace, tmp_path / "backup.tar")
    with pytest.raises(ConflictError, match="holds a workspace already"):
        restore(tmp_path / "backup.tar", workspace.root)


@of_a_file
def test_every_torn_or_damaged_backup_is_refused_and_leaves_no_workspace(workspace: Workspace, tmp_path: Path) -> None:
    back_up(workspace, tmp_path / "backup.tar")
    whole = (tmp_path / "backup.tar").read_bytes()
    with tarfile.open(tmp_path / "backup.tar") as archive:
        inside = {
            member.name: member.offset_data + member.size // 2 for member in archive if member.name != "manifest.json"
        }
    damaged = [bytes([*whole[:at], whole[at] ^ 1, *whole[at + 1 :]]) for at in inside.values()]
    torn = [whole[: len(whole) * part // 8] for part in range(8)]
    for content in [*damaged, *torn]:
        (tmp_path / "bad.tar").write_bytes(content)
        with pytest.raises(BadInputError):
            restore(tmp_path / "bad.tar", tmp_path / "there")
        assert not (tmp_path / "there" / "curiouser.toml").exists()
        assert not (tmp_path / "there" / ".curiouser").exists()


@of_a_file
def test_a_backup_cannot_write_outside_its_folder(workspace: Workspace, tmp_path: Path) -> None:
    back_up(workspace, tmp_path / "backup.tar")
    with tarfile.open(tmp_path / "backup.tar") as archive, tarfile.open(tmp_path / "evil.tar", "w:") as evil:
        for member in archive:
            content = archive.extractfile(member)
            assert content is not None
            if member.name == "manifest.json":
                said = json.loads(content.read())
                said["members"]["../outside"] = "0" * 64
                (tmp_path / "m").write_text(json.dumps(said))
                evil.add(tmp_path / "m", "manifest.json")
            else:
                evil.addfile(member, content)
    with pytest.raises(BadInputError, match="which no backup of ours would"):
        restore(tmp_path / "evil.tar", tmp_path / "there")
    assert not (tmp_path / "outside").exists()


@of_a_file
def test_backup_and_restore_from_the_command_line(workspace: Workspace, tmp_path: Path) -> None:
    made = run(workspace, "workspace", "backup", str(tmp_path / "b.tar"), "--json")
    assert json.loads(made.stdout)["objects"] > 0
    back = CliRunner().invoke(cli, ["workspace", "restore", str(tmp_path / "b.tar"), str(tmp_path / "there")])
    assert back.exit_code == 0, back.output
    status = CliRunner().invoke(cli, ["-C", str(tmp_path / "there"), "status", "--json"])
    assert json.loads(status.stdout)["models"] == 1
