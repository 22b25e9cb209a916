"""A body as the text that both `--json` and REST give out, byte for byte."""

from __future__ import annotations

import json

from curiouser.kernel.canonical import Json


def json_text(body: Json) -> str:
    r"""Write a body as JSON: indented, real characters, no NaN.

    Examples:
        >>> json_text({"want": "’n dokter"})
        '{\n  "want": "’n dokter"\n}'
    """
    return json.dumps(body, indent=2, ensure_ascii=False, allow_nan=False)
