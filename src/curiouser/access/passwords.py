"""Passwords: which are refused, and how one is kept and checked.

Source: Percival, "Stronger key derivation via sequential memory-hard
functions" (2009), RFC 7914; parameters as OWASP recommends for scrypt with
32 MiB: N = 2^15, r = 8, p = 1. Lengths and the refusal of the user's name
follow NIST SP 800-63B, section 5.1.1; it advises against rules on characters.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
import unicodedata

from curiouser.access.errors import WeakPasswordError

SHORTEST = 12
"""Fewest characters of a password."""
LONGEST = 1_000
"""Most characters; beyond, hashing is work for whoever wants to keep the server busy."""
_SCHEME = "scrypt-15-8-1"
_SALT_BYTES, _KEY_BYTES = 16, 32
# Each hash needs 32 MiB; a burst of log-ins must not need a gigabyte.
_AT_ONCE = threading.BoundedSemaphore(4)


def check_password(name: str, password: str) -> None:
    """Refuse a password that would be guessed.

    Raises:
        WeakPasswordError: It is too short or too long, is the user's name, or repeats a short text.
    """
    typed = _normalised(password)
    if not SHORTEST <= len(typed) <= LONGEST:
        raise WeakPasswordError(
            f"a password has {SHORTEST} to {LONGEST:,} characters, this one has {len(typed):,}",
            "several words that have nothing to do with each other are easy to remember and hard to guess",
        )
    if _names(typed, name):
        raise WeakPasswordError("a password is not the user's name", "choose what others do not know")
    if _repeats(typed):
        raise WeakPasswordError("this password repeats one short text", "choose several different words")


def hash_password(password: str) -> str:
    """Turn a password into what is stored: scheme, salt and key."""
    salt = secrets.token_bytes(_SALT_BYTES)
    return "$".join([_SCHEME, _text(salt), _text(_key(password, salt))])


def matches(password: str, stored: str | None) -> bool:
    """Check a password; without a stored one the work is the same and the answer is no."""
    scheme, salt, key = (stored or _NOBODY).split("$")
    if len(password) > LONGEST:
        password = ""
    found = hmac.compare_digest(_key(password, _bytes(salt)), _bytes(key))
    return found and scheme == _SCHEME and stored is not None


def _key(password: str, salt: bytes) -> bytes:
    typed = _normalised(password).encode("utf-8", "surrogatepass")
    with _AT_ONCE:
        return hashlib.scrypt(typed, salt=salt, n=2**15, r=8, p=1, maxmem=64 << 20, dklen=_KEY_BYTES)


def _normalised(password: str) -> str:
    """Write a password as Unicode's one form, since keyboards make "é" in two ways."""
    return unicodedata.normalize("NFKC", password)


def _names(typed: str, name: str) -> bool:
    """Tell whether a password is the name, whatever stands around it that is no letter."""
    bare = "".join(letter for letter in typed.casefold() if letter.isalpha())
    return bare == "".join(letter for letter in name.casefold() if letter.isalpha()) != ""


def _repeats(typed: str) -> bool:
    """Tell whether a text is a shorter one over and over: it then stands in its double before the end.

    Examples:
        >>> _repeats("abcabcabcabc"), _repeats("abcabcabcabd")
        (True, False)
    """
    return (typed + typed).find(typed, 1) != len(typed)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text)


_NOBODY = "$".join([_SCHEME, _text(bytes(_SALT_BYTES)), _text(bytes(_KEY_BYTES))])
