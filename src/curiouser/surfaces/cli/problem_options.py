"""Options that several commands of ``curiouser problem`` share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from curiouser.kernel.words import plural

F = TypeVar("F", bound=Callable[..., Any])
FILE = click.Path(dir_okay=False, path_type=Path)

on_option = click.option(
    "--on", default="test", show_default=True, metavar="REF", help="The test set: a dataset, or dataset@branch."
)


def source_options(command: F) -> F:
    """Add the ways to say where patterns come from."""
    for option in (
        click.option("--expected", metavar="ANSWER", help="With --from-report: the right answer, if it does not say."),
        click.option("--from-report", type=int, metavar="NUMBER", help="A report's input becomes the first pattern."),
        click.option(
            "--slice", "where", metavar="PREDICATE", help="Labelled rows of the test set this selects, as of now."
        ),
        click.option("--ids", type=FILE, metavar="FILE", help="Ids of rows of the test set, one a line."),
        click.option("--patterns", type=FILE, metavar="FILE", help="CSV or JSONL; see `curiouser problem template`."),
    ):
        command = option(command)
    return command


def settings_options(command: F) -> F:
    """Add the settings of a problem."""
    for option in (
        click.option("--owner", metavar="NAME", help="Who looks after it."),
        click.option("--tolerance", type=float, metavar="RATE", help="Largest acceptable error rate; 0.1 by default."),
        click.option("--window", metavar="SPAN", help="How far back from its latest row: 28d, 4w."),
        click.option("--in", "users_in", metavar="REF", help="The dataset of active users; production by default."),
        click.option(
            "--affected-by-reports", is_flag=True, default=None, help="Count users who reported it: a lower bound."
        ),
        click.option("--affected-where", metavar="PREDICATE", help="Count users with such a row in --in."),
        click.option("--because", metavar="TEXT", help="Where a typed percent comes from."),
        click.option("--affected", metavar="PERCENT", help="Percent of users affected: 3% or 2%..6%, with --because."),
        click.option("--harm-false-negative", metavar="LEVEL|NUMBER", help="Harm of a false negative alone."),
        click.option("--harm-false-positive", metavar="LEVEL|NUMBER", help="Harm of a false positive alone."),
        click.option(
            "--harm", metavar="LEVEL|NUMBER", help="Cost of one wrong answer to one user; levels: curiouser.toml."
        ),
        click.option("--description", metavar="TEXT", help="What is wrong, in your words."),
    ):
        command = option(command)
    return command


def counted(patterns: int, cases: int) -> str:
    """Count patterns, and Cases where these are fewer."""
    return plural(patterns, "pattern") + (f" in {plural(cases, 'case')}" if cases != patterns else "")
