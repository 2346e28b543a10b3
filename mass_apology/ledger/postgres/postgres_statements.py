"""SQL statements by name: those that every ledger shares, and those of PostgreSQL, which stand beside this module."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from mass_apology.ledger.in_sql.connection import COMMON
from mass_apology.system.statement_files import layered_statements, read_sql

VERSION = 6
"""Of the schema: the last of the files in ``schema/``."""

_COMMENT = re.compile(r"--.*")
_NAMED = re.compile(r"(?<![:\w]):([a-z_0-9]+)")  # and no cast
_PERCENT = re.compile(r"%(?!\([a-z_0-9]+\)[bs])")


@cache
def statements(file: str) -> Mapping[str, str]:
    """The statements of ``file``, with psycopg's ``%(wave)s`` for the ``:wave`` of the common ones."""
    found = layered_statements(((COMMON, ""), (__package__, "postgres_")), file)
    return {name: _for_psycopg(text) for name, text in found.items()}


def step(version: int) -> str:
    """The statements that lead to this version of the schema from the one before."""
    return read_sql(f"{__package__}.schema", f"postgres_{version}.sql")


def _for_psycopg(statement: str) -> str:
    return _NAMED.sub(r"%(\1)s", _PERCENT.sub("%%", _COMMENT.sub("", statement))).strip()
