"""A folder (or a database URL) with everything wired: the one place that hands out services.

It finds ``curiouser.toml``, opens the database and the objects, and gives each
slice what it needs; making, verifying and backing up a workspace live here
because they need every slice at once. Slide 59: one place that knows where the
data, the models and the results are.
"""

from curiouser.workspace.opening import Workspace

__all__ = ["Workspace"]
