"""Verify every hash of a workspace; set aside what is damaged, delete nothing.

Single bit flips pass SQLite's own check nine times in ten, so rows and blobs
that matter carry a checksum of their own, and objects are named by their hash.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from curiouser.kernel.errors import StorageError
from curiouser.workspace.opening import Workspace

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is not as it should be."""

    what: str
    """The thing: an object, a table, a data commit."""
    trouble: str
    """What is wrong with it."""
    repair: str
    """What was done, or what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What `fsck` looked at and what it found."""

    objects: int
    """Objects whose bytes were hashed."""
    leftovers: int
    """Unfinished files that a killed process left; they are harmless, and `data gc` removes them."""
    findings: tuple[Finding, ...]
    """Empty when all is well."""


def verify(
    workspace: Workspace, *, quarantine: bool = True, progress: Progress = lambda _done, _total: None
) -> Verified:
    """Hash every object, check every checksum, and ask the database about itself.

    Args:
        workspace: What to verify.
        quarantine: Move damaged objects aside, so that nothing reads them.
        progress: Told (done, total) objects.

    Raises:
        StorageError: The store cannot be read at all.
    """
    findings = [
        Finding(what="database", trouble=line, repair="restore the last backup with `curiouser workspace restore`")
        for line in workspace.database.integrity_problems()
    ]
    names = list(workspace.objects.names())
    for done, name in enumerate(names, 1):
        if not workspace.objects.is_whole(name):
            repair = "restore it from a backup"
            if quarantine:
                repair = f"set aside as {workspace.objects.quarantine(name).name}; {repair}"
            findings.append(Finding(what=f"object {name}", trouble="its bytes do not hash to its name", repair=repair))
        progress(done, len(names))
    findings += _of_slices(workspace)
    findings += [
        Finding(
            what="audit log",
            trouble=said,
            repair="find out who wrote to the database; a backup has the log of its time",
        )
        for said in workspace.access.verify_audit()
    ]
    return Verified(objects=len(names), leftovers=len(workspace.objects.leftovers()), findings=tuple(findings))


def _of_slices(workspace: Workspace) -> list[Finding]:
    found: list[Finding] = []
    for what, check in (
        ("data", workspace.data.verify),
        ("proposals", workspace.proposals.verify),
        ("data checks", workspace.datachecks.verify),
        ("predictions", workspace.predictions.verify),
    ):
        try:
            found += [Finding(what=each.what, trouble=each.trouble, repair=each.repair) for each in check()]
        except StorageError as error:
            found.append(Finding(what=what, trouble=error.reason, repair=error.repair))
    return found
