"""What files of predictions lack: only whoever made them can fill it in."""

from __future__ import annotations

from collections.abc import Sequence

from curiouser.evaluations import Holdings
from curiouser.models import Model, ModelId, ModelKind
from curiouser.workspace.opening import Workspace


def missing_predictions(
    workspace: Workspace, models: Sequence[Model], holdings: Holdings, *, on: str
) -> dict[ModelId, int]:
    """Count the rows of a test set that models have no answer to and cannot be asked about.

    Args:
        workspace: Where they are.
        models: Any; those that are no files of predictions are left out, and so are those with a complete evaluation.
        holdings: Which evaluations of the test set are complete.
        on: The test set.

    Returns:
        Model -> rows, > 0.
    """
    files = [
        one
        for one in models
        if one.kind is ModelKind.PREDICTIONS and (one.digest, one.threshold) not in holdings.complete
    ]
    if not files:
        return {}
    test_set = workspace.evaluations.test_set(on)
    answered = {one.id: workspace.evaluations.answers(one, test_set).valid for one in files}
    return {model: int((~valid).sum()) for model, valid in answered.items() if not valid.all()}
