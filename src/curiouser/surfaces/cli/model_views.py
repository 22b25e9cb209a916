"""What ``curiouser model`` shows a person."""

from __future__ import annotations

from collections.abc import Sequence

from curiouser.kernel.words import plural
from curiouser.models import Added, Asked, Model, ModelKind, Updated
from curiouser.surfaces.bodies.models import Shown
from curiouser.surfaces.cli.show import cell_text, printable, table

_SHORT = 8


def added_text(added: Sequence[Added], on: str) -> str:
    """Say what was added, and what to do next."""
    if len(added) > 1:
        return f"Added {plural(len(added), 'model')}, of each only what was reported."
    (one,) = added
    model = one.model
    cut = f", cut at {model.threshold:g}" if model.threshold is not None else ""
    lines = [f"Added {model.name} ({model.kind}, digest {model.digest[:_SHORT]}{cut})."]
    if model.kind is ModelKind.PREDICTIONS:
        lines.append(_coverage(model, one.rows, one.missing, on))
    if model.kind is ModelKind.REPORTED:
        lines.append("Only reported scores: it stands on the leaderboard, and is not evaluated or compared.")
    else:
        lines.append(f"Next: curiouser evaluate {model.name} --on {on}")
    return "\n".join(lines)


def updated_text(updated: Updated, on: str) -> str:
    """Say what an update did."""
    known = f" ({updated.unchanged:,} were known already)" if updated.unchanged else ""
    lines = [f"Added {plural(updated.added, 'prediction')} to {updated.model.name}{known}."]
    return "\n".join([*lines, _coverage(updated.model, updated.rows, updated.missing, on)])


def list_text(models: Sequence[Model], limit: int) -> str:
    """Lay models out in a table."""
    if not models:
        return "No models yet; add one with `curiouser model add NAME --predictions FILE`."
    rows = [
        (
            model.title,
            str(model.kind),
            model.threshold,
            "live" if model.live else "retired" if model.retired else "",
            f"{model.created_at:%Y-%m-%d}",
            model.created_by,
            model.digest[:_SHORT],
        )
        for model in models[:limit]
    ]
    text = table(("Model", "Kind", "Threshold", "", "Added", "By", "Digest"), rows, right=(2,))
    return text + (f"\n… and {len(models) - limit} more; raise --limit" if len(models) > limit else "")


def show_text(shown: Shown) -> str:
    """Show all there is of a model."""
    model, source = shown.model, shown.model.source
    lines = [f"{model.title}  {model.kind}, digest {model.digest}"]
    lines.append(f"added {model.created_at:%Y-%m-%d %H:%M} UTC by {printable(model.created_by)}")
    if model.threshold is not None:
        lines.append(f"threshold {model.threshold:g}" + (" on its own margins" if model.margins else ""))
    lines.append(f"keyed by {', '.join(model.columns)}" if model.columns else "only reported scores of it remain")
    lines += [f"from {printable(str(source[key]))}" for key in ("target", "file") if source.get(key)]
    if source.get("trained_on"):
        lines.append(f"trained on {printable(str(source['trained_on']))}")
    if model.kind.is_callable:
        lines += [f"sandbox: {'; '.join(shown.layers)}", f"network {'allowed' if source['network'] else 'off'}"]
        lines += [f"{what} {', '.join(source[what])}" for what in ("reads", "writes") if source[what]]
    if model.live:
        lines.append("live")
    if model.retired:
        lines.append("retired")
    for score in shown.reported:
        about = [score.slice, score.test_set, f"n={score.n:,}" if score.n is not None else None, score.note]
        said = ", ".join(printable(part) for part in about if part)
        lines.append(f"reported {printable(score.metric)} {score.value:.4g}" + (f" ({said})" if said else ""))
    rows = [(f"{event.at:%Y-%m-%d %H:%M}", event.actor, event.what, event.detail) for event in shown.history]
    return "\n".join([*lines, "", table(("When", "Who", "What", ""), rows)])


def asked_text(asked: Sequence[Asked]) -> str:
    """Lay answers out, one model a line; why there is none comes below."""
    if not asked:
        return "No models yet; add one with `curiouser model add`."
    silent = [one.model.name for one in asked if one.model.kind is ModelKind.REPORTED]
    rest = [one for one in asked if one.model.kind is not ModelKind.REPORTED]
    lines = [table(("Model", "Answer", "Score", "Threshold", ""), [_answer_row(one) for one in rest], right=(2, 3))]
    lines += [f"\n{cell_text(one.model.title)}: {one.error}" for one in rest if one.error]
    if silent:
        names = ", ".join(silent[:5]) + (" …" if len(silent) > 5 else "")
        lines.append(f"\nNot asked, because only reported scores remain: {names}.")
    return "\n".join(lines)


def _answer_row(one: Asked) -> tuple[object, ...]:
    best = max((one.probabilities or {}).values(), default=None)
    score = one.score if one.score is not None else best
    known = f"as row {one.known_as}" if one.known_as else ""
    said = ", ".join(part for part in ("live" if one.model.live else "", known) if part)
    return (one.model.title, one.answer, score, one.model.threshold, said)


def _coverage(model: Model, rows: int, missing: int, on: str) -> str:
    if not missing:
        return f"Every one of the {plural(rows, 'row')} of {on} has a prediction."
    verb = "has" if missing == 1 else "have"
    return (
        f"{missing:,} of {plural(rows, 'row')} {verb} no prediction, so its scores stay incomplete: "
        f"curiouser model missing {model.name} --on {on}"
    )
