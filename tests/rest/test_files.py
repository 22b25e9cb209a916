"""Files in and out: every kind of table, rows set aside, artefacts, and what comes back is what was sent."""

from __future__ import annotations

import gzip
import hashlib
from io import BytesIO

import numpy as np
import polars as pl
import pytest
import skops.io
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from curiouser.access import Role
from tests.rest.bench import Bench, rows, scores


def written(table: pl.DataFrame, kind: str) -> bytes:
    out = BytesIO()
    if kind.endswith("parquet"):
        table.write_parquet(out)
    elif kind.startswith("text/"):
        table.write_csv(out, separator="," if kind == "text/csv" else "\t")
    else:
        table.write_ndjson(out)
    return out.getvalue()


KINDS = (
    "text/csv",
    "text/tab-separated-values",
    "application/jsonl",
    "application/x-ndjson",
    "application/vnd.apache.parquet",
)


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_of_every_kind_is_imported_alike_plain_and_packed(shared: Bench, kind: str) -> None:
    name, content = kind.partition("/")[2].replace(".", "-"), written(rows(), kind)
    headers = {"Content-Type": kind}
    plain = shared.body("POST", f"/datasets/{name}/rows?message=m", content=content, headers=headers)
    assert (plain["added"], plain["rows"]) == (30, 30)
    packed = headers | {"Content-Encoding": "gzip"}
    again = shared.body("POST", f"/datasets/{name}/rows?message=m", content=gzip.compress(content), headers=packed)
    assert (again["added"], again["changed"], again["data_commit"]) == (0, 0, plain["data_commit"])
    assert plain["content_hash"] == shared.get("/data-commits/test")["content_hash"]


@pytest.mark.parametrize("form", ["csv", "tsv", "jsonl", "parquet"])
def test_what_is_exported_and_imported_again_changes_nothing(shared: Bench, form: str) -> None:
    answer = shared.ask("GET", "/export", params={"format": form})
    assert answer.headers["Content-Disposition"] == f"attachment; filename*=UTF-8''test.{form}"
    kind = answer.headers["Content-Type"].partition(";")[0]
    path, headers = "/datasets/test/rows?message=again", {"Content-Type": kind}
    done = shared.body("POST", path, content=answer.content, headers=headers)
    assert (done["added"], done["changed"], done["removed"]) == (0, 0, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_predictions_of_every_kind_make_a_model(shared: Bench, kind: str) -> None:
    name = kind.partition("/")[2].replace(".", "-")
    path, headers = f"/models?name={name}", {"Content-Type": f"{kind}; charset=utf-8"}
    made = shared.body("POST", path, 201, content=written(scores(), kind), headers=headers)
    assert (made["model"], made["answered"], made["missing"]) == (name, 30, 0)
    assert shared.body("POST", path, 409, content=written(scores(), kind), headers=headers)["code"] == "CUR302"


def test_bad_rows_are_set_aside_and_given_back_with_their_reasons(bench: Bench) -> None:
    table = b"id,text,label\ngood,a doctor,yes\nbad,a nurse,perhaps\n"
    path = "/datasets/test/rows?message=m&skip_bad=true"
    done = bench.body("POST", path, content=table, headers={"Content-Type": "text/csv"})
    assert (done["added"], done["rejected"]) == (1, 1)
    head, row = done["rejects"].splitlines()
    assert "rejected_because" in head
    assert "perhaps" in row
    assert "curiouser-" not in done["rejects"]


def test_an_import_says_which_version_it_expects(bench: Bench) -> None:
    at = bench.get("/data-commits/test")["data_commit"]
    headers = {"Content-Type": "text/csv"}
    first = f"/datasets/test/rows?message=m&expect={at[:12]}"
    bench.body("POST", first, content=rows(31).write_csv(), headers=headers)
    refused = bench.body("POST", first, 412, content=rows(32).write_csv(), headers=headers)
    assert refused["code"] == "CUR023"
    assert at[:12] in refused["message"]


def test_every_option_of_an_import_is_known_and_no_other(bench: Bench) -> None:
    headers = {"Content-Type": "text/csv"}
    content = "s100;a doctor;yes;3,5\n"
    said = "message=m&delimiter=;&column=id&column=text&column=label&column=price&decimal_comma=true&type=price=number"
    bench.body("POST", f"/datasets/prices/rows?{said}", content=content, headers=headers)
    assert bench.get("/rows", ref="prices")["rows"][0]["price"] == 3.5
    wrong = bench.body("POST", "/datasets/test/rows?message=m&replce=true", 422, content=content, headers=headers)
    assert "replce" in wrong["message"]
    assert bench.body("POST", "/datasets/test/rows", 422, content=content, headers=headers)["code"] == "CUR020"
    typed = bench.body("POST", "/datasets/x/rows?message=m&type=a=b", 400, content=content, headers=headers)
    assert typed["code"] == "CUR002"


def test_the_file_of_a_model_is_an_attachment_named_by_its_hash(bench: Bench) -> None:
    table = rows()
    fitted = make_pipeline(CountVectorizer(), LogisticRegression())
    fitted.fit(table["text"].to_list(), np.array(table["label"].to_list()))
    path = bench.workspace.root / "m.skops"
    path.write_bytes(skops.io.dumps(fitted))
    bench.workspace.models.add_sklearn("fitted", path, inputs=["text"], actor="ada")
    answer = bench.ask("GET", "/models/fitted/file", Role.VIEWER)
    assert answer.content == path.read_bytes()
    assert hashlib.sha256(answer.content).hexdigest() in answer.headers["Content-Disposition"]
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
