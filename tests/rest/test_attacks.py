"""How neighbours' servers were broken, each tried on this one; the numbers are those of the security table."""

from __future__ import annotations

import gzip
import json
import logging
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import httpx
import polars as pl
import pytest

from curiouser.access import Role
from curiouser.surfaces.rest import uploads
from curiouser.surfaces.serving import unpacking
from tests.rest.bench import API, BASE, Bench, copied, scores, serving
from tests.rest.conftest import Template
from tests.rest.test_roles import api_routes

CSV = {"Content-Type": "text/csv"}
TRAVERSALS = (
    "../../../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "%252e%252e%252fetc%252fpasswd", "..\\..\\etc\\passwd", "%5c..%5c..%5cetc", "/etc/passwd",
    "file:///etc/passwd", "%00", "a%00.csv", "....//....//etc/passwd",
    "~root", "C:%5cWindows", "test@../../x", "%c0%ae%c0%ae%c0%afetc",
)  # fmt: skip


@pytest.fixture(scope="module")
def bench(shared: Bench) -> Bench:
    """One server for all: nearly everything here is refused. ``fresh`` is for what changes something."""
    return shared


@pytest.fixture
def fresh(template: Template, tmp_path: Path) -> Iterator[Bench]:
    with serving(copied(template[0], tmp_path / "workspace"), template[1]) as made:
        yield made


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A file on the server that nobody was given."""
    path = tmp_path / "outside.csv"
    path.write_text("id,text,label\nsecret-row,the secret of the file,yes\n", encoding="utf-8")
    return path


# 1, 2, 4: paths


@pytest.mark.parametrize("text", TRAVERSALS)
def test_no_path_parameter_leads_out_of_the_workspace(bench: Bench, text: str) -> None:
    client = bench.client(Role.ADMIN)
    for route, method in api_routes(bench.app):
        if "{" in route.path and method == "GET":
            answer = client.get(BASE + re.sub(r"{\w+}", lambda _: text, route.path))
            # What was done to a problem can be asked for after it is gone, so that list may be empty.
            is_nothing = answer.status_code == 200 and answer.json() == {"steps": [], "next": None}
            assert 400 <= answer.status_code < 500 or is_nothing, f"{answer.url}: {answer.status_code}"
            assert "root:" not in answer.text


@pytest.mark.parametrize("text", TRAVERSALS)
def test_no_query_or_body_takes_a_path_on_the_server(bench: Bench, text: str, outside: Path) -> None:
    for path in (text, str(outside)):
        asked = (
            bench.ask("GET", "/export", params={"ref": path}),
            bench.ask("GET", "/export", params={"where": path}),
            bench.ask("GET", "/diff", params={"before": path, "after": path}),
            bench.ask("POST", "/problems", json={"name": "taken", "patterns": path}),
            bench.ask("POST", "/problems", json={"name": "taken", "ids": path}),
            bench.ask("POST", "/problems", json={"name": "taken", "ids": [path]}),
            bench.ask("POST", "/slices", json={"name": "taken", "ids": path}),
            bench.ask("POST", "/slices", json={"name": "taken", "ids": [path]}),
            bench.ask("POST", "/models", params={"name": "taken", "predictions": path}, content=b"", headers=CSV),
            bench.ask("POST", "/models", params={"name": path}, content=scores().write_csv(), headers=CSV),
            bench.ask(
                "POST", "/datasets/test/rows", params={"message": "m", "skip_bad": path}, content=b"", headers=CSV
            ),
        )
        for answer in asked:
            assert 400 <= answer.status_code < 500, f"{answer.request.url}: {answer.text}"
            assert "the secret of the file" not in answer.text
            assert "secret-row" not in answer.text


def test_the_names_that_clients_give_their_files_are_never_used(bench: Bench, tmp_path: Path) -> None:
    headers = {**CSV, "Content-Disposition": 'attachment; filename="../../../../tmp/evil.csv"', "Slug": "../evil.csv"}
    answer = bench.ask("POST", "/models?name=fine", content=scores().write_csv(), headers=headers)
    assert answer.status_code == 201
    assert "evil" not in answer.text
    assert not Path(tempfile.gettempdir(), "evil.csv").exists()
    assert bench.get("/models/fine")["source"].get("file") in {None, "upload.csv"}


def test_a_column_of_files_reaches_no_file_beside_the_upload(bench: Bench, outside: Path) -> None:
    for name in (str(outside), "../outside.csv", "/etc/passwd", "../../etc/passwd"):
        table = pl.DataFrame({"id": ["f1"], "text": ["x"], "label": ["yes"], "picture": [name]}).write_csv()
        answer = bench.ask("POST", "/datasets/pictures/rows?message=m&file_column=picture", content=table, headers=CSV)
        assert answer.status_code == 422, answer.text
        assert "lies outside" in answer.text or "is no file" in answer.text


def test_a_sibling_whose_name_begins_like_the_workspace_is_not_served(template: Template, tmp_path: Path) -> None:
    root = copied(template[0], tmp_path / "data")
    copied(template[0], tmp_path / "data-secret")
    with serving(root, template[1]) as bench:
        client = bench.client(Role.ADMIN)
        for path in ("/w/introductions-secret/api/v1/problems", "/w/introductions/../data-secret/api/v1/problems",
                     "/w/introductionss/api/v1/me", "/w//api/v1/me", "/w/data-secret/api/v1/me"):  # fmt: skip
            assert client.get(path).status_code == 404, path
        assert client.get("/w/introductions/api/v1/problems").status_code == 200


def test_what_is_encoded_twice_is_decoded_once(bench: Bench) -> None:
    bench.body("POST", "/datasets/test/branches", 201, json={"name": "a.b"})
    assert bench.ask("GET", "/datasets/test/refs/a%2Eb").status_code == 200
    assert bench.ask("GET", "/datasets/test/refs/a%252Eb").status_code == 404


# 5, 6, 7, 8, 9: what would run


@pytest.mark.parametrize("said", ["python=os:system", "sklearn=/tmp/model.skops", "target=os:system", "kind=python"])
def test_nothing_that_would_run_is_added_over_rest(bench: Bench, said: str) -> None:
    answer = bench.ask("POST", f"/models?name=evil&{said}", content=scores().write_csv(), headers=CSV)
    assert answer.status_code == 422
    assert "evil" not in {one["model"] for one in bench.get("/models")["models"]}


@pytest.mark.parametrize("kind", ["application/octet-stream", "application/x-pickle", "application/zip",
                                  "application/python-pickle", "text/x-python", "multipart/mixed", ""])  # fmt: skip
def test_a_body_of_another_type_than_a_table_is_refused(bench: Bench, kind: str) -> None:
    for path in (
        "/models?name=evil",
        "/models/reported?name=evil",
        "/models/new/predictions",
        "/datasets/x/rows?message=m",
    ):
        answer = bench.ask("POST", path, content=b"\x80\x04cos\nsystem\n", headers={"Content-Type": kind})
        assert answer.status_code == 415, f"{path}: {answer.text}"
        assert answer.json()["code"] == "CUR024"


@pytest.mark.parametrize(
    "content", [b"\x80\x04\x95cos\nsystem\n", b"PK\x03\x04", b"\x1f\x8b\x08", b"PAR1", b"\x93NUMPY", b""]
)
@pytest.mark.parametrize("kind", sorted(uploads.TABLES))
def test_what_is_not_what_its_type_says_is_refused(bench: Bench, content: bytes, kind: str) -> None:
    answer = bench.ask("POST", "/models?name=evil", content=content, headers={"Content-Type": kind})
    assert answer.status_code == 422, answer.text


# 10, 11: nothing without saying who asks


@pytest.mark.parametrize("path", ["/problems/", "//problems", "/./problems", "/problems/..;/users", "/PROBLEMS",
                                  "/problems%2f", "/jobs/1/../../users", "/audit/", "/users/ada/tokens/",
                                  "/%2e/users"])  # fmt: skip
def test_no_spelling_of_a_path_goes_round_signing_in(bench: Bench, path: str) -> None:
    answer = bench.client(None).get(f"{BASE}{API}{path}", follow_redirects=False)
    assert answer.status_code in {307, 401, 404}, answer.text
    if answer.status_code == 307:
        assert bench.client(None).get(answer.headers["Location"]).status_code in {401, 404}


@pytest.mark.parametrize(
    "value", ["", "Bearer", "Bearer ", "Bearer x", "bearer null", "Basic YWRhOmFkYQ==", "Bearer cur_", "\t"]
)
def test_what_is_no_token_is_nobody(bench: Bench, value: str) -> None:
    answer = bench.client(None, Authorization=value).get(f"{API}/problems")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_session_does_not_help_a_wrong_token(bench: Bench) -> None:
    browser = bench.browser(Role.ADMIN)
    assert browser.get(f"{API}/me").json()["via"] == "session"
    assert browser.get(f"{API}/me", headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_a_token_is_used_where_there_is_a_session_too(bench: Bench) -> None:
    browser = bench.browser(Role.ADMIN)
    said = browser.get(f"{API}/me", headers={"Authorization": f"Bearer {bench.tokens[Role.VIEWER]}"}).json()
    assert (said["via"], said["user"], said["role"]) == ("token", "vera", "viewer")


def test_no_method_is_smuggled(bench: Bench) -> None:
    viewer = bench.client(Role.VIEWER)
    for header in ("X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"):
        answer = viewer.post(f"{API}/reports/1", headers={header: "DELETE"}, json={})
        assert answer.status_code == 405
    assert viewer.request("TRACE", f"{API}/problems").status_code == 405
    assert viewer.request("CONNECT", f"{API}/problems").status_code == 405


# 12, 13: other sites


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8150",
                                  "evil.example#127.0.0.1", "127.0.0.1@evil.example", "127.0.0.2", "169.254.169.254",
                                  "", "[::ffff:127.0.0.1]"])  # fmt: skip
def test_a_request_for_another_host_is_refused(bench: Bench, host: str) -> None:
    for client in (bench.client(Role.ADMIN), bench.client(None)):
        assert client.get(f"{API}/problems", headers={"Host": host}).status_code == 421


def test_two_hosts_are_none(bench: Bench) -> None:
    request = httpx.Request("GET", f"{BASE}{API}/health", headers=[("Host", "127.0.0.1"), ("Host", "evil.example")])
    assert bench.client(None).send(request).status_code == 421


OTHER_SITES = (
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://127.0.0.1:8151"},
    {"Origin": "http://127.0.0.1.evil.example:8150"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
)


def test_a_page_of_another_site_changes_nothing(fresh: Bench) -> None:
    for client in (fresh.browser(Role.ADMIN), fresh.client(Role.ADMIN)):
        for headers in OTHER_SITES:
            assert client.post(f"{API}/reports", json={"text": "x"}, headers=headers).status_code == 403, headers
        own = {"Origin": BASE, "Sec-Fetch-Site": "same-origin"}
        assert client.post(f"{API}/reports", json={"text": "x"}, headers=own).status_code == 201
    assert len(fresh.get("/reports")["reports"]) == 3


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain",
                                  "TEXT/PLAIN; charset=utf-8"])  # fmt: skip
def test_a_form_of_another_site_cannot_speak_json(bench: Bench, kind: str) -> None:
    browser = bench.browser(Role.ADMIN)
    for path in ("/reports", "/models/new/live", "/users/vera/invite", "/problems/doctors-false-neg/close"):
        answer = browser.post(API + path, content=b'{"text": "x"}', headers={"Content-Type": kind})
        assert answer.status_code == 403, path
    assert bench.get("/models/new")["live"] is False


def test_a_body_without_a_type_is_no_json(bench: Bench) -> None:
    answer = bench.browser(Role.ADMIN).post(f"{API}/reports", content=b'{"text": "x"}')
    assert answer.status_code == 422


def test_no_other_site_may_read(bench: Bench) -> None:
    answer = bench.client(Role.ADMIN).get(f"{API}/problems", headers={"Origin": "https://evil.example"})
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    preflight = bench.client(None).options(f"{API}/reports", headers={"Origin": "https://evil.example"})
    assert preflight.status_code == 405


# 14, 15: secrets


def test_a_token_stands_in_no_log_error_list_or_audit(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    canary = bench.tokens[Role.ADMIN]
    answers = [
        bench.ask("GET", f"/problems/{canary[:90]}"),
        bench.ask("GET", "/problems", params={"after": canary}),
        bench.ask("POST", "/reports", json={"text": 1, canary: 2}),
        bench.client(None, Authorization=f"Bearer {canary}x").get(f"{API}/problems"),
        bench.client(None, Authorization=f"Basic {canary}").get(f"{API}/problems"),
        bench.ask("GET", "/tokens"),
        bench.ask("GET", "/users/ada/tokens"),
        bench.ask("GET", "/audit?limit=500"),
    ]
    # The client here logs its own requests.
    logged = [record.getMessage() for record in caplog.records if not record.name.startswith("httpx")]
    assert canary not in "\n".join(logged)
    assert all(canary not in answer.text for answer in answers[3:])
    assert canary not in json.dumps(bench.get("/settings"))


def test_a_new_token_is_told_once_and_only_to_who_signed_in(bench: Bench) -> None:
    browser = bench.browser(Role.EXPERT)
    made = browser.post(f"{API}/tokens", json={"name": "notebook", "role": "viewer", "days": 7}).json()
    assert bench.client(None, Authorization=f"Bearer {made['secret']}").get(f"{API}/me").json()["user"] == "esther"
    assert "secret" not in json.dumps(browser.get(f"{API}/tokens").json())
    copy = bench.client(None, Authorization=f"Bearer {made['secret']}").post(
        f"{API}/tokens", json={"name": "copy", "role": "viewer"}
    )
    assert copy.status_code == 403
    too_much = browser.post(f"{API}/tokens", json={"name": "up", "role": "admin"})
    assert (too_much.status_code, too_much.json()["code"]) == (403, "CUR604")
    number = made["number"]
    assert bench.browser(Role.VIEWER).post(f"{API}/tokens/{number}/revoke").status_code == 404
    assert browser.post(f"{API}/tokens/{number}/revoke").status_code == 200
    assert bench.client(None, Authorization=f"Bearer {made['secret']}").get(f"{API}/me").status_code == 401


def test_a_new_password_ends_every_session(fresh: Bench) -> None:
    browser = fresh.browser(Role.EXPERT)
    assert browser.get(f"{API}/me").status_code == 200
    fresh.workspace.access.set_password("esther", "curiouser and curiouser cried she", actor="ada")
    assert browser.get(f"{API}/me").status_code == 401


def test_who_is_disabled_is_out_at_once(fresh: Bench) -> None:
    browser, program = fresh.browser(Role.EXPERT), fresh.client(Role.EXPERT)
    fresh.body("POST", "/users/esther/disable")
    assert browser.get(f"{API}/me").status_code == 401
    assert program.get(f"{API}/me").status_code == 401


def test_the_settings_and_errors_name_no_place_on_the_server(bench: Bench) -> None:
    said = json.dumps(bench.get("/settings"))
    assert "sqlite" not in said
    assert str(bench.workspace.root) not in said
    for path in ("/problems/x", "/models/x", "/data-commits/x", "/export?ref=x", "/jobs/99"):
        assert str(bench.workspace.root) not in bench.ask("GET", path).text


def test_nobody_deletes_the_last_admin(fresh: Bench) -> None:
    fresh.browser(Role.ADMIN)  # has a password now, so that somebody could sign in
    assert fresh.body("POST", "/users/ada/disable", 409)["code"] == "CUR608"
    assert fresh.body("POST", "/users/ada/grants", 409, json={"role": None})["code"] == "CUR608"


# 17, 18, 22: what comes out again

SCRIPT = "<script>alert(1)</script>"


def test_no_answer_of_the_api_is_a_page(bench: Bench) -> None:
    bench.body("POST", "/reports", 201, json={"text": SCRIPT})
    bench.body("PATCH", "/problems/doctors-false-neg", json={"description": SCRIPT}, headers={"If-Match": "*"})
    paths = (
        "/reports",
        "/problems/doctors-false-neg",
        f"/problems/{SCRIPT}",
        f"/models/{SCRIPT}",
        f"/export?ref={SCRIPT}",
    )
    for path in paths:
        answer = bench.ask("GET", path)
        assert answer.headers["Content-Type"].startswith(("application/json", "application/problem+json"))
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/export", "/export?format=parquet", "/models/old/missing", "/template"])
def test_a_file_is_saved_and_never_shown_or_run(bench: Bench, path: str) -> None:
    answer = bench.ask("GET", path)
    assert answer.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_no_name_of_a_ref_splits_the_headers_of_a_download(bench: Bench) -> None:
    for name in ("test\r\nSet-Cookie: a=b", 'test"; filename="x.html', "test%0d%0aX: y"):
        answer = bench.ask("GET", "/export", params={"ref": name})
        assert answer.status_code in {404, 422}
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_or_head_of_a_csv_is_a_formula(bench: Bench, start: str) -> None:
    cell = f"{start}HYPERLINK(1)"
    table = pl.DataFrame({"id": [f"f{ord(start)}"], "text": [cell], "label": ["yes"], "=head": ["x"]})
    body = BytesIO()
    table.write_parquet(body)
    parquet = {"Content-Type": "application/vnd.apache.parquet"}
    bench.body("POST", "/datasets/formulas/rows?message=m", content=body.getvalue(), headers=parquet)
    bench.body("POST", "/datasets/test/rows?message=m", content=body.getvalue(), headers=parquet)
    for path in ("/export?ref=formulas", "/models/old/missing"):
        text = bench.ask("GET", path).text
        assert f"'{start}HYPERLINK" in text
        assert not re.search(rf'(^|,)"?{re.escape(start)}HYPERLINK', text, re.MULTILINE)
        assert "\n=head" not in text
        assert ",=head" not in text


# 19, 20: predicates


@pytest.mark.parametrize("predicate", [
    "1 = 1; DROP TABLE problem", "id == 'x' OR 1=1 --", "__import__('os').system('id')", "pl.col('id')",
    "password == 'x'", "access_user.password == 'x'", "secret_hash is null", "text.__class__ == 1", "lambda: 0",
    "id in (SELECT secret_hash FROM access_token)", "@text", "len(" * 200 + "text" + ")" * 200, "(" * 5_000,
    "not " * 5_000 + "label == 'yes'", "text ~ '(a+)+$'", " and ".join(["label == 'yes'"] * 1_000),
    "' OR ''='", "\\", "label == 'yes' \0",
])  # fmt: skip
def test_a_predicate_is_our_grammar_and_nothing_else(bench: Bench, predicate: str) -> None:
    for answer in (
        bench.ask("GET", "/export", params={"where": predicate[:20_000]}),
        bench.ask("POST", "/slices", json={"name": "evil", "where": predicate}),
        bench.ask("POST", "/problems", json={"name": "evil", "where": predicate}),
        bench.ask(
            "PATCH", "/problems/doctors-false-neg", json={"affected_where": predicate}, headers={"If-Match": "*"}
        ),
    ):
        assert answer.status_code in {200, 201, 400, 404, 409, 422}, answer.text
        assert "scrypt" not in answer.text
    assert bench.ask("GET", "/problems/doctors-false-neg").status_code == 200


def test_what_users_are_kept_with_can_be_asked_for_by_no_filter(bench: Bench) -> None:
    for path in ("/users", "/users/ada", "/users/ada/tokens", "/audit?limit=500"):
        text = bench.ask("GET", path).text
        assert not re.search(r'"password":|secret_hash|scrypt|"secret":', text), path
    for said in (
        {"password": "x"},
        {"order_by": "password"},
        {"filter": "password__startswith=a"},
        {"fields": "password"},
    ):
        assert bench.ask("GET", "/users", params=said).text == bench.ask("GET", "/users").text


# 21: bombs and long bodies


def gzipped(size: int) -> bytes:
    return gzip.compress(b"id,score\n" + b"s000,0.5\n" * (size // 9), 9)


def test_a_gzip_bomb_is_left_where_it_grows(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = gzipped(64 << 20)
    assert len(bomb) < 1 << 20
    answer = bench.ask("POST", "/models?name=bomb", content=bomb, headers={**CSV, "Content-Encoding": "gzip"})
    assert (answer.status_code, answer.json()["code"]) == (413, "CUR025")
    monkeypatch.setattr(unpacking, "UNPACKED_BYTES", 1 << 20)
    small = bench.ask(
        "POST", "/models?name=bomb", content=gzipped(2 << 20), headers={**CSV, "Content-Encoding": "gzip"}
    )
    assert small.status_code == 413


PARQUET = {"Content-Type": "application/vnd.apache.parquet"}


def parquet(frame: pl.DataFrame) -> bytes:
    out = BytesIO()
    frame.write_parquet(out, compression="zstd")
    return out.getvalue()


def with_a_lying_footer(file: bytes) -> bytes:
    """Let the footer say that nothing unpacks to more than a byte; the heads of the pages stay true."""
    start = len(file) - 8 - int.from_bytes(file[-8:-4], "little")
    footer = file[start:]
    for size in range(64 << 20, (64 << 20) + 200):
        true = signed_varint(size)
        # 1, in as many bytes: with needless continuations.
        footer = footer.replace(true, bytes([0x82, *[0x80] * (len(true) - 2), 0]))
    assert footer != file[start:]
    return file[:start] + footer


def signed_varint(value: int) -> bytes:
    value, out = value << 1, bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def long_page() -> bytes:
    return parquet(pl.DataFrame({"id": ["s000"], "score": ["0" * (64 << 20)]}))


def lying_footer() -> bytes:
    return with_a_lying_footer(long_page())


def rows_from_nothing() -> bytes:
    return parquet(pl.DataFrame({"score": pl.repeat(0, 10_000_001, dtype=pl.Int8, eager=True)}))


def one_text_in_every_row() -> bytes:
    return parquet(pl.DataFrame({"id": pl.Series(["x" * (64 << 10)]).gather([0] * 1_000)}))


@pytest.mark.parametrize("make", [long_page, lying_footer, rows_from_nothing, one_text_in_every_row])
def test_a_parquet_bomb_is_refused_before_it_is_unpacked(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, make: Callable[[], bytes]
) -> None:
    bomb = make()
    assert len(bomb) < 100_000
    monkeypatch.setattr(unpacking, "UNPACKED_BYTES", 32 << 20)
    for path in ("/models?name=bomb", "/datasets/test/rows?message=m"):
        answer = bench.ask("POST", path, content=bomb, headers=PARQUET)
        assert (answer.status_code, answer.json()["code"]) == (413, "CUR025"), path


@pytest.mark.parametrize("damage", [b"PAR1", b"PAR1" + b"\xff" * 40 + (40).to_bytes(4, "little") + b"PAR1"])
def test_a_damaged_parquet_file_is_refused(bench: Bench, damage: bytes) -> None:
    assert bench.ask("POST", "/models?name=bad", content=damage, headers=PARQUET).status_code == 422


def test_a_parquet_table_is_read(bench: Bench) -> None:
    made = bench.body("POST", "/models?name=columns", 201, content=parquet(scores()), headers=PARQUET)
    assert made["answered"] == 30


def test_a_gzip_in_a_gzip_is_not_unpacked_twice(bench: Bench) -> None:
    twice = gzip.compress(gzip.compress(scores().write_csv().encode()))
    answer = bench.ask("POST", "/models?name=bomb", content=twice, headers={**CSV, "Content-Encoding": "gzip"})
    assert answer.status_code == 422


def test_a_packed_table_is_read(bench: Bench) -> None:
    text = scores().write_csv().encode()
    halves = gzip.compress(text[:200]) + gzip.compress(text[200:])
    made = bench.body("POST", "/models?name=packed", 201, content=halves, headers={**CSV, "Content-Encoding": "gzip"})
    assert made["answered"] == 30


@pytest.mark.parametrize(
    "damage",
    [b"\x1f\x8b\x08\x00broken", gzip.compress(b"id,score\n" * 999, mtime=0)[:-9], b"not gzip at all"],
    ids=["its head only", "cut off", "no gzip"],
)
def test_a_damaged_gzip_is_refused(bench: Bench, damage: bytes) -> None:
    answer = bench.ask("POST", "/models?name=bad", content=damage, headers={**CSV, "Content-Encoding": "gzip"})
    assert answer.status_code == 422


@pytest.mark.parametrize("coding", ["br", "deflate", "gzip, gzip", "zstd", "compress"])
def test_another_packing_is_refused(bench: Bench, coding: str) -> None:
    answer = bench.ask("POST", "/models?name=bad", content=b"x", headers={**CSV, "Content-Encoding": coding})
    assert answer.status_code == 415


def test_a_zip_is_never_unpacked(bench: Bench, tmp_path: Path) -> None:
    body = BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr("../../../../tmp/slipped.csv", "id,score\n")
    for kind in uploads.TABLES:
        answer = bench.ask("POST", "/models?name=zip", content=body.getvalue(), headers={"Content-Type": kind})
        assert answer.status_code == 422, answer.text
    assert not Path(tempfile.gettempdir(), "slipped.csv").exists()


def test_a_file_of_too_many_lines_is_refused(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "MOST_LINES", 100)
    answer = bench.ask("POST", "/datasets/long/rows?message=m", content=b"id,text,label\n" + b"\n" * 200, headers=CSV)
    assert (answer.status_code, answer.json()["code"]) == (413, "CUR025")


def pieces(size: int) -> Iterator[bytes]:
    yield b'{"text": "'
    for _ in range(size // 65_536):
        yield b"x" * 65_536
    yield b'"}'


def test_a_body_that_is_too_long_is_refused_by_its_length_and_without_one(fresh: Bench) -> None:
    size = fresh.settings.body_bytes + 100_000
    said = fresh.ask("POST", "/reports", content=b"".join(pieces(size)), headers={"Content-Type": "application/json"})
    assert said.status_code == 413
    streamed = fresh.ask("POST", "/reports", content=pieces(size), headers={"Content-Type": "application/json"})
    assert (streamed.status_code, streamed.json()["code"]) == (413, "CUR025")
    assert len(fresh.get("/reports")["reports"]) == 1


def test_an_upload_that_is_too_long_is_refused_while_it_comes(template: Template, tmp_path: Path) -> None:
    with serving(copied(template[0], tmp_path / "w"), template[1], upload_bytes=200_000) as bench:
        answer = bench.ask("POST", "/models?name=long", content=pieces(400_000), headers=CSV)
        assert (answer.status_code, answer.json()["code"]) == (413, "CUR025")
        other = bench.ask("POST", "/reports", content=pieces(100_000), headers={"Content-Type": "application/json"})
        assert other.status_code == 422, "a text is bounded on its own"


@pytest.mark.parametrize("length", ["-1", "1e3", "0x10", "9999999999999999999999", "1, 1", " "])
def test_a_length_that_is_none_is_refused(bench: Bench, length: str) -> None:
    request = httpx.Request("POST", f"{BASE}{API}/reports", headers={"Host": "127.0.0.1", "Content-Length": length})
    assert bench.client(Role.ADMIN).send(request).status_code in {401, 413}


# 23: downloads need the right to read


def test_who_may_not_read_downloads_nothing(bench: Bench) -> None:
    for path in ("/export", "/models/old/missing", "/models/old/file", "/template"):
        assert bench.client(None).get(API + path).status_code == 401
    assert bench.ask("GET", "/models/old/file").status_code == 404


def test_everything_that_changes_something_is_written_down(fresh: Bench) -> None:
    fresh.body("POST", "/reports", 201, role=Role.LABELLER, json={"text": "the words of a user"})
    fresh.ask("POST", "/models/new/live", role=Role.VIEWER)
    fresh.body("PATCH", "/problems/doctors-false-neg", json={"description": "words"}, headers={"If-Match": "*"})
    entries = fresh.body("GET", "/audit")["entries"]
    told = {(one["actor"], one["action"], one["object"], one["result"]) for one in entries}
    assert ("lebo", "add_report", "/api/v1/reports", "201") in told
    assert ("ada", "edit_problem", "/api/v1/problems/doctors-false-neg", "200") in told
    assert "the words of a user" not in json.dumps(entries)
    assert fresh.body("GET", "/audit/check")["whole"] is True
