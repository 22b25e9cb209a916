"""The house in Python and in a notebook: the same services, with who acts filled in and tables that show themselves.

``curiouser.open()`` returns a :class:`Session`; what a service returns is a
record, and where it is tabular it can be looked at, or turned into a Polars or
pandas frame. Slides 47, 50 and 54 are ``ws.problems.history()``,
``ws.problems.triage()`` and ``ws.leaderboard()``.
"""

from curiouser.surfaces.notebook.acting import Acting
from curiouser.surfaces.notebook.session import Session, open_session
from curiouser.surfaces.notebook.shown import Shown

__all__ = ["Acting", "Session", "Shown", "open_session"]
