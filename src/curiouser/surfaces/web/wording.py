"""Repairs in the words of the pages: the button or the field that does what a command or an option does."""

from __future__ import annotations

from typing import Final

from curiouser.surfaces.bodies.wording import Words

WORDS: Final = Words(
    commands={
        "audit list": "see|the page Audit log",
        "compare": "use|the page Compare",
        "data branch": "use|“Start a branch” on the page Data",
        "data export": "use|“Export” on the page Data",
        "data import": "use|“Import rows” on the page Data",
        "data log": "see|the log on the page Data",
        "data show": "see|the log on the page Data",
        "evaluate": "use|“Evaluate all models” on the page Jobs",
        "job list": "see|the page Jobs",
        "job retry": "use|“Try again” on the job's page",
        "job show": "see|its page under Jobs",
        "leaderboard": "see|the page Leaderboard",
        "model add": "use|“Add a model” on the page Models",
        "model missing": "use|the export of rows to predict on the model's page",
        "model restore": "use|“Take it back” on the model's page",
        "model update": "use|“Add answers” on the model's page",
        "problem close": "use|“Close” on the problem's page",
        "problem edit": "use|“Edit” on the problem's page",
        "problem list": "see|the page Problems",
        "problem pattern add": "use|“Add patterns” on the problem's page",
        "problem pattern list": "see|the patterns on the problem's page",
        "problem pattern remove": "use|“Remove some” below the patterns on the problem's page",
        "problem template": "use|“Template” below the place to paste",
        "report list": "see|the page Reports",
        "slice add": "use|“Name a slice” on the page Slices",
        "slice remove": "use|“Forget” on the page Slices",
        "status": "see|the page Checklist",
        "token create": "use|“Make a token” on the page Tokens",
        "token list": "see|the page Tokens",
        "user enable": "use|“Let in again” on the page Users",
        "user grant": "use|“Give role” on the page Users",
        "user invite": "use|“New one-time link” on the page Users",
        "user list": "see|the page Users",
    },
    options={
        "--affected": "fill in|“Percent of users”",
        "--affected-by-reports": "choose|“count who reported it, a lower bound”",
        "--affected-where": "fill in|“Rows that are affected”",
        "--allow-input-changes": "tick|“Let known ids get another input”",
        "--because": "fill in|“Because”",
        "--case": "tick|its box",
        "--common": "tick|“only rows both answered”",
        "--each": "leave|“Name” empty",
        "--expected": "fill in|“What would have been right”",
        "--harm": "fill in|“Harm”",
        "--ids": "fill in|“Ids”",
        "--margins": "tick|“Scores are margins, not probabilities”",
        "--message": "fill in|“Why”",
        "--patterns": "fill in|“Patterns”",
        "--skip-bad": "leave the bad rows out of|the file",
        "--threshold": "fill in|“Threshold”",
        "--tolerance": "fill in|“Tolerance”",
        "--unlabelled": "tick|“The dataset has no labels”",
        "--where": "fill in|“Predicate”",
    },
)
"""What :mod:`curiouser.surfaces.bodies.wording` needs of the pages; a test holds each button and field to exist."""
