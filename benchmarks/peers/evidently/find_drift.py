"""Let Evidently's drift preset compare pairs of samples, as it is set up when nobody sets anything.

Argument: a folder with ``columns.json`` (numbers and categories by name), ``pairs.json`` (file names of the rows
before and now) and these CSV files.
"""

from __future__ import annotations

import importlib.metadata
import json
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset


def main(folder: Path) -> None:
    """Print, for each pair, the columns that are said to drift, and the CPU seconds of it."""
    warnings.simplefilter("ignore")  # categories that one sample lacks are divided by
    columns = json.loads((folder / "columns.json").read_text(encoding="utf-8"))
    definition = DataDefinition(numerical_columns=columns["numbers"], categorical_columns=columns["categories"])
    types = dict.fromkeys(columns["categories"], str)
    told = []
    for names in json.loads((folder / "pairs.json").read_text(encoding="utf-8")):
        before, now = (pd.read_csv(folder / name, dtype=types, keep_default_na=False) for name in names)
        started = time.process_time()
        given = [Dataset.from_pandas(frame, definition) for frame in (now, before)]
        metrics = Report([DataDriftPreset()]).run(*given).dict()["metrics"]
        spent = time.process_time() - started
        told.append({"drifted": [one["config"]["column"] for one in metrics if drifts(one)], "cpu_s": spent})
    print(json.dumps({"pairs": told, "version": importlib.metadata.version("evidently")}))


def drifts(metric: dict[str, Any]) -> bool:
    """Tell whether the metric of a column says that it drifts: a small p-value, or a large distance."""
    config = metric["config"]
    if "column" not in config:
        return False
    if config["method"].endswith("p_value"):
        return float(metric["value"]) < float(config["threshold"])
    return float(metric["value"]) >= float(config["threshold"])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
