"""Read a suite of tests that others wrote, in CheckList's terms, as Cases with Expectations.

One line of the file is one Case of one test. A minimum functionality test (MFT)
expects a label, an invariance test (INV) equal answers, a directional test (DIR)
a move, which a second file states by the test's name. After Ribeiro et al.,
"Beyond Accuracy: Behavioral Testing of NLP Models with CheckList".
"""

from __future__ import annotations

import gzip
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curiouser.kernel.configuration import Task
from curiouser.kernel.ids import ProblemName, problem_name
from curiouser.problems.drafts import PatternDraft
from curiouser.problems.errors import BadSuiteError
from curiouser.problems.records import (
    ITS_LABEL,
    QUANTITY_CLASS,
    QUANTITY_PREDICTED,
    Expectation,
    ExpectationKind,
)

_RULES = {
    "must not fall": ExpectationKind.MUST_NOT_FALL,
    "must not rise": ExpectationKind.MUST_NOT_RISE,
    "must rise": ExpectationKind.MOVES_UP,
    "must fall": ExpectationKind.MOVES_DOWN,
}
_OF_CLASS = re.compile(r"probability of class (\S+)( .*)?")
_OF_FIRST = "probability of the class predicted for the first member"


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteTest:
    """One test of a suite: a problem to be."""

    name: ProblemName
    """The test's name in kebab-case."""
    title: str
    """The test's own name."""
    drafts: tuple[PatternDraft, ...]
    """Members of all its Cases, in order."""
    cases: int
    """How many Cases it has."""
    skipped: int
    """Cases left out: they have no label, because their expectation was a function."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A file of tests, read and checked."""

    source: str
    """The file's name."""
    tests: tuple[SuiteTest, ...]
    """In the order of the file."""


def read_suite(
    path: Path, *, task: Task, column: str, labels: Mapping[str, str], directions: Mapping[str, Expectation]
) -> Suite:
    """Read a suite, one JSON object a line; a ``.gz`` is unpacked on the way.

    Args:
        path: The file.
        task: Gives the label's column and classes.
        column: The input that the texts of the suite are.
        labels: Class of the task by label of the suite.
        directions: What must hold, by the name of a directional test.

    Raises:
        BadSuiteError: A line cannot be read, or a label or direction is not given; all are named.
    """
    mistakes: list[str] = []
    by_test: dict[str, list[tuple[int, dict[str, Any]]]] = {}
    for line, content in _lines(path):
        case = _case(line, content, mistakes)
        if case is not None:
            by_test.setdefault(case["test"], []).append((line, case))
    reader = _Reader(task, column, labels, directions, mistakes)
    tests = tuple(reader.test(title, cases) for title, cases in by_test.items())
    mistakes += [f"two tests would be named {name!r}" for name, n in Counter(t.name for t in tests).items() if n > 1]
    if mistakes or not tests:
        shown = mistakes[:20] + ([f"… and {len(mistakes) - 20} more"] if len(mistakes) > 20 else [])
        raise BadSuiteError(
            f"{path.name} cannot be imported: " + "; ".join(shown or ["it is empty"]), "nothing was changed"
        )
    return Suite(source=path.name, tests=tests)


def read_directions(path: Path, labels: Mapping[str, str]) -> dict[str, Expectation]:
    """Read what must hold in each directional test, by its name.

    Keys that start with an underscore are remarks.

    Args:
        path: A JSON object: name of the test -> ``quantity``, ``rule``, ``tolerance``.
        labels: Class of the task by label of the suite.

    Raises:
        BadSuiteError: It cannot be read, or a rule is unknown.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise BadSuiteError(f"{path} cannot be read: {error}", "give a JSON object of directions") from error
    if not isinstance(content, dict):
        raise BadSuiteError(f"{path.name} is no JSON object", "write {test: {quantity, rule, tolerance}}")
    found: dict[str, Expectation] = {}
    mistakes: list[str] = []
    for name, said in content.items():
        if not name.startswith("_"):
            try:
                found[name] = _direction(said, labels)
            except ValueError as error:
                mistakes.append(f"the direction of {name!r}: {error}")
    if mistakes:
        raise BadSuiteError(f"{path.name}: {'; '.join(mistakes)}", "nothing was imported; mend all of them")
    return found


def label_mapping(text: str | None, task: Task) -> dict[str, str]:
    """Read ``0=negative,1=neutral``; without it, the suite's labels are the classes themselves.

    Raises:
        BadSuiteError: It cannot be read, or names no class of the task.

    Examples:
        >>> from curiouser.kernel.configuration import TaskKind
        >>> task = Task(name="t", kind=TaskKind.BINARY, inputs=("x",), label="y", classes=("bad", "good"))
        >>> label_mapping("0=bad, 1=good", task)
        {'0': 'bad', '1': 'good'}
    """
    if text is None:
        return {name: name for name in task.classes}
    pairs = [part.partition("=") for part in text.split(",")]
    mapping = {old.strip(): new.strip() for old, _, new in pairs}
    unknown = sorted(set(mapping.values()) - set(task.classes))
    if unknown or any(not sign for _, sign, _ in pairs):
        raise BadSuiteError(
            f"--labels {text!r} does not map to the classes of this task ({', '.join(task.classes)})",
            "write LABEL=CLASS,LABEL=CLASS",
        )
    return mapping


def kebab(title: str) -> ProblemName:
    """Make a problem's name out of a test's.

    Examples:
        >>> kebab('"used to" should reduce'), kebab("Q & A: yes (neutral)")
        ('used-to-should-reduce', 'q-a-yes-neutral')
    """
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFC", title).lower())
    return problem_name("-".join(words)[:100].rstrip("-"))


class _Reader:
    """Turns the Cases of tests into drafts and collects what is wrong with them."""

    def __init__(
        self,
        task: Task,
        column: str,
        labels: Mapping[str, str],
        directions: Mapping[str, Expectation],
        mistakes: list[str],
    ) -> None:
        self._task, self._column, self._labels = task, column, labels
        self._directions, self._mistakes = directions, mistakes

    def test(self, title: str, cases: Sequence[tuple[int, dict[str, Any]]]) -> SuiteTest:
        kept = [(line, case) for line, case in cases if case["type"] != "MFT" or case.get("label") is not None]
        if any(case["type"] == "DIR" for _, case in kept) and title not in self._directions:
            self._mistakes.append(f"no direction is given for the test {title!r}")
        drafts = [draft for i, (line, case) in enumerate(kept) for draft in self._drafts(title, i, line, case)]
        return SuiteTest(
            name=kebab(title), title=title, drafts=tuple(drafts), cases=len(kept), skipped=len(cases) - len(kept)
        )

    def _drafts(self, title: str, number: int, line: int, case: Mapping[str, Any]) -> Iterator[PatternDraft]:
        texts = case["data"] if isinstance(case["data"], list) else [case["data"]]
        label = self._label(line, case.get("label")) if case["type"] == "MFT" else None
        name = str(case.get("case", number))
        for place, text in enumerate(texts):
            yield PatternDraft(
                values={self._column: text, self._task.label: label},
                case=name,
                place=place,
                expectation=self._expectation(title, case["type"], place),
                line=line,
            )

    def _expectation(self, title: str, kind: str, place: int) -> Expectation:
        if kind == "MFT":
            return ITS_LABEL
        if place == 0:
            return Expectation(kind=ExpectationKind.FIRST)
        if kind == "INV":
            return Expectation(kind=ExpectationKind.SAME_AS)
        return self._directions.get(title, Expectation(kind=ExpectationKind.SAME_AS))

    def _label(self, line: int, label: object) -> str | None:
        found = self._labels.get(str(label))
        if found is None:
            self._mistakes.append(f"line {line}: label {label!r} is mapped to no class; see --labels")
        return found


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise BadSuiteError(f"{path} cannot be read: {error}", "give a file of JSON lines, plain or .gz") from error
    for line, content in enumerate(text.split("\n"), start=1):
        if content.strip():
            yield line, content


def _case(line: int, content: str, mistakes: list[str]) -> dict[str, Any] | None:
    try:
        case = json.loads(content)
    except ValueError as error:
        mistakes.append(f"line {line}: no JSON: {error}")
        return None
    if (
        not isinstance(case, dict)
        or not isinstance(case.get("test"), str)
        or case.get("type") not in {"MFT", "INV", "DIR"}
    ):
        mistakes.append(f"line {line}: a Case needs 'test', 'type' (MFT, INV or DIR) and 'data'")
        return None
    data = case.get("data")
    texts = data if isinstance(data, list) else [data]
    if not texts or not all(isinstance(text, str) and text for text in texts):
        mistakes.append(f"line {line}: 'data' must be a text or a list of texts")
        return None
    return case


def _direction(said: object, labels: Mapping[str, str]) -> Expectation:
    entry = said if isinstance(said, dict) else {}
    rule, quantity = _RULES.get(str(entry.get("rule"))), str(entry.get("quantity"))
    tolerance = entry.get("tolerance", 0.0)
    of_class = _OF_CLASS.fullmatch(quantity)
    if rule is None or not isinstance(tolerance, int | float) or not tolerance >= 0:
        raise ValueError(f"{_told(said)} needs a rule ({', '.join(_RULES)}) and a tolerance >= 0")
    if quantity == _OF_FIRST:
        return Expectation(kind=rule, quantity=QUANTITY_PREDICTED, tolerance=float(tolerance))
    if of_class is None:
        raise ValueError(f"{_told(said)} needs a quantity: 'probability of class LABEL' or {_OF_FIRST!r}")
    if of_class[1] not in labels:
        raise ValueError(f"label {of_class[1]!r} is mapped to no class; see --labels")
    return Expectation(kind=rule, quantity=QUANTITY_CLASS + labels[of_class[1]], tolerance=float(tolerance))


def _told(said: object) -> str:
    return json.dumps(said, ensure_ascii=False)
