"""How long to search: a short while each time, a long one at night (`make test-nightly`, ``CURIOUSER_NIGHTLY=1``)."""

from __future__ import annotations

import os

NIGHTLY = os.environ.get("CURIOUSER_NIGHTLY") == "1"
"""Whether this is the long search."""


def examples(few: int, *, nightly: int) -> int:
    """Choose how many examples a property is tried on."""
    return nightly if NIGHTLY else few
