"""The rules of the house that no single module can keep: who may import what, and what is never written.

``make check`` runs import-linter on the layers of ``pyproject.toml``; here
stands what a list of layers can't say.
"""

from __future__ import annotations

import ast
import functools
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "curiouser"
MODULES = sorted(path for path in PACKAGE.rglob("*.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")

SLICES = (
    "why",
    "releases",
    "labels",
    "problems",
    "production",
    "evaluations",
    "runs",
    "models",
    "data",
    "access",
    "jobs",
)
TALKS_TO_THE_WORLD = {"ftplib", "http", "shutil", "smtplib", "socket", "sqlite3", "subprocess", "tempfile", "urllib"}
RUNS_WHAT_IT_READS = {"cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve"}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=name_of(path))


def imports_of(path: Path) -> set[str]:
    """Every module a file names in an import, wherever the import stands."""
    found: set[str] = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}:{node.lineno}: write the whole path of the module"
            found.add(str(node.module))
    return found


def imported_by(paths: list[Path], unwanted: Callable[[str], bool]) -> list[str]:
    """Every unwanted import as "file: module"."""
    return [f"{name_of(path)}: {module}" for path in paths for module in sorted(imports_of(path)) if unwanted(module)]


def calls_in(path: Path) -> set[str]:
    return {ast.unparse(node.func) for node in ast.walk(parsed(path)) if isinstance(node, ast.Call)}


def modules_in(*parts: str) -> list[Path]:
    return [path for path in MODULES if path.relative_to(PACKAGE).with_suffix("").parts[0] in parts]


def listed_layers() -> set[str]:
    (layers,) = [contract for contract in PROJECT["tool"]["importlinter"]["contracts"] if contract["type"] == "layers"]
    return {part.strip(" ()") for layer in layers["layers"] for part in re.split(r"[|:]", layer)}


def parts_of_the_package() -> set[str]:
    return {path.relative_to(PACKAGE).with_suffix("").parts[0] for path in MODULES} - {"__init__"}


def test_importing_curiouser_loads_the_standard_library_only() -> None:
    program = "import sys; before = set(sys.modules); import curiouser; print(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = {module.split(".")[0] for module in done.stdout.split()}
    assert "curiouser" in loaded
    assert loaded - {"curiouser"} <= sys.stdlib_module_names


def test_every_part_of_the_package_has_its_place_in_the_layers() -> None:
    assert parts_of_the_package() <= listed_layers()


def test_the_layers_are_exhaustive_so_that_a_new_part_cannot_slip_past_them() -> None:
    (layers,) = [contract for contract in PROJECT["tool"]["importlinter"]["contracts"] if contract["type"] == "layers"]
    assert layers["exhaustive"] is True
    assert layers["containers"] == ["curiouser"]
    assert "ignore_imports" not in layers
    assert "exhaustive_ignores" not in layers


def test_the_kernel_imports_the_standard_library_only_and_reaches_for_nothing() -> None:
    allowed = {"curiouser"} | set(sys.stdlib_module_names) - TALKS_TO_THE_WORLD
    assert imported_by(modules_in("kernel"), lambda module: module.split(".")[0] not in allowed) == []


def test_measuring_imports_numpy_and_scipy_only_and_reaches_for_nothing() -> None:
    stdlib = set(sys.stdlib_module_names) - TALKS_TO_THE_WORLD - {"io", "os", "pathlib"}
    allowed = {"curiouser", "numpy", "scipy"} | stdlib
    assert imported_by(modules_in("measure"), lambda module: module.split(".")[0] not in allowed) == []
    assert [call for path in modules_in("measure") for call in calls_in(path) if call in {"open", "print"}] == []


def test_the_records_of_a_slice_know_no_table_array_or_database() -> None:
    heavy = {"numpy", "pandas", "polars", "pyarrow", "scipy", "sqlalchemy"}
    records = [path for path in modules_in(*SLICES) if path.name == "records.py"]
    assert imported_by(records, lambda module: module.split(".")[0] in heavy) == []


def test_a_surface_never_speaks_to_the_database() -> None:
    surfaces = modules_in("surfaces", "pytest_plugin")
    assert imported_by(surfaces, lambda module: module.split(".")[0] in {"alembic", "sqlalchemy", "sqlite3"}) == []
    assert imported_by(surfaces, lambda module: module.startswith("curiouser.storage")) == []


def starts_with(prefixes: tuple[str, ...], module: str) -> bool:
    return module.startswith(prefixes)


def test_a_slice_is_imported_by_its_public_names() -> None:
    for own in parts_of_the_package() | {"__init__"}:
        others = tuple(f"curiouser.{part}." for part in SLICES if part != own)
        assert imported_by(modules_in(own), functools.partial(starts_with, others)) == []


def test_a_record_is_frozen_has_slots_and_is_made_by_keywords() -> None:
    wanted = {"frozen=True", "slots=True", "kw_only=True"}
    for path in (path for path in MODULES if path.name == "records.py"):
        for node in (node for node in ast.walk(parsed(path)) if isinstance(node, ast.ClassDef)):
            for decorator in map(ast.unparse, node.decorator_list):
                missing = {option for option in wanted if option not in decorator}
                assert not (decorator.startswith("dataclass") and missing), f"{name_of(path)}: {node.name}"


def dangers_in(tree: ast.Module) -> Iterator[str]:
    """Yield each way a tree runs code it was given as data; a silenced linter does not silence this."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [str(node.module)]
            yield from (f"line {node.lineno}: {name}" for name in names if name.split(".")[0] in RUNS_WHAT_IT_READS)
        elif isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id in {"eval", "exec"}:
                yield f"line {node.lineno}: {node.func.id}"
            for keyword in node.keywords:
                given = ast.unparse(keyword.value)
                if (keyword.arg, given) in {("shell", "True"), ("allow_pickle", "True"), ("weights_only", "False")}:
                    yield f"line {node.lineno}: {keyword.arg}={given}"


def test_nothing_in_the_package_runs_what_it_was_given_as_data() -> None:
    assert [f"{name_of(path)}: {danger}" for path in MODULES for danger in dangers_in(parsed(path))] == []


DANGERS = {
    "import pickle\n": "TID251",
    "from joblib import load\n": "TID251",
    'eval("1")\n': "S307",
    'exec("1")\n': "S102",
    'import subprocess\n\nsubprocess.run("ls", shell=True, check=True)\n': "S602",
}


@pytest.mark.parametrize(("planted", "code"), DANGERS.items(), ids=DANGERS.values())
def test_the_linter_and_this_test_both_find_what_runs_data_as_code(planted: str, code: str) -> None:
    command = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--output-format=json",
        "--stdin-filename=src/curiouser/x.py",
        "-",
    ]
    done = subprocess.run(command, input=planted, capture_output=True, text=True, cwd=ROOT, check=False)
    assert code in {found["code"] for found in json.loads(done.stdout)}
    assert list(dangers_in(ast.parse(planted))) != []


SILENCED = re.compile(r"# (?:noqa: [A-Z]+\d+(?:, ?[A-Z]+\d+)*|type: ignore\[[\w, -]+\]|pragma: no cover)(?P<reason>.*)")


def exceptions_in(path: Path) -> Iterator[str]:
    """Yield each silenced rule without a reason: on its line, or above it where several lines share one."""
    explained = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        silenced = SILENCED.search(line)
        if silenced and not explained and not re.search(r"\w{2}", silenced["reason"]):
            yield f"{name_of(path)}:{number}: {line.strip()}"
        explained = line.strip().startswith("#") or silenced is not None


def test_every_exception_to_a_rule_gives_its_reason() -> None:
    folders = ("src", "tests", "tools", "benchmarks", "examples")
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    assert [line for path in paths for line in exceptions_in(path)] == []


def test_the_lock_names_no_host_and_holds_a_hash_for_every_package() -> None:
    assert "://" not in LOCK
    assert "--index" not in LOCK
    pins = re.findall(r"^[a-z0-9].*?(?=^[a-z0-9]|\Z)", LOCK, flags=re.MULTILINE | re.DOTALL)
    assert len(pins) > 20
    assert [pin.splitlines()[0] for pin in pins if "==" not in pin or "--hash=sha256:" not in pin] == []


def test_every_declared_dependency_is_in_the_lock() -> None:
    project = PROJECT["project"]
    extras = [line for extra in project["optional-dependencies"].values() for line in extra]
    declared = [*project["dependencies"], *extras, *PROJECT["dependency-groups"]["dev"]]
    assert all(">=" in line for line in declared), "a lower bound says what was tested"
    names = {re.split(r"[>=<\[ ;]", line)[0].lower() for line in declared}
    assert names <= set(re.findall(r"^([a-z0-9-]+)==", LOCK, flags=re.MULTILINE))


def installed_with(package: str) -> set[str]:
    """The packages that come along with one, extras left out, on this machine."""
    found: set[str] = set()
    to_read = [package]
    while to_read:
        for line in metadata.requires(to_read.pop()) or ():
            needed = Requirement(line)
            asked_here = needed.marker is None or needed.marker.evaluate({"extra": ""})
            if asked_here and needed.name.lower() not in found:
                found.add(needed.name.lower())
                to_read.append(needed.name)
    return found


def test_a_plain_install_brings_at_most_thirty_packages() -> None:
    assert len(installed_with("curiouser")) <= 30
