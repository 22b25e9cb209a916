"""Whose rows are measured: which share a user, and what each one weighs."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from curiouser.measure.records import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Rows:
    """The scored rows: how many, which belong together and what they weigh."""

    n: int
    """Rows, >= 0."""
    clusters: IntArray | None = None
    """``(n,)``, dense codes 0 .. groups - 1; None where every row stands alone."""
    weights: FloatArray | None = None
    """``(n,)``, > 0; None where every row counts as one."""

    @classmethod
    def of(cls, n: int, *, clusters: IntArray | None = None, weights: FloatArray | None = None) -> Self:
        """Describe rows by user and weight; what changes nothing is dropped.

        Args:
            n: Rows.
            clusters: ``(n,)``, integer code of the user; a negative code is no user known,
                and such a row stands alone.
            weights: ``(n,)``, > 0 and finite.

        Returns:
            The rows; without clusters where no user repeats, without weights where all are equal.

        Raises:
            ValueError: A length differs from n, or a weight is not > 0 and finite.

        Source:
            DESIGN §7: rows that share a user are not independent.

        Examples:
            >>> Rows.of(3, clusters=np.array([7, -1, -1])).independent
            True
            >>> Rows.of(3, clusters=np.array([7, 7, 9])).groups
            2
        """
        for name, given in (("clusters", clusters), ("weights", weights)):
            if given is not None and len(given) != n:
                raise ValueError(f"{name} has {len(given)} entries for {n} rows")
        if weights is not None and not bool(np.all((weights > 0) & np.isfinite(weights))):
            raise ValueError("every weight must be > 0 and finite")
        dense = None if clusters is None else _dense(np.asarray(clusters, dtype=np.int64))
        even = weights is None or n == 0 or bool(np.all(weights == weights[0]))
        return cls(n=n, clusters=dense, weights=None if even else np.asarray(weights, dtype=np.float64))

    @property
    def independent(self) -> bool:
        """Whether every row stands alone and counts as one."""
        return self.clusters is None and self.weights is None

    @cached_property
    def groups(self) -> int:
        """Independent parts: users, or rows where none repeats."""
        return self.n if self.clusters is None else int(self.clusters.max(initial=-1)) + 1

    @cached_property
    def total(self) -> float:
        """Sum of the weights."""
        return float(self.n) if self.weights is None else float(self.weights.sum())

    @cached_property
    def effective(self) -> float:
        """Kish's effective number of rows: what the weights leave of n."""
        if self.weights is None:
            return float(self.n)
        return float(self.weights.sum() ** 2 / (self.weights**2).sum())

    @cached_property
    def effective_groups(self) -> float:
        """Kish's effective number of groups: the fewest independent rows these can be worth."""
        sums = self.sums(np.ones(self.n))
        return float(sums.sum() ** 2 / (sums**2).sum())

    @property
    def degrees(self) -> float:
        """Degrees of freedom behind a variance between groups, >= 1."""
        return max(1.0, self.effective_groups - 1)

    def among(self, chosen: BoolArray) -> "Rows":
        """Keep the rows that ``chosen`` marks."""
        clusters = None if self.clusters is None else self.clusters[chosen]
        weights = None if self.weights is None else self.weights[chosen]
        return Rows.of(int(np.count_nonzero(chosen)), clusters=clusters, weights=weights)

    def weighted(self, values: FloatArray) -> FloatArray:
        """Multiply ``(n,)`` values by the weights."""
        return values if self.weights is None else values * self.weights

    def sums(self, values: FloatArray) -> FloatArray:
        """Sum ``(n,)`` weighted values within each group: ``(groups,)``."""
        weighted = self.weighted(values)
        if self.clusters is None:
            return weighted
        return np.bincount(self.clusters, weights=weighted, minlength=self.groups).astype(np.float64, copy=False)

    def mean(self, values: FloatArray) -> float:
        """Take the weighted mean of ``(n,)`` values; n must be > 0."""
        return float(self.weighted(values).sum() / self.total)

    def variance_of_mean(self, centred: FloatArray) -> float:
        """Variance of a weighted mean, from ``(n,)`` deviations that sum to zero.

        Args:
            centred: ``(n,)``, each row's deviation (or influence) on the mean.

        Returns:
            The variance, >= 0; rows of one user vary together, and a user with many rows
            counts with its leverage. Needs two groups or more.

        Source:
            Delete-one-group jackknife of a (weighted) mean: Bell and McCaffrey (2002), Survey
            Methodology 28:169-181, section 2; the textbook's s2 / n where rows stand alone.

        Examples:
            >>> Rows.of(4).variance_of_mean(np.array([-1.0, -1.0, 1.0, 1.0]))
            0.3333333333333333
        """
        parts = self.sums(centred)
        if self.independent:
            return float((parts**2).sum() / (self.n * (self.n - 1)))
        apart = parts / (1 - self.sums(np.ones(self.n)) / self.total)
        return float((self.groups - 1) / self.groups * (apart**2).sum() / self.total**2)


def _dense(clusters: IntArray) -> IntArray | None:
    alone = clusters < 0
    if alone.any():
        clusters = clusters.copy()
        clusters[alone] = clusters.max(initial=0) + 1 + np.arange(int(alone.sum()))
    top = int(clusters.max(initial=0))
    if top < 4 * len(clusters) + 64:
        seen = np.bincount(clusters, minlength=top + 1) > 0
        if int(seen.sum()) == len(clusters):
            return None
        return (np.cumsum(seen) - 1)[clusters].astype(np.int64)
    users, dense = np.unique(clusters, return_inverse=True)
    return None if len(users) == len(clusters) else dense.astype(np.int64)
