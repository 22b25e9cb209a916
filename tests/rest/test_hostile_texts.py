"""Hostile text in every field: refused, or kept and given back as it is; never an error of ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from curiouser.access import Role
from tests.rest.bench import API, TEXT, Bench, scores

JSON = {"Content-Type": "application/json"}
TEXTS = {
    "script": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "formula": '=HYPERLINK("https://evil.example","x")',
    "template": "{{ 7 * 7 }}{% raw %}${7*7}<%= 7 %>#{7}",
    "nul": "before\0after",
    "right-to-left": "user\u202etxt.exe\u2066\u2069",
    "controls": "\x1b[31mred\x07\x08\r\n\t\x7f\x9b",
    "zero width": "a\u200b\u200d\ufeff\u2060b",
    "astral": "\U0001f47b" * 200 + "e\u0301" * 200,
    "quotes": "'\"`;--/*\\ % %s %n {} {0} $1",
    "format": "%(name)s {name!r} {0.__class__}",
    "long": "x" * 19_000,
    "empty": "",
    "spaces": " \t\n ",
    "huge": "x" * 500_000,
}
BODIES: tuple[tuple[str, str, Any], ...] = (
    ("POST", "/reports", {"text": "@"}),
    ("POST", "/reports", {"text": "x", "input": {"text": "@"}}),
    ("POST", "/reports", {"text": "x", "input": {"@": "x"}}),
    ("POST", "/reports", {"text": "x", "user": "@", "model": "@", "answered": "@", "expected": "@"}),
    ("POST", "/reports/1/link", {"problem": "@"}),
    ("POST", "/problems", {"name": "@", "ids": ["s001"]}),
    ("POST", "/problems", {"name": "x", "ids": ["@"]}),
    ("POST", "/problems", {"name": "x", "where": "@"}),
    ("POST", "/problems", {"name": "x", "on": "@", "ids": ["s001"]}),
    ("POST", "/problems", {"name": "x", "patterns": [{"text": "@", "label": "@"}]}),
    ("POST", "/problems", {"name": "x", "patterns": [{"@": "@"}]}),
    ("PATCH", "/problems/doctors-false-neg", {"description": "@", "owner": "@"}),
    ("PATCH", "/problems/doctors-false-neg", {"harm": "@"}),
    ("PATCH", "/problems/doctors-false-neg", {"affected": "@", "because": "@"}),
    ("PATCH", "/problems/doctors-false-neg", {"affected_where": "@", "users_in": "@", "window": "@"}),
    ("POST", "/problems/doctors-false-neg/patterns", {"patterns": [{"text": "@", "label": "yes"}]}),
    ("POST", "/problems/doctors-false-neg/patterns",
     {"patterns": [{"text": "t", "label": "yes", "id": "@", "user": "@"}]}),
    ("POST", "/problems/doctors-false-neg/patterns", {"patterns": [{"text": "t2", "case": "@", "expectation": "@"}]}),
    ("POST", "/problems/doctors-false-neg/patterns", {"from_report": 1, "expected": "@"}),
    ("POST", "/problems/doctors-false-neg/patterns/remove", {"ids": ["@"], "cases": ["@"]}),
    ("POST", "/models/new/rename", {"name": "@"}),
    ("POST", "/ask", {"input": {"text": "@"}}),
    ("POST", "/ask", {"input": {"@": "@"}, "models": ["@"], "on": "@"}),
    ("POST", "/comparisons", {"models": ["@", "old"]}),
    ("POST", "/comparisons", {"models": ["new", "old"], "slices": ["@"], "metric": "@"}),
    ("POST", "/evaluations", {"models": ["@"], "on": "@"}),
    ("POST", "/slices", {"name": "@", "where": "label == 'yes'"}),
    ("POST", "/slices", {"name": "x", "where": "@"}),
    ("POST", "/slices", {"name": "x", "ids": ["@"]}),
    ("POST", "/datasets/test/branches", {"name": "@", "at": "@"}),
    ("POST", "/datasets/test/tags", {"name": "@"}),
    ("POST", "/datasets/test/edits", {"cells": [{"id": "s001", "column": "text", "text": "@"}], "message": "@",
                                      "allow_input_changes": True}),
    ("POST", "/datasets/test/edits", {"cells": [{"id": "@", "column": "@", "text": "@"}], "message": "m"}),
    ("POST", "/datasets/test/edits", {"deletes": ["@"], "message": "m", "branch": "@"}),
    ("POST", "/datasets/test/reverts", {"data_commit": "@", "branch": "@", "message": "@"}),
    ("POST", "/users", {"name": "@", "role": "viewer", "workspace": "@"}),
    ("POST", "/users/vera/grants", {"role": "viewer", "workspace": "@"}),
    ("POST", "/users/vera/tokens", {"name": "@", "role": "viewer", "workspace": "@"}),
)  # fmt: skip
"""Bodies; every ``@`` is the text."""
QUERIES = (
    ("/problems", "after"), ("/triage", "model"), ("/triage", "on"), ("/check", "on"), ("/reports", "problem"),
    ("/models", "after"), ("/leaderboard", "on"), ("/leaderboard", "metric"), ("/slices", "on"), ("/log", "ref"),
    ("/log", "after"), ("/diff?before=test", "after"), ("/export", "ref"), ("/export", "where"), ("/export", "column"),
    ("/audit", "actor"), ("/users", "after"), ("/models/new/missing", "on"), ("/data-commits/test", "limit"),
    ("/history", "model"), ("/jobs", "state"),
)  # fmt: skip


@pytest.fixture(scope="module")
def bench(shared: Bench) -> Bench:
    return shared


def filled(value: Any, text: str) -> Any:  # noqa: ANN401  any JSON
    """Put a text in the place of every @."""
    if isinstance(value, dict):
        return {filled(key, text): filled(each, text) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, text) for each in value]
    return text if value == "@" else value


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_no_text_in_a_body_is_an_error_of_ours(bench: Bench, text: str) -> None:
    for method, path, body in BODIES:
        answer = bench.ask(method, path, json=filled(body, text), headers={"If-Match": "*"})
        assert answer.status_code < 500, f"{method} {path} {body}: {answer.text[:500]}"
        json.loads(answer.text)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_no_text_in_a_query_is_an_error_of_ours(bench: Bench, text: str) -> None:
    for path, name in QUERIES:
        answer = bench.ask("GET", path, params={name: text[:20_000]})
        assert answer.status_code < 500, f"{path} {name}: {answer.text[:500]}"


@pytest.mark.parametrize(
    "text", [text for text in TEXTS.values() if text.strip() and "\0" not in text and len(text) < 20_001]
)
def test_a_text_that_is_kept_comes_back_as_it_was(bench: Bench, text: str) -> None:
    made = bench.body("POST", "/reports", 201, json={"text": text})
    assert bench.get(f"/reports/{made['number']}")["text"] == text
    bench.body("PATCH", "/problems/doctors-false-neg", json={"description": text}, headers={"If-Match": "*"})
    assert bench.get("/problems/doctors-false-neg")["description"] == text


RAW = {
    "half a surrogate pair": b'{"text": "\\ud800"}',
    "half a surrogate pair in a key": b'{"text": "x", "\\udfff": 1}',
    "a NUL": b'{"text": "a\\u0000b"}',
    "NaN": b'{"text": "x", "input": {"text": NaN}}',
    "Infinity": b'{"text": "x", "input": {"text": -Infinity}}',
    "a number beyond all": b'{"text": "x", "input": {"text": 1e999}}',
    "a long number": b'{"text": "x", "input": {"text": ' + b"9" * 4_000 + b"}}",
    "a longer number": b'{"text": "x", "input": {"text": ' + b"9" * 5_000 + b"}}",
    "deep lists": b"[" * 100_000,
    "deep objects": b'{"text": ' * 50_000 + b"1" + b"}" * 50_000,
    "deep lists in a field": b'{"text": "x", "input": {"text": ' + b"[" * 900 + b"]" * 900 + b"}}",
    "no UTF-8": b'{"text": "\xff\xfe"}',
    "cut off": b'{"text": "x',
    "nothing": b"",
    "a list": b"[]",
    "null": b"null",
    "a text": b'"text"',
    "the same key twice": b'{"text": "a", "text": 1}',
    "__proto__": b'{"text": "x", "__proto__": {"admin": true}}',
    "__class__": b'{"text": "x", "__class__": "User"}',
    "many keys": json.dumps({"text": "x", "input": {f"k{i}": 1 for i in range(5_000)}}).encode(),
    "many rows": json.dumps({"text": "x", "input": [1] * 100_000}).encode(),
}


@pytest.mark.parametrize("body", RAW.values(), ids=RAW)
def test_what_is_no_body_is_refused(bench: Bench, body: bytes) -> None:
    answer = bench.ask("POST", "/reports", content=body, headers=JSON)
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.json()["code"] in {"CUR002", "CUR020"}
    for path in ("/problems", "/ask", "/slices", "/comparisons", "/datasets/test/edits"):
        assert 400 <= bench.ask("POST", path, content=body, headers=JSON).status_code < 500, path


@pytest.mark.parametrize("number", ["0", "-1", "2147483648", "99999999999999999999", "1.5", "one", "٣", "0x1", "%00"])
def test_a_number_in_a_path_is_a_small_whole_one(bench: Bench, number: str) -> None:
    for path in (f"/reports/{number}", f"/jobs/{number}"):
        assert bench.ask("GET", path).status_code in {404, 422}
    assert bench.ask("POST", f"/tokens/{number}/revoke").status_code in {404, 422}


@pytest.mark.parametrize(
    "said", [{"limit": "NaN"}, {"after": "-5"}, {"after": "x" * 600}, {"limit": ["1", "2"]}, {"after": ""}]
)
def test_no_parameter_of_a_list_is_an_error_of_ours(bench: Bench, said: dict[str, Any]) -> None:
    for path in ("/reports", "/jobs", "/problems", "/audit", "/models"):
        assert bench.ask("GET", path, params=said).status_code < 500


def test_no_nul_reaches_a_database(bench: Bench) -> None:
    for path, name in QUERIES:
        answer = bench.ask("GET", path, params={name: "a\0b"})
        assert (answer.status_code, answer.json()["code"]) == (422, "CUR020"), f"{path} {name}"
    assert bench.ask("GET", "/problems/a%00b").status_code == 422


@pytest.mark.parametrize("threshold", ["NaN", "Infinity", "-inf", "1e999", "x", ""])
def test_no_number_is_nan_or_infinite(bench: Bench, threshold: str) -> None:
    answer = bench.ask(
        "POST",
        f"/models?name=nan&threshold={threshold}",
        content=scores().write_csv(),
        headers={"Content-Type": "text/csv"},
    )
    assert answer.status_code == 422
    raw = f'{{"threshold": {threshold or "null"}}}'.encode()
    answer = bench.ask("PUT", "/models/new/threshold", content=raw, headers={**JSON, "If-Match": "*"})
    assert answer.status_code == 422


def hostile_tables() -> Iterator[tuple[str, bytes]]:
    yield "text/csv", b"id,text,label\n" + b"x,\xff\xfe\xfa,yes\n"
    yield "text/csv", b"id,text,label\nx,a\0b,yes\n"
    yield "text/csv", b'id,text,label\nx,"never closed,yes\n'
    yield "text/csv", b"id," + b",".join(b"c%d" % i for i in range(20_000)) + b"\n"
    yield "text/csv", b"id,id,id\n1,2,3\n"
    yield "text/csv", b"^id$,text,label\nx,y,yes\n"
    yield "text/csv", b"id,text,label\n" + b"x," + b"y" * 900_000 + b",yes\n"
    yield "application/jsonl", b'{"id": "x", "text": {"a": [1]}, "label": "yes"}\n'
    yield "application/jsonl", b'{"id": NaN, "text": 1e999, "label": "yes"}\n'
    yield "application/jsonl", b'{"id": "\\ud800", "text": "x", "label": "yes"}\n'
    yield "application/jsonl", b"[" * 10_000 + b"\n"
    yield "application/jsonl", b'{"id": "x", "text": ' + b"9" * 5_000 + b', "label": "yes"}\n'
    yield "application/json", b'{"accuracy": NaN}'
    yield "application/json", b"[" * 100_000
    yield "application/json", b'{"\\ud800": 0.5}'
    yield "application/json", b'{"accuracy": {"value": 0.5, "note": "\\udfff"}}'
    yield "application/json", b'{"accuracy": ' + b"9" * 5_000 + b"}"
    yield "application/json", b'{"accuracy": 0.5, "a\\u0000b": 0.5}'


@pytest.mark.parametrize(("kind", "content"), list(hostile_tables()))
def test_no_file_is_an_error_of_ours(bench: Bench, kind: str, content: bytes) -> None:
    for path in (
        "/datasets/hostile/rows?message=m",
        "/models?name=hostile",
        "/models/new/predictions",
        "/models/reported?name=h",
    ):
        answer = bench.ask("POST", path, content=content, headers={"Content-Type": kind})
        assert answer.status_code < 500, f"{path}: {answer.text[:500]}"


def test_after_all_this_everything_can_still_be_read(bench: Bench) -> None:
    for path in (
        "/problems",
        "/reports?limit=500",
        "/models",
        "/datasets",
        "/slices",
        "/audit?limit=500",
        "/triage",
        "/export",
    ):
        assert bench.client(Role.ADMIN).get(API + path).status_code == 200, path
    assert TEXT in bench.ask("GET", "/export").text
