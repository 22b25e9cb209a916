"""The talk's checklist: fifteen items, each done or not yet, with the reason and the next step.

Probes are pure functions over :class:`Facts`, which ``workspace/checking.py`` gathers
through the services. An item is never done by default, and what Curiouser cannot do yet
is not yet done, in so many words. It serves slides 74-76.
"""

from curiouser.checklist.facts import DatasetFacts, Facts, ModelFacts, ProblemFacts
from curiouser.checklist.items import CHECKLIST, judge
from curiouser.checklist.records import Answer, Checked, Checklist, Group, Item, NextStep

__all__ = [
    "CHECKLIST",
    "Answer",
    "Checked",
    "Checklist",
    "DatasetFacts",
    "Facts",
    "Group",
    "Item",
    "ModelFacts",
    "NextStep",
    "ProblemFacts",
    "judge",
]
