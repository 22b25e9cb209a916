"""REST answers what ``--json`` prints, byte for byte; a list has its ``next`` besides."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.rest.bench import TEXT, Bench, copied, rows, scores, serving
from tests.rest.conftest import Template
from tests.terminal import Terminal

P = "doctors-false-neg"
READ: Sequence[tuple[str, Sequence[str]]] = (
    ("/status", ("status",)),
    ("/cycle", ("cycle",)),
    (f"/problems/{P}", ("problem", "show", P)),
    (
        f"/problems/{P}?on=test&model=new&limit=2",
        ("problem", "show", P, "--on", "test", "--model", "new", "--limit", "2"),
    ),
    (f"/problems/{P}/patterns", ("problem", "pattern", "list", P)),
    (f"/problems/{P}/history", ("problem", "history", P)),
    ("/history", ("problem", "history")),
    ("/triage", ("problem", "triage")),
    ("/triage?model=new&closed=true", ("problem", "triage", "--model", "new", "--all")),
    ("/check", ("problem", "check")),
    ("/reports/1", ("report", "show", "1")),
    ("/models/old", ("model", "show", "old")),
    ("/models/old/missing?format=json", ("model", "missing", "old")),
    ("/leaderboard", ("leaderboard",)),
    ("/leaderboard?metric=f1&limit=1", ("leaderboard", "--metric", "f1", "--limit", "1")),
    ("/data-commits/test", ("data", "show", "test")),
    ("/diff?before=test&after=test", ("data", "diff", "test", "test")),
    ("/log", ("data", "log")),
    ("/users/ada", ("user", "show", "ada")),
    ("/checklist", ("checklist",)),
    ("/data-checks?ref=test", ("data", "check", "test")),
    ("/proposals/1", ("data", "proposal", "1")),
    ("/datasets/test/blame?example=s001", ("data", "blame", "s001")),
    ("/duplicates?ref=test&near=true&limit=3", ("data", "duplicates", "test", "--near", "--limit", "3")),
    ("/duplicates?against=test", ("data", "duplicates", "--against", "test")),
    ("/duplicates?since=test", ("data", "duplicates", "--since", "test")),
)
LISTS: Sequence[tuple[str, Sequence[str]]] = (
    ("/problems", ("problem", "list")),
    ("/problems?closed=false", ("problem", "list", "--open")),
    (f"/problems/{P}/steps", ("problem", "log", P)),
    ("/reports", ("report", "list")),
    ("/reports?waiting=true", ("report", "list", "--waiting")),
    ("/models", ("model", "list")),
    ("/models?versions=true&retired=true", ("model", "list", "--versions", "--retired")),
    ("/slices", ("slice", "list")),
    ("/datasets", ("data", "status")),
    ("/datasets/test/refs", ("data", "branch")),
    ("/datasets/test/protections", ("data", "protect")),
    ("/merges", ("data", "merges")),
    ("/proposals", ("data", "proposals")),
    ("/proposals?state=open", ("data", "proposals", "--state", "open")),
    ("/merges?state=open&dataset=test", ("data", "merges", "--state", "open", "--dataset", "test")),
    ("/merges/1/conflicts", ("data", "conflicts")),
    ("/merges/1/conflicts?settled=true", ("data", "conflicts", "1", "--all")),
    ("/data-check-runs", ("data", "checks")),
    ("/data-check-runs?ref=test", ("data", "checks", "test")),
    ("/jobs", ("job", "list")),
    ("/users", ("user", "list")),
    ("/users/ada/tokens", ("token", "list", "--user", "ada")),
    ("/audit", ("audit", "list")),
)
FILES: Sequence[tuple[str, Sequence[str]]] = (
    ("/template", ("problem", "template")),
    ("/template?format=jsonl", ("problem", "template", "--format", "jsonl")),
    ("/export", ("data", "export")),
    ("/export?format=jsonl&column=id&column=text", ("data", "export", "--format", "jsonl", "--columns", "id,text")),
    (
        "/export?format=tsv&raw=true&where=len(text)>24",
        ("data", "export", "--format", "tsv", "--raw", "--where", "len(text)>24"),
    ),
    ("/models/few/missing", ("model", "missing", "few")),
    ("/models/few/missing?format=jsonl", ("model", "missing", "few", "--format", "jsonl")),
)
Said = dict[str, Any]
CHANGES: Sequence[tuple[str, str, Said, Sequence[str]]] = (
    ("POST", "/data-checks", {"ref": "test"}, ("data", "check", "test")),
    ("POST", "/data-checks", {"ref": "test", "against": "test", "only": ["DC03", "schema"]},
     ("data", "check", "test", "--against", "test", "--only", "DC03", "--only", "schema")),
    ("POST", "/reports", {"text": "No", "input": {"text": TEXT}, "expected": "yes", "user": "u2"},
     ("report", "add", "No", "--input", json.dumps({"text": TEXT}), "--expected", "yes", "--user", "u2")),
    ("POST", "/reports/1/link", {"problem": P}, ("report", "link", "1", P)),
    ("POST", "/reports/1/link", {"problem": None}, ("report", "link", "1", "--none")),
    ("POST", "/problems", {"name": "zulu", "where": 'language == "zu"', "harm": 3, "owner": "thandi"},
     ("problem", "add", "zulu", "--slice", 'language == "zu"', "--harm", "3", "--owner", "thandi")),
    ("POST", "/problems", {"name": "asked-for", "from_report": 1, "expected": "yes"},
     ("problem", "add", "asked-for", "--from-report", "1", "--expected", "yes")),
    ("PATCH", f"/problems/{P}", {"description": "Never finds one", "tolerance": 0.2, "harm": None},
     ("problem", "edit", P, "--description", "Never finds one", "--tolerance", "0.2", "--clear", "harm")),
    ("POST", f"/problems/{P}/patterns", {"ids": ["s009"]}, ("problem", "pattern", "add", P, "--ids", "@s009")),
    ("POST", f"/problems/{P}/patterns", {"patterns": [{"text": "a new doctor", "label": "yes"}]},
     ("problem", "pattern", "add", P, "--patterns", "@text,label\na new doctor,yes")),
    ("POST", f"/problems/{P}/patterns/remove", {"ids": ["s009"]}, ("problem", "pattern", "remove", P, "s009")),
    ("POST", f"/problems/{P}/close", {}, ("problem", "close", P)),
    ("POST", f"/problems/{P}/reopen", {}, ("problem", "reopen", P)),
    ("POST", f"/problems/{P}/undo", {}, ("problem", "undo", P)),
    ("POST", "/reports/1/withdraw", {}, ("report", "withdraw", "1")),
    ("POST", "/ask", {"input": {"text": f"{TEXT} 3"}}, ("model", "ask", "--input", json.dumps({"text": f"{TEXT} 3"}))),
    ("PUT", "/models/new/threshold", {"threshold": 0.4}, ("model", "threshold", "new", "0.4")),
    ("POST", "/models/new/rename", {"name": "newer"}, ("model", "rename", "new", "newer")),
    ("POST", "/models/newer/live", {}, ("model", "live", "newer")),
    ("POST", "/models/ancient/retire", {}, ("model", "retire", "ancient")),
    ("POST", "/models/ancient/restore", {}, ("model", "restore", "ancient")),
    ("POST", "/comparisons", {"models": ["old", "newer"], "every_slice": True, "problems": True},
     ("compare", "old", "newer", "--slices", "--problems")),
    ("POST", "/slices", {"name": "zu", "where": 'language == "zu"'},
     ("slice", "add", "zu", "--where", 'language == "zu"')),
    ("DELETE", "/slices/zu", {}, ("slice", "remove", "zu")),
    ("POST", "/datasets/test/branches", {"name": "more"}, ("data", "branch", "more")),
    ("POST", "/datasets/test/tags", {"name": "v1", "at": "main"}, ("data", "tag", "v1", "--at", "main")),
    ("POST", "/datasets/test/edits",
     {"branch": "more", "cells": [{"id": "s001", "column": "label", "text": "yes"}], "deletes": ["s002"],
      "message": "a slip"},
     ("data", "commit", "--branch", "more", "--set", "s001", "label", "yes", "--delete", "s002", "-m", "a slip")),
    ("POST", "/datasets/test/merges", {"source": "more", "message": "bring it"},
     ("data", "merge", "more", "-m", "bring it")),
    ("POST", "/datasets/test/refs/main/protect", {}, ("data", "protect", "main")),
    ("POST", "/datasets/test/refs/main/unprotect", {}, ("data", "unprotect", "main")),
    ("POST", "/datasets/test/reverts", {"branch": "more", "data_commit": "test@more"},
     ("data", "revert", "test@more", "--branch", "more")),
    ("POST", "/datasets/test/proposals", {"source": "more", "message": "take it back"},
     ("data", "propose", "more", "-m", "take it back")),
    ("POST", "/proposals/1/check", {}, ("data", "recheck", "1")),
    ("POST", "/proposals/1/reject", {"words": "it was right"}, ("data", "reject", "1", "-m", "it was right")),
    ("POST", "/proposals/1/withdraw", {}, ("data", "withdraw", "1")),
    ("DELETE", "/datasets/test/refs/more", {}, ("data", "branch", "more", "--delete")),
    ("DELETE", "/datasets/test/refs/v1", {}, ("data", "tag", "v1", "--delete")),
    ("POST", "/users", {"name": "new", "role": "expert"}, ("user", "add", "new", "--role", "expert")),
    ("POST", "/users/new/grants", {"role": "viewer", "workspace": "introductions"},
     ("user", "grant", "new", "viewer", "--in", "introductions")),
    ("POST", "/users/new/grants", {"role": None, "workspace": "introductions"},
     ("user", "grant", "new", "none", "--in", "introductions")),
    ("POST", "/users/new/invite", {}, ("user", "invite", "new")),
    ("POST", "/users/new/sessions/end", {}, ("user", "sessions-end", "new")),
    ("POST", "/users/new/disable", {}, ("user", "disable", "new")),
    ("POST", "/users/new/enable", {}, ("user", "enable", "new")),
    ("POST", "/tokens/1/revoke", {}, ("token", "revoke", "1")),
)  # fmt: skip
"""Requests and commands that do the same, one after the other; an argument that begins with @ is a file's content."""
_OWN = (
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z"), "a moment"),
    (re.compile(r"\b(?:[0-9a-f]{64}|[0-9a-f]{12})\b"), "a hash"),
    (re.compile(r"/login/once/[\w-]+"), "a link"),
)
"""What differs between two workspaces where the same was done."""


def in_conflict(terminal: Terminal) -> None:
    """Begin a merge with two conflicts, one of them settled."""
    terminal.body("data", "branch", "side")
    for branch, label in (("side", "yes"), ("main", None)):
        for example in ("s001", "s002"):
            cell = ("--set", example, "label", label) if label else ("--clear", example, "label")
            terminal.body("data", "commit", "--branch", branch, *cell, "-m", "relabel")
    assert terminal.run("data", "merge", "side").status == 5
    terminal.body("data", "settle", "1", "--take", "ours")


def alike(text: str) -> str:
    for pattern, word in _OWN:
        text = pattern.sub(word, text)
    return text


@pytest.fixture(scope="module")
def filled(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Any:  # noqa: ANN401  a fixture's generator
    root = copied(template[0], tmp_path_factory.mktemp("same") / "workspace")
    terminal = Terminal(root)
    terminal.adds("few", scores(12))
    terminal.body("problem", "close", P)
    terminal.body("problem", "reopen", P)
    in_conflict(terminal)
    terminal.body("data", "propose", "side", "-m", "better labels")
    terminal.body("data", "check")
    with serving(root, template[1]) as bench:
        bench.body("POST", "/evaluations", 202, json={})
        yield bench


@pytest.mark.parametrize(("path", "command"), READ, ids=[path for path, _ in READ])
def test_a_thing_is_answered_as_it_is_printed(filled: Bench, path: str, command: Sequence[str]) -> None:
    said = filled.terminal().run(*command, "--json")
    assert filled.ask("GET", path).text == said.out, said.err


@pytest.mark.parametrize(("path", "command"), LISTS, ids=[path for path, _ in LISTS])
def test_a_list_is_answered_as_it_is_printed_with_its_cursor(filled: Bench, path: str, command: Sequence[str]) -> None:
    # The request comes first: reading as somebody who was not seen for an hour is noted at their token.
    body = filled.body("GET", path)
    assert body.pop("next") is None
    assert body == filled.terminal().body(*command)


@pytest.mark.parametrize(("path", "command"), FILES, ids=[path for path, _ in FILES])
def test_a_file_is_what_the_command_writes(filled: Bench, path: str, command: Sequence[str]) -> None:
    answer = filled.ask("GET", path)
    assert answer.status_code == 200, answer.text
    assert answer.text == filled.terminal().says(*command)


def test_changes_come_to_the_same_as_commands(template: Template, tmp_path: Path) -> None:
    terminal = Terminal(copied(template[0], tmp_path / "typed"))
    with serving(copied(template[0], tmp_path / "served"), template[1]) as bench:
        for method, path, said, command in CHANGES:
            answer = bench.ask(method, path, json=said, headers={"If-Match": "*"})
            assert answer.status_code in {200, 201}, f"{method} {path}: {answer.text}"
            words = [_as_file(terminal, word) if word.startswith("@") else word for word in command]
            printed = terminal.run("--actor", "ada", *words, "--json")
            assert printed.status == 0, f"{command}: {printed.err}"
            assert alike(answer.text) == alike(printed.out), f"{method} {path} and {command}"
        assert bench.workspace.data.resolve("test").content_hash == terminal.body("data", "show")["content_hash"]


def test_a_merge_with_conflicts_comes_to_the_same_as_commands(template: Template, tmp_path: Path) -> None:
    steps: Sequence[tuple[str, Said, Sequence[str], int]] = (
        ("/datasets/test/merges", {"source": "side"}, ("data", "merge", "side"), 5),
        ("/merges/1/settle", {"conflicts": [1, 2], "resolution": "value", "values": {"label": "no"}, "because": "so"},
         ("data", "settle", "1", "2", "--set", "label", "no", "--because", "so"), 0),
        ("/merges/1/unsettle", {"conflicts": [2]}, ("data", "settle", "2", "--undo"), 0),
        ("/merges/1/settle", {"conflicts": [2], "resolution": "escalated"}, ("data", "settle", "2", "--escalate"), 0),
        ("/merges/1/settle-all", {"rule": "rank", "ranking": ["ada"]},
         ("data", "settle", "--all-by", "rank", "--rank", "ada"), 0),
        ("/merges/1/settle", {"conflicts": [2], "resolution": "theirs"},
         ("data", "settle", "2", "--take", "theirs"), 0),
        ("/merges/1/finish", {}, ("data", "finish"), 0),
    )  # fmt: skip
    terminal = Terminal(copied(template[0], tmp_path / "typed"))
    in_conflict(terminal)
    in_conflict(Terminal(copied(template[0], tmp_path / "served")))
    with serving(tmp_path / "served", template[1]) as bench:
        for path, said, command, status in steps:
            answer = bench.ask("POST", path, json=said)
            printed = terminal.run("--actor", "ada", *command, "--json")
            assert (answer.status_code, printed.status) == (200, status), f"{path}: {answer.text} {printed.err}"
            assert alike(answer.text) == alike(printed.out), path
        assert bench.ask("POST", "/merges/1/abort", json={}).status_code == 409
        assert bench.workspace.data.resolve("test").content_hash == terminal.body("data", "show")["content_hash"]


def test_columns_change_as_by_commands(template: Template, tmp_path: Path) -> None:
    steps: Sequence[tuple[str, Said, Sequence[str]]] = (
        ("rename", {"names": {"note": "remark"}, "message": "one word"}, ("note", "remark", "-m", "one word")),
        ("drop", {"names": ["remark"]}, ("remark",)),
    )
    terminal = Terminal(copied(template[0], tmp_path / "typed"))
    for one in (terminal, Terminal(copied(template[0], tmp_path / "served"))):
        notes = one.text_file("notes.csv", "id,note\ns001,a slip\n")
        one.body("data", "import", notes, "--dataset", "test", "-m", "notes")
    with serving(tmp_path / "served", template[1]) as bench:
        for verb, said, words in steps:
            answer = bench.ask("POST", f"/datasets/test/columns/{verb}", json=said)
            printed = terminal.run("--actor", "ada", "data", "column", verb, *words, "--json")
            assert (answer.status_code, printed.status) == (200, 0), f"{verb}: {answer.text} {printed.err}"
            assert alike(answer.text) == alike(printed.out), verb
        refused = bench.ask("POST", "/datasets/test/columns/drop", json={"names": ["remark"]})
        assert (refused.status_code, refused.json()["code"]) == (404, "CUR215")


def _as_file(terminal: Terminal, word: str) -> str:
    return terminal.text_file("given.csv" if "," in word else "given.txt", word[1:] + "\n")


def test_files_come_to_the_same_as_commands(template: Template, tmp_path: Path) -> None:
    terminal = Terminal(copied(template[0], tmp_path / "typed"))
    more = rows(40).write_csv().encode()
    few = scores(12).write_csv().encode()
    pairs: Sequence[tuple[str, bytes, Sequence[str]]] = (
        ("/datasets/test/rows?message=more&dry_run=true", more, ("data", "import", "@", "-m", "more", "--dry-run")),
        ("/datasets/test/rows?message=more", more, ("data", "import", "@", "-m", "more")),
        ("/datasets/train/rows?message=new&type=user=category", more,
         ("data", "import", "@", "-m", "new", "--dataset", "train", "--type", "user=category")),
        ("/models?name=few&threshold=0.4&trained_on=train", few,
         ("model", "add", "few", "--predictions", "@", "--threshold", "0.4", "--trained-on", "train")),
        ("/models/few/predictions?on=test", scores(20).write_csv().encode(),
         ("model", "update", "few", "--predictions", "@")),
        ("/models/reported?name=r1", b"metric,value\naccuracy,0.5\n", ("model", "add", "r1", "--reported", "@")),
        ("/models/reported?each=true", b"model,metric,value\na,f1,0.5\nb,f1,0.6\n",
         ("model", "add", "--each", "--reported", "@")),
    )  # fmt: skip
    with serving(copied(template[0], tmp_path / "served"), template[1]) as bench:
        for path, content, command in pairs:
            answer = bench.ask("POST", path, content=content, headers={"Content-Type": "text/csv"})
            file = terminal.text_file("upload.csv", content.decode())
            printed = terminal.run("--actor", "ada", *[file if word == "@" else word for word in command], "--json")
            assert printed.status == 0, f"{command}: {printed.err}"
            assert alike(answer.text) == alike(printed.out), path


def test_an_error_has_the_keys_and_the_code_of_the_command(filled: Bench) -> None:
    error = filled.terminal().refuses(6, "problem", "show", "nobodys")
    problem = filled.body("GET", "/problems/nobodys", 404)
    assert {name: problem[name] for name in error} == error
    assert problem["type"] == f"/errors/{error['code']}"
    assert filled.ask("GET", "/problems/nobodys").headers["Content-Type"] == "application/problem+json"


def test_a_file_with_bad_rows_names_them_all_and_changes_nothing(filled: Bench) -> None:
    bad = b"id,text,label\nx1,a,maybe\nx2,b,perhaps\n"
    path = filled.terminal().text_file("upload.csv", bad.decode())
    answer = filled.ask("POST", "/datasets/test/rows?message=m", content=bad, headers={"Content-Type": "text/csv"})
    error = filled.terminal().refuses(1, "data", "import", path, "-m", "m")
    assert answer.status_code == 422
    assert answer.json()["rows"] == error["rows"]
    assert filled.get("/datasets")["datasets"][0]["heads"][0]["rows"] == 30
