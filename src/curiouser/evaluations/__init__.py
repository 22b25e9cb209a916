"""Every model on today's test set: scores with intervals, paired comparisons, the leaderboard.

A model is asked only about rows whose inputs it has never answered, and what it
scored is kept for good. The headline is about users (``origin = sample``); all
rows stand beside it. It serves slides 21-24 and 54-55 (re-evaluate ALL models).

The verbs, on :class:`EvaluationService`::

    test_set(on="test") -> TestSet
    answers(model, test_set) -> measure.Answers
    wrong(model, test_set) -> Wrongness            # .wrong, .known: (n,) bool
    classes(model, test_set) -> IntArray           # (n,) class codes, -1 where there is no answer
    evaluate(names=None, *, on="test", slices=(), actor, progress=None) -> EvaluationRun
    compare(names, *, on="test", metric=None, common=False, slices=(), problems={}, actor) -> Comparison
    leaderboard(*, on="test", metric=None, limit=50) -> Leaderboard
    add_slice(name, *, where=None, ids=None, on="test", actor) -> Slice
    slices(test_set) -> tuple[Slice, ...]; remove_slice(name, actor) -> Slice

``model`` is a ``models.Model``; ``problems`` maps a problem's name to the ids of
its patterns. ``TestSet`` has ``commit, rows, ids, truth, labelled, sample,
weights, clusters``, all in the order of ``rows`` (by id).
"""
