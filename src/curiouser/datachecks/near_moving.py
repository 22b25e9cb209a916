"""Move the pairs of texts that seem near from one version to a later one, at the cost of the rows that changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import polars as pl

from curiouser.datachecks.alike_texts import AlikeTexts, pairs_frame, texts_of
from curiouser.datachecks.near_keys import Crowding, Side, crowding, is_met
from curiouser.datachecks.text_versions import digests
from curiouser.measure.duplicates import Found, Search, near_between, near_within

_NO_CAP = 1 << 40


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Fresh:
    """Pairs that seem near, among texts that may make some which the earlier versions had not."""

    pairs: pl.DataFrame
    texts: list[str]
    compared: int


def moved(old: AlikeTexts, here: Side, there: Side | None, search: Search) -> AlikeTexts | None:
    """Find the pairs of a version from those of an earlier one.

    Pairs whose texts both stayed stay; those of a text that went go; texts that appeared are looked up by their
    signatures. Where a key has become crowded, pairs go that meet under no other; where one is crowded no more, all
    its texts are compared. Exact: a search of all rows finds the same.

    Args:
        old: The pairs of the earlier version, or versions; the cap on pairs did not bite.
        here: The version.
        there: The one compared with; None where a version is searched within itself.
        search: What counts, and the caps.

    Returns:
        None where it cannot be told without a search of all rows: the cap on pairs may bite, or the index does not
        name all texts under a key or all rows of a text.
    """
    now = crowding(old.crowded, here if there is None else there, None if there is None else here, search.bucket)
    if now is None:
        return None
    fresh = _within(here, now, search) if there is None else _between(here, there, now, search)
    if fresh is None or old.compared + fresh.compared > search.pairs:
        return None
    every = pl.concat([_kept(old.pairs, here, there), fresh.pairs]).unique(["left", "right"], maintain_order=True)
    pairs = every.filter(is_met(every, now.now))
    wanted, known = set(texts_of(pairs)["text"]), set(texts_of(old.pairs)["text"])
    named = zip(fresh.texts, digests(fresh.texts), strict=True)
    entered = sorted({text for text, digest in named if digest in wanted and digest not in known})
    here_rows = _rows(old.here, here, pairs, entered)
    there_rows = None if there is None or old.there is None else _rows(old.there, there, pairs, entered)
    if here_rows is None or (there is not None and there_rows is None):
        return None
    return AlikeTexts(
        pairs=pairs, here=here_rows, there=there_rows, crowded=now.now, compared=old.compared + fresh.compared
    )


def _within(here: Side, now: Crowding, search: Search) -> _Fresh | None:
    near = here.version.texts_like(here.turnover.appeared, search.jaccard, now.keys)
    freed = here.version.under(now.freed)
    if near is None or freed is None:
        return None
    texts = _together(near, here.turnover.after.texts, freed.texts)
    return _fresh(near_within(texts, replace(search, bucket=_NO_CAP)), texts, texts)


def _between(here: Side, there: Side, now: Crowding, search: Search) -> _Fresh | None:
    like_here = here.version.texts_like(there.turnover.appeared, search.jaccard, now.keys)
    like_there = there.version.texts_like(here.turnover.appeared, search.jaccard, now.keys)
    freed_here, freed_there = here.version.under(now.freed), there.version.under(now.freed)
    if like_here is None or like_there is None or freed_here is None or freed_there is None:
        return None
    left = _together(like_there, there.turnover.after.texts, freed_there.texts)
    right = _together(like_here, here.turnover.after.texts, freed_here.texts)
    return _fresh(near_between(left, right, replace(search, bucket=_NO_CAP)), left, right)


def _together(*lists: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(text for some in lists for text in some))


def _fresh(found: Found, left: list[str], right: list[str]) -> _Fresh | None:
    if found.is_cut:
        return None
    texts = left if left is right else [*left, *right]
    return _Fresh(pairs=pairs_frame(found.seeming, left, right), texts=texts, compared=found.compared)


def _kept(pairs: pl.DataFrame, here: Side, there: Side | None) -> pl.DataFrame:
    """Leave out the pairs of texts that went."""
    right, left = _gone(here), _gone(here if there is None else there)
    kept = pairs.join(left, left_on="left", right_on="text", how="anti")
    return kept.join(right, left_on="right", right_on="text", how="anti")


def _gone(side: Side) -> pl.DataFrame:
    return pl.DataFrame({"text": digests(side.turnover.gone)}, schema={"text": pl.Binary()})


def _rows(old: pl.DataFrame, side: Side, pairs: pl.DataFrame, entered: list[str]) -> pl.DataFrame | None:
    """Find all rows that have a text of some pairs: those that stayed, those that changed, those of new texts."""
    wanted = texts_of(pairs)
    among, turnover = set(wanted["text"]), side.turnover
    touched = pl.DataFrame({"id": list(turnover.touched)}, schema={"id": pl.String()})
    stayed = old.join(touched, on="id", how="anti").join(wanted, on="text", how="semi")
    after = turnover.after.texts
    known = {text for text, digest in zip(after, digests(after), strict=True) if digest in among} - set(entered)
    came = side.version.rows_with(entered)
    if came is None:
        return None
    return pl.concat([stayed, side.version.kept(turnover.after, known), came])
