"""The pages: for the people around a model, who will not use a terminal.

Each page is a URL that can be sent to a colleague, reads without JavaScript,
and says the answer first (slides 20, 23, 39-61).
"""

from __future__ import annotations

from collections.abc import Iterable

from curiouser.surfaces.serving.routes import Routes
from curiouser.surfaces.web import (
    admin,
    boards,
    branches,
    data,
    datachecks,
    home,
    jobs,
    merges,
    models,
    problem_forms,
    problems,
    proposals,
    reports,
    shell,
    signing,
    slices,
    tokens,
    users,
)
from curiouser.surfaces.web.shell import error_page
from curiouser.surfaces.web.warming import warm

__all__ = ("error_page", "every_route", "warm")


def every_route() -> Iterable[Routes]:
    """List the routes of every group of pages."""
    # The forms come first: /problems/new is no problem's name.
    return (
        shell.routes, signing.routes, home.routes, problem_forms.routes, problems.routes, reports.routes, models.routes,
        boards.routes, data.routes, branches.routes, datachecks.routes, merges.routes, proposals.routes, slices.routes,
        jobs.routes, users.routes, tokens.routes, admin.routes,
    )  # fmt: skip
