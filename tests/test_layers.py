"""The import contracts of pyproject.toml notice every breach: each is planted in a copy of the package.

The contracts name who may import what, so that a module which is written tomorrow is covered, too.
"""

from __future__ import annotations

import shutil
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from importlinter import api
from importlinter.application import use_cases
from importlinter.domain.contract import ContractCheck

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
CONFIGURATION = ROOT / "pyproject.toml"
LAYERS = [
    # a module (a new one, or one that is there), and what it must not import
    ("recipients/cells", "mass_apology.schedule.policy"),
    ("bounces/new_format", "mass_apology.ledger"),
    ("guards/new_guard", "mass_apology.letter.values"),
    ("smtp/envelope", "mass_apology.sending.dispatcher"),
    ("sending/gate", "mass_apology.flows.send.send"),
    ("workspace/workspace", "mass_apology.flows.plan.plan"),
    ("workspace/new_place", "mass_apology.sending.gate"),
    ("flows/new_flow", "mass_apology.cli.screen"),
    ("model", "mass_apology.letter.values"),
    ("settings", "mass_apology.recipients.cells"),
    ("errors", "mass_apology.model"),
    ("system/new_service", "mass_apology.campaign"),
    ("new_room", "mass_apology.model"),  # no layer names it
]
LIBRARIES = [
    # the contract, the module, and what it must not import
    ("tables", "flows/new_flow", "pandas"),
    ("tables", "guards/audience_stats", "pandas"),
    ("tables", "recipients/cells", "numpy"),
    ("smtp", "smtp/envelope", "aiosmtplib"),
    ("smtp", "smtp/transaction", "aiosmtplib.response"),
    ("smtp", "flows/preview/test", "smtplib"),
    ("imap", "flows/feedback/bounces", "imapclient"),
    ("imap", "bounces/new_box", "imaplib"),
    ("jinja", "flows/templates/templates", "jinja2"),
    ("jinja", "pages/new_page", "jinja2.sandbox"),
    ("jinja", "pages/document", "markupsafe"),
    ("terminal", "flows/send/send", "typer"),
    ("terminal", "flows/new_flow", "rich.console"),
    ("terminal", "pages/words", "click"),
    ("sql", "sending/outbox", "sqlite3"),
    ("sql", "letter/new_part", "sqlite3"),
    ("sql", "flows/purge/purge", "sqlite3"),
    ("sql", "system/new_service", "sqlite3"),
    ("sql", "ledger/port", "sqlite3"),
    ("libraries", "smtp/new_part", "dns.resolver"),
    ("libraries", "flows/check/check", "babel.dates"),
    ("libraries", "pages/document", "markdown_it"),
    ("libraries", "smtp/session", "keyring"),
    ("pure", "guards/times", "time"),
    ("pure", "schedule/new_rule", "time"),
    ("pure", "sending/decisions", "random"),
    ("pure", "smtp/replies", "socket"),
    ("pure", "smtp/transaction", "asyncio"),
    ("pure", "bounces/dsn", "os"),
    ("pure", "letter/message/compose", "subprocess"),
    ("pure", "letter/message/message_id", "uuid"),
    ("pure", "pages/report_page", "tempfile"),
    ("pure", "smtp/session", "random"),  # it meets the world by other means
    ("pure", "model", "os.path"),
]
INSIDES = [
    # a module that must not know what a ledger is made of, and what it imports of that
    ("sending/outbox", "mass_apology.ledger.sqlite"),
    ("flows/holding", "mass_apology.ledger.sqlite.sqlite_ledger"),
    ("flows/new_flow", "mass_apology.ledger.sqlite.database"),
    ("workspace/workspace", "mass_apology.ledger.sqlite.sqlite_store"),
    ("cli/app", "mass_apology.ledger.in_sql.claims"),
    ("flows/send/send", "mass_apology.ledger.postgres.postgres_ledger"),
    ("flows/new_flow", "mass_apology.ledger.staging.staged_plan"),
    ("ledger/new_part", "mass_apology.ledger.sqlite.lock"),
]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the package, which import-linter finds instead of the one that is running."""
    folder = tmp_path_factory.mktemp("copy")
    copy = folder / "mass_apology"
    shutil.copytree(ROOT / "mass_apology", copy, ignore=shutil.ignore_patterns("__pycache__"))
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        patch.delitem(sys.modules, "mass_apology", raising=False)
        yield copy


@contextmanager
def planted(package: Path, imports: Iterable[tuple[str, str]]) -> Iterator[None]:
    """Each of these modules imports that as well."""
    before: dict[Path, str | None] = {}
    try:
        for module, imported in imports:
            file = package / f"{module}.py"
            text = file.read_text(encoding="utf-8") if file.exists() else None
            before.setdefault(file, text)
            file.write_text(f"{text or ''}\n\ndef planted():\n    import {imported}\n", encoding="utf-8")
        yield
    finally:
        for file, text in before.items():
            file.unlink() if text is None else file.write_text(text, encoding="utf-8")


def checks(package: Path) -> dict[str, ContractCheck]:
    """The contracts that the package breaks, by their ids."""
    api.configuration.configure()
    options = use_cases.read_user_options(str(CONFIGURATION))
    use_cases._register_contract_types(options)
    report = use_cases.create_report(options, cache_dir=str(package.parent / "cache"))
    assert not report.invalid_contract_options
    return {c.contract_options["id"]: check for c, check in report.get_contracts_and_checks() if not check.kept}


def test_the_package_keeps_every_contract(package: Path) -> None:
    assert not checks(package)


@pytest.mark.parametrize(("module", "imported"), LAYERS, ids=lambda value: value.replace("/", "."))
def test_a_breach_of_the_layers_is_caught(package: Path, module: str, imported: str) -> None:
    with planted(package, [(module, imported)]):
        assert set(checks(package)) == {"layers"}


def test_each_forbidden_library_is_caught_by_its_contract_and_by_no_other(package: Path) -> None:
    expected = defaultdict(set)
    for contract, module, imported in LIBRARIES:
        expected[contract].add((f"mass_apology.{module.replace('/', '.')}", imported.partition(".")[0]))
    with planted(package, [(module, imported) for _, module, imported in LIBRARIES]):
        found = {
            contract: {
                (link["importer"], link["imported"])
                for chains in check.metadata["invalid_chains"]
                for chain in chains["chains"]
                for link in chain
            }
            for contract, check in checks(package).items()
        }
    assert found == expected


def test_the_insides_of_the_ledger_are_seen_only_where_it_is_opened(package: Path) -> None:
    with planted(package, INSIDES):
        (check,) = checks(package).values()
    found = {
        (link["importer"], link["imported"])
        for broken in check.metadata["illegal_imports"]
        for link in broken.illegal_links
    }
    assert found == {(f"mass_apology.{module.replace('/', '.')}", imported) for module, imported in INSIDES}


def test_a_breach_of_every_contract_is_planted_more_than_once() -> None:
    contracts = tomllib.loads(CONFIGURATION.read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    planted = ["layers" for _ in LAYERS] + ["ledger" for _ in INSIDES] + [contract for contract, _, _ in LIBRARIES]
    assert {contract["id"] for contract in contracts} == set(planted)
    assert min(map(planted.count, planted)) >= 2
