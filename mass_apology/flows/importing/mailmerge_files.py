"""mailmerge's database and server configuration, read as mailmerge reads them."""

from __future__ import annotations

import configparser
import csv
import io
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from mass_apology.errors import InputError
from mass_apology.system.regular_file import read_regular

TEMPLATE, DATABASE, CONFIG = "mailmerge_template.txt", "mailmerge_database.csv", "mailmerge_server.conf"
MAX_DATABASE = 200_000_000
MAX_CONFIG = 100_000
_SAMPLE = 1024  # characters by which mailmerge tells the delimiter

Row = dict[str, str | None]


class Database(Struct, frozen=True, kw_only=True):
    """The rows, by the names of the columns; a row that is too short lacks its last ones."""

    columns: tuple[str, ...]
    rows: tuple[tuple[int, Row], ...]  # with the line that each ends on
    too_long: tuple[int, ...]  # lines of rows with more cells than columns


class Server(Struct, frozen=True, kw_only=True):
    """What the configuration says of the relay."""

    host: str
    port: int
    security: str | None  # "SSL/TLS", "STARTTLS", "PLAIN" or "XOAUTH"
    username: str | None
    per_minute: int  # 0 for no limit


def read_database(path: Path) -> Database:
    """Read the database. ``InputError`` where mailmerge could not."""
    text = _read(path, MAX_DATABASE)
    dialect: type[csv.Dialect] = _dialect(text)
    reader = csv.DictReader(io.StringIO(text, newline=""), dialect=dialect, strict=True)
    try:
        columns = tuple(reader.fieldnames or ())
        rows = list(_rows(reader))
    except csv.Error as error:
        raise InputError(
            f"{path.name}, line {reader.line_num}: {error}; mailmerge stops there, too.", next_step="Mend the file."
        ) from error
    if not columns:
        raise InputError(f"{path.name} is empty.", next_step="Export the rows with their header.")
    return Database(
        columns=tuple(dict.fromkeys(column for column in columns if column.strip())),
        rows=tuple((line, row) for line, row, _ in rows),
        too_long=tuple(line for line, _, is_long in rows if is_long),
    )


def _rows(reader: csv.DictReader[str]) -> Iterator[tuple[int, Row, bool]]:
    for row in reader:
        cells: Row = {name: cell for name, cell in row.items() if isinstance(name, str)}
        yield reader.line_num, cells, None in row


def _dialect(text: str) -> type[csv.Dialect]:
    try:
        return csv.Sniffer().sniff(text[:_SAMPLE], delimiters=",;\t")
    except csv.Error:
        return csv.excel


def read_server(path: Path) -> Server:
    """Read the configuration. ``InputError`` where mailmerge would refuse it."""
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(_read(path, MAX_CONFIG))
        section = parser["smtp_server"]
        security = section.get("security")
        server = Server(
            host=section["host"],
            port=section.getint("port") or 0,
            security=None if security == "Never" else security,
            username=section.get("username"),
            per_minute=section.getint("ratelimit", 0) or 0,
        )
    except KeyError as error:
        raise InputError(f"{path.name} has no {error}.", next_step="Add it, as mailmerge --sample shows.") from error
    except (configparser.Error, ValueError) as error:
        said = " ".join(str(error).split())
        raise InputError(f"{path.name} cannot be read: {said}.", next_step="Correct it.") from error
    if not server.port:
        raise InputError(f"{path.name} has no 'port'.", next_step="Add it, as mailmerge --sample shows.")
    if server.security not in {None, "SSL/TLS", "STARTTLS", "PLAIN", "XOAUTH"}:
        problem = f"{path.name} names a security that mailmerge does not know: '{server.security}'."
        raise InputError(problem, next_step="Write SSL/TLS or STARTTLS.")
    if server.security and not server.username:
        problem = f"{path.name} names no username, which {server.security} needs."
        raise InputError(problem, next_step="Add a line: username = …")
    return server


def _read(path: Path, most: int) -> str:
    try:
        return read_regular(path, most).decode("utf-8-sig")
    except FileNotFoundError as error:
        raise InputError(
            f"There is no {path}.",
            next_step="Name the folder with mailmerge's files, or each of them: --template, --database, --config.",
        ) from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.", next_step="Make it readable.") from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is not UTF-8, which is all that mailmerge reads.", next_step="Save it as UTF-8."
        ) from error
