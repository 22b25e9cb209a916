"""Guess what a model is for from a file of labelled examples, and say why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from curiouser.data.formats.bad_rows import UnreadableFileError
from curiouser.data.formats.chunks import REJECT_COLUMNS, Dialect
from curiouser.data.formats.reading import open_rows
from curiouser.data.importing.schema import TypeSurvey, typed
from curiouser.data.records import ColumnType
from curiouser.kernel.configuration import RESERVED_COLUMNS, TaskKind

Setting = str | float | list[str]

_LOOKED_AT = 50_000
_MOST_CLASSES = 200
_MOST_NUMBERED_CLASSES = 20
_MOST_GROUPS = 50
_LONG_TEXT = 12
_IDS = ("id", "uuid", "guid", "key", "nr", "example_id", "row_id", "index")
_LABELS = ("label", "labels", "target", "class", "answer", "truth", "gold", "y", "outcome", "category", "intent",
           "sentiment", "match", "spam", "is_spam", "toxic", "rating", "score", "price")  # fmt: skip
_USERS = ("user", "user_id", "userid", "customer", "customer_id", "client", "client_id", "account", "account_id",
          "author", "author_id", "patient", "patient_id", "speaker", "member_id", "person_id")  # fmt: skip
_TIMES = ("at", "time", "date", "timestamp", "created_at", "created", "datetime", "when", "day")
_GROUPS = ("language", "lang", "locale", "gender", "sex", "race", "ethnicity", "religion", "country", "region",
           "province", "age_group", "age_band", "nationality", "disability")  # fmt: skip
_NO = ("no", "0", "false", "n", "f", "negative", "neg", "ham", "none", "normal", "benign", "ok", "-1", "bad", "0.0")
_YES = ("yes", "1", "true", "y", "t", "positive", "pos", "spam", "toxic", "match", "fraud", "good", "1.0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """One setting of the task, and why it seems right."""

    setting: str
    """Name of the setting in ``[task]``."""
    value: str
    """Its value, as people read it."""
    reason: str
    """Why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InferredTask:
    """What a file seems to be for."""

    settings: Mapping[str, Setting]
    """``[task]`` as in ``curiouser.toml``; what could not be guessed is absent."""
    guesses: tuple[Guess, ...]
    """The same with reasons, in the order to show them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    name: str
    kind: ColumnType
    values: pl.Series
    distinct: int
    missing: int

    @property
    def filled(self) -> int:
        return len(self.values) - self.missing

    @property
    def is_long_text(self) -> bool:
        if self.kind is not ColumnType.TEXT:
            return False
        length = self.values.str.len_chars().mean()
        return isinstance(length, float) and length >= _LONG_TEXT and self.distinct > 0.2 * self.filled


def infer_task(path: Path | str, dialect: Dialect | None = None) -> InferredTask:
    """Guess the task from the first 50,000 rows of a file.

    Args:
        path: A CSV, TSV, JSON lines or Parquet file of labelled examples.
        dialect: How a delimited file is written, where looking at it is not enough.

    Raises:
        UnreadableFileError: It cannot be read, or has no rows.
        WrongColumnsError: Its columns have no names, or the same.
    """
    return _Inference(_columns(Path(path), dialect)).run()


def _columns(path: Path, dialect: Dialect | None) -> list[_Column]:
    rows = open_rows(path, dialect, [*_LABELS, *_IDS])
    survey, frames, count = TypeSurvey(dict(rows.says), decimal_comma=rows.decimal_comma), list[pl.DataFrame](), 0
    for chunk in rows.chunks():
        survey.see(chunk)
        frames.append(chunk.frame)
        count += chunk.frame.height
        if count >= _LOOKED_AT:
            break
    if not count:
        raise UnreadableFileError(f"{path.name} has no rows", "give a file with a header and rows")
    frame, types = pl.concat(frames, how="diagonal"), survey.types()
    known = [name for name in types if name not in (*RESERVED_COLUMNS, *REJECT_COLUMNS)]
    texts = typed(frame, dict.fromkeys(known, ColumnType.TEXT)).frame
    return [
        _Column(
            name=name,
            kind=types[name],
            values=texts[name],
            distinct=texts[name].drop_nulls().n_unique(),
            missing=texts[name].null_count(),
        )
        for name in known
    ]


class _Inference:
    """Gives each column at most one part, the surest parts first."""

    def __init__(self, columns: Sequence[_Column]) -> None:
        self.columns = list(columns)
        self.settings: dict[str, Setting] = {}
        self.guesses: list[Guess] = []

    def run(self) -> InferredTask:
        self._id()
        self._user()
        self._time()
        label = self._label()
        self._groups()
        self._inputs()
        if label is not None:
            self._kind(label)
        order = ("kind", "inputs", "label", "classes", "tolerance", "id", "user", "groups", "time")
        guesses = sorted(self.guesses, key=lambda guess: order.index(guess.setting))
        return InferredTask(
            settings={guess.setting: self.settings[guess.setting] for guess in guesses}, guesses=tuple(guesses)
        )

    def _say(self, setting: str, value: Setting, reason: str) -> None:
        self.settings[setting] = value
        shown = ", ".join(value[:8]) + (" …" if len(value) > 8 else "") if isinstance(value, list) else f"{value}"
        self.guesses.append(Guess(setting=setting, value=shown, reason=reason))

    def _take(self, column: _Column) -> _Column:
        self.columns.remove(column)
        return column

    def _named(self, names: Sequence[str], fits: Callable[[_Column], bool]) -> _Column | None:
        """Find the column with the first of some names that also fits."""
        for name in names:
            for column in self.columns:
                if column.name.lower().replace("-", "_").replace(" ", "_") == name and fits(column):
                    return self._take(column)
        return None

    def _id(self) -> None:
        def names_rows(column: _Column) -> bool:
            return column.missing == 0 and column.distinct == len(column.values)

        found = self._named(_IDS, names_rows)
        if found is None:
            likely = (c for c in self.columns if c.name.lower().endswith("_id") and c.name.lower() not in _USERS)
            found = next((self._take(c) for c in list(likely) if names_rows(c)), None)
        if found is not None:
            self._say("id", found.name, "by its name, and every value is another")

    def _user(self) -> None:
        found = self._named(_USERS, lambda column: 1 < column.distinct < column.filled)
        if found is not None:
            per = found.filled / found.distinct
            self._say("user", found.name, f"by its name; {found.distinct:,} users with {per:.1f} rows each")

    def _time(self) -> None:
        found = self._named(_TIMES, lambda column: column.kind is ColumnType.TIMESTAMP)
        moments = [column for column in self.columns if column.kind is ColumnType.TIMESTAMP]
        if found is None and len(moments) == 1:
            found = self._take(moments[0])
        if found is not None:
            self._say("time", found.name, "it holds moments")

    def _label(self) -> _Column | None:
        def can_be(column: _Column) -> bool:
            return column.distinct > 1 and (column.kind is ColumnType.NUMBER or _is_category(column))

        found, reason = self._named(_LABELS, can_be), "by its name"
        if found is None:
            few = [column for column in self.columns if _is_category(column) and column.name.lower() not in _GROUPS]
            pairs = [column for column in few if column.distinct == 2]
            likely = [c for c in pairs if set(map(str.lower, c.values.drop_nulls().unique())) & {*_NO, *_YES}]
            choice = likely[-1:] or few[-1:]
            found = self._take(choice[0]) if choice else None
            reason = "it has few values, and they look like answers" if likely else "the last column with few values"
        if found is not None:
            self._say("label", found.name, f"{reason}; {found.distinct:,} different values")
        return found

    def _groups(self) -> None:
        found = list(iter(lambda: self._named(_GROUPS, lambda c: 1 < c.distinct <= _MOST_GROUPS), None))
        if found:
            names = [column.name for column in found]
            self._say("groups", names, "by name; for slices and fairness, the model never reads them")

    def _inputs(self) -> None:
        long = [column.name for column in self.columns if column.is_long_text]
        rest = [column.name for column in self.columns if column.distinct > 1]
        if long:
            others = [name for name in rest if name not in long]
            kept = f"; {', '.join(others)} left for slices" if others else ""
            self._say("inputs", long, "free text" + kept)
        elif rest:
            self._say("inputs", rest, "every other column")

    def _kind(self, label: _Column) -> None:
        if label.kind is ColumnType.NUMBER and not _is_numbered_class(label):
            self._say(
                "kind", str(TaskKind.REGRESSION), f"{label.name!r} holds numbers, {label.distinct:,} different ones"
            )
            self._tolerance(label)
        elif label.distinct == 2:
            self._say("kind", str(TaskKind.BINARY), f"{label.name!r} has two values")
            self._say("classes", *_two_classes(label))
        else:
            self._say("kind", str(TaskKind.MULTICLASS), f"{label.name!r} has {label.distinct:,} values")
            self._say("classes", sorted(label.values.drop_nulls().unique()), "every value it has, in order")

    def _tolerance(self, label: _Column) -> None:
        numbers = label.values.cast(pl.Float64, strict=False).drop_nulls()
        low, high = (numbers.quantile(share, "linear") or 0.0 for share in (0.25, 0.75))
        spread = (high - low) or float(np.ptp(numbers.to_numpy()))
        self._say("tolerance", float(f"{spread / 10:.1g}"), "a tenth of the spread of the middle half; say --tolerance")


def _is_category(column: _Column) -> bool:
    if column.kind in {ColumnType.TIMESTAMP, ColumnType.FILE} or column.is_long_text:
        return False
    if column.kind is ColumnType.NUMBER:
        return _is_numbered_class(column)
    return 1 < column.distinct <= _MOST_CLASSES and column.distinct <= max(2, 0.5 * column.filled)


def _is_numbered_class(column: _Column) -> bool:
    """Tell whether numbers are few and whole, as the names of classes are."""
    whole = column.values.str.strip_chars().str.contains(r"^-?\d+(?:\.0)?$").fill_null(value=True).all()
    return bool(whole) and 1 < column.distinct <= min(_MOST_NUMBERED_CLASSES, max(2, column.filled // 2))


def _two_classes(label: _Column) -> tuple[list[str], str]:
    """Put the positive class last: by its name, else the rarer one."""
    one, two = sorted(label.values.drop_nulls().unique())
    for negative, positive in ((one, two), (two, one)):
        if negative.lower() in _NO or positive.lower() in _YES:
            return [negative, positive], f"{positive!r} is the positive class, by its name"
    counts = label.values.value_counts(sort=True).drop_nulls()
    common, rare = (str(value) for value in counts[label.name])
    return [common, rare], f"{rare!r} is the positive class, the rarer one; say --classes to change that"
