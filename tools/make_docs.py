"""Write ``docs/reference`` from the code: commands, errors, settings, metrics and the Python names.

Run it with ``make docs``. ``--check`` only compares, and fails where a page is
not what the code says; a test does that too.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import inspect
import itertools
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from types import ModuleType

import click

import curiouser
from curiouser.cycle import CYCLE
from curiouser.datachecks import EVERY_CHECK
from curiouser.kernel import check_settings, configuration
from curiouser.kernel.check_settings import DEFAULT_RULES, CheckSettings, OwnRule
from curiouser.kernel.configuration import Configuration, DataSettings, StoreSettings, Task
from curiouser.kernel.errors import CuriouserError, every_error
from curiouser.surfaces.cli.main import COMMANDS
from curiouser.surfaces.cli.program import cli
from curiouser.surfaces.rest import every_route
from curiouser.surfaces.rest.uploads import TABLES
from curiouser.surfaces.web.errors import NoPatternError

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
_JSON = """Every command takes `--json`: the answer on stdout as JSON; progress and warnings go to stderr."""
_STATUSES = """Exit status: 0 ok · 1 error · 2 usage · 3 the check ran and the answer is bad · 4 not allowed ·
5 conflict · 6 not found · 74 disk · 75 nothing happened, try again · 130 interrupted."""
_ERRORS = """Every error names the thing, the reason and the repair. Its class decides the exit status of the command
line and the HTTP status; its code is stable."""
_SETTINGS = """The file belongs in your git. It is checked whole: every mistake is told at once."""
_PYTHON = """```python
import curiouser

ws = curiouser.open(".")
```"""
_REST = """Under `/api/v1`, or `/w/NAME/api/v1` where several workspaces are served. A program sends
`Authorization: Bearer TOKEN`, made by `curiouser token create USER --name TEXT --role ROLE`; on this machine alone,
without accounts, it sends nothing. `/api/v1/openapi.json` describes every parameter, body and answer.

- Answers are those of `--json`, byte for byte; an error adds the keys of RFC 9457 to `code`, `message` and `hint`.
- A list takes `limit` (at most 500) and `after`; its `next` is the following page's `after`, and null at the end.
- PUT, PATCH and DELETE need `If-Match` with the `ETag` that was read, or `*`: 428 without, 412 when somebody changed
  the thing meanwhile.
- A file is the body itself, and its type says what it is: {types}.
  It may come with `Content-Encoding: gzip`. Its name is never read.
- No route takes a path on the server, and none adds what would run there: a Python callable or a scikit-learn file is
  added at the machine, with `curiouser model add`, by a maintainer who vouches for it.
- What needs a role opens to every higher one, too. Users and the audit log are the whole server's, and need the role
  in every workspace.

```
curl -H "Authorization: Bearer $TOKEN" "$SERVER/api/v1/triage?model=v5"
curl -H "Authorization: Bearer $TOKEN" -H "Content-Type: text/csv" --data-binary @v6.csv "$SERVER/api/v1/models?name=v6"
curl -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -d '{{}}' "$SERVER/api/v1/evaluations"
```"""
_NOTE = "<!-- Written by `make docs` from the code; edit the docstrings instead. -->\n\n"


def commands_page() -> str:
    """List every command with its arguments, options and help."""
    parts = [
        "# Commands",
        _JSON,
        _STATUSES,
    ]
    for name, line in COMMANDS.items():
        command = cli.get_command(click.Context(cli), name)
        if command is None:
            raise SystemExit(f"no command {name}")
        parts += [f"## {name}", line, *_leaves(command, name)]
    return "\n\n".join(parts) + "\n"


def _leaves(command: click.Command, path: str) -> Iterator[str]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            deeper = command.get_command(context, name)
            if deeper is not None:
                yield from _leaves(deeper, f"{path} {name}")
        return
    context = click.Context(command, info_name=f"curiouser {path}")
    usage = " ".join(command.collect_usage_pieces(context))
    yield f"### {path}"
    yield inspect.cleandoc(command.help or "").replace("\b\n", "")
    yield f"```\ncuriouser {path} {usage}\n```"
    rows = [record for option in command.params if (record := option.get_help_record(context))]
    if rows:
        yield "| option | meaning |\n|---|---|\n" + "\n".join(
            f"| `{_cell(name)}` | {_cell(meaning)} |" for name, meaning in rows if not name.startswith("--help")
        )


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|").strip()


def errors_page() -> str:
    """List every error: code, class, statuses, meaning."""
    lines = [
        "# Errors",
        "",
        _ERRORS,
        "",
        "| code | name | exit | HTTP | meaning |",
        "|---|---|---|---|---|",
    ]
    # The pages have errors of their own; naming one of them loads them all.
    kinds: set[type[CuriouserError]] = {*every_error(), NoPatternError}
    for kind in sorted(kinds, key=lambda kind: kind.code):
        meaning = _cell(inspect.cleandoc(kind.__doc__ or "").split("\n\n")[0])
        lines.append(f"| {kind.code} | `{kind.__name__}` | {kind.exit_status} | {kind.http_status} | {meaning} |")
    return "\n".join(lines) + "\n"


def settings_page() -> str:
    """List every setting of ``curiouser.toml``."""
    lines = ["# Settings: `curiouser.toml`", "", _SETTINGS, ""]
    for table, kind in (("task", Task), ("store", StoreSettings), ("data", DataSettings)):
        lines += [f"## [{table}]", "", "| setting | default | meaning |", "|---|---|---|"]
        said = _field_docs(configuration, kind.__name__)
        for item in fields(kind):
            default = "required" if item.default is item.default_factory else f"`{item.default!r}`"
            lines.append(f"| `{item.name}` | {default} | {_cell(said.get(item.name, ''))} |")
        lines.append("")
    harm = _field_docs(configuration, Configuration.__name__)["harm"]
    lines += [
        "## [harm]",
        "",
        f"{harm} The team names the levels; without the table: annoying 1, costly 3, dangerous 10.",
        "",
        *_checks_settings(),
    ]
    return "\n".join(lines) + "\n"


def _checks_settings() -> Iterator[str]:
    """List the settings of the checks on data, and every check with its defaults."""
    said, plain = _field_docs(check_settings, CheckSettings.__name__), CheckSettings()
    yield "## [checks]\n\n| setting | default | meaning |\n|---|---|---|"
    for item in fields(CheckSettings):
        if item.name not in {"rules", "own"}:
            yield f"| `{item.name}` | `{getattr(plain, item.name)!r}` | {_cell(said[item.name])} |"
    yield "\nA check has a table of its own, `[checks.NAME]`: `severity` (`gate`, `warn` or `off`) and `threshold`.\n"
    yield "| check | page | severity | threshold | looks for |\n|---|---|---|---|---|"
    for check in EVERY_CHECK:
        if check.name in DEFAULT_RULES:
            rule, page = DEFAULT_RULES[check.name], f"[{check.code}](../checks/{check.code}.md)"
            yield f"| `{check.name}` | {page} | `{rule.severity}` | `{rule.threshold:g}` | {check.title} |"
    said = _field_docs(check_settings, OwnRule.__name__)
    yield "\nYour own checks are `[checks.own.NAME]`, see [DC20](../checks/DC20.md):\n"
    yield "| setting | default | meaning |\n|---|---|---|"
    for item in fields(OwnRule):
        if item.name != "name":
            yield f"| `{item.name}` | `{item.default!r}` | {_cell(said[item.name])} |"


def _field_docs(module: ModuleType, name: str) -> dict[str, str]:
    tree = ast.parse(inspect.getsource(module))
    body = next(node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)
    found = {}
    for first, second in itertools.pairwise(body):
        if not (isinstance(first, ast.AnnAssign) and isinstance(first.target, ast.Name)):
            continue
        if isinstance(second, ast.Expr) and isinstance(second.value, ast.Constant):
            found[first.target.id] = inspect.cleandoc(str(second.value.value))
    return found


def python_page() -> str:
    """List the public names of each room, with signatures and docstrings."""
    parts = ["# Python", _PYTHON, "Public names: " + ", ".join(f"`{name}`" for name in curiouser.__all__) + "."]
    for module in _rooms():
        parts += [f"## {module.__name__}", inspect.cleandoc(module.__doc__ or "")]
        for name in getattr(module, "__all__", ()):
            parts += list(_described(name, getattr(module, name)))
    return "\n\n".join(parts) + "\n"


def _rooms() -> Iterator[ModuleType]:
    for found in pkgutil.iter_modules(curiouser.__path__, "curiouser."):
        if found.ispkg and found.name.rpartition(".")[2] not in {"surfaces", "kernel"}:
            yield importlib.import_module(found.name)


def _described(name: str, value: object) -> Iterator[str]:
    if inspect.isclass(value) or inspect.isfunction(value):
        yield f"### {name}"
        if inspect.isfunction(value):
            yield f"```python\n{name}{_signature(value)}\n```"
        yield _doc(value)
    if inspect.isclass(value) and not issubclass(value, CuriouserError | BaseException):
        for method, function in vars(value).items():
            if inspect.isfunction(function) and not method.startswith("_"):
                yield f"#### {name}.{method}"
                yield f"```python\n{method}{_signature(function)}\n```"
                yield _doc(function)


class _Bare(str):
    """A text that shows itself without quotes: annotations and names of functions in a signature."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _signature(function: Callable[..., object]) -> str:
    """Write a signature the same way in every run: without quotes, and without addresses of functions."""
    found = inspect.signature(function)
    parameters = [
        each.replace(
            annotation=_Bare(each.annotation) if isinstance(each.annotation, str) else each.annotation,
            default=_Bare(each.default.__name__) if inspect.isfunction(each.default) else each.default,
        )
        for each in found.parameters.values()
    ]
    returned = found.return_annotation
    answer = _Bare(returned) if isinstance(returned, str) else returned
    return str(found.replace(parameters=parameters, return_annotation=answer))


def _doc(value: object) -> str:
    text = inspect.cleandoc(value.__doc__ or "")
    return re.sub(r"^(Args|Returns|Raises|Source|Examples|Yields):$", r"**\1**", text, flags=re.MULTILINE)


def cycle_page() -> str:
    """Draw the loop of the talk as a table."""
    lines = ["# The loop", "", "| step | slides | what happens | command |", "|---|---|---|---|"]
    lines += [f"| {s.name} | {s.slides} | {_cell(s.does)} | `curiouser {' '.join(s.verb)}` |" for s in CYCLE]
    return "\n".join(lines) + "\n"


def rest_page() -> str:
    """List every route: method, path, role, what it does."""
    parts = ["# REST", _REST.format(types=", ".join(f"`{kind}`" for kind in TABLES))]
    by_tag: dict[str, list[str]] = {}
    for routes in every_route():
        for one in routes.declared:
            does = _cell(inspect.cleandoc(one.endpoint.__doc__ or "").split("\n\n")[0])
            line = f"| `{one.method} {one.path}` | {one.role or 'anyone'} | {does} |"
            by_tag.setdefault(str(one.options["tags"][0]), []).append(line)
    for tag, lines in by_tag.items():
        parts.append("\n".join([f"## {tag.capitalize()}", "", "| route | role | what |", "|---|---|---|", *lines]))
    return "\n\n".join(parts) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "commands.md": commands_page,
    "errors.md": errors_page,
    "settings.md": settings_page,
    "python.md": python_page,
    "cycle.md": cycle_page,
    "rest.md": rest_page,
}


def main() -> None:
    """Write the pages, or compare them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only")
    check = parser.parse_args().check
    REFERENCE.mkdir(parents=True, exist_ok=True)
    stale = []
    for name, page in PAGES.items():
        path, text = REFERENCE / name, _NOTE + page()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if not check:
                path.write_text(text, encoding="utf-8")
    if check and stale:
        sys.exit(f"docs/reference is behind the code: {', '.join(stale)}; run `make docs`")
    print("docs/reference " + ("is what the code says" if not stale else f"written: {', '.join(stale)}"))


if __name__ == "__main__":
    main()
