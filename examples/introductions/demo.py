"""Walk through the talk's loop on this example, with the real commands, from nothing.

``python demo.py`` makes the folder ``workspace`` beside this file anew;
``--into DIR`` takes another, new one. Every command is shown before it runs,
and can be typed there again.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from curiouser.surfaces.cli.program import run

HERE = Path(__file__).parent
COPIED = ("data", "problems", "train.py", "features.py", "headings.py", "headings.toml", "introductions_model.py")
MARK = ".made-by-the-demo"
"""A folder that holds this file may be made anew."""
COMPLAINT = '{"want": "a doctor", "offer": "cannabis and other drugs that are good for your health"}'
# Name, harm, and how many users are affected: counted in production, or stated with a reason.
PROBLEMS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("drugs-doctors-false-pos", "dangerous",
     ("--affected-where", 'matches(lower(offer), "dagga|weed|cannabis|marijuana|drugs")', "--window", "8w")),
    ("the-arts-too-general", "costly",
     ("--affected-where", 'topic in ("painting", "sculpture", "theatre", "dance", "film")', "--window", "8w")),
    ("politicians-false-neg", "costly",
     ("--affected", "0.5%..2%", "--because", "15 of 1,500 users search for politicians")),
    ("tech-too-general", "annoying",
     ("--affected-where", 'matches(lower(offer), "tech|software|computers")', "--window", "8w")),
    ("designers-too-general", "annoying",
     ("--affected-where", 'matches(lower(want), "design")', "--window", "8w")),
    ("health-more-specific", "costly",
     ("--affected-where", 'topic in ("cardiology", "dermatology", "nursing", "doctor")', "--window", "8w")),
    ("developer", "annoying",
     ("--affected-where", 'matches(lower(want), "developer")', "--window", "8w")),
    ("brand-marketing-social-media", "annoying", ()),
)  # fmt: skip


class DemoError(Exception):
    """A command did not end as it should."""


@dataclass(frozen=True, slots=True)
class Demo:
    """Shows and runs commands in one folder."""

    folder: Path

    def say(self, title: str, text: str) -> None:
        """Begin a step."""
        print(f"\n\n=== {title}\n{text}", flush=True)

    def curiouser(self, *arguments: str, status: int = 0) -> None:
        """Run a command of Curiouser, in this process: forty starts of Python would take a minute."""
        self._show(["curiouser", *arguments], status)
        try:
            run(list(arguments))
        except SystemExit as stop:
            self._judge(["curiouser", *arguments], stop.code, status)

    def python(self, *arguments: str) -> None:
        """Run a script of the team, in a process of its own, as the team does."""
        self._show(["python", *arguments], 0)
        ended = subprocess.run([sys.executable, *arguments], cwd=self.folder, check=False)
        self._judge(["python", *arguments], ended.returncode, 0)

    def _show(self, command: list[str], status: int) -> None:
        print(f"\n$ {shlex.join(command)}" + (f"   # exit {status}" if status else ""), flush=True)

    def _judge(self, command: list[str], ended: object, status: int) -> None:
        sys.stdout.flush()
        if ended != status:
            raise DemoError(f"this ended with status {ended}, not {status}: {shlex.join(command)}")


def prepare(folder: Path) -> None:
    """Make a folder of the team's own: its data, patterns and training code.

    Raises:
        DemoError: It holds something that the demo did not make.
    """
    if folder.is_dir() and any(folder.iterdir()):
        if not (folder / MARK).is_file():
            raise DemoError(f"{folder} is not empty, and the demo did not make it; name a new folder: --into DIR")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).touch()
    for name in COPIED:
        if (HERE / name).is_dir():
            shutil.copytree(HERE / name, folder / name)
        else:
            shutil.copy(HERE / name, folder / name)


def start(demo: Demo) -> None:
    """Make the workspace and bring October's test set."""
    demo.say(
        "The problem (slides 15-18)", "One user wants to meet somebody, another has something to offer. Should they?"
    )
    task = ["--task", "binary", "--inputs", "want,offer", "--label", "meet", "--classes", "no,yes"]
    groups = ["--id", "id", "--user", "user_id", "--groups", "language,gender", "--time", "at"]
    demo.curiouser("init", ".", "--name", "introductions", *task, *groups, "--yes")
    demo.curiouser("data", "import", "data/train.csv", "--dataset", "train", "-m", "labelled from March on")
    demo.curiouser("data", "import", "data/test-2019-10.csv", "--dataset", "test", "-m", "sampled in October")


def first_models(demo: Demo) -> None:
    """Train and score the first models, and compare two of them."""
    demo.say(
        "Is the model good enough? (slides 21-23)",
        "Five versions are trained; three of them are what October had. Every number has its interval.",
    )
    demo.python("train.py")
    demo.curiouser("model", "add", "v1", "--sklearn", "models/v1.skops")
    demo.curiouser("model", "add", "v2", "--predictions", "models/v2.csv")
    demo.curiouser("model", "add", "v3", "--predictions", "models/v3.csv")
    demo.curiouser("evaluate", "--metric", "accuracy")
    demo.say("Is version 3 better than version 2? (slides 51-53)", "It is the same model with another setting.")
    demo.curiouser("compare", "v2", "v3")
    demo.curiouser("model", "live", "v2")


def complaint(demo: Demo) -> None:
    """A user complains; the complaint becomes patterns, and the patterns a problem."""
    demo.say(
        "A user complains (slides 39-43)", "Write it down, and put it to every model. A file knows its own rows only."
    )
    words = "I asked for a doctor and you sent me somebody who sells dagga"
    answers = ["--answered", "yes", "--expected", "no", "--model", "v2"]
    demo.curiouser("report", "add", words, "--input", COMPLAINT, *answers, "--user", "u-0031")
    demo.curiouser("model", "ask", "--input", COMPLAINT)
    demo.say(
        "What is the bug? (slides 42-44, 49)",
        "Each weakness is described by patterns: some must not meet, some must still meet. Harm is what one wrong\n"
        "answer costs; the users affected are counted in production, or stated with a reason, or not known yet.",
    )
    source = ["data/production.csv", "--dataset", "production", "--unlabelled"]
    demo.curiouser("data", "import", *source, "-m", "ten weeks of traffic")
    for name, harm, affected in PROBLEMS:
        demo.curiouser("problem", "add", name, "--patterns", f"problems/{name}.csv", "--harm", harm, *affected)
    demo.curiouser("report", "link", "1", "drugs-doctors-false-pos")


def triage(demo: Demo) -> None:
    """Complete the file of predictions, then rank the problems."""
    demo.say("Which problem first? (slides 48-50)", "Version 2 is a file: it needs answers for the patterns.")
    complete(demo, 2)
    demo.curiouser("problem", "triage")


def complete(demo: Demo, version: int) -> None:
    """Let the old code answer the rows that a file of predictions lacks."""
    todo, answers = f"v{version}-todo.csv", f"v{version}-answers.csv"
    demo.curiouser("model", "missing", f"v{version}", "-o", todo)
    demo.python("train.py", "--version", str(version), "--answer", todo, "--into", answers)
    demo.curiouser("model", "update", f"v{version}", "--predictions", answers)


def later_models(demo: Demo) -> None:
    """Add a version that learned its patterns by heart, and a better one."""
    demo.say(
        "Two more models (slide 61)",
        "Version 4 had the patterns of one problem in its training data, and says so. Version 5 has better headings,\n"
        "and rows that were labelled for the problems; the app calls it as a function.",
    )
    demo.curiouser("data", "branch", "v4", "--dataset", "train")
    added = ["data/train-v4.csv", "--dataset", "train", "--branch", "v4"]
    demo.curiouser("data", "import", *added, "-m", "the patterns of the arts")
    more = ["data/targeted.csv", "--dataset", "train"]
    demo.curiouser("data", "import", *more, "-m", "labelled for the problems")
    demo.curiouser("model", "add", "v4", "--sklearn", "models/v4.skops", "--trained-on", "train@v4")
    reads = ["--reads", "models/v5.skops", "--reads", "headings.toml"]
    demo.curiouser("model", "add", "v5", "--python", "introductions_model:predict", *reads)


def living_test_set(demo: Demo) -> None:
    """Refresh the test set, re-evaluate all models, and follow the problems."""
    demo.say(
        "The test set lives (slides 54-55, 64-65)",
        "Users write about other things by now: 200 rows of November and December come in, 8 labels are corrected.\n"
        "Every model is brought to it; only rows that it has not seen are asked. Nobody completes version 3.",
    )
    demo.curiouser("data", "import", "data/test-refresh.csv", "--dataset", "test", "-m", "refreshed in December")
    complete(demo, 2)
    demo.curiouser("evaluate", "--metric", "accuracy")
    demo.curiouser("leaderboard")
    demo.say("Is my bug fixed? (slide 47)", "The error of every problem over the models.")
    demo.curiouser("problem", "history")
    demo.say("Is the new model better? (slides 51-53)", "On the same rows, by users, with a verdict in plain words.")
    demo.curiouser("compare", "v2", "v5")


def guard(demo: Demo) -> None:
    """Hold a candidate against every problem, make the better one live, and ask what is next."""
    demo.say("Guard what is fixed (slide 61)", "Version 4 must not go out: it breaks what version 2 had fixed.")
    demo.curiouser("problem", "check", "--model", "v4", status=3)
    demo.curiouser("model", "live", "v5")
    demo.curiouser("problem", "triage")


def walk(demo: Demo) -> None:
    """Go through the loop once, in the talk's order."""
    for step in (start, first_models, complaint, triage, later_models, living_test_set, guard):
        step(demo)


def main() -> int:
    """Read the command line and walk through the loop."""
    parser = argparse.ArgumentParser(description="Walk through the talk's loop on this example.")
    parser.add_argument("--into", type=Path, default=HERE / "workspace", metavar="DIR", help="folder for the workspace")
    folder = parser.parse_args().into.resolve()
    try:
        prepare(folder)
        os.chdir(folder)
        os.environ["CURIOUSER_ACTOR"] = "alice"
        walk(Demo(folder))
    except DemoError as error:
        print(f"\nerror: {error}", file=sys.stderr)
        return 1
    program = Path(sys.executable).parent / "curiouser"
    print(
        f"\n\n=== Your turn\nThe workspace is {folder}. Try there:\n\n"
        f"  cd {shlex.quote(str(folder))}\n"
        f"  alias curiouser={shlex.quote(str(program))}\n"
        "  curiouser status                                  # what is here, and what to do next\n"
        "  curiouser problem show the-arts-too-general       # the patterns that version 5 gets wrong\n"
        "  curiouser problem history drugs-doctors-false-pos\n"
        "  curiouser data check train@v4                     # finds the patterns that version 4 was trained on\n"
        "  curiouser data log                                # the states of the test set; `data diff` compares two\n"
        "  curiouser cycle                                   # the loop, step by step"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
