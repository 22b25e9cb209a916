"""Everything that can go wrong, in one tree.

CuriouserError                      1 / 500
├── BadInputError (ValueError)      1 / 422   what was given cannot be right
│   ├── UsageError                  2 / 400   the call itself is wrong
│   ├── ConfigurationError          1 / 422   curiouser.toml
│   └── BadRowsError                1 / 422   a file with bad rows, all of them named
├── NotFoundError (LookupError)     6 / 404   nothing has this name
├── ConflictError                   5 / 409   somebody was there first
│   └── StaleEditError              5 / 412   an edit made for a state that is gone
├── UntrustedError                  1 / 403   would run or load what nobody vouched for
├── ModelFailedError                1 / 502   a user's model raised, hung, or answered nonsense
├── CheckFailedError                3 / 422   the check ran, and the answer is bad
├── AccessRefusedError (in access)  4 / 403   whoever asks may not; 401 where nobody is known, 429 after too many tries
├── StorageError (OSError)         74 / 507   disk full, read-only, damaged
└── RetryableError                 75 / 503   nothing happened; the same call is safe again
    (OutcomeUnknownError is a StorageError: the same call is *not* safe again)

Each class has a stable code; slices add theirs below these, in their hundred:
CUR0xx kernel, storage and workspace, CUR1xx problems, CUR2xx data,
CUR3xx models, CUR4xx evaluations, CUR5xx pytest plugin, CUR6xx access,
CUR7xx jobs, CUR8xx checks on data, CUR9xx proposals.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from curiouser.kernel.words import plural


class CuriouserError(Exception):
    """Anything this project raises on purpose.

    Args:
        reason: What is wrong, with the name of the thing.
        repair: What to do about it, usually a command; may be empty.
    """

    code = "CUR000"
    exit_status = 1
    http_status = 500

    def __init__(self, reason: str, repair: str = "") -> None:
        self.reason, self.repair = reason, repair
        super().__init__(reason, repair)

    def __str__(self) -> str:
        joint = "\n" if "\n" in self.reason else "; "
        return f"[{self.code}] {self.reason}" + (f"{joint}{self.repair}" if self.repair else "")


class BadInputError(CuriouserError, ValueError):
    """What was given cannot be right."""

    code = "CUR001"
    http_status = 422


class UsageError(BadInputError):
    """The call itself is wrong: an unknown option, or two that exclude each other."""

    code = "CUR002"
    exit_status = 2
    http_status = 400


class ConfigurationError(BadInputError):
    """``curiouser.toml`` says something it cannot mean; every mistake is listed."""

    code = "CUR003"

    def __init__(self, path: str, mistakes: Sequence[str]) -> None:
        self.path, self.mistakes = path, tuple(mistakes)
        reason = _listed(f"{path} has {plural(len(self.mistakes), 'mistake')}", self.mistakes)
        super().__init__(reason, "correct them and try again")
        self.args = (path, self.mistakes)


class BadRowsError(BadInputError):
    """A file has bad rows; all are named, and nothing was changed.

    Args:
        source: The file, as the user called it.
        problems: One line per bad row or cell: row, column, value, reason.
        repair: What to do.
    """

    code = "CUR004"
    shown = 20

    def __init__(self, source: str, problems: Sequence[str], repair: str = "") -> None:
        self.source, self.problems = source, tuple(problems)
        shown = [*self.problems[: self.shown]]
        if len(self.problems) > self.shown:
            shown.append(f"… and {len(self.problems) - self.shown:,} more")
        head = f"{source} has {plural(len(self.problems), 'bad row')}; nothing was imported"
        super().__init__(_listed(head, shown), repair or "correct them, or pass --skip-bad FILE")
        self.args = (source, self.problems, repair)


class NotFoundError(CuriouserError, LookupError):
    """Nothing has this name."""

    code = "CUR005"
    exit_status = 6
    http_status = 404


class ConflictError(CuriouserError):
    """Somebody, or something, was there first."""

    code = "CUR006"
    exit_status = 5
    http_status = 409


class StaleEditError(ConflictError):
    """The thing has changed since it was read."""

    code = "CUR023"
    http_status = 412


class UntrustedError(CuriouserError):
    """This would run or load what nobody vouched for."""

    code = "CUR007"
    http_status = 403


class ModelFailedError(CuriouserError):
    """A user's model raised, hung, died, or answered what is no answer."""

    code = "CUR008"
    http_status = 502


class CheckFailedError(CuriouserError):
    """The check ran, and the answer is bad."""

    code = "CUR009"
    exit_status = 3
    http_status = 422


class StorageError(CuriouserError, OSError):
    """The disk is full, read-only or damaged."""

    code = "CUR010"
    exit_status = 74
    http_status = 507

    def __str__(self) -> str:
        return CuriouserError.__str__(self)


class OutcomeUnknownError(StorageError):
    """The write may or may not have landed; look before you try again."""

    code = "CUR011"


class RetryableError(CuriouserError):
    """Nothing happened, and the same call is safe again."""

    code = "CUR012"
    exit_status = 75
    http_status = 503


class MissingExtraError(CuriouserError, ImportError):
    """An optional part is not installed.

    Examples:
        >>> print(MissingExtraError("reading .skops files", "sklearn"))
        [CUR013] reading .skops files needs an optional part; pip install 'curiouser[sklearn]'
    """

    code = "CUR013"

    def __init__(self, what: str, extra: str) -> None:
        self.what, self.extra = what, extra
        super().__init__(f"{what} needs an optional part", f"pip install 'curiouser[{extra}]'")
        self.args = (what, extra)

    def __str__(self) -> str:
        return CuriouserError.__str__(self)


class WorkspaceNotFoundError(NotFoundError):
    """No ``curiouser.toml`` here or above."""

    code = "CUR014"


class WorkspaceExistsError(ConflictError):
    """A workspace is already here."""

    code = "CUR015"


class NewerDatabaseError(StorageError):
    """The database was written by a newer Curiouser than this one."""

    code = "CUR016"


class ObjectNotFoundError(NotFoundError):
    """The object store holds nothing under this name."""

    code = "CUR017"


class ObjectCorruptError(StorageError):
    """An object's bytes do not hash to its name."""

    code = "CUR018"


def refuse_stale(now: object, expected: object | None, what: str) -> None:
    """Refuse an edit that was made for another state; called where nobody else can write meanwhile.

    Args:
        now: The thing as it is.
        expected: As it was when it was read; None: whatever it is.
        what: Names it: ``model 'v2'``.

    Raises:
        StaleEditError: It is not as expected.
    """
    if expected is not None and now != expected:
        raise StaleEditError(f"somebody has changed {what} since it was read", "read it again, and edit that")


def _listed(head: str, lines: Sequence[str]) -> str:
    return head + ":\n" + "\n".join(f"  - {line}" for line in lines)


def every_error() -> Iterator[type[CuriouserError]]:
    """Walk the tree, parents first; the docs and the status tables are made from it."""
    waiting: list[type[CuriouserError]] = [CuriouserError]
    while waiting:
        kind = waiting.pop(0)
        yield kind
        waiting.extend(kind.__subclasses__())
