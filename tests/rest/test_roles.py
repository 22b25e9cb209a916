"""Every route x every role: who may is let in, who may not is told so, and nobody is asked to sign in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import click
import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from curiouser.access import Role
from curiouser.surfaces.cli.program import cli
from curiouser.surfaces.rest import every_route as rest_routes
from curiouser.surfaces.serving.application import ANYONE_NAME, ROLE_KEY, refuse_undeclared
from curiouser.surfaces.serving.roles import NEEDS, OF_THE_SERVER, Verb
from curiouser.surfaces.serving.routes import Declared, Routes
from curiouser.surfaces.web import every_route as page_routes
from tests.rest.bench import API, Bench, add_user

NOBODYS = {"number": "2000000000", "ref": "nothing@nowhere"}
"""Values of path parameters under which nothing is found; names are nobody's."""


def api_routes(app: FastAPI) -> Iterator[tuple[APIRoute, str]]:
    for route in app.routes:
        if isinstance(route, APIRoute) and route.path.startswith(API):
            yield from ((route, method) for method in sorted(route.methods or ()))


def needs(route: APIRoute) -> str:
    return str((route.openapi_extra or {})[ROLE_KEY])


def reach(client: httpx.Client, route: APIRoute, method: str) -> int:
    """Call a route in a way that changes nothing: names are nobody's, bodies are empty."""
    path = re.sub(r"{(\w+)}", lambda found: NOBODYS.get(found[1], "nobodys"), route.path)
    body: dict[str, Any] = {"json": {}} if method in {"POST", "PUT", "PATCH"} else {}
    return client.request(method, path, headers={"If-Match": "*"}, **body).status_code


@pytest.mark.parametrize("role", list(Role))
def test_a_role_opens_what_it_allows_and_nothing_else(bench: Bench, role: Role) -> None:
    client = bench.browser(role)
    for route, method in api_routes(bench.app):
        status = reach(client, route, method)
        allowed = needs(route) == ANYONE_NAME or role.allows(Role(needs(route)))
        assert (status not in {401, 403}) if allowed else (status == 403), f"{role} {method} {route.path}: {status}"


def deeds(parts: Iterable[Routes]) -> dict[Verb, list[Declared]]:
    """What the routes of a surface do, beside reading."""
    found: dict[Verb, list[Declared]] = {}
    for one in (one for routes in parts for one in routes.declared):
        if one.does not in {None, Verb.READ}:
            found.setdefault(Verb(one.does), []).append(one)
    return found


def test_what_can_be_done_over_rest_can_be_done_from_a_page_and_the_other_way_round() -> None:
    without_page = {
        Verb.EDIT_ROWS, Verb.RENAME_COLUMNS, Verb.DROP_COLUMNS, Verb.ADD_TAG, Verb.CHECK_AUDIT, Verb.KEEP_TOKENS,
    }  # fmt: skip
    """Cells and columns are changed by a file, one form makes branches and tags, the log's page walks its chain by
    itself, and on a page one makes tokens for oneself alone."""
    assert set(deeds(rest_routes())) - set(deeds(page_routes())) == without_page
    assert set(deeds(page_routes())) <= set(deeds(rest_routes()))


def test_the_table_of_roles_is_whole_and_speaks_of_commands() -> None:
    assert set(NEEDS) == set(Verb)
    assert set(NEEDS) >= OF_THE_SERVER
    for verb in set(Verb) - {Verb.READ, Verb.KEEP_OWN}:
        command: click.Command = cli
        for word in verb.split():
            assert isinstance(command, click.Group)
            command = command.get_command(click.Context(command), word) or pytest.fail(f"no command {verb}")


@pytest.mark.parametrize("role", list(Role))
def test_a_page_opens_to_the_same_roles_as_its_call(bench: Bench, role: Role) -> None:
    browser = bench.browser(role)
    found = re.search(r'name="csrf" value="([^"]+)"', browser.get("/tokens").text)
    assert found is not None
    for verb, several in deeds(page_routes()).items():
        for one in several:
            path = re.sub(r"{(\w+)}", lambda match: NOBODYS.get(match[1], "nobodys"), one.path)
            if path == "/logout":
                continue
            form = {"csrf": found[1]} if one.method == "POST" else None
            status = browser.request(one.method, path, data=form).status_code
            assert (status == 403) != role.allows(NEEDS[verb]), f"{role} {one.method} {path}: {status}"


def test_nobody_is_let_in_without_saying_who_they_are(bench: Bench) -> None:
    client = bench.client(None)
    for route, method in api_routes(bench.app):
        status = reach(client, route, method)
        assert (status == 401) == (needs(route) != ANYONE_NAME), f"{method} {route.path}: {status}"


def test_what_anyone_may_call_is_only_what_is_needed_before_signing_in(bench: Bench) -> None:
    free = {route.path for route, _ in api_routes(bench.app) if needs(route) == ANYONE_NAME}
    assert free == {f"{API}/health", f"{API}/openapi.json"}


def test_readers_change_nothing(bench: Bench) -> None:
    own = {f"{API}/comparisons", f"{API}/tokens", f"{API}/tokens/{{number}}/revoke"}
    """A comparison is written down, and everybody keeps their own tokens."""
    changing = {
        route.path for route, method in api_routes(bench.app) if method != "GET" and needs(route) == Role.VIEWER
    }
    assert changing == own


def test_a_route_without_a_role_keeps_the_application_from_starting() -> None:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    refuse_undeclared(app)
    app.router.add_api_route("/api/v1/forgotten", lambda: None)
    with pytest.raises(RuntimeError, match=r"/api/v1/forgotten.*declares no role"):
        refuse_undeclared(app)


def test_a_token_allows_no_more_than_it_was_made_for(bench: Bench) -> None:
    access = bench.workspace.access
    _, secret = access.create_token("ada", name="reader", role=Role.VIEWER, actor="ada")
    reader = bench.client(None, Authorization=f"Bearer {secret}")
    assert reader.get(f"{API}/problems").status_code == 200
    assert reader.post(f"{API}/reports", json={"text": "no"}).status_code == 403
    assert reader.get(f"{API}/me").json()["everywhere"] == "viewer"


def test_a_token_allows_no_more_than_its_user_may_now(bench: Bench) -> None:
    secret = add_user(bench.workspace, "mo", Role.MAINTAINER)
    mo = bench.client(None, Authorization=f"Bearer {secret}")
    assert mo.post(f"{API}/models/new/live").status_code == 200
    bench.workspace.access.grant("mo", Role.VIEWER, actor="ada")
    assert mo.post(f"{API}/models/new/live").status_code == 403
    assert mo.get(f"{API}/models").status_code == 200


def test_an_admin_of_one_workspace_keeps_no_users_of_the_server(bench: Bench) -> None:
    secret = add_user(bench.workspace, "local-admin", Role.ADMIN, at="introductions")
    client = bench.client(None, Authorization=f"Bearer {secret}")
    assert client.get(f"{API}/problems").status_code == 200
    for path in ("/users", "/users/ada", "/users/ada/tokens", "/audit", "/audit/check"):
        assert client.get(API + path).status_code == 403, path
    way_up = client.post(f"{API}/users/ada/invite")
    assert way_up.status_code == 403
    assert "whole server" in way_up.json()["message"]


def test_a_token_for_another_workspace_opens_nothing_here(bench: Bench) -> None:
    secret = add_user(bench.workspace, "other", Role.ADMIN, at="elsewhere")
    answer = bench.client(None, Authorization=f"Bearer {secret}").get(f"{API}/problems")
    assert answer.status_code == 403
    assert answer.json()["code"] == "CUR604"
