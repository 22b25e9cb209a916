"""Secrets of sessions, links and tokens: 32 random bytes, stored as their SHA-256, and kept out of every log."""

from __future__ import annotations

import hashlib
import re
import secrets

SESSION = "ses_"
"""Begins the secret of a session."""
LINK = "one_"
"""Begins the secret of a one-time link."""
TOKEN = "cur_"  # noqa: S105  a beginning that tells a secret's kind, no secret
"""Begins the secret of a token, so that scanners of repositories know one when they see it."""
_RANDOM_BYTES = 32
_SECRET = re.compile(r"(ses|one|cur)_[A-Za-z0-9_-]{43}")


def new_secret(kind: str) -> str:
    """Make a secret of a kind: 256 random bits, so that no slow hash is needed to keep it."""
    return kind + secrets.token_urlsafe(_RANDOM_BYTES)


def is_secret(text: str, kind: str) -> bool:
    """Tell whether a text could be a secret of this kind; saves a look at the database."""
    found = _SECRET.fullmatch(text)
    return found is not None and text.startswith(kind)


def hash_of(secret: str) -> str:
    """Hash a secret to what is stored, 64 hex digits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def csrf_of(secret: str) -> str:
    """Derive what a session's forms carry; it tells nothing about the secret."""
    return hashlib.sha256(b"csrf\0" + secret.encode()).hexdigest()


def redacted(text: str) -> str:
    """Take every secret out of a text that will be kept.

    Args:
        text: What may hold secrets.

    Returns:
        The text, with an ellipsis in the place of each secret.

    Examples:
        >>> redacted("/login/once/one_" + "x" * 43 + "?next=/")
        '/login/once/one_…?next=/'
    """
    return _SECRET.sub(lambda found: f"{found[1]}_…", text)
