"""``curiouser compare``: is this model better than that one?"""

from __future__ import annotations

from pathlib import Path

import click

from curiouser.evaluations import Comparison, PairsOfGroup
from curiouser.kernel.words import plural
from curiouser.surfaces.bodies.evaluations import comparison_body
from curiouser.surfaces.cli.context import pass_workspace
from curiouser.surfaces.cli.show import emit, json_option, number, table, warn
from curiouser.workspace import Workspace


@click.command()
@click.argument("models", nargs=-1, required=True, metavar="A B [C]...")
@click.option("--on", "refs", multiple=True, default=("test",), metavar="REF", show_default=True, help="Test set.")
@click.option("--metric", metavar="NAME", help="What to compare; the task's first metric by default.")
@click.option("--common", is_flag=True, help="Compare on the rows that all of them answered.")
@click.option("--slices", "every_slice", is_flag=True, help="Compare on every named and automatic slice as well.")
@click.option("--slice", "slices", multiple=True, metavar="NAME|PREDICATE", help="Compare on this slice as well.")
@click.option("--problems", is_flag=True, help="Compare on every open problem's patterns as well.")
@click.option("--flips", type=click.Path(dir_okay=False, path_type=Path), help="Write the rows that flipped, as CSV.")
@json_option
@pass_workspace
def compare(
    workspace: Workspace,
    models: tuple[str, ...],
    refs: tuple[str, ...],
    metric: str | None,
    flips: Path | None,
    *,
    common: bool,
    every_slice: bool,
    slices: tuple[str, ...],
    problems: bool,
    as_json: bool,
) -> None:
    """Compare models on the same rows, pair by pair, with a verdict in plain words.

    The difference is B minus A, with its interval and test; a negative flip is a row
    right in A and wrong in B. Several comparisons in one call are corrected by Holm's
    method; slices and problems are families of their own. Every call is written down.

    JSON: {test_set, n, metric, pairs: [{a, b, difference: {value, low, high}, method,
    p_value, p_adjusted, negative_flips, positive_flips, smallest_difference,
    verdict: better|worse|no_difference_shown}]}; difference is b - a, and a negative
    flip is right in a and wrong in b
    """
    made = workspace.evaluations.compare(
        models,
        on=refs,
        metric=metric,
        common=common,
        slices=None if every_slice else slices,
        problems=workspace.problems.pattern_ids(refs[0].partition("@")[0]) if problems else None,
        actor=workspace.actor,
    )
    if flips is not None:
        workspace.evaluations.write_flips(made, flips)
    emit(comparison_body(made), lambda: _text(made), as_json=as_json)
    for note in made.notes:
        warn(note)


def _text(made: Comparison) -> str:
    lines = [f"{made.metric} on {plural(made.n, 'row')} of data commit {made.test_set[:8]}", ""]
    for pair in made.pairs:
        lines += [pair.sentence]
        if pair.paired.p_value is not None:
            adjusted = "" if pair.p_adjusted is None else f", adjusted {pair.p_adjusted:.3g}"
            lines.append(f"  {pair.paired.method}; p = {pair.paired.p_value:.3g}{adjusted}")
        if pair.paired.negative_flips is not None:
            worse, better = pair.paired.negative_flips, pair.paired.positive_flips
            lines.append(f"  {worse:,} rows got worse, {better:,} got better")
    for what, groups in (("Slice", made.slices), ("Problem", made.problems)):
        if groups:
            lines += [
                "",
                table((what, "Rows", "A", "B", "B - A", "Worse", "Better", "Verdict"), _rows(groups), right=(1,)),
            ]
    return "\n".join(lines)


def _rows(groups: tuple[PairsOfGroup, ...]) -> list[tuple[object, ...]]:
    return [
        (
            group.name,
            f"{group.n:,}",
            pair.a,
            pair.b,
            number(pair.paired.difference, pair.paired.low, pair.paired.high),
            pair.paired.negative_flips,
            pair.paired.positive_flips,
            pair.paired.reason if pair.verdict is None else str(pair.verdict).replace("_", " "),
        )
        for group in groups
        for pair in group.pairs
    ]
