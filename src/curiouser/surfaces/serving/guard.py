"""What every request meets first: is it for this host, from this site, of a bearable size? And every answer: headers.

Written as a plain ASGI layer, so that nothing of a request is read before it
passed. DNS rebinding and cross-site requests are refused on loopback too: a
page in the user's own browser can reach it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException

from curiouser.surfaces.serving.settings import Settings

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOO_LARGE = 413
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    b"content-security-policy": POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=()",
}
Headers = Sequence[tuple[bytes, bytes]]


class Guard:
    """Refuses what no route should see, and puts the same headers on every answer.

    Args:
        app: What comes next.
        settings: Hosts and limits.
        takes_files: Whether a path (without ``/w/<name>``) belongs to a route that takes files.
    """

    def __init__(self, app: ASGIApp, settings: Settings, takes_files: Callable[[str], bool]) -> None:
        self._app, self._settings, self._takes_files = app, settings, takes_files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request in, or refuse it."""
        if scope["type"] != "http":
            # There is no websocket here; lifespan passes.
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            await _refuse(send, *refusal)
            return
        answer = _Answer(send, is_encrypted=self._settings.encrypted)
        await self._app(scope, _limited(receive, self._limit(str(scope["path"]))), answer)

    def _refusal(self, scope: Scope) -> tuple[int, str, str] | None:
        headers: Headers = scope["headers"]
        host = _one(headers, b"host")
        if host is None or _name(host) not in self._settings.hosts:
            known = ", ".join(sorted(self._settings.hosts))
            return 421, f"this server is not {host!r}", f"it answers to: {known}; others are named with --host-name"
        if scope["method"] not in SAFE and _is_cross_site(headers, host):
            return 403, "this request comes from a page of another site", "send it from here"
        length = _one(headers, b"content-length") or "0"
        limit = self._limit(str(scope["path"]))
        if not length.isdecimal() or int(length) > limit:
            return 413, f"the request is longer than {limit:,} bytes", "send less, or in parts"
        return None

    def _limit(self, path: str) -> int:
        return self._settings.upload_bytes if self._takes_files(path) else self._settings.body_bytes


class _Answer:
    """Passes an answer on, with the headers that every answer has."""

    def __init__(self, send: Send, *, is_encrypted: bool) -> None:
        self._send, self._is_encrypted = send, is_encrypted

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            own = {name.lower() for name, _ in message["headers"]}
            added = {**_HEADERS, b"cache-control": b"no-store"}
            if self._is_encrypted:
                added[b"strict-transport-security"] = b"max-age=31536000"
            headers = [*message["headers"], *((name, value) for name, value in added.items() if name not in own)]
            message = {**message, "headers": headers}
        await self._send(message)


def _limited(receive: Receive, limit: int) -> Receive:
    """Count what arrives: a body without a length, or with a false one, is bounded too."""
    came = 0

    async def counted() -> Message:
        nonlocal came
        message = await receive()
        came += len(message.get("body", b""))
        if came > limit:
            # FastAPI passes this kind on; of any other it says that the body could not be parsed.
            raise HTTPException(TOO_LARGE, f"the request is longer than {limit:,} bytes")
        return message

    return counted


async def _refuse(send: Send, status: int, reason: str, repair: str) -> None:
    body = {
        "type": "/errors/CUR002", "title": "Refused", "status": status, "detail": f"{reason}; {repair}",
        "code": "CUR002", "message": reason, "hint": repair,
    }  # fmt: skip
    text = json.dumps(body, ensure_ascii=False).encode()
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(text)).encode()),
        (b"connection", b"close"),
        *_HEADERS.items(),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})


def _one(headers: Headers, wanted: bytes) -> str | None:
    """Read a header that must not stand twice; None where it is absent or does."""
    found = [value for name, value in headers if name == wanted]
    return found[0].decode("latin-1") if len(found) == 1 else None


def _name(host: str) -> str:
    """Take the port off a host.

    Examples:
        >>> _name("LocalHost:8150"), _name("[::1]:8150"), _name("::1")
        ('localhost', '::1', '::1')
    """
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.lower() if host.count(":") > 1 else host.partition(":")[0].lower()


def _is_cross_site(headers: Headers, host: str) -> bool:
    """Tell whether a browser says that another site's page sent this; programs say nothing."""
    site, origin = _one(headers, b"sec-fetch-site"), _one(headers, b"origin")
    if any(name == b"origin" for name, _ in headers) and (origin is None or urlsplit(origin).netloc != host):
        return True
    return site is not None and site not in {"same-origin", "none"}
