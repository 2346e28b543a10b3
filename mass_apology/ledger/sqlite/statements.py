"""SQL statements by name: those that every ledger shares, and those of SQLite, which stand beside this module."""

from __future__ import annotations

from functools import cache, partial

from mass_apology.ledger.in_sql.connection import COMMON
from mass_apology.system import statement_files

read_sql = partial(statement_files.read_sql, __package__)
statements = cache(
    partial(statement_files.layered_statements, ((COMMON, ""), (__package__, ""), (__package__, "sqlite_")))
)
