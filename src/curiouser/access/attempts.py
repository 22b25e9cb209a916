"""How many log-ins may fail: kept in the database, so that neither a restart nor a second process starts anew."""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from curiouser.access.errors import TooManyAttemptsError
from curiouser.access.secret_texts import hash_of
from curiouser.access.stored import storable
from curiouser.access.tables import access_attempt
from curiouser.kernel.clock import from_text
from curiouser.storage import utc_text

WINDOW = timedelta(minutes=15)
"""How long a failed log-in counts."""
MOST_PER_NAME = 5
"""Failures under one name within the window."""
MOST_PER_ADDRESS = 20
"""Failures from one address within the window."""
_LONGEST = 64


def count_attempt(connection: Connection, name: str, address: str, now: datetime) -> None:
    """Write an attempt down before it is made; one that succeeds is forgotten afterwards.

    Counting first, in a write transaction of its own, is what holds the limit
    when a hundred attempts come at once.

    Raises:
        TooManyAttemptsError: Too many failed, or are under way.
    """
    connection.execute(delete(access_attempt).where(access_attempt.c.made_at <= utc_text(now - WINDOW)))
    values = {"name_hash": hash_of(name), "address": network_of(address)}
    waits = (
        _wait(connection, access_attempt.c.name_hash == values["name_hash"], MOST_PER_NAME, now),
        _wait(connection, access_attempt.c.address == values["address"], MOST_PER_ADDRESS, now),
    )
    if max(waits) > timedelta(0):
        raise TooManyAttemptsError(max(waits).total_seconds())
    connection.execute(insert(access_attempt).values(**values, made_at=utc_text(now)))


def forget_attempts(connection: Connection, name: str, address: str | None = None) -> None:
    """Forget the failures under a name; with an address only those from there.

    Failures of other names from the address stay: who can sign in as one user
    must not gain further guesses at another.
    """
    query = delete(access_attempt).where(access_attempt.c.name_hash == hash_of(name))
    if address is not None:
        query = query.where(access_attempt.c.address == network_of(address))
    connection.execute(query)


def network_of(address: str) -> str:
    """Return what is counted as one address: of IPv6 the /64, which one customer gets whole.

    Examples:
        >>> network_of("192.0.2.7"), network_of("::ffff:192.0.2.7"), network_of("2001:db8::1")
        ('192.0.2.7', '192.0.2.7', '2001:db8::/64')
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        # A Unix socket, or what a proxy made of it.
        return storable(address)[:_LONGEST]
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((int(found), 64), strict=False))


def _wait(connection: Connection, counted: ColumnElement[bool], most: int, now: datetime) -> timedelta:
    query = select(access_attempt.c.made_at).where(counted).order_by(access_attempt.c.made_at.desc()).limit(most)
    moments = list(connection.execute(query).scalars())
    return from_text(moments[-1]) + WINDOW - now if len(moments) == most else timedelta(0)
