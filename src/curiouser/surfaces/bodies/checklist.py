"""Body of the checklist."""

from __future__ import annotations

from curiouser.checklist import Checked, Checklist
from curiouser.kernel.canonical import Json


def checklist_body(found: Checklist) -> dict[str, Json]:
    """Present all items in the talk's order, each with its answer and the next step."""
    return {"done": found.done, "items": [_item(one) for one in found.items]}


def _item(one: Checked) -> dict[str, Json]:
    item, answer = one.item, one.answer
    return {
        "key": item.key,
        "name": item.name,
        "group": str(item.group),
        "slide": item.slide,
        "explained": item.explained,
        "means": item.means,
        "done": answer.done,
        "why": answer.why,
        "next": {"says": answer.next.says, "command": answer.next.command, "page": answer.next.page},
    }
