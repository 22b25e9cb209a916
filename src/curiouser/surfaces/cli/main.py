"""``curiouser``: the first thing that runs, and nearly nothing at that.

``curiouser`` and ``curiouser --help`` are answered from a table, without even
click, because they are what people type while they think.
"""

from __future__ import annotations

import sys

COMMANDS = {
    "init": "Make a workspace: say what the model is for.",
    "status": "Show what is here, and what to do next.",
    "checklist": "The talk's checklist: done, not yet, why, and what next.",
    "data": "Versions of labelled examples: import, diff, branch, merge, revert.",
    "model": "Models: add, make live, set a threshold, ask.",
    "evaluate": "Bring every model to today's test set.",
    "compare": "Is this model better than that one?",
    "leaderboard": "All models on all test sets, then and now.",
    "slice": "Name a part of the rows.",
    "report": "What a user told us.",
    "problem": "Problems: describe, triage, follow over the models.",
    "serve": "Serve the web page and REST.",
    "job": "Background jobs: list, cancel, try again, work.",
    "user": "People who sign in: accounts, roles, one-time links.",
    "token": "What programs show instead of a password.",
    "audit": "Who did what, in a log that nobody rewrites unseen.",
    "fsck": "Verify every hash; set aside what is damaged.",
    "workspace": "Back up and restore a workspace.",
    "cycle": "The talk's loop: each step, its slides and its command.",
    "completion": "Print shell completion for bash, zsh or fish.",
}
"""Every top-level command and the line that help shows; its module has the same name."""

_OPTIONS = {
    "-C, --workspace DIR": "Work in this folder, not the current one.",
    "--actor NAME": "Who does this; your git name by default.",
    "-q, --quiet": "No progress on the terminal.",
    "--version": "Show the version.",
    "-h, --help": "Show this message.",
}


def help_text() -> str:
    """Write what ``curiouser --help`` prints."""
    width = max(map(len, [*COMMANDS, *_OPTIONS])) + 2
    lines = [
        "Usage: curiouser [OPTIONS] COMMAND [ARGS]...",
        "",
        "  Curiouser: the issue tracker for what a model gets wrong, and the loop around it.",
        "",
        "  Start with `curiouser init`, or look at the loop with `curiouser cycle`.",
        "  Every command has its own --help, and --json for programs.",
    ]
    for head, rows in (("Commands", COMMANDS), ("Options", _OPTIONS)):
        lines += ["", f"{head}:", *(f"  {name:<{width}}{what}" for name, what in rows.items())]
    return "\n".join(lines)


def main() -> None:
    """Run one command and exit with its status."""
    arguments = sys.argv[1:]
    if not arguments or arguments[0] in {"-h", "--help"}:
        sys.stdout.write(help_text() + "\n")
        return
    # Everything but help goes through click.
    from curiouser.surfaces.cli.program import run  # noqa: PLC0415  see above

    run(arguments)
