"""Versions of labelled rows: data commits, branches, tags, differences and undoing.

Rows live in immutable Parquet files named by their SHA-256, the graph of data commits in SQL;
the same rows have the same content hash, whatever their history. Files are read in :mod:`.formats`, what they hold
becomes a data commit in :mod:`.importing`, branches meet in :mod:`.merging`; the versions themselves are here.
Slides 36 (the test set changes while you work), 44 ("add to your test set") and 59 (version your data).
"""

from curiouser.data.blaming import ExampleHistory, ExampleStep
from curiouser.data.browsing import RowsPage, page_of_rows
from curiouser.data.cells import Cell
from curiouser.data.errors import (
    BadExamplesError,
    BranchMovedError,
    ChangedInputError,
    ColumnNotFoundError,
    ColumnTypeError,
    DatasetNotFoundError,
    ExamplesNotFoundError,
    MergeConflictNotFoundError,
    MergeEndedError,
    MergeNotFoundError,
    ProtectedBranchError,
    RefExistsError,
    RefNotFoundError,
    RevertConflictError,
    UnsettledConflictsError,
    WrongDatasetKindError,
)
from curiouser.data.files import DataFiles, Exported, ExportPlan
from curiouser.data.formats.bad_rows import BadDataError, BadRow, UnreadableFileError, WrongColumnsError
from curiouser.data.formats.chunks import Dialect
from curiouser.data.formats.parquet_pages import Unpacks, unpacks_to
from curiouser.data.formats.reading import open_rows
from curiouser.data.formats.writing import Layout, formula_safe, write_file, write_stream
from curiouser.data.hashing import (
    content_hash_of,
    folded,
    input_hash,
    normalised_hash,
    normalised_hashes,
    row_hashes,
    value_hashes,
)
from curiouser.data.importing.inference import Guess, InferredTask, infer_task
from curiouser.data.importing.plans import Imported, ImportPlan
from curiouser.data.merging.records import (
    ConflictKind,
    Disagreement,
    Merge,
    MergeConflict,
    MergeStanding,
    MergeState,
    Prepared,
    Resolution,
    Settlement,
    SettlingRule,
)
from curiouser.data.merging.service import Merged, MergeService
from curiouser.data.predicates import Predicate, PredicateError
from curiouser.data.predicates import parse as parse_predicate
from curiouser.data.protecting import Protection
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
from curiouser.data.service import GRACE, DataService
from curiouser.data.versions import ChangedRows

__all__ = [
    "GRACE",
    "BadDataError",
    "BadExamplesError",
    "BadRow",
    "BranchMovedError",
    "Cell",
    "Change",
    "ChangedInputError",
    "ChangedRows",
    "Collected",
    "ColumnNotFoundError",
    "ColumnType",
    "ColumnTypeError",
    "Committed",
    "ConflictKind",
    "Damage",
    "DataCommit",
    "DataDiff",
    "DataFiles",
    "DataService",
    "Dataset",
    "DatasetKind",
    "DatasetLine",
    "DatasetNotFoundError",
    "DatasetStatus",
    "Dialect",
    "Disagreement",
    "ExampleHistory",
    "ExampleStep",
    "ExamplesNotFoundError",
    "ExportPlan",
    "Exported",
    "Guess",
    "ImportPlan",
    "Imported",
    "InferredTask",
    "Layout",
    "Merge",
    "MergeConflict",
    "MergeConflictNotFoundError",
    "MergeEndedError",
    "MergeNotFoundError",
    "MergeService",
    "MergeStanding",
    "MergeState",
    "Merged",
    "Origin",
    "Predicate",
    "PredicateError",
    "Prepared",
    "ProtectedBranchError",
    "Protection",
    "Ref",
    "RefExistsError",
    "RefKind",
    "RefNotFoundError",
    "Resolution",
    "RevertConflictError",
    "RowChange",
    "RowsPage",
    "Settlement",
    "SettlingRule",
    "ShownCommit",
    "Unpacks",
    "UnreadableFileError",
    "UnsettledConflictsError",
    "Value",
    "WrongColumnsError",
    "WrongDatasetKindError",
    "content_hash_of",
    "folded",
    "formula_safe",
    "infer_task",
    "input_hash",
    "normalised_hash",
    "normalised_hashes",
    "open_rows",
    "page_of_rows",
    "parse_predicate",
    "row_hashes",
    "unpacks_to",
    "value_hashes",
    "write_file",
    "write_stream",
]
