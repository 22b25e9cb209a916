"""``[checks]`` is read whole, every mistake is told at once, and what was read is written back alike."""

from __future__ import annotations

import tomllib

import pytest

from curiouser.kernel.check_settings import DEFAULT_RULES, Severity
from curiouser.kernel.configuration import Configuration, configuration_from, configuration_text
from curiouser.kernel.errors import ConfigurationError

TASK = '[task]\nkind = "binary"\ninputs = ["text"]\nlabel = "spam"\nclasses = ["no", "yes"]\n'
ALL = """
[checks]
releases = ["test@v1"]
production = "live"
level = 0.05
min_rows = 50
columns = { "how old" = "number" }
[checks.exact-duplicates]
severity = "gate"
[checks.vocabulary]
threshold = 0.3
[checks.own.no-addresses]
where = 'contains(text, "@")'
[checks.own.short]
function = "ours:short"
whole = true
severity = "warn"
threshold = 0.01
"""


def read(text: str) -> Configuration:
    return configuration_from(tomllib.loads(TASK + text))


def test_without_the_table_every_check_has_its_default() -> None:
    assert read("").checks.rules == DEFAULT_RULES


def test_settings_are_read_and_written_back_alike() -> None:
    made = read(ALL)
    assert made.checks.rules["exact-duplicates"].severity is Severity.GATE
    assert made.checks.rules["exact-duplicates"].threshold == DEFAULT_RULES["exact-duplicates"].threshold
    assert [one.name for one in made.checks.own] == ["no-addresses", "short"]
    assert configuration_from(tomllib.loads(configuration_text(made))) == made


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[checks]\nlevle = 1", "did you mean 'level'?"),
        ("[checks]\nlevel = 0", "checks.level must be a number above 0 and up to 0.5"),
        ("[checks]\nmin_rows = 0", "checks.min_rows must be a whole number >= 1"),
        ("[checks]\ntrain = 3", "checks.train must be text"),
        ('[checks]\nreleases = ["test"]', "checks.releases must be a list of versions"),
        ('[checks]\nreleases = ["test@a", "test@b"]', "names a dataset twice"),
        ('[checks]\ncolumns = { age = "integer" }', "checks.columns.age is 'integer'"),
        ("[checks]\ncolumns = 3", "checks.columns must be a table"),
        ("[checks]\nschema = 3", "[checks.schema] must be a table"),
        ('[checks.schema]\nseverity = "loud"', "choose gate, warn or off"),
        ("[checks.schema]\nthreshold = 2", "checks.schema.threshold must be a number from 0 up to 1"),
        ("[checks.schema]\nthreshold = nan", "checks.schema.threshold must be a number"),
        ("[checks.duplicates]\nseverity = 'off'", "checks.duplicates is not a setting"),
        ("[checks.own.x]\nseverity = 'gate'", "checks.own.x needs either where"),
        ("[checks.own.x]\nwhere = 'a'\nfunction = 'a:b'", "checks.own.x needs either where"),
        ("[checks.own.x]\nfunction = 'nowhere'", "checks.own.x.function must be module:function"),
        ("[checks.own.x]\nwhere = 'a'\nwhole = true", "checks.own.x.whole must be"),
        ("[checks.own.schema]\nwhere = 'a'", "no name of a built-in check"),
        ("[checks.own.'a b']\nwhere = 'a'", "letters, digits and single hyphens"),
        ("[checks]\nown = 3", "[checks.own] must be a table of checks"),
        ("checks = 3", "[checks] must be a table"),
    ],
)  # fmt: skip
def test_a_mistake_says_what_to_write(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        configuration_from(tomllib.loads(text + "\n" + TASK))
    assert any(said in mistake for mistake in raised.value.mistakes), raised.value.mistakes


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as raised:
        read("[checks]\nlevel = 9\nmin_rows = -1\n[checks.schema]\nseverity = 1\nthreshold = -1\n")
    assert len(raised.value.mistakes) == 4
