"""A scikit-learn model from a .skops file: what it would build is checked, then loaded, then asked.

skops names the types a file would build before anything is built. Types of
scikit-learn, NumPy and SciPy that are classes are trusted; every other one
needs ``--trust``, and what can run commands or code is refused whatever is
trusted. Nothing falls back to another format.
"""

from __future__ import annotations

import importlib
import inspect
from array import array
from typing import Any

from curiouser.models.sandbox.answers import Columns, NoAnswerError, Wanted

_TRUSTED_PACKAGES = ("numpy", "scipy", "sklearn")
_NEVER_TRUSTED_PARTS = ("sklearn.utils._testing", "numpy.testing", "numpy.f2py", "numpy.distutils", "sklearn.datasets")
_DANGEROUS_PACKAGES = {
    "asyncio", "builtins", "cloudpickle", "code", "codeop", "commands", "ctypes", "dill", "distutils", "ftplib", "http",
    "imp", "importlib", "inspect", "io", "joblib", "marshal", "multiprocessing", "nt", "os", "pathlib", "pdb", "pickle",
    "pip", "pkgutil", "platform", "posix", "pty", "runpy", "setuptools", "shelve", "shutil", "signal", "site", "skops",
    "smtplib", "socket", "subprocess", "sys", "tempfile", "threading", "types", "urllib", "webbrowser", "xmlrpc",
}  # fmt: skip
_HARMLESS_BUILTINS = {"builtins.slice", "builtins.range", "builtins.complex", "builtins.bytes", "builtins.object"}


class UntrustedError(Exception):
    """The file would build types nobody vouched for.

    Args:
        asked: Types that ``--trust`` can allow.
        dangerous: Types that nothing can allow.
    """

    def __init__(self, asked: list[str], dangerous: list[str]) -> None:
        self.asked, self.dangerous = asked, dangerous
        super().__init__(asked, dangerous)


def load(data: bytes, trust: tuple[str, ...]) -> Any:  # noqa: ANN401  scikit-learn ships no types
    """Load a .skops file if every type in it is trusted.

    Raises:
        UntrustedError: It would build another type.
    """
    # Only a child that loads a scikit-learn model pays for scikit-learn.
    import skops.io  # noqa: PLC0415  see above

    found = [str(name) for name in skops.io.get_untrusted_types(data=data)]
    dangerous = [name for name in found if is_dangerous(name)]
    asked = [name for name in found if name not in trust and name not in dangerous and not _is_trusted(name)]
    if asked or dangerous:
        raise UntrustedError(asked, dangerous)
    return skops.io.loads(data, trusted=found)


def is_dangerous(name: str) -> bool:
    """Tell whether a type can run commands or code, so that no one may trust it by name.

    Examples:
        >>> is_dangerous("posix.system"), is_dangerous("features.PairOverlap")
        (True, False)
    """
    if name in _HARMLESS_BUILTINS:
        return False
    package = name.partition(".")[0]
    return package in _DANGEROUS_PACKAGES or name.startswith(_NEVER_TRUSTED_PARTS) or name.startswith("operator.")


def _is_trusted(name: str) -> bool:
    """Tell whether a name is a class of scikit-learn, NumPy or SciPy; functions are not."""
    module, _, kind = name.rpartition(".")
    if module.partition(".")[0] not in _TRUSTED_PACKAGES:
        return False
    try:
        found = getattr(importlib.import_module(module), kind, None)
    except ImportError:
        return False
    return inspect.isclass(found)


def names_read(estimator: Any) -> list[str] | None:  # noqa: ANN401  scikit-learn ships no types
    """List the columns an estimator was fitted on by name, or None where it saw no names."""
    names = getattr(estimator, "feature_names_in_", None)
    return None if names is None else [str(name) for name in names]


def shape_of(estimator: Any, wanted: Wanted) -> dict[str, Any]:  # noqa: ANN401  scikit-learn ships no types
    """Describe how an estimator answers: ``gives`` (probabilities, margins, classes, numbers) and its ``order``.

    Raises:
        NoAnswerError: It can't answer this task: another kind, or classes that are not configured.
    """
    if not hasattr(estimator, "predict"):
        raise NoAnswerError(
            "has no predict", repair="save a fitted classifier or regressor, or a pipeline that ends in one"
        )
    names = getattr(estimator, "classes_", None)
    if wanted.kind == "regression":
        if names is not None:
            raise NoAnswerError("is a classifier, and the task is a regression")
        return {"gives": "numbers", "order": []}
    if names is None:
        raise NoAnswerError("knows no classes, and the task is a classification", repair="save a fitted classifier")
    order = [_class_text(name, wanted) for name in names]
    strange = [name for name in order if name not in wanted.classes]
    absent = [name for name in wanted.classes if name not in order]
    if strange or (absent and wanted.kind == "binary"):
        raise NoAnswerError(
            f"knows the classes {', '.join(order)}, and the task is configured with {', '.join(wanted.classes)}",
            repair="train it on the labels as configured, or change [task] classes",
        )
    if hasattr(estimator, "predict_proba"):
        return {"gives": "probabilities", "order": order, "never": absent}
    margins = wanted.kind == "binary" and hasattr(estimator, "decision_function")
    return {"gives": "margins" if margins else "classes", "order": order, "never": absent}


def _class_text(name: Any, wanted: Wanted) -> str:  # noqa: ANN401  any label type
    text = str(name.item() if hasattr(name, "item") else name)
    low = text.lower()
    return low if text in {"True", "False"} and text not in wanted.classes and low in wanted.classes else text


def answer(estimator: Any, given: object, shape: dict[str, Any], wanted: Wanted) -> Columns:  # noqa: ANN401  untyped
    """Ask an estimator and put its answers into columns.

    Raises:
        NoAnswerError: A number is not finite, or the shape is not what was described.
    """
    if shape["gives"] == "numbers":
        return {"number": _column(estimator.predict(given).ravel())}
    if shape["gives"] == "classes":
        texts = [_class_text(name, wanted) for name in estimator.predict(given)]
        return {"class": array("i", [wanted.classes.index(text) for text in texts])}
    if shape["gives"] == "margins":
        values = estimator.decision_function(given)
        return {"score": _column(values if shape["order"][-1] == wanted.classes[-1] else -values)}
    table = estimator.predict_proba(given)
    by_class = {name: _column(table[:, at]) for at, name in enumerate(shape["order"])}
    if wanted.kind == "binary":
        return {"score": by_class[wanted.classes[-1]]}
    nothing = array(by_class[shape["order"][0]].typecode, bytes(by_class[shape["order"][0]].itemsize * len(table)))
    return {f"p_{name}": by_class.get(name, nothing) for name in wanted.classes}


def _column(values: Any) -> array[float]:  # noqa: ANN401  a NumPy array of any float type
    single = str(values.dtype) == "float32"
    column = array("f" if single else "d")
    column.frombytes(values.astype("<f4" if single else "<f8").tobytes())
    for row, value in enumerate(column):
        if value - value != 0.0:  # NaN and infinities: the only numbers for which this fails
            raise NoAnswerError(f"answered {value!r}, which is no finite number", row)
    return column
