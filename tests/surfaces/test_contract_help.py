"""Every command of the contract explains in ``--help`` the keys of what ``--json`` prints."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner

from curiouser.surfaces.cli.program import cli

MEASURED = "value low high n"
CONTRACT = {
    "data import": "data_commit content_hash rows added changed removed",
    "data diff": "added removed changed rows id change fields truncated",
    "data check": "checks code name outcome pass fail unknown count value threshold rows",
    "model add": "model digest kind",
    "model ask": "answers model answer",
    "model update": "model digest added unchanged missing",
    "evaluate": f"test_set model_calls evaluations model threshold complete missing scores {MEASURED} method"
    " confusion classes counts memorised trained_on",
    "compare": "test_set n metric pairs a b difference value low high method p_value p_adjusted negative_flips"
    " positive_flips smallest_difference verdict better worse no_difference_shown",
    "leaderboard": f"test_sets models model reported scores test_set missing {MEASURED}",
    "problem add": "name harm affected patterns added data_commit notes",
    "problem triage": "model test_set problems name state impact rank best worst affected percent source harm error"
    f" memorised {MEASURED}",
    "problem history": f"models model state error true_positive false_positive true_negative false_negative {MEASURED}",
}
"""Command -> the words that its explanation has, as the design fixes them."""


@pytest.mark.parametrize("command", CONTRACT)
def test_help_explains_the_keys_of_the_contract(command: str) -> None:
    said = CliRunner().invoke(cli, [*command.split(), "--help"])
    assert said.exit_code == 0
    found = re.search(r"^ *JSON: (.+?)(?:\n\n|\Z)", said.output, flags=re.DOTALL | re.MULTILINE)
    assert found is not None, f"{command} --help says nothing of its JSON"
    explained = set(re.findall(r"\w+", found[1]))
    assert set(CONTRACT[command].split()) - explained == set()
