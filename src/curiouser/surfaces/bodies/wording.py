"""What to do, in the words of the surface that says it.

Services name a repair as a person at a terminal types it: commands and their
options. A page has buttons and fields for them, REST has routes and
parameters; each brings its own :class:`Words`. What a surface lacks is said to
be on the command line, and never left out: somebody there can do it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_VERBS: Final = "run|see|use|pass|say|add|give|set|raise|read|try"
_SAID: Final = re.compile(
    rf"""
    (?:\b(?P<verb>{_VERBS})\s)?
    (?:
        `curiouser\s(?P<quoted>[^`]+)`
      | (?<!install\s)\bcuriouser\s(?P<bare>[a-z][^;,)\n]*)
      | (?<![\w-])(?P<option>--[a-z][a-z-]*[a-z])\b
        (?:\s(?P<value>[A-Z][A-Z_]*(?:\.[a-z]+)?|\w+=\w+|\w(?:,\w)+|'[^']*')(?!\w))?
    )
    """,
    re.VERBOSE,
)
_INSTALLING: Final = re.compile(r"pip install \S+(?: \S+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How one surface calls what the command line has a command or an option for."""

    commands: Mapping[str, str]
    """Command -> a verb and where it is done: ``use|“Evaluate all models” on the page Jobs``."""
    options: Mapping[str, str]
    """Option -> a verb and the field: ``tick|“Let known ids get another input”``."""

    def say(self, text: str) -> str:
        """Say a text in this surface's words."""
        if "--" not in text and "curiouser " not in text:
            return text
        return text if _INSTALLING.search(text) else _SAID.sub(self._said, text)

    def _said(self, found: re.Match[str]) -> str:
        command, option, value = found["quoted"] or found["bare"], found["option"], found["value"]
        known = self._command(command.split()) if command else self.options.get(option)
        if known is None:
            typed = ("curiouser", command.rstrip()) if command else (option, value)
            return _spaced(found["verb"], f"`{_spaced(*typed)}` on the command line")
        verb, _, place = known.partition("|")
        # A verb that suits a command gives way to the one that suits a button; without one, none is added.
        return _spaced(verb if found["verb"] else "", place, None if value is None or value[0].isupper() else value)

    def _command(self, typed: list[str]) -> str | None:
        names = (" ".join(typed[:length]) for length in range(min(len(typed), 3), 0, -1))
        return next((self.commands[name] for name in names if name in self.commands), None)


def _spaced(*words: str | None) -> str:
    return " ".join(word for word in words if word)
