"""Bodies of the workspace's own commands: init, status, fsck, backup, cycle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from curiouser.cycle import Step
from curiouser.kernel.canonical import Json
from curiouser.kernel.configuration import Configuration
from curiouser.workspace import Workspace
from curiouser.workspace.backups import Backup
from curiouser.workspace.standing import Status
from curiouser.workspace.verifying import Verified


def made_body(workspace: Workspace) -> dict[str, Json]:
    """Present a new workspace."""
    return {"root": str(workspace.root), "task": task_body(workspace.configuration)}


def task_body(configuration: Configuration) -> dict[str, Json]:
    """Present the task as `curiouser.toml` has it."""
    task = configuration.task
    return {
        "name": task.name,
        "kind": str(task.kind),
        "inputs": list(task.inputs),
        "label": task.label,
        "classes": list(task.classes),
        "id": task.id,
        "user": task.user,
        "groups": list(task.groups),
        "time": task.time,
        "tolerance": task.tolerance,
    }


def settings_body(configuration: Configuration) -> dict[str, Json]:
    """Present the task and the levels of harm; never where things are stored, which may hold a password."""
    return {"task": task_body(configuration), "harm": dict(configuration.harm)}


def status_body(found: Status) -> dict[str, Json]:
    """Present where the workspace stands and what is due."""
    standing = found.standing
    return {
        "task": found.task,
        "kind": found.kind,
        "root": found.root,
        "datasets": [
            {
                "dataset": line.name,
                "kind": line.kind,
                "rows": line.rows,
                "data_commit": line.data_commit,
                "branches": line.branches,
            }
            for line in found.datasets
        ],
        "models": standing.models,
        "models_behind": list(standing.behind),
        "missing_predictions": dict(standing.unpredicted),
        "live": standing.live,
        "open_problems": standing.problems,
        "unlinked_reports": standing.unlinked_reports,
        "next": {"step": found.advice.step.name, "why": found.advice.why, "command": found.advice.command},
    }


def verified_body(found: Verified) -> dict[str, Json]:
    """Present what fsck saw."""
    return {
        "clean": not found.findings,
        "objects": found.objects,
        "leftovers": found.leftovers,
        "findings": [asdict(finding) for finding in found.findings],
    }


def backup_body(made: Backup) -> dict[str, Json]:
    """Present a backup, or what was restored from one."""
    return {"path": str(made.path), "objects": made.objects, "size_bytes": made.size_bytes}


def cycle_body(steps: Sequence[Step]) -> dict[str, Json]:
    """Present the loop."""
    return {
        "steps": [
            {"name": step.name, "slides": step.slides, "does": step.does, "verb": " ".join(step.verb)} for step in steps
        ]
    }
