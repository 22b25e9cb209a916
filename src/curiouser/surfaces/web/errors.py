"""What can be wrong with a form."""

from __future__ import annotations

from curiouser.kernel.errors import BadInputError


class NoPatternError(BadInputError):
    """A form gives no pattern, or gives them in two ways."""

    code = "CUR026"
