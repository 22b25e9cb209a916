"""A crowd of labellers, some careful, some not, for the pairs that we asked about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from making.market import Row
from making.phrases import Dice

ANSWER_COLUMNS = ("id", "want", "offer", "labeller", "meet", "at", "seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class CrowdLabeller:
    """One person of the crowd."""

    name: str
    """Id on the crowd platform."""
    right_yes: float
    """Chance of saying yes where yes is right, in [0, 1]."""
    right_no: float
    """Chance of saying no where no is right, in [0, 1]."""
    share: float
    """How much of the work they take, relative to the others."""
    seconds: int
    """Typical time for one answer, in seconds."""
    weak_topics: frozenset[str] = frozenset()
    """Wants about which they only guess."""


_BODY = frozenset({"doctor", "pharmacy", "addiction-support", "nursing"})
_MACHINES = frozenset({"web-development", "mobile-apps", "machine-learning", "it-support", "data-analysis"})
CROWD = (
    CrowdLabeller(name="aisha", right_yes=0.97, right_no=0.97, share=2.0, seconds=14),
    CrowdLabeller(name="bongani", right_yes=0.95, right_no=0.96, share=1.5, seconds=12),
    CrowdLabeller(name="carla", right_yes=0.96, right_no=0.93, share=1.0, seconds=17),
    CrowdLabeller(name="dineo", right_yes=0.93, right_no=0.90, share=1.0, seconds=11),
    CrowdLabeller(name="elias", right_yes=0.92, right_no=0.91, share=1.0, seconds=10, weak_topics=_BODY),
    CrowdLabeller(name="fatima", right_yes=0.90, right_no=0.92, share=1.0, seconds=13, weak_topics=_MACHINES),
    CrowdLabeller(name="george", right_yes=0.95, right_no=0.70, share=1.2, seconds=8),
    CrowdLabeller(name="hannes", right_yes=0.72, right_no=0.95, share=0.8, seconds=9),
    CrowdLabeller(name="itumeleng", right_yes=0.80, right_no=0.78, share=0.8, seconds=7),
    CrowdLabeller(name="joao", right_yes=0.94, right_no=0.94, share=0.5, seconds=19),
    CrowdLabeller(name="kim", right_yes=0.97, right_no=0.06, share=0.8, seconds=2),
    CrowdLabeller(name="lwazi", right_yes=0.50, right_no=0.50, share=0.6, seconds=3),
)
"""``kim`` says yes to nearly everything in two seconds; ``lwazi`` tosses a coin."""


def _answer(labeller: CrowdLabeller, row: Row, dice: Dice) -> str:
    right = 0.6 if row.topic in labeller.weak_topics else labeller.right_yes if row.meet == "yes" else labeller.right_no
    other = "no" if row.meet == "yes" else "yes"
    return row.meet if dice.chance(right) else other


def _several(count: int, dice: Dice) -> list[CrowdLabeller]:
    left = {labeller.name: labeller for labeller in CROWD}
    chosen = []
    for _ in range(count):
        name = dice.weighted({name: labeller.share for name, labeller in left.items()})
        chosen.append(left.pop(name))
    return chosen


def ask_the_crowd(rows: Sequence[Row], dice: Dice) -> list[dict[str, str]]:
    """Ask three to five labellers about each pair.

    Args:
        rows: Pairs with the label that the rules give them.
        dice: Where the answers come from.

    Returns:
        One record per answer with the columns ``ANSWER_COLUMNS``, in the order
        in which the answers came in.
    """
    start = datetime(2019, 11, 21, 8, 0, tzinfo=UTC)
    answers = []
    for row in rows:
        for labeller in _several(dice.weighted({3: 5.0, 4: 3.0, 5: 2.0}), dice):
            at = start + timedelta(seconds=dice.below(3 * 24 * 3600))
            answers.append(
                {
                    "id": row.id,
                    "want": row.want,
                    "offer": row.offer,
                    "labeller": labeller.name,
                    "meet": _answer(labeller, row, dice),
                    "at": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                    "seconds": str(1 + labeller.seconds // 2 + dice.below(labeller.seconds + 1)),
                }
            )
    return sorted(answers, key=lambda answer: (answer["at"], answer["id"], answer["labeller"]))
