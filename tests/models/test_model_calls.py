"""What a refresh costs: each model is asked once about each new input, counted by the models themselves."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from curiouser.evaluations import EvaluationService
from tests.models.project import ACTOR, Project

COUNTING = """
import helper

def score(rows):
    with open("calls/%s.txt", "a") as file:
        file.writelines(row["want"] + "\\n" for row in rows)
    return [helper.rate(row) for row in rows]
"""
MODELS = 50


def calls(project: Project) -> list[str]:
    """Every row that any model says it has seen."""
    return [line for path in sorted((project.root / "calls").iterdir()) for line in path.read_text().splitlines()]


def test_ten_new_rows_and_fifty_models_are_five_hundred_calls(tmp_path: Path) -> None:
    project = Project(tmp_path / "project")
    project.write("helper.py", "def rate(row):\n    return len(row['want']) / 100\n")
    (project.root / "calls").mkdir()
    for at in range(MODELS):
        project.write(f"model_{at}.py", COUNTING % at)
        project.add(f"model_{at}:score", f"model-{at}", writes=("calls",))
    evaluations = EvaluationService(
        project.database,
        data=project.data,
        models=project.models,
        predictions=project.predictions,
        task=project.task,
        clock=project.clock,
    )
    assert not any((project.root / "calls").iterdir())

    project.rows(10)
    run = evaluations.evaluate(None, on="test", actor=ACTOR)
    assert (len(calls(project)), run.model_calls) == (10 * MODELS, 10 * MODELS)

    rows = project.data.rows("test")
    twice = rows.head(3).with_columns(("again-" + pl.col("id")).alias("id"))
    project.data.commit("test", upserts=twice, message="the same inputs again", actor=ACTOR)
    relabelled = rows.head(5).select("id", pl.lit("yes").alias("meet"))
    project.data.commit("test", upserts=relabelled, message="other labels", actor=ACTOR)
    run = evaluations.evaluate(None, on="test", actor=ACTOR)
    assert (len(calls(project)), run.model_calls) == (10 * MODELS, 0)


def test_editing_a_helper_asks_about_everything_again(tmp_path: Path) -> None:
    project = Project(tmp_path / "project")
    project.write("helper.py", "def rate(row):\n    return 0.25\n")
    (project.root / "calls").mkdir()
    project.write("model_0.py", COUNTING % 0)
    project.add("model_0:score", writes=("calls",))
    project.rows(10)
    evaluations = EvaluationService(
        project.database,
        data=project.data,
        models=project.models,
        predictions=project.predictions,
        task=project.task,
        clock=project.clock,
    )
    evaluations.evaluate(None, on="test", actor=ACTOR)
    project.write("helper.py", "def rate(row):\n    return 0.75\n")
    run = evaluations.evaluate(None, on="test", actor=ACTOR)
    assert len(calls(project)) == 20
    assert (run.evaluations[0].model, run.evaluations[0].version) == ("mine", 2)
