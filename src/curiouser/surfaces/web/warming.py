"""The first pages, made once before anybody asks: what they load and remember is then there."""

from __future__ import annotations

import logging

from curiouser.access import Role
from curiouser.kernel.errors import CuriouserError
from curiouser.surfaces.web.home_page import home_of
from curiouser.surfaces.web.problem_list import Wanted, listing
from curiouser.surfaces.web.rendering import Nobody, render
from curiouser.workspace import Workspace
from curiouser.workspace.checking import checklist_of

_LOG = logging.getLogger("curiouser.server")


def warm(workspace: Workspace) -> None:
    """Make the home page of a workspace and rank its problems; what goes wrong is told to whoever opens them."""
    reader = Nobody(workspace=workspace, role=Role.VIEWER, path="/")
    try:
        render(reader, "home.html", home=home_of(workspace, checklist_of(workspace)), can_report=False)
        listing(workspace, Wanted())
    except CuriouserError as error:
        _LOG.warning("the first pages of %s cannot be made yet: %s", workspace.root, error)
