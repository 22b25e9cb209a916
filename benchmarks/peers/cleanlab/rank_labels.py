"""Cleanlab's half of the ranking of suspected label errors: a score per row, and which rows it flags.

Arguments: a .npz with ``labels`` and ``probabilities``, and the .npz to write.
"""

import json
import sys

import numpy as np
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores

given = np.load(sys.argv[1])
labels, probabilities = given["labels"], given["probabilities"]
methods = ("self_confidence", "normalized_margin", "confidence_weighted_entropy")
scores = {
    name: get_label_quality_scores(labels, probabilities, method=name, adjust_pred_probs=False) for name in methods
}
flagged = find_label_issues(labels, probabilities)
np.savez(sys.argv[2], flagged=flagged, **scores)
print(json.dumps({"flagged": int(flagged.sum()), "methods": list(methods)}))
