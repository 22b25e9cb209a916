"""A server for the tests of REST: the real application over a real workspace, and a client of every role."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import polars as pl
from fastapi import FastAPI

from curiouser.access import Role
from curiouser.surfaces.serving.application import make_application
from curiouser.surfaces.serving.mounts import Mounts
from curiouser.surfaces.serving.settings import Settings
from curiouser.workspace import Workspace
from tests.terminal import Terminal

BASE = "http://127.0.0.1:8150"
API = "/api/v1"
NAMES = {
    Role.VIEWER: "vera",
    Role.LABELLER: "lebo",
    Role.EXPERT: "esther",
    Role.MAINTAINER: "mandla",
    Role.ADMIN: "ada",
}
"""Who has which role."""
TEXT = "I want to meet a doctor"
PASSWORD = "the queen of hearts, she made some tarts"


def rows(n: int = 30) -> pl.DataFrame:
    """Rows of the test set: two languages, five users, every third to meet."""
    return pl.DataFrame(
        {
            "id": [f"s{i:03}" for i in range(n)],
            "text": [f"{TEXT} {i}" for i in range(n)],
            "label": ["yes" if i % 3 == 0 else "no" for i in range(n)],
            "user": [f"u{i % 5}" for i in range(n)],
            "language": ["zu" if i % 2 else "en" for i in range(n)],
        }
    )


def scores(n: int = 30, *, wrong: int = 3) -> pl.DataFrame:
    """Scores of a model that is wrong on the first few rows of a label."""
    table = rows(n)
    right = [0.9 if label == "yes" else 0.1 for label in table["label"]]
    return pl.DataFrame({"id": table["id"], "score": [1 - s if i < wrong else s for i, s in enumerate(right)]})


def make_template(root: Path) -> dict[Role, str]:
    """Make the workspace that every test gets a copy of; return a token of each role."""
    terminal = Terminal.init(root, "--user", "user", "--groups", "language")
    terminal.imports("rows", rows())
    terminal.adds("old", scores(wrong=6))
    terminal.adds("new", scores(wrong=2))
    terminal.text_file("reported.json", '{"accuracy": 0.83}')
    terminal.body("model", "add", "ancient", "--reported", str(root / "reported.json"))
    terminal.body("model", "live", "old")
    terminal.body("evaluate")
    terminal.text_file("ids.txt", "s000\ns001\ns002\ns003\n")
    added = ("problem", "add", "doctors-false-neg", "--ids", str(root / "ids.txt"), "--harm", "3")
    terminal.body(*added, "--affected", "3%", "--because", "asked ten users")
    terminal.body("report", "add", "It never finds a doctor", "--input", json.dumps({"text": TEXT}), "--user", "u1")
    terminal.body("slice", "add", "long", "--where", "len(text) > 24")
    with Workspace.open(root, actor="alice") as workspace:
        return {role: add_user(workspace, name, role) for role, name in NAMES.items()}


def add_user(workspace: Workspace, name: str, role: Role, *, at: str = "*") -> str:
    """Add a user with a token of that role; return its secret."""
    access = workspace.access
    access.add_user(name, role=role, workspace=at, actor="alice")
    return access.create_token(name, name="tests", role=role, workspace=at, actor="alice")[1]


class InProcess(httpx.BaseTransport):
    """Hands requests of a plain client to an application in this process, each on an event loop of its own.

    Args:
        app: The application; what it raises is answered as a server would, with 500.
    """

    def __init__(self, app: FastAPI) -> None:
        self._inner = httpx.ASGITransport(app, raise_app_exceptions=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return asyncio.run(self._answer(request))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.SyncByteStream)
        body = _Pieces(list(request.stream))
        asked = httpx.Request(request.method, request.url, headers=request.headers, stream=body)
        answer = await self._inner.handle_async_request(asked)
        raw = b"".join([piece async for piece in answer.aiter_raw()])
        return httpx.Response(answer.status_code, headers=answer.headers, stream=httpx.ByteStream(raw))


class _Pieces(httpx.AsyncByteStream):
    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece


@dataclass
class Bench:
    """A running application, and short words for what tests do with it."""

    workspace: Workspace
    app: FastAPI
    tokens: dict[Role, str]
    settings: Settings
    _clients: dict[Role | None, httpx.Client] = field(default_factory=dict)

    def client(self, role: Role | None, **headers: str) -> httpx.Client:
        """Make a client that speaks with a role's token; None: without any."""
        own = {"Authorization": f"Bearer {self.tokens[role]}"} if role is not None else {}
        return httpx.Client(transport=InProcess(self.app), base_url=BASE, headers=own | headers)

    def browser(self, role: Role) -> httpx.Client:
        """Make a client that signed in with a password, as a browser does."""
        access, name = self.workspace.access, NAMES[role]
        if not access.user(name).has_password:
            access.redeem(access.invite(name, actor="alice"), PASSWORD, address="test")
        made = access.log_in(name, PASSWORD, address="test")
        browser = self.client(None)
        browser.cookies.set(self.settings.cookie, made.secret)
        return browser

    def ask(self, method: str, path: str, role: Role = Role.ADMIN, **more: Any) -> Any:  # noqa: ANN401  a response
        """Send a request to the API."""
        if role not in self._clients:
            self._clients[role] = self.client(role)
        return self._clients[role].request(method, API + path, **more)

    def body(self, method: str, path: str, status: int = 200, role: Role = Role.ADMIN, **more: Any) -> Any:  # noqa: ANN401  a JSON body
        """Send a request that must be answered with this status; return the answer's body."""
        answer = self.ask(method, path, role, **more)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text[:2_000]}"
        return answer.json()

    def get(self, path: str, **parameters: Any) -> Any:  # noqa: ANN401  a JSON body
        """Read something as a viewer, who may read everything but the audit log and users."""
        return self.body("GET", path, role=Role.VIEWER, params=parameters)

    def tag(self, path: str) -> str:
        """Read the ETag of a thing."""
        return str(self.ask("GET", path).headers["ETag"])

    def terminal(self) -> Terminal:
        """The command line on the same workspace."""
        return Terminal(self.workspace.root)


Idle = list[tuple[FastAPI, dict[str, Workspace], Settings]]
_IDLE: Idle = []
"""Applications that nobody uses now: describing 90 routes to FastAPI takes longer than most tests."""


@contextmanager
def serving(root: Path, tokens: dict[Role, str], **settings: Any) -> Iterator[Bench]:  # noqa: ANN401  of Settings
    """Serve a workspace; with settings of its own, by an application of its own."""
    app, mounted, made = _IDLE.pop() if _IDLE and not settings else _application(root, settings)
    workspace = mounted["introductions"] = Workspace.open(root, actor="alice")
    try:
        yield Bench(workspace=workspace, app=app, tokens=tokens, settings=made)
    finally:
        workspace.close()
        if not settings:
            _IDLE.append((app, mounted, made))


def _application(root: Path, settings: dict[str, Any]) -> tuple[FastAPI, dict[str, Workspace], Settings]:
    made = Settings(workspaces={"introductions": str(root)}, secret="of the tests", **settings)
    mounted = {"introductions": Workspace.open(root)}
    mounted["introductions"].close()  # the caller opens its own
    return make_application(Mounts(mounted), made), mounted, made


def copied(template: Path, target: Path) -> Path:
    """Copy a closed workspace."""
    shutil.copytree(template, target)
    return target
