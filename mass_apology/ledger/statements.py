"""SQL statements by name, from the ``.sql`` files beside this module."""

from __future__ import annotations

from functools import partial

from mass_apology import database

read_sql = partial(database.read_sql, __package__)
statements = partial(database.statements, __package__)
