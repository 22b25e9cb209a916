"""Lets a request in: finds its workspace, who sent it, and whether they may.

A bearer token is for programs and for ``/api/`` only, and where one is given
cookies are not looked at. A session is a cookie whose secret the server keeps
hashed. On loopback, as long as there is no account, the one local user may do
everything.
"""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import unquote

from fastapi import Request

from curiouser.access import EVERY_WORKSPACE, AccessService, Role, RoleTooLowError, User
from curiouser.kernel.errors import NotFoundError
from curiouser.surfaces.serving.errors import SignInNeededError
from curiouser.surfaces.serving.guard import SAFE
from curiouser.surfaces.serving.masking import is_form_token
from curiouser.surfaces.serving.mounts import WORKSPACE, Mounts
from curiouser.surfaces.serving.roles import NEEDS, OF_THE_SERVER, Verb
from curiouser.surfaces.serving.routes import Caller, Via
from curiouser.surfaces.serving.settings import Settings

API = "/api/"
CSRF_FIELD = "csrf"
FLASH_COOKIE = "curiouser_flash"
_SIMPLE = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")


class Admission:
    """Decides who a caller is and what they may do.

    Args:
        mounts: The workspaces that are served.
        settings: How the server was started.
    """

    def __init__(self, mounts: Mounts, settings: Settings) -> None:
        self._mounts, self._settings = mounts, settings

    @property
    def _access(self) -> AccessService:
        return self._mounts.home.access

    def admit(self, request: Request, verb: Verb | None) -> Caller:
        """Let a request in for a route that does something; None: what anyone may.

        Raises:
            NotFoundError: It names no workspace that is served.
            SignInNeededError: It does not say who sent it, or nobody knows them.
            RoleTooLowError: They may not do this.
        """
        caller = self._identified(request, self._found(request, is_open=verb is None))
        if verb is None:
            return caller
        if caller.role is None and caller.via == "nobody":
            raise SignInNeededError("nobody is signed in", "sign in at /login, or send `Authorization: Bearer TOKEN`")
        if not caller.may(verb):
            raise _too_low(caller, verb)
        self._check_form_type(request, caller)
        return caller

    def check_form(self, given: str, caller: Caller) -> None:
        """Refuse a form that was not made for this caller's session.

        Raises:
            RoleTooLowError: Its token is missing or another's.
        """
        if not is_form_token(caller.csrf, given):
            raise RoleTooLowError(
                "this form was not made for this session", "open the page again and send it from there"
            )

    def _found(self, request: Request, *, is_open: bool) -> Caller:
        root = request.scope.get("root_path", "")
        path = request.scope["path"].removeprefix(root) or "/"
        try:
            name, workspace = self._mounts.get(request.scope.get(WORKSPACE))
        except NotFoundError:
            if not is_open:
                raise
            name, workspace = "", self._mounts.home
        flash = unquote(request.cookies.get(FLASH_COOKIE, ""))
        return Caller(name=name, workspace=workspace, access=self._access, root=root, path=path, flash=flash)

    def _identified(self, request: Request, nobody: Caller) -> Caller:
        header = request.headers.get("authorization")
        if header is not None and nobody.path.startswith(API):
            return self._by_token(header, nobody)
        secret = request.cookies.get(self._settings.cookie)
        session = self._access.session(secret) if secret else None
        if session is not None:
            role = self._access.role_in(session.user, nobody.name)
            return self._known(nobody, session.user, role, via="session", csrf=session.csrf)
        if self._settings.is_local and not self._access.has_users():
            return self._local(nobody)
        return nobody

    def _by_token(self, header: str, nobody: Caller) -> Caller:
        kind, _, secret = header.partition(" ")
        token = self._access.token(secret.strip()) if kind.lower() == "bearer" else None
        if token is None:
            raise SignInNeededError("this token is unknown, revoked or expired", "make one: curiouser token create")
        role, everywhere = (self._access.role_of_token(token, name) for name in (nobody.name, EVERY_WORKSPACE))
        return _with(nobody, role=role, everywhere=everywhere, actor=token.user, via="token", token=token.number)

    def _known(self, nobody: Caller, user: User, role: Role | None, *, via: Via, csrf: str) -> Caller:
        names = [name for name in self._mounts if self._access.role_in(user, name) is not None]
        everywhere = self._access.role_in(user, EVERY_WORKSPACE)
        return _with(nobody, role=role, everywhere=everywhere, actor=user.name, via=via, csrf=csrf, names=names)

    def _local(self, nobody: Caller) -> Caller:
        csrf = hmac.new(self._settings.secret.encode(), b"local", hashlib.sha256).hexdigest()
        actor = nobody.workspace.actor
        admin = {"role": Role.ADMIN, "everywhere": Role.ADMIN}
        return _with(nobody, **admin, actor=actor, via="local", csrf=csrf, names=list(self._mounts))

    def _check_form_type(self, request: Request, caller: Caller) -> None:
        """Refuse what another site's form could send to the API with this browser's cookies."""
        if request.method in SAFE or caller.via == "token" or not caller.path.startswith(API):
            return
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind in _SIMPLE:
            raise RoleTooLowError(f"the API takes no {kind}", "send application/json")


def _too_low(caller: Caller, verb: Verb) -> RoleTooLowError:
    repair, needs = "ask an admin of this server: curiouser user grant", NEEDS[verb]
    if verb in OF_THE_SERVER:
        return RoleTooLowError(
            f"this concerns the whole server and needs the role {needs} in every workspace;"
            f" {caller.actor} has {caller.everywhere or 'none'} there",
            repair,
        )
    have = caller.role or "no role"
    return RoleTooLowError(f"this needs the role {needs}, and {caller.actor} has {have} in {caller.name}", repair)


def _with(caller: Caller, **changes: object) -> Caller:
    values = {name: getattr(caller, name) for name in Caller.__slots__} | changes
    return Caller(**values)
