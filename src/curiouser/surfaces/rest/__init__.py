"""REST under ``/api/v1``: the same services as the command line, the bodies of ``--json``.

Programs read and change everything here that people read and change on the
pages (slides 20 and 37). Every route names its role; lists have a cursor, edits
an ``If-Match``, errors a stable code.
"""

from __future__ import annotations

from collections.abc import Iterable

from curiouser.surfaces.rest import (
    accounts,
    audit,
    data,
    data_files,
    data_merging,
    datachecks,
    duplicates,
    evaluations,
    jobs,
    model_files,
    models,
    patterns,
    problems,
    proposals,
    reports,
    server,
    tokens,
    workspaces,
)
from curiouser.surfaces.serving.routes import Routes

_PARTS = (
    server,
    workspaces,
    problems,
    proposals,
    patterns,
    reports,
    models,
    model_files,
    evaluations,
    data,
    data_files,
    data_merging,
    datachecks,
    duplicates,
    jobs,
    accounts,
    tokens,
    audit,
)


def every_route() -> Iterable[Routes]:
    """List the routes of every part."""
    return [part.routes for part in _PARTS]
