"""The URL of a ledger's database: which there are, what libpq is told, and what is refused without being repeated."""

from __future__ import annotations

import pytest

from mass_apology.errors import CampaignError
from mass_apology.ledger.database_url import parse

REQUIRE = {"sslmode": "require"}


@pytest.mark.parametrize(
    ("url", "told"),
    [
        (
            "postgresql://anna@db.acme.example:6432/ledgers",
            {"host": "db.acme.example", "port": "6432", "user": "anna", "dbname": "ledgers", "sslmode": "verify-full"},
        ),
        ("postgres://db.acme.example/l?sslmode=require", {"host": "db.acme.example", "dbname": "l"} | REQUIRE),
        ("postgresql:///ledgers", {"dbname": "ledgers"}),
        ("postgresql://anna@/l?host=/run/postgresql", {"host": "/run/postgresql", "user": "anna", "dbname": "l"}),
        ("postgresql://[::1]:5433/a%20b", {"host": "::1", "port": "5433", "dbname": "a b"}),
        ("postgresql://localhost/l", {"host": "localhost", "dbname": "l"}),
    ],
)
def test_what_libpq_is_told(url: str, told: dict[str, str]) -> None:
    given = parse(url).parameters(password=None, ca_file=None)
    given.pop("sslrootcert", None)
    assert given == told


def test_off_this_machine_the_server_is_verified_by_the_system_or_by_a_file() -> None:
    url = parse("postgresql://db.acme.example/l")
    assert url.parameters(password="secret", ca_file=None)["sslrootcert"] == "system"
    given = url.parameters(password="secret", ca_file="/ca.pem")
    assert (given["sslrootcert"], given["sslmode"], given["password"]) == ("/ca.pem", "verify-full", "secret")


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("postgresql://anna:s3cret@db/ledgers", "holds a password"),
        ("postgresql://db/ledgers?password=s3cret", "holds a password"),
        ("mysql://s3cret@db/ledgers", "none of a PostgreSQL"),
        ("postgresql://db", "names no database"),
        ("postgresql://db/a/s3cret", "names no database"),
        ("postgresql://db:0/s3cret", "port"),
        ("postgresql://db/l?s3cret", "cannot be read"),
        ("postgresql://db /s3cret", "space"),
    ],
)
def test_what_cannot_be_used_is_a_sentence_that_repeats_nothing(url: str, problem: str) -> None:
    with pytest.raises(CampaignError, match=problem) as refused:
        parse(url)
    assert "s3cret" not in f"{refused.value.problem} {refused.value.next_step}"


def test_people_are_told_the_place() -> None:
    assert parse("postgresql://anna@db.acme.example:6432/l?sslmode=require").place == (
        "the database postgresql://anna@db.acme.example:6432/l"
    )
    assert parse("postgresql:///l?host=/run/postgresql").place == "the database postgresql:///l"
