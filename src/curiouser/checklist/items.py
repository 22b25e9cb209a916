"""The fifteen items of slides 74-76, in the talk's order and words."""

from __future__ import annotations

from curiouser.checklist import maintaining, releasing, tracking
from curiouser.checklist.facts import Facts
from curiouser.checklist.records import Checked, Checklist, Group, Item

CHECKLIST: tuple[Item, ...] = (
    Item(
        key="metric-selection",
        name="Careful metric selection",
        group=Group.FIRST_RELEASE,
        slide=74,
        explained="21-23",
        means="The business understands the metric that decides, weighed its pros and cons, and signed it off.",
        probe=releasing.metric_selection,
    ),
    Item(
        key="threshold-selection",
        name="Threshold selection strategy",
        group=Group.FIRST_RELEASE,
        slide=74,
        explained="23",
        means="Where a score becomes a yes was chosen for this very model, and not left at one half.",
        probe=releasing.threshold_strategy,
    ),
    Item(
        key="explain-predictions",
        name="Explain predictions",
        group=Group.FIRST_RELEASE,
        slide=74,
        explained="24-28",
        means="Somebody who asks why the model answered so gets to see what moved the answer.",
        probe=releasing.explain_predictions,
    ),
    Item(
        key="fairness-framework",
        name="Fairness framework",
        group=Group.FIRST_RELEASE,
        slide=74,
        explained="29-35",
        means="Whether the model harms a group of people is measured, and somebody judges what was measured.",
        probe=releasing.fairness_framework,
    ),
    Item(
        key="problem-tracker",
        name="ML problem tracker",
        group=Group.AFTER_FIRST_RELEASE,
        slide=75,
        explained="39-47",
        means="What users complain about becomes a problem described by test patterns, and no complaint is lost.",
        probe=tracking.problem_tracker,
    ),
    Item(
        key="triage-strategy",
        name="Problem triage strategy",
        group=Group.AFTER_FIRST_RELEASE,
        slide=75,
        explained="48-50",
        means="Problems are ranked by users affected x error x harm, and each has somebody to look after it.",
        probe=tracking.triage_strategy,
    ),
    Item(
        key="reproducible-training",
        name="Reproducible training",
        group=Group.AFTER_FIRST_RELEASE,
        slide=75,
        explained="59",
        means="The same data and the same code give the same model again.",
        probe=tracking.reproducible_training,
    ),
    Item(
        key="comparable-results",
        name="Comparable results",
        group=Group.AFTER_FIRST_RELEASE,
        slide=75,
        explained="51-55",
        means="All models are scored on all rows of the same test set: today's.",
        probe=tracking.comparable_results,
    ),
    Item(
        key="result-management",
        name="Result management",
        group=Group.AFTER_FIRST_RELEASE,
        slide=75,
        explained="59",
        means="Every result ever measured is kept in one place, with the model and the data behind it.",
        probe=tracking.result_management,
    ),
    Item(
        key="answer-why",
        name="Be able to answer why",
        group=Group.AFTER_FIRST_RELEASE,
        slide=75,
        explained="56-59",
        means="When the model answers differently today, you can say which change made it so.",
        probe=tracking.answer_why,
    ),
    Item(
        key="data-refresh",
        name="Data refresh strategy",
        group=Group.LONG_TERM,
        slide=76,
        explained="64-65",
        means="Training data and test set follow the users as these change.",
        probe=maintaining.data_refresh,
    ),
    Item(
        key="data-version-control",
        name="Data version control",
        group=Group.LONG_TERM,
        slide=76,
        explained="59, 72-73",
        means="Every state of the data has a name, an author and a reason, and every result says which one it saw.",
        probe=maintaining.data_version_control,
    ),
    Item(
        key="data-checks",
        name="CI/CD or metrics for data",
        group=Group.LONG_TERM,
        slide=76,
        explained="70-73",
        means="Changed data is tested for leakage, duplicates and distributions before it is merged.",
        probe=maintaining.data_checks,
    ),
    Item(
        key="labelling",
        name="Data labeller platform + strategy",
        group=Group.LONG_TERM,
        slide=76,
        explained="66, 73",
        means="Several people label, their disagreement is measured, and conflicts go to an expert.",
        probe=maintaining.labelling,
    ),
    Item(
        key="robustness",
        name="Robustness & uncertainty",
        group=Group.LONG_TERM,
        slide=76,
        explained="67-69",
        means="How far small changes of the input turn the answer, and whether the model knows when it is unsure.",
        probe=maintaining.robustness,
    ),
)


def judge(facts: Facts) -> Checklist:
    """Put every item to the facts."""
    return Checklist(items=tuple(Checked(item=item, answer=item.probe(facts)) for item in CHECKLIST))
