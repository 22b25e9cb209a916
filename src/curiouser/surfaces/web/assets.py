"""The files that pages need, compiled in: each under a name that changes with its content.

Nothing else is ever served from a folder, so there is no path to climb out of.
The tokens and the parts are one style sheet: one request less before anything
is painted.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.responses import Response

from curiouser.kernel.errors import NotFoundError

STATIC = "/static/"
_FOLDER = Path(__file__).parent / "static"
_MADE_OF = {
    "curiouser.css": ("tokens.css", "base.css"),
    "app.js": ("app.js",),
    "htmx.js": ("htmx.min.js",),
    "icon.svg": ("icon.svg",),
}
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One file, ready to be sent."""

    name: str
    """Name with a hash of the content in it: ``app.0123456789ab.js``."""
    media_type: str
    """What it is, for ``Content-Type``."""
    content: bytes
    """Its content."""
    packed: bytes
    """The same, gzipped."""


def asset_response(name: str, accept_encoding: str = "") -> Response:
    """Answer with an asset that browsers may keep for ever.

    Args:
        name: As :func:`asset_url` wrote it, without the folder.
        accept_encoding: What the browser can unpack, as it says so itself.

    Raises:
        NotFoundError: No asset has this name; an old page may ask for an old one.
    """
    asset = assets.get(name)
    if asset is None:
        raise NotFoundError(f"no asset is named {name!r}", "load the page again")
    headers = {"Cache-Control": _FOREVER, "Vary": "Accept-Encoding"}
    if "gzip" in accept_encoding:
        return Response(asset.packed, media_type=asset.media_type, headers=headers | {"Content-Encoding": "gzip"})
    return Response(asset.content, media_type=asset.media_type, headers=headers)


def asset_url(name: str) -> str:
    """Give the address of an asset, the same in every workspace.

    Args:
        name: Its plain name: ``app.js``.

    Raises:
        KeyError: No asset is called so: a template is wrong.
    """
    return STATIC + _HASHED[name]


def _made(name: str) -> Asset:
    body = b"".join((_FOLDER / part).read_bytes() for part in _MADE_OF[name])
    stem, _, suffix = name.rpartition(".")
    return Asset(
        name=f"{stem}.{hashlib.sha256(body).hexdigest()[:12]}.{suffix}",
        media_type=_MEDIA_TYPES[f".{suffix}"],
        content=body,
        packed=gzip.compress(body, compresslevel=9, mtime=0),
    )


_BY_NAME = {name: _made(name) for name in _MADE_OF}
_HASHED = {name: asset.name for name, asset in _BY_NAME.items()}
assets: Mapping[str, Asset] = {asset.name: asset for asset in _BY_NAME.values()}
"""Every asset by its hashed name."""
