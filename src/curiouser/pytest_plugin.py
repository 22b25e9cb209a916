"""``pytest --curiouser``: every problem is a test, so that a fixed "bug" stays fixed (slides 42 and 61).

A problem fails where it has regressed from the live model, or where it is
closed and fails beyond its bound. It warns where it has slipped, is expected to
fail where it failed already, and is skipped where it could not be scored.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from curiouser.kernel.errors import CuriouserError

if TYPE_CHECKING:
    from curiouser.problems import Check, Checked

_SHOWN = 20


class ProblemWarning(UserWarning):
    """A problem deserves a look: it fails where it did not, and chance explains it so far."""


class ProblemFailedError(Exception):
    """A problem has regressed, or is closed and fails beyond its bound."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("curiouser", "problems of a model as tests")
    group.addoption("--curiouser", action="store_true", help="make each problem of the workspace a test")
    group.addoption("--curiouser-workspace", metavar="DIR", help="folder with curiouser.toml (the root of the tests)")
    group.addoption("--curiouser-model", metavar="NAME", help="the model to test (the newest)")
    group.addoption("--curiouser-on", metavar="REF", default="test", help="the test set (%(default)s)")


# First, so that -k and -m choose among problems as among other tests.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add one test per problem behind the tests of the project.

    Raises:
        pytest.UsageError: There is no workspace or model to test.
    """
    if not config.getoption("--curiouser"):
        return
    folder = Path(config.getoption("--curiouser-workspace") or config.rootpath)
    try:
        done = _check(folder, config.getoption("--curiouser-model"), config.getoption("--curiouser-on"))
    except CuriouserError as error:
        raise pytest.UsageError(str(error)) from error
    for one in done.problems:
        name = one.problem.name
        items.append(
            ProblemTest.from_parent(
                session, name=name, nodeid=f"curiouser::{name}", checked=one, model=done.model, folder=folder
            )
        )


class ProblemTest(pytest.Item):
    """One problem, run against one model."""

    def __init__(self, *, checked: Checked, model: str, folder: Path, **more: Any) -> None:  # noqa: ANN401  pytest's own
        super().__init__(**more)
        self.checked, self.model, self.folder = checked, model, folder
        self.add_marker("curiouser")
        standing = checked.standing
        if standing.state == "unscored":
            # A mark, because what is skipped while it runs is said to stand in this file.
            self.add_marker(pytest.mark.skip(reason=standing.sentence))
        self.user_properties += [("model", model), ("state", str(standing.state)), ("cases", standing.error.n)]
        if standing.error.value is not None:
            self.user_properties.append(("error", standing.error.value))

    def runtest(self) -> None:
        """Turn the state of the problem into the outcome of a test.

        Raises:
            ProblemFailedError: The problem stops the model.
        """
        said, state = self.checked.standing.sentence, str(self.checked.standing.state)
        if self.checked.blocks:
            raise ProblemFailedError(said)
        if self.checked.warns:
            warnings.warn(ProblemWarning(f"{self.name} on {self.model}: {said}"), stacklevel=1)
        elif state == "failing":
            pytest.xfail(said)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:  # noqa: ANN401  pytest's own
        """Say what is wrong in words, with the patterns that turned; other exceptions keep their traceback."""
        if not excinfo.errisinstance(ProblemFailedError):
            return super().repr_failure(excinfo, style)
        flipped = self.checked.standing.flipped
        lines = [f"{self.name} on {self.model}: {excinfo.value}"]
        if self.checked.problem.closed_at is not None:
            lines.append("It is closed, and its error is above its tolerance beyond chance.")
        lines += [f"  passes on the live model: {each}" for each in flipped[:_SHOWN]]
        if len(flipped) > _SHOWN:
            lines.append(f"  … and {len(flipped) - _SHOWN} more")
        return "\n".join([*lines, f"Look at it: curiouser problem show {self.name} --model {self.model}"])

    def reportinfo(self) -> tuple[Path, int, str]:
        """Say where the test comes from."""
        return self.folder / "curiouser.toml", 0, f"problem {self.name}"


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, so that ``-m curiouser`` selects problems."""
    config.addinivalue_line("markers", "curiouser: a problem of the model, made a test by the curiouser plugin")


def _check(folder: Path, model: str | None, on: str) -> Check:
    # Loaded only under --curiouser: every other run of pytest in this environment must not pay for it.
    from curiouser.workspace import Workspace  # noqa: PLC0415  see above

    with Workspace.open(folder) as workspace:
        return workspace.problems.check(model=model, on=on)
