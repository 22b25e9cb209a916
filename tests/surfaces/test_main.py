"""The program's own manners: help, errors, exit statuses, nothing loaded that is not needed."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import click
import pytest

from curiouser.cycle import CYCLE
from curiouser.surfaces.cli.main import COMMANDS, help_text
from curiouser.surfaces.cli.program import cli
from curiouser.surfaces.cli.show import Tinted, number, printable, table


def curiouser(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "curiouser", *arguments], capture_output=True, text=True, check=False, cwd=folder
    )


def command_of(verb: tuple[str, ...]) -> click.Command:
    found: click.Command = cli
    for word in verb:
        assert isinstance(found, click.Group), f"{verb}: {found.name} has no subcommands"
        deeper = found.get_command(click.Context(found), word)
        assert deeper is not None, f"there is no command {' '.join(verb)}"
        found = deeper
    return found


def test_help_loads_neither_click_nor_numpy() -> None:
    asked = "import sys; sys.argv=['curiouser','--help']; import curiouser.surfaces.cli.main as m; m.main(); "
    asked += "print(sorted({'click', 'numpy', 'polars', 'sqlalchemy'} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert ran.stdout.rstrip().endswith("[]")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_in_the_help_exists_under_its_name(name: str) -> None:
    module = importlib.import_module(f"curiouser.surfaces.cli.{name}")
    assert isinstance(getattr(module, name), click.Command)
    assert f"\n  {name} " in help_text()


@pytest.mark.parametrize("step", CYCLE, ids=lambda step: step.name)
def test_every_step_of_the_cycle_has_its_command(step: object) -> None:
    verb: tuple[str, ...] = getattr(step, "verb")  # noqa: B009  parametrized as object for the ids
    assert command_of(verb).help


def leaves(command: click.Command, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], click.Command]]:
    if not isinstance(command, click.Group):
        return [(path, command)]
    context = click.Context(command)
    found = []
    for name in command.list_commands(context):
        deeper = command.get_command(context, name)
        assert deeper is not None
        found += leaves(deeper, (*path, name))
    return found


def test_every_command_says_what_it_does_and_takes_json() -> None:
    no_json = {("completion",), ("problem", "template"), ("serve",)}
    for path, command in leaves(cli):
        assert command.help, path
        assert all(option.help for option in command.params if isinstance(option, click.Option)), path
        flags = {flag for option in command.params for flag in option.opts}
        assert "--json" in flags or path in no_json, path


def test_a_typing_error_names_the_nearest_command(tmp_path: Path) -> None:
    ran = curiouser("problm", folder=tmp_path)
    assert ran.returncode == 2
    assert "Did you mean 'problem'?" in ran.stderr


def test_outside_a_workspace_the_error_says_how_to_make_one(tmp_path: Path) -> None:
    ran = curiouser("status", folder=tmp_path)
    assert ran.returncode == 6
    assert "there is no curiouser.toml" in ran.stderr
    assert "curiouser init" in ran.stderr
    assert ran.stdout == ""


def test_with_json_an_error_is_json_on_stderr(tmp_path: Path) -> None:
    ran = curiouser("status", "--json", folder=tmp_path)
    assert json.loads(ran.stderr) == {
        "code": "CUR014",
        "message": json.loads(ran.stderr)["message"],
        "hint": "make one with `curiouser init`",
    }


def test_stored_text_cannot_drive_the_terminal() -> None:
    hostile = "a\x1b[31mred\r\n\u202eb"
    shown = printable(hostile)
    assert "\x1b" not in shown
    assert "\n" not in shown
    assert "\u202e" not in shown
    assert table(["h"], [[hostile]]).count("\n") == 1


def test_columns_line_up_for_wide_and_combining_letters() -> None:
    lines = click.unstyle(table(["name", "n"], [["猫猫", 1], ["é", 2], ["e\u0301", 3]])).splitlines()
    assert lines[1] == "猫猫  1"
    assert lines[2] == "é     2"
    assert lines[3] == "e\u0301     3"


def test_an_undefined_number_is_no_zero() -> None:
    assert number(None) == "–"
    assert number(0.5, 0.25, 0.75, n=1_000) == "0.500 [0.250, 0.750] n=1,000"


def test_a_colour_is_ours_to_put_on_and_never_the_stored_texts() -> None:
    shown = table(["state"], [[Tinted("failing", "red")], ["\x1b[31mfailing"]])
    assert "\x1b[31mfailing\x1b[0m" in shown
    assert "␛[31mfailing" in shown


def test_what_nobody_foresaw_is_told_as_our_mistake(tmp_path: Path) -> None:
    asked = "import curiouser.surfaces.cli.cycle as c; c.cycle.callback = lambda **_: 1 / 0; "
    asked += "from curiouser.surfaces.cli.program import run; run(['cycle'])"
    ran = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert ran.returncode == 1
    assert "ZeroDivisionError" in ran.stderr
    assert "a mistake of Curiouser's" in ran.stderr
