"""Tokens of sensors: kept as a hash, so that the store gives none away."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
import time
from dataclasses import dataclass

PREFIX = "deining_"


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """Whose token it is: one sensor of one area."""

    area: str
    sensor: str


def hash_token(token: str) -> bytes:
    """SHA-256 of a token; tokens are 256 random bits, so no slow hash is needed."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def issue_token(connection: sqlite3.Connection, holder: TokenHolder) -> str:
    """A new token for a sensor; shown once, kept as a hash. Earlier tokens of the sensor stay valid."""
    token = PREFIX + secrets.token_urlsafe(32)
    connection.execute("INSERT INTO token VALUES (?, ?, ?, ?, NULL)", (hash_token(token), holder.area, holder.sensor, time.time_ns() // 1000))
    return token


def find_holder(connection: sqlite3.Connection, token: str) -> TokenHolder | None:
    """Whose token it is, or None."""
    row = connection.execute("SELECT area, sensor FROM token WHERE hash = ? AND revoked_us IS NULL", (hash_token(token),)).fetchone()
    return TokenHolder(*row) if row else None
