"""Which classes are taken for which."""

import numpy as np

from curiouser.measure.records import IntArray


def confusion(truth: IntArray, codes: IntArray, *, classes: int) -> IntArray:
    """Count rows by true and answered class; cells without a row are left out.

    Of 1,000 classes there are a million cells, of which at most n hold a row.

    Args:
        truth: ``(n,)``, class codes in [0, classes).
        codes: ``(n,)``, class codes of the answers, in the same range.
        classes: Number of classes.

    Returns:
        ``(cells, 3)``, true class, answered class and rows (> 0), in the order of the first two.

    Raises:
        ValueError: A code is no class.

    Source:
        The definition of a confusion matrix, of which these are the cells that are not zero.

    Examples:
        >>> confusion(np.array([0, 1, 1]), np.array([0, 0, 0]), classes=2).tolist()
        [[0, 0, 1], [1, 0, 2]]
    """
    both = np.concatenate([truth, codes]).astype(np.int64)
    if both.size and not (both.min() >= 0 and both.max() < classes):
        raise ValueError(f"a class code is outside 0 .. {classes - 1}")
    places, counts = np.unique(both[: len(truth)] * classes + both[len(truth) :], return_counts=True)
    return np.stack([places // classes, places % classes, counts], axis=1).astype(np.int64)
