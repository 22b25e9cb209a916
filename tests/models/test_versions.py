"""What decides a callable's answers has one digest: a change is a new version, and no change costs no call."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from curiouser.kernel.errors import BadInputError
from curiouser.models import Limits, Model, ModelChangedError, ModelRunError
from tests.models.project import ACTOR, Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path / "project")
    made.write("scoring.py", "import helper\ndef score(rows):\n    return [helper.rate(row) for row in rows]\n")
    made.write("helper.py", "def rate(row):\n    return 0.25\n")
    return made


def current(project: Project, name: str = "mine") -> Model:
    """Look at a model as a later command would."""
    service = project.service()
    return service.current(service.get(name))


def score(project: Project, name: str = "mine") -> float:
    service = project.service()
    return float(service.predict(current(project, name), project.inputs(1)).item(0, "score"))


def test_code_that_did_not_change_is_the_same_version(project: Project) -> None:
    added = project.add("scoring:score")
    assert current(project) == added


def test_adding_imports_a_callable_and_does_not_call_it(project: Project) -> None:
    project.write("scoring.py", "def score(rows):\n    raise RuntimeError('called')\n")
    assert project.add("scoring:score").version == 1


@pytest.mark.parametrize("name", ["scoring.py", "helper.py"])
def test_editing_the_callable_or_a_helper_is_a_new_version(project: Project, name: str) -> None:
    first = project.add("scoring:score")
    path = project.root / name
    path.write_text(path.read_text() + "\n# a word more\n")
    second = current(project)
    assert (second.name, second.version) == ("mine", 2)
    assert second.digest != first.digest
    assert project.models.get("mine@1").digest == first.digest
    assert project.models.history("mine")[-1].what == "version"


def test_a_compiled_file_of_the_same_size_and_second_is_never_trusted(project: Project) -> None:
    project.add("scoring:score")
    helper = project.root / "helper.py"
    before = helper.stat()
    import_it = [sys.executable, "-c", "import helper"]
    subprocess.run(import_it, cwd=project.root, check=True)  # makes __pycache__, as a user's own call would
    helper.write_text("def rate(row):\n    return 0.75\n")
    os.utime(helper, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert score(project) == 0.75
    assert current(project).version == 2


def test_a_module_that_is_imported_within_a_batch_counts_too(project: Project) -> None:
    project.write("scoring.py", "def score(rows):\n    import late\n    return [late.x] * len(rows)\n")
    project.write("late.py", "x = 0.25\n")
    project.add("scoring:score")
    assert score(project) == 0.25
    assert current(project).version == 1
    project.write("late.py", "x = 0.5\n")
    assert score(project) == 0.5
    assert current(project).version == 2


def test_a_module_that_only_an_earlier_version_imported_late_is_still_watched(project: Project) -> None:
    project.write("scoring.py", "def score(rows):\n    import late\n    return [late.x] * len(rows)\n")
    project.write("late.py", "x = 0.25\n")
    first = project.add("scoring:score")
    score(project)
    source = (project.root / "scoring.py").read_text()
    project.write("scoring.py", "def score(rows):\n    return [0.75] * len(rows)\n")
    assert current(project).version == 2
    project.write("late.py", "x = 0.5\n")
    (project.root / "scoring.py").write_text(source)
    again = current(project)
    assert again.digest != first.digest
    assert score(project) == 0.5


def test_a_file_that_is_opened_counts_without_being_named(project: Project) -> None:
    project.write("scoring.py", "def score(rows):\n    return [float(open('weight.txt').read())] * len(rows)\n")
    project.write("weight.txt", "0.25")
    project.add("scoring:score")
    assert score(project) == 0.25
    project.write("weight.txt", "0.5")
    assert score(project) == 0.5


def test_a_named_file_or_folder_counts_though_nobody_opened_it(project: Project) -> None:
    project.write("weights/a.bin", "1")
    project.add("scoring:score", reads=("weights",))
    project.write("weights/b.bin", "2")
    assert current(project).version == 2
    with pytest.raises(BadInputError, match="--reads nowhere"):
        project.add("scoring:score", "other", reads=("nowhere",))


def test_a_new_module_in_the_place_of_an_installed_one_is_a_new_version(project: Project) -> None:
    project.write(
        "scoring.py", "import colorsys\ndef score(rows):\n    return [colorsys.rgb_to_hls(0.5, 0, 0)[1]] * len(rows)\n"
    )
    project.add("scoring:score")
    assert score(project) == 0.25
    project.write("colorsys.py", "def rgb_to_hls(*_):\n    return 0, 0.75, 0\n")
    assert score(project) == 0.75
    assert current(project).version == 2


def test_a_package_in_the_place_of_a_module_is_a_new_version(project: Project) -> None:
    project.add("scoring:score")
    project.write("helper/__init__.py", "def rate(row):\n    return 0.75\n")
    assert score(project) == 0.75


def test_what_is_installed_is_part_of_the_digest(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    project.add("scoring:score")
    (tmp_path / "elsewhere" / "new_thing-1.0.dist-info").mkdir(parents=True)
    monkeypatch.syspath_prepend(tmp_path / "elsewhere")
    assert current(project).version == 2


def test_code_that_went_back_answers_from_what_is_stored(project: Project) -> None:
    first = project.add("scoring:score")
    source = (project.root / "helper.py").read_text()
    project.write("helper.py", "def rate(row):\n    return 0.5\n")
    assert current(project).version == 2
    (project.root / "helper.py").write_text(source)
    third = current(project)
    assert (third.version, third.digest) == (3, first.digest)


def test_a_new_version_keeps_the_threshold_and_the_live_one_stays_live(project: Project) -> None:
    project.add("scoring:score")
    project.models.set_threshold("mine", 0.3, actor=ACTOR)
    project.models.set_live("mine", actor=ACTOR)
    project.write("helper.py", "def rate(row):\n    return 0.5\n")
    second = current(project)
    assert (second.threshold, second.live) == (0.3, False)
    live = project.models.live()
    assert live is not None
    assert live.version == 1


def test_an_older_version_is_not_asked_any_more(project: Project) -> None:
    first = project.add("scoring:score")
    project.write("helper.py", "def rate(row):\n    return 0.5\n")
    current(project)
    with pytest.raises(ModelRunError, match=r"can't be asked any more: its code changed; ask 'mine@2' instead"):
        project.models.predict(first, project.inputs())


def test_code_that_changes_between_the_look_and_the_call_stores_nothing(project: Project) -> None:
    model = project.add("scoring:score")
    project.write("helper.py", "def rate(row):\n    return 0.5\n")
    with pytest.raises(ModelChangedError, match=r"helper\.py changed while model 'mine' was being asked"):
        project.models.predict(model, project.inputs())


def test_code_that_broke_says_so_and_the_version_before_stays(project: Project) -> None:
    project.add("scoring:score")
    project.write("helper.py", "def rate(row:\n")
    with pytest.raises(ModelRunError, match="raised SyntaxError"):
        current(project)
    assert project.models.get("mine").version == 1


def test_the_same_callable_under_two_names_is_two_models(project: Project) -> None:
    assert project.add("scoring:score", "one").digest != project.add("scoring:score", "two").digest


def test_a_callable_gets_the_inputs_it_was_added_with(project: Project) -> None:
    project.write(
        "scoring.py", "def score(rows):\n    assert list(rows[0]) == ['offer'], rows\n    return [0.5] * len(rows)\n"
    )
    model = project.add("scoring:score", inputs=("offer",))
    assert model.columns == ("offer",)
    assert len(project.models.predict(model, project.inputs())) == 4
    with pytest.raises(BadInputError, match="meet is no input of the task"):
        project.add("scoring:score", "other", inputs=("meet",))


@pytest.mark.parametrize("annotation", ["pl.DataFrame", "'pl.DataFrame'", "'polars.DataFrame'"])
def test_a_callable_that_is_annotated_for_polars_gets_a_frame(project: Project, annotation: str) -> None:
    project.write(
        "framed.py",
        f"import polars\nimport polars as pl\ndef score(rows: {annotation}):\n"
        "    return rows['want'].str.len_chars() / 100\n",
    )
    assert project.models.predict(project.add("framed:score"), project.inputs(2))["score"].to_list() == [0.06, 0.06]


def test_a_callable_that_is_annotated_for_pandas_gets_a_frame(project: Project) -> None:
    project.write(
        "framed.py", "import pandas as pd\ndef score(rows: pd.DataFrame):\n    return rows['want'].str.len() / 100\n"
    )
    assert project.models.predict(project.add("framed:score"), project.inputs(2))["score"].to_list() == [0.06, 0.06]


def test_single_precision_answers_stay_single(project: Project) -> None:
    project.write("single.py", "import numpy as np\ndef score(rows):\n    return np.full(len(rows), 0.1, np.float32)\n")
    assert project.models.predict(project.add("single:score"), project.inputs(2)).schema["score"] == pl.Float32


def test_moments_numbers_and_missing_values_arrive_as_themselves(tmp_path: Path) -> None:
    project = Project(tmp_path / "p")
    project.write(
        "typed.py",
        """
        from datetime import datetime, timezone
        def score(rows):
            assert rows[0] == {"want": datetime(2020, 2, 29, 12, 30, 1, 5, tzinfo=timezone.utc), "offer": 0.1}, rows
            assert rows[1] == {"want": None, "offer": None}, rows
            return [0.5] * len(rows)
        """,
    )
    moments = pl.Series("want", ["2020-02-29T12:30:01.000005Z", None]).str.to_datetime(time_unit="us", time_zone="UTC")
    frame = pl.DataFrame([moments, pl.Series("offer", [0.1, None])])
    assert len(project.models.predict(project.add("typed:score"), frame)) == 2


def test_one_child_serves_all_batches_of_a_call(project: Project) -> None:
    project.write("counting.py", "import os\ndef score(rows):\n    return [os.getpid() / 1e9] * len(rows)\n")
    model = project.add("counting:score", limits=Limits(batch_rows=3))
    with project.models.calling(model) as caller:
        answers = pl.concat([caller.predict(project.inputs(8)), caller.predict(project.inputs(5))])
    assert answers.get_column("score").n_unique() == 1
    assert caller.calls == 13


def test_the_layers_of_the_sandbox_are_recorded(project: Project) -> None:
    assert {"limits", "own session and home"} <= set(project.models.layers(project.add("scoring:score")))


def test_a_model_counts_its_own_calls_in_a_folder_it_may_write_to(project: Project) -> None:
    project.write(
        "counting.py",
        """
        def score(rows):
            with open("calls/seen.txt", "a") as file:
                file.writelines(row["want"] + "\\n" for row in rows)
            return [0.5] * len(rows)
        """,
    )
    (project.root / "calls").mkdir()
    model = project.add("counting:score", writes=("calls",))
    project.models.predict(model, project.inputs(3))
    assert (project.root / "calls" / "seen.txt").read_text().splitlines() == ["want 0", "want 1", "want 2"]
    assert current(project).version == 1


@pytest.mark.parametrize("folder", [".curiouser", ".curiouser/objects", "..", ".", "nowhere"])
def test_a_model_may_never_write_to_the_store_or_outside_the_project(project: Project, folder: str) -> None:
    with pytest.raises(BadInputError, match="--writes"):
        project.add("scoring:score", writes=(folder,))


def test_a_source_folder_is_imported_from_as_well(project: Project) -> None:
    project.write("src/pack/__init__.py", "")
    project.write("src/pack/model.py", "from pack import inner\nscore = inner.score\n")
    project.write("src/pack/inner.py", "def score(rows):\n    return [0.5] * len(rows)\n")
    project.add("pack.model:score")
    project.write("src/pack/inner.py", "def score(rows):\n    return [0.75] * len(rows)\n")
    assert score(project) == 0.75
