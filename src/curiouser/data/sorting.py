"""Put rows in the order of their ids, for half of what comparing the ids costs.

The eight bytes after what all ids begin with are compared as one number. That
number grows with the id, so only rows that share it have to be compared as texts.
"""

from __future__ import annotations

from itertools import takewhile

import polars as pl

_BYTES = 8
FEW = 10_000
"""Rows that are sorted before the numbers are made."""


def sorted_by(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """Sort rows by a column of texts, in the order of their UTF-8 bytes; missing ones come first.

    Examples:
        >>> sorted_by(pl.DataFrame({"id": ["b", "a-2", "a"]}), "id").to_series().to_list()
        ['a', 'a-2', 'b']
    """
    if frame.height < FEW:
        return frame.sort(name)
    order = order_of(frame.get_column(name))
    return frame.rechunk().select(pl.all().gather(order)).with_columns(pl.col(name).set_sorted())


def order_of(texts: pl.Series) -> pl.Series:
    """Tell at which place each row of the sorted texts stands now."""
    keys = _keys(texts)
    order = keys.arg_sort()
    in_order = keys.gather(order)
    same = (in_order == in_order.shift()).fill_null(value=False)
    tied = (same | same.shift(-1, fill_value=False)).arg_true()
    if tied.is_empty():
        return order
    if len(tied) > len(texts) // 2:
        return texts.arg_sort()
    rows = order.gather(tied)
    return order.scatter(tied, rows.gather(texts.gather(rows).arg_sort()))


def _keys(texts: pl.Series) -> pl.Series:
    ends = zip(str(texts.min()).encode(), str(texts.max()).encode(), strict=False)
    common = len(list(takewhile(lambda pair: pair[0] == pair[1], ends)))
    padded = pl.col(texts.name).cast(pl.Binary).bin.slice(common, _BYTES) + pl.lit(bytes(_BYTES))
    key = padded.bin.slice(0, _BYTES).bin.reinterpret(dtype=pl.UInt64, endianness="big")
    return texts.to_frame().select(key).to_series()
