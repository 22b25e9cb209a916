"""Tokens of forms, written anew in every page.

Pages are compressed, and some repeat what was asked; a token that stood there
unchanged could be guessed letter by letter from the length of the answers
(BREACH, Gluck, Harris and Prado 2013). So a page carries a fresh number and its
signature with the session's secret.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets


def form_token(secret: str) -> str:
    """Make a token for one page; empty where there is no secret, and so no form.

    Args:
        secret: Of the session.
    """
    if not secret:
        return ""
    nonce = secrets.token_hex(16)
    return f"{nonce}.{_signature(secret, nonce)}"


def is_form_token(secret: str, given: str) -> bool:
    """Tell whether a token was made for this session.

    Examples:
        >>> is_form_token("mine", form_token("mine")), is_form_token("mine", form_token("yours"))
        (True, False)
        >>> is_form_token("", ""), is_form_token("mine", "")
        (False, False)
    """
    nonce, _, signature = given.partition(".")
    return bool(secret) and hmac.compare_digest(signature.encode(), _signature(secret, nonce).encode())


def _signature(secret: str, nonce: str) -> str:
    return hmac.new(secret.encode(), f"form {nonce}".encode(), hashlib.sha256).hexdigest()
