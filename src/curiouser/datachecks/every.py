"""Every check, in the order of their codes."""

from __future__ import annotations

from curiouser.datachecks.alike import NEAR_CONTRADICTORY_LABELS, NEAR_DUPLICATES, NEAR_LEAKAGE
from curiouser.datachecks.balance import CLASS_BALANCE, GROUP_BALANCE
from curiouser.datachecks.categories import CATEGORIES
from curiouser.datachecks.ground import Check
from curiouser.datachecks.leaking import EXACT_LEAKAGE, NORMALISED_LEAKAGE, PATTERN_LEAKAGE
from curiouser.datachecks.own import OWN
from curiouser.datachecks.repeats import CONTRADICTORY_LABELS, EXACT_DUPLICATES, NORMALISED_DUPLICATES
from curiouser.datachecks.shape import MISSING_VALUES, SCHEMA
from curiouser.datachecks.shifting import COLUMN_DISTRIBUTION, LABEL_DISTRIBUTION, VOCABULARY
from curiouser.datachecks.suspects import LABEL_ERRORS

EVERY_CHECK: tuple[Check, ...] = (
    SCHEMA,
    MISSING_VALUES,
    EXACT_DUPLICATES,
    NORMALISED_DUPLICATES,
    NEAR_DUPLICATES,
    EXACT_LEAKAGE,
    NORMALISED_LEAKAGE,
    NEAR_LEAKAGE,
    PATTERN_LEAKAGE,
    CONTRADICTORY_LABELS,
    NEAR_CONTRADICTORY_LABELS,
    LABEL_DISTRIBUTION,
    COLUMN_DISTRIBUTION,
    VOCABULARY,
    CATEGORIES,
    CLASS_BALANCE,
    GROUP_BALANCE,
    LABEL_ERRORS,
    OWN,
)
