"""Move the pairs of texts that seem near from one version to a later one, at the cost of the rows that changed."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from curiouser.datachecks.alike_texts import AlikeTexts, pairs_frame, texts_of
from curiouser.datachecks.text_versions import TextVersion, Turnover, digests
from curiouser.measure.duplicates import Found, Search, TextPair, near_between, near_within


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Side:
    """A version, and what became of its texts since an earlier one."""

    version: TextVersion
    turnover: Turnover


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Fresh:
    """Pairs that the earlier versions had not."""

    pairs: list[TextPair]
    left: list[str]
    right: list[str]
    compared: int


def moved(old: AlikeTexts, here: Side, there: Side | None, search: Search) -> AlikeTexts | None:
    """Find the pairs of a version from those of an earlier one.

    Pairs whose texts both stayed stay; those of a text that went go; texts that appeared are looked up by their
    signatures. Exact: a search of all rows finds the same.

    Args:
        old: The pairs of the earlier version, or versions; no cap bit.
        here: The version.
        there: The one compared with; None where a version is searched within itself.
        search: What counts, and the caps.

    Returns:
        None where it cannot be told without a search of all rows: a cap may bite, or the index does not name all rows
        of a text.
    """
    fresh = _within(here, search) if there is None else _between(here, there, search)
    if fresh is None or old.compared + fresh.compared > search.pairs:
        return None
    gone = _gone(here), _gone(here if there is None else there)
    kept = old.pairs.join(gone[0], left_on="right", right_on="text", how="anti")
    kept = kept.join(gone[1], left_on="left", right_on="text", how="anti")
    if there is None:
        kept = kept.join(gone[0], left_on="left", right_on="text", how="anti")
    pairs = pl.concat([kept, pairs_frame(fresh.pairs, fresh.left, fresh.right)])
    known = set(texts_of(old.pairs)["text"])
    entered = {fresh.left[pair.left] for pair in fresh.pairs} | {fresh.right[pair.right] for pair in fresh.pairs}
    entered = {text for text, digest in zip(entered, digests(list(entered)), strict=True) if digest not in known}
    here_rows = _rows(old.here, here, pairs, entered)
    there_rows = None if there is None or old.there is None else _rows(old.there, there, pairs, entered)
    if here_rows is None or (there is not None and there_rows is None):
        return None
    return AlikeTexts(pairs=pairs, here=here_rows, there=there_rows, compared=old.compared + fresh.compared)


def _within(here: Side, search: Search) -> _Fresh | None:
    appeared = set(here.turnover.appeared)
    if not appeared:
        return _Fresh(pairs=[], left=[], right=[], compared=0)
    near = here.version.texts_like(here.turnover.appeared, search)
    if near is None:
        return None
    texts = list(dict.fromkeys([*near, *here.turnover.after.texts]))
    return _fresh(near_within(texts, search), texts, texts, appeared, appeared)


def _between(here: Side, there: Side, search: Search) -> _Fresh | None:
    appeared, appeared_there = set(here.turnover.appeared), set(there.turnover.appeared)
    like_here = here.version.texts_like(there.turnover.appeared, search)
    like_there = there.version.texts_like(here.turnover.appeared, search)
    # Texts that appeared there fill buckets there, in which all texts from here look.
    if like_here is None or like_there is None or there.version.is_crowded(there.turnover.appeared, search):
        return None
    left = list(dict.fromkeys([*like_there, *there.turnover.after.texts]))
    right = list(dict.fromkeys([*like_here, *here.turnover.after.texts]))
    return _fresh(near_between(left, right, search), left, right, appeared_there, appeared)


def _fresh(
    found: Found, left: list[str], right: list[str], appeared_left: set[str], appeared_right: set[str]
) -> _Fresh | None:
    if found.not_looked_at:
        return None
    pairs = [pair for pair in found.seeming if left[pair.left] in appeared_left or right[pair.right] in appeared_right]
    return _Fresh(pairs=pairs, left=left, right=right, compared=found.compared)


def _gone(side: Side) -> pl.DataFrame:
    return pl.DataFrame({"text": digests(side.turnover.gone)}, schema={"text": pl.Binary()})


def _rows(old: pl.DataFrame, side: Side, pairs: pl.DataFrame, entered: set[str]) -> pl.DataFrame | None:
    """Find all rows that have a text of some pairs: those that stayed, those that changed, those of new texts."""
    wanted = texts_of(pairs)
    among = set(wanted["text"])
    turnover = side.turnover
    touched = pl.DataFrame({"id": list(turnover.touched)}, schema={"id": pl.String()})
    stayed = old.join(touched, on="id", how="anti").join(wanted, on="text", how="semi")
    after = turnover.after.texts
    known = {text for text, digest in zip(after, digests(after), strict=True) if digest in among} - entered
    came = side.version.rows_with(sorted(entered))
    if came is None:
        return None
    return pl.concat([stayed, side.version.kept(turnover.after, known), came])
