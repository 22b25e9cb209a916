"""Two equally good models must not look as if one had broken what the other does."""

from __future__ import annotations

import numpy as np
import polars as pl

from tests.problems.bench import Bench

MODELS, LATER, PROBLEMS, PATTERNS = 40, 5, 20, 6
PAIRS = MODELS * LATER
ERROR = 0.05


def test_equally_good_models_hardly_ever_regress_on_problems_of_six_patterns(bench: Bench) -> None:
    for i in range(PROBLEMS):
        rows = [{"want": f"want {i} {j}", "offer": "x", "meet": "no"} for j in range(PATTERNS)]
        bench.problems.add(f"problem-{i}", patterns=rows, actor="t")
    rows_now = bench.test_rows()
    positive = (rows_now["meet"] == "yes").to_numpy()
    rng = np.random.default_rng(20191014)
    for model in range(MODELS):
        scores = np.where(positive ^ (rng.random(len(rows_now)) < ERROR), 0.9, 0.1)
        frame = pl.DataFrame({"id": rows_now["id"], "score": scores})
        bench.workspace.models.add_predictions(f"m{model}", frame, on="test", actor="t")
    regressed = plain = 0
    for live in range(MODELS):
        bench.live(f"m{live}")
        for later in range(1, LATER + 1):
            check = bench.problems.check(model=f"m{(live + later) % MODELS}")
            states = {one.standing.state for one in check.problems}
            regressed += "regressed" in states
            plain += bool({"regressed", "slipped"} & states)
    # Without the bound, most pairs would have raised a false alarm.
    assert plain > PAIRS / 2
    assert regressed <= PAIRS * 0.05 + 2 * np.sqrt(PAIRS * 0.05 * 0.95)
