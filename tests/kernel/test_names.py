"""Names and canonical JSON."""

import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curiouser.kernel.canonical import canonical_json, digest_of, finite_or_none
from curiouser.kernel.clock import as_text, from_text
from curiouser.kernel.errors import BadInputError
from curiouser.kernel.ids import plain_name, problem_name


@pytest.mark.parametrize("name", ["drugs-doctors-false-pos", "1-services", "künste-zu-allgemein", "developer"])
def test_kebab_case_names_a_problem(name: str) -> None:
    assert problem_name(name) == name


@pytest.mark.parametrize("name", ["", "Drugs", "a--b", "-a", "a-", "a b", "a_b", "../etc", "a" * 101, "a\n"])
def test_what_is_not_kebab_case_names_none(name: str) -> None:
    with pytest.raises(BadInputError, match="no name for a problem"):
        problem_name(name)


@pytest.mark.parametrize("name", ["", ".hidden", "a/b", "a@b", "a b", "..", "a\x00b", "-x"])
def test_a_name_cannot_be_a_path_or_an_option(name: str) -> None:
    with pytest.raises(BadInputError, match="no name for a model"):
        plain_name(name, "model")


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False)))
def test_the_order_of_keys_does_not_change_a_digest(value: dict[str, int | str | float]) -> None:
    assert digest_of(value) == digest_of(dict(reversed(value.items())))


def test_json_has_no_word_for_nan() -> None:
    with pytest.raises(ValueError, match="JSON"):
        canonical_json(math.nan)
    assert finite_or_none(math.nan) is None
    assert finite_or_none(math.inf) is None
    assert finite_or_none(0.5) == 0.5


@given(st.datetimes(min_value=datetime(1000, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001  the zone is added
def test_moments_read_back_and_sort_as_text(moment: datetime) -> None:
    assert from_text(as_text(moment)) == moment
    later = moment + timedelta(microseconds=1) if moment.year < 9999 else moment
    assert as_text(moment) <= as_text(later)


def test_a_moment_is_written_in_utc_and_needs_a_zone() -> None:
    assert as_text(datetime(2019, 10, 10, 2, tzinfo=timezone(timedelta(hours=2)))) == "2019-10-10T00:00:00.000000Z"
    with pytest.raises(ValueError, match="timezone"):
        as_text(datetime(2019, 10, 10))  # noqa: DTZ001  that is the mistake
