"""A small workspace with something on every page: models that differ, rows with a past, a problem, a slice."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from curiouser.kernel.configuration import FILE_NAME, load_configuration
from curiouser.workspace import Workspace
from tests.problems.bench import Bench, Clock, Row, right, slide_44
from tests.web.site import Document, Site

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'{{7*7}}"
SAMPLES = 40


def sample(i: int) -> dict[str, str]:
    """A pair drawn from a user of its own: verdicts count users."""
    meet = "yes" if i % 2 else "no"
    return {"id": f"s{i:03}", "want": f"want {i}", "offer": f"offer {i}", "meet": meet, "user": f"u{i}"}


def often_wrong(row: Row) -> float:
    """Wrong on every second sample, and on all that begins with a doctor."""
    if row["id"].startswith("s"):
        return right(row) if int(row["id"][1:]) % 4 < 2 else 1 - right(row)
    return 0.9 if row["want"] == "a doctor" else right(row)


def lazy(row: Row) -> float | None:
    """Answers only the first samples."""
    return right(row) if row["id"].startswith("s0") and int(row["id"][1:]) < 30 else None


def make_ground(folder: Path) -> Path:
    """Make the workspace: v1 (live), v2 (always right), lazy (incomplete), lost (reported only)."""
    bench = Bench.make(folder)
    bench.rows([sample(i) for i in range(SAMPLES)])
    bench.problems.add("drugs-doctors-false-pos", patterns=slide_44(), harm="3", actor="thandi")
    bench.model("v1", often_wrong)
    bench.model("v2", right)
    bench.model("lazy", lazy)
    workspace = bench.workspace
    workspace.models.add_reported("lost", {"accuracy": 0.91}, actor="thandi")
    bench.live("v1")
    workspace.evaluations.evaluate(actor="thandi")
    workspace.evaluations.add_slice("early", where='startswith(id, "s01")', actor="thandi")
    bench.rows([sample(0) | {"meet": "yes"}])
    workspace.evaluations.evaluate(["v1", "v2"], actor="thandi")
    workspace.close()
    return workspace.root


@contextmanager
def a_site(ground: Path, folder: Path, *, accounts: bool = False) -> Iterator[Site]:
    """Serve a copy of a workspace."""
    root = shutil.copytree(ground, folder / "workspace")
    with Workspace(root, load_configuration(root / FILE_NAME), actor="thandi", clock=Clock()) as workspace:
        yield Site(Bench(workspace), accounts=accounts)


def a_file(name: str, content: str | bytes) -> dict[str, tuple[str, bytes, str]]:
    """Choose a file in a form's field ``file``."""
    kind = "application/octet-stream"  # what browsers say of a file they do not know; nobody asks
    return {"file": (name, content if isinstance(content, bytes) else content.encode(), kind)}


def nothing_runs(text: str) -> None:
    """Make sure that a page has no script, style or handler of its own, and that hostile text stayed text."""
    page = Document(text)
    assert [one for one in page.all("script") if "src" not in one] == []
    assert page.all("style") == []
    assert [name for _, attrs in page.elements for name in attrs if name == "style" or name.startswith("on")] == []
    assert not re.search(r"<(script|img)[^>]*(alert|onerror)", text)
