"""The real application over a small workspace, read as a person without JavaScript reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
from fastapi import FastAPI

from curiouser.access import Role
from curiouser.surfaces.serving.application import make_application
from curiouser.surfaces.serving.mounts import Mounts
from curiouser.surfaces.serving.settings import Settings
from curiouser.workspace import Workspace
from tests.problems.bench import Bench
from tests.rest.bench import InProcess

BASE = "http://127.0.0.1:8150"
NAME = "introductions"
PASSWORD = "the queen of hearts, she made some tarts"
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


class Document(HTMLParser):
    """A page: its elements, its text, and its forms with what is filled in."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self._texts: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] not in {"script", "style"}:
            self._texts.append(data)

    @property
    def text(self) -> str:
        """What stands on it, with single spaces."""
        return re.sub(r"\s+", " ", " ".join(self._texts))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.elements if name == tag]

    def links(self) -> list[str]:
        return [str(one["href"]) for one in self.all("a") if one.get("href")]

    def fields(self) -> dict[str, dict[str, str | None]]:
        """Controls by name."""
        several = [*self.all("input"), *self.all("textarea"), *self.all("select")]
        return {str(one["name"]): one for one in several if one.get("name")}


@dataclass(frozen=True, slots=True)
class Application:
    """An application, and the workspaces it looks into."""

    app: FastAPI
    mounted: dict[str, Workspace]
    settings: Settings


_MADE: dict[bool, Application] = {}
"""With and without accounts: describing a hundred routes to FastAPI takes longer than most tests."""


class _OnTheSpot(InProcess):
    """Hands requests to the application after mounting the workspace they are for."""

    def __init__(self, made: Application, workspace: Workspace) -> None:
        super().__init__(made.app)
        self._mounted, self._workspace = made.mounted, workspace

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._mounted[NAME] = self._workspace
        return super().handle_request(request)


class Site:
    """A browser without JavaScript: it follows redirects, and sends forms with the token of the page."""

    def __init__(self, bench: Bench, *, accounts: bool = False) -> None:
        self.bench = bench
        if accounts not in _MADE:
            mounted = {NAME: bench.workspace}
            settings = Settings(workspaces={NAME: str(bench.workspace.root)}, accounts=accounts)
            _MADE[accounts] = Application(make_application(Mounts(mounted), settings), mounted, settings)
        self._made = _MADE[accounts]
        self.settings = self._made.settings
        self.client = self.browser()

    def browser(self) -> httpx.Client:
        """Give a browser that nobody is signed in with."""
        transport = _OnTheSpot(self._made, self.bench.workspace)
        return httpx.Client(transport=transport, base_url=BASE, follow_redirects=True)

    def signed_in(self, role: Role, name: str | None = None) -> Site:
        """Give the same site to somebody of a role, who is called by it unless a name is given."""
        other, access, name = Site(self.bench, accounts=True), self.bench.workspace.access, name or role
        access.add_user(name, role=role, workspace="*", actor="thandi")
        session = access.redeem(access.invite(name, actor="thandi"), PASSWORD, address="test")
        other.client.cookies.set(other.settings.cookie, session.secret)
        return other

    def get(self, path: str, status: int = 200) -> httpx.Response:
        answer = self.client.get(path)
        assert answer.status_code == status, f"{path}: {answer.status_code} {Document(answer.text).text[:2_000]}"
        return answer

    def page(self, path: str, status: int = 200) -> Document:
        return Document(self.get(path, status).text)

    def json(self, path: str) -> Any:  # noqa: ANN401  a body
        return json.loads(self.get(path).text)

    def post(
        self,
        path: str,
        fields: Mapping[str, str | Sequence[str]] | None = None,
        status: int = 200,
        *,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
    ) -> httpx.Response:
        """Send a form, follow where it leads, and check how that ends."""
        data = {"csrf": self.csrf(), **(fields or {})}
        answer = self.client.post(path, data=data, files=files)
        assert answer.status_code == status, f"{path}: {answer.status_code} {Document(answer.text).text[:2_000]}"
        return answer

    def crawl(self, start: str, *, within: tuple[str, ...], most: int = 400) -> dict[str, httpx.Response]:
        """Open every link from one page on; those of pages outside ``within`` are not followed."""
        found: dict[str, httpx.Response] = {}
        waiting = [start]
        while waiting and len(found) < most:
            path = waiting.pop(0)
            if path in found:
                continue
            found[path] = self.client.get(path)
            is_page = found[path].headers["content-type"].startswith("text/html")
            if not is_page or not (path == "/" or path.startswith(within)):
                continue
            for link in Document(found[path].text).links():
                parts = urlsplit(urljoin(BASE + path, link))
                if f"{parts.scheme}://{parts.netloc}" == BASE:
                    waiting.append(parts.path + (f"?{parts.query}" if parts.query else ""))
        return found

    def csrf(self) -> str:
        """Read the token that the forms of this session carry."""
        found = re.search(r'name="csrf" value="([^"]+)"', self.client.get("/reports/new").text)
        return found[1] if found else ""
