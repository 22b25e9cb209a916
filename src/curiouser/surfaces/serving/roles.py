"""Who may do what: one table for the pages and for REST.

A route says what it does, never which role it needs; the role is looked up
here. So a button and the call behind it cannot differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from curiouser.access import Role


class Verb(StrEnum):
    """What somebody wants to do; named as the command line names it, where it has a command for it."""

    READ = "read"
    """See what a workspace holds."""
    COMPARE = "compare"
    KEEP_OWN = "keep one's own"
    """One's own password, session and tokens."""

    ADD_REPORT = "report add"
    ASK_MODELS = "model ask"

    LINK_REPORT = "report link"
    WITHDRAW_REPORT = "report withdraw"
    RESTORE_REPORT = "report restore"
    ADD_PROBLEM = "problem add"
    EDIT_PROBLEM = "problem edit"
    ADD_PATTERNS = "problem pattern add"
    REMOVE_PATTERNS = "problem pattern remove"
    CLOSE_PROBLEM = "problem close"
    REOPEN_PROBLEM = "problem reopen"
    UNDO_STEP = "problem undo"
    ADD_SLICE = "slice add"
    REMOVE_SLICE = "slice remove"

    IMPORT_ROWS = "data import"
    EDIT_ROWS = "data commit"
    RENAME_COLUMNS = "data column rename"
    DROP_COLUMNS = "data column drop"
    REVERT_COMMIT = "data revert"
    ADD_BRANCH = "data branch"
    ADD_TAG = "data tag"
    CHECK_DATA = "data check"
    MERGE_BRANCH = "data merge"
    SETTLE_CONFLICTS = "data settle"
    FINISH_MERGE = "data finish"
    ABORT_MERGE = "data abort"
    PROPOSE_BRANCH = "data propose"
    RECHECK_PROPOSAL = "data recheck"
    APPROVE_PROPOSAL = "data approve"
    REJECT_PROPOSAL = "data reject"
    LAND_PROPOSAL = "data land"
    WITHDRAW_PROPOSAL = "data withdraw"
    PROTECT_BRANCH = "data protect"
    UNPROTECT_BRANCH = "data unprotect"
    ADD_MODEL = "model add"
    UPDATE_MODEL = "model update"
    SET_THRESHOLD = "model threshold"
    RENAME_MODEL = "model rename"
    RETIRE_MODEL = "model retire"
    RESTORE_MODEL = "model restore"
    SET_LIVE = "model live"
    EVALUATE = "evaluate"
    CANCEL_JOB = "job cancel"
    RETRY_JOB = "job retry"
    READ_AUDIT = "audit list"
    CHECK_AUDIT = "audit verify"

    READ_USERS = "user list"
    ADD_USER = "user add"
    GRANT_ROLE = "user grant"
    INVITE_USER = "user invite"
    DISABLE_USER = "user disable"
    ENABLE_USER = "user enable"
    END_SESSIONS = "user sessions-end"
    KEEP_TOKENS = "token create"
    """Anybody's tokens."""


_MAY: Final[Mapping[Role, tuple[Verb, ...]]] = {
    Role.VIEWER: (Verb.READ, Verb.COMPARE, Verb.KEEP_OWN),
    Role.LABELLER: (Verb.ADD_REPORT, Verb.ASK_MODELS),
    # Who may describe a problem may also close it and take that back: it guards the next model all the same.
    Role.EXPERT: (
        Verb.LINK_REPORT, Verb.WITHDRAW_REPORT, Verb.RESTORE_REPORT,
        Verb.ADD_PROBLEM, Verb.EDIT_PROBLEM, Verb.ADD_PATTERNS,
        Verb.REMOVE_PATTERNS, Verb.CLOSE_PROBLEM, Verb.REOPEN_PROBLEM, Verb.UNDO_STEP, Verb.ADD_SLICE,
        Verb.REMOVE_SLICE, Verb.SETTLE_CONFLICTS, Verb.APPROVE_PROPOSAL, Verb.REJECT_PROPOSAL,
    ),
    Role.MAINTAINER: (
        Verb.IMPORT_ROWS, Verb.EDIT_ROWS, Verb.RENAME_COLUMNS, Verb.DROP_COLUMNS,
        Verb.REVERT_COMMIT, Verb.ADD_BRANCH, Verb.ADD_TAG, Verb.CHECK_DATA,
        Verb.MERGE_BRANCH, Verb.PROPOSE_BRANCH, Verb.RECHECK_PROPOSAL, Verb.LAND_PROPOSAL, Verb.WITHDRAW_PROPOSAL,
        Verb.FINISH_MERGE, Verb.ABORT_MERGE, Verb.PROTECT_BRANCH, Verb.UNPROTECT_BRANCH, Verb.ADD_MODEL,
        Verb.UPDATE_MODEL, Verb.SET_THRESHOLD, Verb.RENAME_MODEL, Verb.RETIRE_MODEL, Verb.RESTORE_MODEL,
        Verb.SET_LIVE, Verb.EVALUATE, Verb.CANCEL_JOB, Verb.RETRY_JOB, Verb.READ_AUDIT, Verb.CHECK_AUDIT,
    ),
    Role.ADMIN: (
        Verb.READ_USERS, Verb.ADD_USER, Verb.GRANT_ROLE, Verb.INVITE_USER, Verb.DISABLE_USER, Verb.ENABLE_USER,
        Verb.END_SESSIONS, Verb.KEEP_TOKENS,
    ),
}  # fmt: skip
NEEDS: Final[Mapping[Verb, Role]] = {verb: role for role, verbs in _MAY.items() for verb in verbs}
"""Verb -> the least role that may do it."""
OF_THE_SERVER: Final = frozenset({Verb.READ_AUDIT, Verb.CHECK_AUDIT, *_MAY[Role.ADMIN]})
"""What concerns every workspace of a server, so that the role must be one for all of them.

Users and the log belong to the whole server: for an admin of one workspace, a one-time
link for somebody who may do more elsewhere would be a way up.
"""
