"""The whole loop through the command line, in a workspace whose store is a schema on a server."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from tests.postgres.server import Server
from tests.problems.bench import SLIDE_44
from tests.terminal import Terminal

NAME = "drugs-doctors-false-pos"
MODEL = """
def predict(rows):
    return [0.9 if row["offer"].startswith("yes") {more} else 0.1 for row in rows]
"""


@pytest.fixture
def schema(postgresql: Server, tmp_path: Path) -> Iterator[str]:
    name = f"story_{hashlib.sha256(str(tmp_path).encode()).hexdigest()[:12]}"
    yield name
    postgresql.drop(name, f"{name}_2")


def a_workspace(root: Path, url: str) -> Terminal:
    return Terminal.init(root, "--inputs", "want,offer", "--label", "meet", "--database", url)


def rows(count: int = 60) -> pl.DataFrame:
    told = ["yes" if i % 3 else "no" for i in range(count)]
    return pl.DataFrame(
        {
            "id": [f"s{i:03}" for i in range(count)],
            "want": [f"want {i}" for i in range(count)],
            "offer": [f"{said} {i}" for i, said in enumerate(told)],
            "meet": told,
        }
    )


def states(terminal: Terminal) -> list[str]:
    return [one["state"] for one in terminal.body("problem", "history", NAME)["models"]]


def add_model(terminal: Terminal, name: str, more: str) -> None:
    terminal.text_file(f"{name}.py", MODEL.format(more=more))
    terminal.says("model", "add", name, "--python", f"{name}:predict")


def test_a_complaint_becomes_a_guarded_fix_on_a_server(postgresql: Server, schema: str, tmp_path: Path) -> None:
    terminal = a_workspace(tmp_path / "here", postgresql.url(schema))
    terminal.imports("first", rows())
    add_model(terminal, "first", "or 'drugs' in row['offer'] or 'marijuana' in row['offer']")
    add_model(terminal, "second", "or 'medicine' in row['offer'] or 'practitioner' in row['offer']")
    said = json.dumps({"want": "a doctor", "offer": "marijuana"})
    assert terminal.body("report", "add", "it sends me doctors!", "--input", said)["number"] == 1
    patterns = pl.DataFrame(list(SLIDE_44), schema=["want", "offer", "meet"], orient="row")
    terminal.says("problem", "add", NAME, "--patterns", terminal.file("patterns.csv", patterns), "--harm", "dangerous")
    terminal.says("report", "link", "1", NAME)
    evaluated = terminal.body("evaluate")
    assert [one["complete"] for one in evaluated["evaluations"]] == [True, True]
    assert terminal.body("evaluate")["model_calls"] == 0
    assert states(terminal) == ["failing", "passing"]
    terminal.says("model", "live", "second")
    assert states(terminal) == ["regressed", "passing"]
    assert terminal.run("compare", "first", "second").status == 0
    assert len(terminal.body("leaderboard")["models"]) == 2
    assert terminal.body("problem", "triage")["problems"][0]["name"] == NAME
    terminal.says("data", "branch", "fix")
    assert terminal.run("fsck").status == 0
    assert terminal.run("status").status == 0


def test_jobs_are_done_by_another_process_on_a_server(postgresql: Server, schema: str, tmp_path: Path) -> None:
    terminal = a_workspace(tmp_path / "here", postgresql.url(schema))
    terminal.imports("first", rows())
    add_model(terminal, "first", "")
    program = "import sys; from curiouser.workspace import Workspace; from curiouser.workspace.working import *; "
    program += "opened = Workspace.open(sys.argv[1]); ask_for_evaluation(opened, actor='alice'); opened.close()"
    subprocess.run([sys.executable, "-c", program, str(terminal.root)], check=True)
    assert terminal.spawn("job", "work", "--once").status == 0
    [done] = terminal.body("job", "list")["jobs"]
    assert (done["state"], done["result"]["model_calls"], done["actor"]) == ("done", 60, "alice")


def test_a_backup_of_a_server_is_left_to_its_own_tools(postgresql: Server, schema: str, tmp_path: Path) -> None:
    terminal = a_workspace(tmp_path / "here", postgresql.url(schema))
    refused = terminal.refuses(74, "workspace", "backup", str(tmp_path / "b.tar"))
    assert "pg_dump" in refused["hint"]
    assert not (tmp_path / "b.tar").exists()


def test_a_schema_holds_one_workspace_and_knows_no_other(postgresql: Server, schema: str, tmp_path: Path) -> None:
    first = a_workspace(tmp_path / "first", postgresql.url(schema))
    first.imports("first", rows())
    flags = ("--task", "binary", "--inputs", "a", "--label", "b", "--classes", "no,yes", "--yes")
    again = first.run("init", str(tmp_path / "second"), *flags, "--database", postgresql.url(schema), inside=False)
    assert again.status == 5
    assert f"the schema {schema} of that database holds a workspace already" in again.err
    assert not (tmp_path / "second" / "curiouser.toml").exists()
    other = a_workspace(tmp_path / "third", postgresql.url(f"{schema}_2"))
    assert other.body("status")["datasets"] == []


def test_a_clone_of_the_configuration_opens_the_same_workspace(postgresql: Server, schema: str, tmp_path: Path) -> None:
    first = a_workspace(tmp_path / "first", postgresql.url(schema))
    first.says("report", "add", "it is odd", "--expected", "no")
    (tmp_path / "clone").mkdir()
    (tmp_path / "clone" / "curiouser.toml").write_text((first.root / "curiouser.toml").read_text())
    assert len(Terminal(tmp_path / "clone").body("report", "list")["reports"]) == 1


def test_a_schema_without_a_workspace_says_how_to_make_one(postgresql: Server, schema: str, tmp_path: Path) -> None:
    terminal = a_workspace(tmp_path / "here", postgresql.url(schema))
    toml = terminal.root / "curiouser.toml"
    toml.write_text(toml.read_text().replace(schema, f"{schema}_2"))
    assert f"no workspace in the schema {schema}_2" in terminal.refuses(74, "status")["message"]
    Terminal(terminal.root).says("init", str(terminal.root), inside=False)
    assert terminal.run("status").status == 0
