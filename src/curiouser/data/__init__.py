"""Versions of labelled rows: data commits, branches, tags, differences and undoing.

Rows live in immutable Parquet files named by their SHA-256, the graph of data commits in SQL;
the same rows have the same content hash, whatever their history.
Slides 36 (the test set changes while you work), 44 ("add to your test set") and 59 (version your data).
"""

from curiouser.data.bad_rows import BadRow
from curiouser.data.errors import (
    BadExamplesError,
    BranchMovedError,
    ChangedInputError,
    ColumnTypeError,
    DatasetNotFoundError,
    ExamplesNotFoundError,
    RefExistsError,
    RefNotFoundError,
    RevertConflictError,
    WrongDatasetKindError,
)
from curiouser.data.hashing import content_hash_of, input_hash, normalised_hash, row_hashes, value_hashes
from curiouser.data.predicates import Predicate, PredicateError
from curiouser.data.predicates import parse as parse_predicate
from curiouser.data.reading import open_rows
from curiouser.data.records import (
    Change,
    Collected,
    ColumnType,
    Committed,
    Damage,
    DataCommit,
    DataDiff,
    Dataset,
    DatasetKind,
    DatasetLine,
    DatasetStatus,
    Origin,
    Ref,
    RefKind,
    RowChange,
    ShownCommit,
    Value,
)
from curiouser.data.service import DataService
from curiouser.data.writing import formula_safe

__all__ = [
    "BadExamplesError",
    "BadRow",
    "BranchMovedError",
    "Change",
    "ChangedInputError",
    "Collected",
    "ColumnType",
    "ColumnTypeError",
    "Committed",
    "Damage",
    "DataCommit",
    "DataDiff",
    "DataService",
    "Dataset",
    "DatasetKind",
    "DatasetLine",
    "DatasetNotFoundError",
    "DatasetStatus",
    "ExamplesNotFoundError",
    "Origin",
    "Predicate",
    "PredicateError",
    "Ref",
    "RefExistsError",
    "RefKind",
    "RefNotFoundError",
    "RevertConflictError",
    "RowChange",
    "ShownCommit",
    "Value",
    "WrongDatasetKindError",
    "content_hash_of",
    "formula_safe",
    "input_hash",
    "normalised_hash",
    "open_rows",
    "parse_predicate",
    "row_hashes",
    "value_hashes",
]
