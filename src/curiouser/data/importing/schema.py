"""Which type each column has: by its role in the task, as the user says, or by looking at every value once.

Types are decided when a column first comes in, and obeyed from then on.
Inference takes the narrowest type that fits *all* values: boolean (``true``,
``false``), number, timestamp (ISO 8601), else text. What looks like a number
but is a name stays text: ``007``, ``+49 30 1234``, whole numbers of more than
15 digits. A column without a single value is left out until it has one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from curiouser.data.errors import ColumnTypeError
from curiouser.data.formats.chunks import Chunk
from curiouser.data.records import ColumnType
from curiouser.data.stored import DTYPES
from curiouser.kernel.configuration import Task, TaskKind
from curiouser.kernel.errors import UsageError

_TOKENS = r"(?i)^[+-]?(?:nan|inf|infinity)$"
_LOOKS = {
    ColumnType.BOOLEAN: r"(?i)^(?:true|false)$",
    ColumnType.NUMBER: r"(?i)^(?:-?(?:(?:0|[1-9]\d{0,14})(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?|[+-]?(?:nan|inf|infinity))$",
    ColumnType.TIMESTAMP: r"^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?$",
}
_SAYS = {"boolean": ColumnType.BOOLEAN, "number": ColumnType.NUMBER}
_EXACT = 2.0**53
_NEARLY_ALL = 0.9
_SHOWN_VALUE = 40
_LONGEST_NUMBER = 400  # digits; Python refuses to read integers of thousands


def role_types(task: Task) -> dict[str, ColumnType]:
    """Say the types that the task fixes, by stored name; inputs and extra columns are not among them.

    Examples:
        >>> task = Task(name="spam", kind=TaskKind.BINARY, inputs=("text",), label="spam", classes=("no", "yes"))
        >>> role_types(task)["spam"].value
        'category'
    """
    types = {"id": ColumnType.TEXT, "origin": ColumnType.CATEGORY, "weight": ColumnType.NUMBER}
    types |= dict.fromkeys(task.groups, ColumnType.CATEGORY)
    if task.user is not None:
        types[task.user] = ColumnType.CATEGORY
    if task.time is not None:
        types[task.time] = ColumnType.TIMESTAMP
    types[task.label] = ColumnType.NUMBER if task.kind is TaskKind.REGRESSION else ColumnType.CATEGORY
    return types


def agreed(known: Mapping[str, ColumnType], said: Mapping[str, ColumnType]) -> dict[str, ColumnType]:
    """Join the types that are fixed with those the user says now; text and category may stand for each other.

    Raises:
        UsageError: The user says another type than a column has.
    """
    for column, kind in said.items():
        has = known.get(column)
        if has is not None and DTYPES[has] != DTYPES[kind]:
            raise UsageError(
                f"column {column!r} is {has}, not {kind}",
                "a column keeps its type; leave --type out, or rename the column",
            )
    return {**said, **known}


class TypeSurvey:
    """Looks at every value of columns whose type nobody fixed.

    Args:
        fixed: Column -> type, for the others.
        decimal_comma: Whether numbers are written ``3,14``.
    """

    def __init__(self, fixed: Mapping[str, ColumnType], *, decimal_comma: bool = False) -> None:
        self._fixed, self._comma = dict(fixed), decimal_comma
        self._possible: dict[str, set[ColumnType]] = {}
        self._natively: dict[str, ColumnType] = {}
        self._order: dict[str, None] = {}
        self._plain: set[str] = set()
        self._misfits: dict[str, tuple[ColumnType, int, str]] = {}

    def see(self, chunk: Chunk) -> None:
        """Look at more rows.

        Raises:
            ColumnTypeError: A column's values are lists, objects or bytes.
        """
        self._order.update(dict.fromkeys(chunk.frame.columns))
        for column in chunk.frame.iter_columns():
            if column.name in self._fixed or column.null_count() == len(column):
                continue
            if column.dtype != pl.String:
                self._natively[column.name] = native_type(column)
            else:
                self._look(column, chunk)

    def _look(self, column: pl.Series, chunk: Chunk) -> None:
        said = None if chunk.said is None else chunk.said.get(column.name)
        possible = self._possible.setdefault(column.name, set(_LOOKS))
        if said is not None:
            possible &= (
                {_SAYS[next(iter(said))]} if said in ({"boolean"}, {"number"}) else set(_LOOKS) - set(_SAYS.values())
            )
        if not possible:
            return
        texts = column.str.strip_chars()
        texts = texts.set(texts == "", None)
        for kind in list(possible):
            tried = texts.str.replace(",", ".", literal=True) if self._comma and kind is ColumnType.NUMBER else texts
            fits = tried.str.contains(_LOOKS[kind])
            if not fits.all():
                possible.discard(kind)
                self._remember(kind, fits, column, chunk)
        if column.name not in self._plain and not texts.str.contains(_TOKENS).all():
            self._plain.add(column.name)

    def _remember(self, kind: ColumnType, fits: pl.Series, column: pl.Series, chunk: Chunk) -> None:
        """Keep the first value that stopped a column from having a type that nearly all its values have."""
        share = fits.mean()
        if isinstance(share, float) and share >= _NEARLY_ALL:
            at = int((~fits).arg_true()[0])
            self._misfits[column.name] = (kind, int(chunk.lines[at]), str(column[at]))

    def misfits(self) -> list[str]:
        """Say of each column that became text only because of a few values which the first of these is."""
        types = self.types()
        return [
            f"column {name!r} is text because line {line} holds {value[:_SHOWN_VALUE]!r}; "
            f"--type {name}={kind} refuses such rows instead"
            for name, (kind, line, value) in self._misfits.items()
            if types[name] is ColumnType.TEXT
        ]

    def types(self) -> dict[str, ColumnType]:
        """Say the types of all columns that have one, in the order they were seen."""
        found: dict[str, ColumnType] = {}
        for name in self._order:
            if name in self._fixed:
                found[name] = self._fixed[name]
            elif name in self._natively:
                found[name] = self._natively[name]
            elif name in self._possible:
                found[name] = self._narrowest(name)
        return found

    def _narrowest(self, name: str) -> ColumnType:
        if name not in self._plain:
            return ColumnType.TEXT
        return next((kind for kind in _LOOKS if kind in self._possible[name]), ColumnType.TEXT)


def native_type(column: pl.Series) -> ColumnType:
    """Say the type of a column that has a Polars type.

    Raises:
        ColumnTypeError: It holds lists, objects, bytes or durations.
    """
    if column.dtype.is_numeric():
        return ColumnType.NUMBER
    by_type: dict[type[pl.DataType], ColumnType] = {
        pl.String: ColumnType.TEXT,
        pl.Categorical: ColumnType.CATEGORY,
        pl.Enum: ColumnType.CATEGORY,
        pl.Boolean: ColumnType.BOOLEAN,
        pl.Datetime: ColumnType.TIMESTAMP,
        pl.Date: ColumnType.TIMESTAMP,
        pl.Null: ColumnType.TEXT,
    }
    found = by_type.get(column.dtype.base_type())
    if found is None:
        raise ColumnTypeError(column.name, f"holds {column.dtype}", "give text, numbers, booleans or moments")
    return found


@dataclass(slots=True, kw_only=True)
class Trouble:
    """Cells of one column that cannot be what the column is."""

    column: str
    where: pl.Series
    """``(n,)`` booleans."""
    reason: str


@dataclass(slots=True, kw_only=True)
class Typed:
    """Rows in stored form, and what could not be brought to it."""

    frame: pl.DataFrame
    troubles: list[Trouble] = field(default_factory=list)


def typed(frame: pl.DataFrame, types: Mapping[str, ColumnType], *, decimal_comma: bool = False) -> Typed:
    """Bring columns to their stored types; cells that cannot are null in the frame and told as troubles.

    White space around numbers, booleans and moments plays no part. The empty
    text is null in every column but those of type text.

    Args:
        frame: Rows as read; columns without a type are left out.
        types: Column -> type.
        decimal_comma: Whether numbers are written ``3,14``.

    Raises:
        ColumnTypeError: A whole column has another type than it must.
    """
    made, troubles = [], []
    for column in frame.iter_columns():
        kind = types.get(column.name)
        if kind is None:
            continue
        values, trouble = _typed_column(column, kind, decimal_comma=decimal_comma)
        made.append(values)
        troubles += [one for one in trouble if one.where.any()]
    return Typed(frame=pl.DataFrame(made), troubles=troubles)


def _typed_column(column: pl.Series, kind: ColumnType, *, decimal_comma: bool) -> tuple[pl.Series, list[Trouble]]:
    if column.dtype == pl.Null:
        return column.cast(DTYPES[kind]), []
    if isinstance(column.dtype, pl.Categorical | pl.Enum):
        column = column.cast(pl.String)
    has = native_type(column)
    if kind in {ColumnType.TEXT, ColumnType.CATEGORY, ColumnType.FILE}:
        return _as_text(column, has, keep_empty=kind is ColumnType.TEXT), []
    if column.dtype == pl.String:
        texts = column.str.strip_chars()
        texts = texts.set(texts == "", None)
        if kind is ColumnType.NUMBER:
            return _numbers(texts, decimal_comma=decimal_comma)
        return _booleans(texts) if kind is ColumnType.BOOLEAN else _moments(texts)
    if has is not kind:
        raise ColumnTypeError(column.name, f"is {has}, and must be {kind}", "give it the type it had, or another name")
    if kind is ColumnType.NUMBER:
        return _native_numbers(column)
    return (column if kind is ColumnType.BOOLEAN else _native_moments(column)), []


def _as_text(column: pl.Series, has: ColumnType, *, keep_empty: bool) -> pl.Series:
    if column.dtype == pl.String:
        return column if keep_empty else column.set(column == "", None)
    if column.dtype.is_float():
        whole = column.drop_nulls()
        # pandas turns whole numbers into floats where one is missing: 7.0 was 7.
        if bool((whole.is_finite() & (whole == whole.round()) & (whole.abs() < _EXACT)).all()):
            return column.cast(pl.Int64).cast(pl.String)
    if has is ColumnType.TIMESTAMP:
        return _native_moments(column).dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ")
    return column.cast(pl.String)


def _numbers(texts: pl.Series, *, decimal_comma: bool) -> tuple[pl.Series, list[Trouble]]:
    plain = texts.str.replace(",", ".", literal=True) if decimal_comma else texts
    numbers = plain.cast(pl.Float64, strict=False)
    unread = numbers.is_null() & texts.is_not_null()
    reason = "is no number"
    if not decimal_comma and texts.filter(unread).str.contains(r"^[+-]?\d+,\d+$").any():
        reason += " (say --decimal-comma if 3,14 means 3.14)"
    unread_trouble = Trouble(column=texts.name, where=unread, reason=reason)
    whole = plain.str.contains(r"^[+-]?\d+$").fill_null(value=False)
    inexact = _rounded(plain, numbers, whole & (numbers.abs() >= _EXACT).fill_null(value=False))
    made, troubles = _finite(numbers, inexact)
    return made, [unread_trouble, *troubles]


def _rounded(texts: pl.Series, numbers: pl.Series, large: pl.Series) -> pl.Series:
    """Tell which large whole numbers a float does not hold exactly."""
    places = large.arg_true()
    if not len(places):
        return large
    pairs = zip(texts.gather(places), numbers.gather(places), strict=True)
    exact = [math.isinf(number) or (len(text) < _LONGEST_NUMBER and int(text) == number) for text, number in pairs]
    return large.scatter(places.filter(pl.Series(exact, dtype=pl.Boolean)), values=False)


def _finite(numbers: pl.Series, inexact: pl.Series) -> tuple[pl.Series, list[Trouble]]:
    endless = numbers.is_finite().not_().fill_null(value=False)
    bad = endless | inexact
    # Adding zero makes -0 into 0, which is the same number and must have the same hash.
    return (numbers.set(bad, None) if bad.any() else numbers) + 0.0, [
        Trouble(
            column=numbers.name, where=endless, reason="is not finite; leave the cell empty where there is no number"
        ),
        Trouble(
            column=numbers.name,
            where=inexact & ~endless,
            reason=f"is too large to be kept exactly as a number; --type {numbers.name}=text keeps it",
        ),
    ]


def _native_numbers(column: pl.Series) -> tuple[pl.Series, list[Trouble]]:
    numbers = column.cast(pl.Float64)
    large = (numbers.abs() >= _EXACT).fill_null(value=False)
    whole = column.dtype.is_integer() and bool(large.any())
    inexact = _rounded(column.cast(pl.String), numbers, large) if whole else large & False
    return _finite(numbers, inexact)


def _booleans(texts: pl.Series) -> tuple[pl.Series, list[Trouble]]:
    lower = texts.str.to_lowercase()
    true, false = lower.is_in(["true", "1", "yes"]), lower.is_in(["false", "0", "no"])
    made = true.set(~(true | false), None) if (~(true | false)).any() else true
    unread = texts.is_not_null() & ~(true | false)
    return made.alias(texts.name), [Trouble(column=texts.name, where=unread, reason="is neither true nor false")]


def _moments(texts: pl.Series) -> tuple[pl.Series, list[Trouble]]:
    """Read ISO 8601; a moment without a zone is UTC."""
    parts = texts.str.extract_groups(
        r"^(?P<day>\d{4}-\d\d-\d\d)(?:[T ](?P<time>\d\d:\d\d)(?P<s>:\d\d)?(?P<f>\.\d{1,9})?)?"
        r"(?:(?P<utc>Z)|(?P<h>[+-]\d\d):?(?P<m>\d\d))?$"
    )
    get = parts.struct.field
    time, seconds = get("time").fill_null("00:00"), get("s").fill_null(":00")
    zone = (get("h") + ":" + get("m")).fill_null("+00:00")
    whole = get("day") + "T" + time + seconds + get("f").fill_null("") + zone
    made = whole.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%:z", time_unit="us", time_zone="UTC", strict=False)
    unread = made.is_null() & texts.is_not_null()
    reason = "is no moment; write 2019-10-10 or 2019-10-10T09:30:00Z"
    return made.alias(texts.name), [Trouble(column=texts.name, where=unread, reason=reason)]


def _native_moments(column: pl.Series) -> pl.Series:
    if column.dtype == pl.Date:
        column = column.cast(pl.Datetime("us"))
    zone = column.dtype.time_zone if isinstance(column.dtype, pl.Datetime) else None
    moments = column.cast(pl.Datetime("us", zone))
    return moments.dt.replace_time_zone("UTC") if zone is None else moments.dt.convert_time_zone("UTC")
