"""``curiouser data duplicates``: rows that repeat each other."""

from __future__ import annotations

from collections.abc import Iterator

import click

from curiouser.datachecks import DuplicatePair, Duplicates
from curiouser.kernel.words import plural
from curiouser.surfaces.bodies.duplicates import duplicates_body
from curiouser.surfaces.cli.context import pass_workspace
from curiouser.surfaces.cli.show import emit, json_option, progress, table
from curiouser.workspace import Workspace


@click.command()
@click.argument("ref", default="test")
@click.option("--against", metavar="REF", help="Look for rows of REF that stand in this version: leakage.")
@click.option("--since", metavar="REF", help="Look only at rows that this earlier version has not, near ones too.")
@click.option("--near", is_flag=True, help="Look for typos, punctuation, word breaks and swaps too.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(min=0), help="Most pairs shown.")
@json_option
@pass_workspace
def duplicates(
    workspace: Workspace, ref: str, *, against: str | None, since: str | None, near: bool, limit: int, as_json: bool
) -> None:
    """Find the rows of REF whose inputs repeat those of an earlier row, or of another version.

    A pair is exact, normalised (but for case, width and white space), near (the same words, but for slips) or, with
    --near, a template: alike, but a whole word differs; templates are no duplicates.

    JSON: {ref, against, rows, repeating, counts: {exact, normalised, near}, pairs: [{id, other, likeness, similarity,
    jaccard, differing}], found, templates, truncated, compared, capped, not_looked_at, …}
    """
    with progress("looking for duplicates") as tell:
        found = workspace.duplicates.of(ref, against, since=since, near=near, limit=limit, told=tell)
    emit(duplicates_body(found), lambda: "\n".join(_lines(found)), as_json=as_json)


def _lines(found: Duplicates) -> Iterator[str]:
    where = f"stand in {found.against}" if found.against != found.ref else "repeat an earlier one"
    kinds = ", ".join(f"{count:,} {likeness}" for likeness, count in found.counts.items())
    yield f"{found.repeating:,} of {plural(found.rows, 'row')} of {found.ref} {where}: {kinds}."
    if found.templates:
        yield f"{plural(found.templates, 'pair')} more differ in a whole word: templates, no duplicates."
    if found.is_capped:
        yield f"{plural(found.not_looked_at, 'meeting')} of texts passed over: too many have the same key."
    if found.pairs:
        yield table(("Row", "Is like", "How", "Similarity", "Differs in"), [_row(pair) for pair in found.pairs])
    if found.found + found.templates > len(found.pairs):
        yield "… more pairs: raise --limit"


def _row(pair: DuplicatePair) -> tuple[object, ...]:
    differing = "; ".join(f"{change.left or '–'} / {change.right or '–'}" for change in pair.differing)
    return pair.id, pair.other, pair.likeness.value, f"{pair.similarity:.3f}", differing
