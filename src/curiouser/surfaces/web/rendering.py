"""Pages out of templates: escaped everywhere, and loud where a template asks for what is not there.

``page(caller, "problems.html", problems=…)`` is all a handler needs. Each template
finds ``caller``, ``url(path)``, ``csrf_field()``, ``asset(name)``, ``nav`` (counts by
path), ``flash``, ``now`` and the filters of :mod:`curiouser.surfaces.web.filters`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, StreamingResponse

from curiouser.access import Role
from curiouser.kernel.clock import utc_now
from curiouser.surfaces.serving.admission import FLASH_COOKIE
from curiouser.surfaces.serving.masking import form_token
from curiouser.surfaces.serving.roles import NEEDS, Verb
from curiouser.surfaces.web.assets import Asset, asset_response, asset_url, assets
from curiouser.surfaces.web.badges import badge, mark
from curiouser.surfaces.web.charts import chart_shape, interval_bar, spark
from curiouser.surfaces.web.filters import FILTERS
from curiouser.surfaces.web.navigation import counts_of, current_room, floors_for
from curiouser.workspace import Workspace

__all__ = ["NOBODY", "Asset", "Nobody", "Visitor", "asset_response", "asset_url", "assets", "page", "render"]

_TEMPLATES = Path(__file__).parent / "templates"
_ROWS = Markup("<!-- rows -->")  # no text of a user can hold it: theirs is escaped


class Visitor(Protocol):
    """What a page must know of its reader; the caller of a request has it."""

    @property
    def name(self) -> str:
        """What the workspace is served as."""
        ...

    @property
    def names(self) -> Sequence[str]:
        """Every workspace that they may open."""
        ...

    @property
    def workspace(self) -> Workspace | None:
        """The workspace, open; None where no page of one is shown."""
        ...

    @property
    def role(self) -> Role | None:
        """What they may do; None for somebody who is not signed in."""
        ...

    @property
    def actor(self) -> str:
        """Who they are."""
        ...

    @property
    def via(self) -> str:
        """How they said so: nobody, local, session or token."""
        ...

    @property
    def csrf(self) -> str:
        """What their forms must carry."""
        ...

    @property
    def flash(self) -> str:
        """What the request before had to say, once."""
        ...

    @property
    def path(self) -> str:
        """The path asked for, without the workspace."""
        ...

    def may(self, verb: Verb) -> bool:
        """Tell whether they may do something."""
        ...

    def url(self, path: str) -> str:
        """Write a link that stays in this workspace."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Nobody:
    """The reader of a page that belongs to no workspace: an error before anybody was let in."""

    name: str = ""
    """No workspace."""
    names: Sequence[str] = ()
    """No workspace they may open."""
    workspace: Workspace | None = None
    """No workspace."""
    role: Role | None = None
    """They may do nothing."""
    actor: str = ""
    """Unknown."""
    via: str = "nobody"
    """They did not say."""
    csrf: str = ""
    """No form of theirs is taken."""
    flash: str = ""
    """Nothing happened before."""
    path: str = ""
    """In no room."""

    def may(self, verb: Verb) -> bool:
        """Tell whether they may do something."""
        return self.role is not None and self.role.allows(NEEDS[verb])

    def url(self, path: str) -> str:
        """Leave a link as it is."""
        return path


NOBODY = Nobody()


def page(caller: Visitor | None, template: str, status: int = 200, **context: object) -> HTMLResponse:
    """Render a template as an answer.

    Args:
        caller: Who reads it; None where nobody was let in yet.
        template: Its name in ``templates/``.
        status: Status of the answer.
        **context: What the template shows. ``nav`` (counts by path) and ``now`` may be given too.

    Raises:
        jinja2.UndefinedError: The template names something that it was not given.
    """
    response = HTMLResponse(render(caller, template, **context), status_code=status)
    if caller is not None and caller.flash:
        # Said once.
        response.delete_cookie(FLASH_COOKIE, path="/", httponly=True, samesite="lax")
    return response


def streamed(caller: Visitor, template: str, rows: Iterable[str], **context: object) -> StreamingResponse:
    """Render a template whose ``{{ coming }}`` rows take their time: what stands above them is sent at once.

    Args:
        caller: Who reads it.
        template: Its name in ``templates/``.
        rows: Markup, as it comes; see :func:`part`.
        **context: What else the template shows.
    """
    before, mark, after = render(caller, template, coming=_ROWS, **context).partition(_ROWS)
    if not mark:
        raise RuntimeError(f"{template} shows no rows")
    return StreamingResponse(
        itertools.chain([before], rows, [after]),
        media_type="text/html; charset=utf-8",
        # Compressed, a row would be held back until there are enough of them.
        headers={"Content-Encoding": "identity"},
    )


def part(caller: Visitor, template: str, **context: object) -> str:
    """Render a part of a page: a template that stands in no frame."""
    return environment().get_template(template).render({"url": caller.url} | context)


def render(caller: Visitor | None, template: str, **context: object) -> str:
    """Render a template as text; see :func:`page`."""
    reader = caller or NOBODY
    given: dict[str, object] = {
        "caller": reader,
        "url": reader.url,
        "csrf_field": lambda: _csrf_field(form_token(reader.csrf)),
        "flash": reader.flash,
        "now": utc_now(),
        "uses_htmx": False,
    } | _rail(reader)
    nav = context.pop("nav", None)
    if isinstance(nav, Mapping):
        given["nav"] = {**_mapping(given["nav"]), **nav}
    return environment().get_template(template).render(given | context)


@cache
def environment() -> Environment:
    """Make the environment of all templates, once.

    ``|safe`` is taken out of it: what a template has not escaped is markup that Python made.
    """
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    del made.filters["safe"]
    made.filters.update(FILTERS)
    made.globals.update(asset=asset_url, badge=badge, shape_of=mark, interval_bar=interval_bar, spark=spark)
    made.globals.update(chart_shape=chart_shape)
    return made


def _rail(reader: Visitor) -> dict[str, object]:
    """Gather what the rail shows; nothing for somebody who is not signed in."""
    floors = floors_for(reader.may)
    workspace = reader.workspace if floors else None
    live = workspace.models.live() if workspace is not None else None
    return {
        "floors": floors,
        "room": current_room(reader.path, floors),
        "nav": counts_of(workspace) if workspace is not None else {},
        "live_model": live.title if live is not None else None,
    }


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _csrf_field(token: str) -> Markup:
    return Markup('<input type="hidden" name="csrf" value="{}">').format(token)
