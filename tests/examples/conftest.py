"""The example is a project of its own; its modules import each other by name."""

from __future__ import annotations

import sys
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parent.parent.parent / "examples" / "introductions"
sys.path.insert(0, str(EXAMPLE))
