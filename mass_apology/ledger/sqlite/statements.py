"""SQL statements by name, from the ``.sql`` files beside this module."""

from __future__ import annotations

from functools import partial

from mass_apology.system import sqlite_file

read_sql = partial(sqlite_file.read_sql, __package__)
statements = partial(sqlite_file.statements, __package__)
