"""OpenAPI says everything that a route takes and answers; schemathesis looks for what it does not say."""

from __future__ import annotations

from typing import Any, cast

import httpx
import requests
import schemathesis
from fastapi.routing import APIRoute
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from curiouser.access import Role
from tests.nightly import examples
from tests.rest.bench import API, BASE, NAMES, Bench

EXAMPLES = examples(5, nightly=60)
"""Requests per route."""
CHECKED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
KNOWN: dict[str, dict[str, Any]] = {
    "/problems/{name}": {"name": "doctors-false-neg"},
    "/models/{name}": {"name": "new"},
    "/slices/{name}": {"name": "long"},
    "/datasets/{dataset}": {"dataset": "test", "name": "main"},
    "/users/{name}": {"name": NAMES[Role.VIEWER]},
    "/data-commits/{ref}": {"ref": "test"},
    "/{number}": {"number": 1},
}
"""Part of a path -> parameters under which something is found there."""
LONGEST_URL = 60_000
"""What the client here can send; a server in front refuses far shorter ones."""
ALREADY = {"authorization", "content-length"}
"""Headers that the client sets itself."""
Checks = list[Any]


def test_no_request_is_answered_by_an_error_of_ours_or_by_what_openapi_does_not_say(bench: Bench) -> None:
    load_all_checks()
    checks = CHECKS.get_by_names(list(CHECKED))
    document = bench.get("/openapi.json")
    schema = schemathesis.openapi.from_dict(document)
    client = bench.client(Role.ADMIN)
    seen: set[int] = set()
    for found in schema.get_all_operations():
        fuzz(cast("Any", found).ok(), client, checks, seen)
    assert {200, 201, 202, 400, 404, 409, 422} <= seen, "the requests went everywhere"


def fuzz(operation: Any, client: httpx.Client, checks: Checks, seen: set[int]) -> None:  # noqa: ANN401  its type is generic in private names
    strategy = operation.as_strategy()
    if any(True for _ in operation.iter_parameters()) or operation.body:
        strategy = st.one_of(strategy, operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))

    @given(case=strategy, is_known=st.booleans())
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],  # what fails is told as it is: making it smaller takes minutes
        suppress_health_check=list(HealthCheck),
    )
    def asked(case: Any, *, is_known: bool) -> None:  # noqa: ANN401  as above
        if is_known:
            make_known(case)
        answer = send(case, client)
        seen.add(answer.status_code)
        case.validate_response(answer, checks=checks)

    asked()


def make_known(case: Any) -> None:  # noqa: ANN401  a case of schemathesis
    """Put real names in the place of made-up ones, so that more is done than looked for in vain."""
    for part, values in KNOWN.items():
        if part in case.operation.path:
            case.path_parameters.update({k: v for k, v in values.items() if k in (case.path_parameters or {})})
    for name in ("on", "ref", "before", "after"):
        if isinstance(case.query, dict) and name in case.query:
            case.query[name] = "test"
    if case.headers and "If-Match" in case.headers:
        case.headers["If-Match"] = "*"


def send(case: Any, client: httpx.Client) -> httpx.Response:  # noqa: ANN401  a case of schemathesis
    said = requests.Request(**case.as_transport_kwargs(base_url=BASE)).prepare()
    assume(len(str(said.url)) < LONGEST_URL)
    body = said.body.encode() if isinstance(said.body, str) else cast("bytes | None", said.body)
    headers = {name: str(value) for name, value in said.headers.items() if name.lower() not in ALREADY}
    return client.request(said.method or "GET", str(said.url), headers=headers, content=body)


def test_every_route_says_what_it_takes_and_every_status_it_answers_with(shared: Bench) -> None:
    paths = shared.get("/openapi.json")["paths"]
    routes = [one for one in shared.app.routes if isinstance(one, APIRoute) and one.path.startswith(API)]
    assert {(one.path, method.lower()) for one in routes for method in one.methods or ()} == {
        (path, method) for path, operations in paths.items() for method in operations
    }
    for path, operations in paths.items():
        for method, said in operations.items():
            assert said["x-role"] in {*Role, "anyone"}
            assert said["description"].endswith((".", ":", "`")), f"{method} {path} says what it does"
            own = [answer for status, answer in said["responses"].items() if status.startswith("2")]
            assert own, f"{method} {path}"
            assert all(kind["schema"] for answer in own for kind in answer["content"].values())
            changes = method in {"patch", "put", "delete"}
            assert changes == any(one["name"] == "If-Match" for one in said.get("parameters", []))


def test_every_problem_refers_to_one_schema(shared: Bench) -> None:
    document = shared.get("/openapi.json")
    wrong = {
        kind["schema"]["$ref"]
        for operations in document["paths"].values()
        for said in operations.values()
        for status, answer in said["responses"].items()
        if status >= "4"
        for kind in answer["content"].values()
    }
    assert wrong == {"#/components/schemas/Problem"}
    assert "Problem" in document["components"]["schemas"]
