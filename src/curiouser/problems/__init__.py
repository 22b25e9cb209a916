"""Problems: what users complain about, described by test patterns, ranked, followed and guarded.

A user report becomes patterns of a problem, the patterns become rows of the
test set, and the state of the problem on every model is computed from them,
never typed in. It serves slides 39-50 (describe, triage and fix model "bugs")
and 60-61 (the loop as it really is).
"""
