"""Fixtures of the tests of REST: one workspace is made, and every test works on a copy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from curiouser.access import Role
from tests.rest.bench import Bench, copied, make_template, serving

Template = tuple[Path, dict[Role, str]]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    root = tmp_path_factory.mktemp("rest") / "template"
    return root, make_template(root)


@pytest.fixture
def bench(template: Template, tmp_path: Path) -> Iterator[Bench]:
    root, tokens = template
    with serving(copied(root, tmp_path / "workspace"), tokens) as made:
        yield made


@pytest.fixture(scope="module")
def shared(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A server for tests that only read; writing tests take ``bench``."""
    root, tokens = template
    with serving(copied(root, tmp_path_factory.mktemp("shared") / "workspace"), tokens) as made:
        yield made
