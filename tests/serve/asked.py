"""Asks the live page's application as a browser does, without a socket."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from mass_apology.flows.serve.access_file import EVERY_ROLE, NO_ACCESS_FILE, Access, Role
from mass_apology.flows.serve.campaigns import Campaigns
from mass_apology.flows.serve.service import Service
from mass_apology.flows.serve.sessions import Visitor
from mass_apology.flows.serve.web_app import web_app
from mass_apology.ledger.sqlite import SqliteLedger, SqliteStore
from mass_apology.model import Recipient
from mass_apology.workspace.ledger_store import ledger_store

HOST = "127.0.0.1:8460"
CAMPAIGN = """
name = "trial"
template = "sorry"
recipients = "affected.csv"
time_zone = "Europe/Warsaw"
[incident]
service = "Acme API"
[sender]
from = "Anna Kowalska <anna@acme.example>"
[relay]
url = "smtp+plain://127.0.0.1:9"
"""


def campaign_in(folder: Path, people: list[tuple[str, str]] | None = None) -> Path:
    """A campaign whose letters are planned: to these addresses and names."""
    (folder / "templates" / "sorry").mkdir(parents=True)
    (folder / "templates" / "sorry" / "en.md").write_text(
        "Subject: {{ incident.service }}\n\n{{ salutation }}\n\nWe are sorry.\n", encoding="utf-8"
    )
    (folder / "campaign.toml").write_text(CAMPAIGN, encoding="utf-8")
    path = folder / "ledger.sqlite"
    with SqliteLedger.create(path, "trial") as ledger:
        ledger.acquire(1_700_000_000.0)
        with SqliteStore(path).planner("first", lambda identity: f"<{identity:x}@acme.example>") as staging:
            rows = [_recipient(n, *each) for n, each in enumerate(people or [("ola@a.example", "Ola Nowak")])]
            staging.add([(row, "en") for row in rows])
            staging.commit(ledger, digest_parts={"csv": "00"}, header=("email", "name"), canary=[], now=1_700_000_000.0)
    return folder


def _recipient(number: int, address: str, name: str) -> Recipient:
    from mass_apology.flows.person.whose_letters import mailbox_of

    return Recipient(
        identity=number + 1,
        mailbox=mailbox_of(address),
        person=number + 1,
        address=address,
        name=name,
        language="en",
        time_zone="",
        line=number + 2,
        row={"email": address, "name": name},
    )


class Asked:
    """One server, asked by one browser."""

    def __init__(self, service: Service, client: httpx.AsyncClient) -> None:
        self.service = service
        self.client = client
        self.csrf = ""

    def enter(self, roles: frozenset[Role] = EVERY_ROLE, name: str = "Anna") -> None:
        """Be somebody, with a session of one's own."""
        token = self.service.sessions.begin(Visitor(name=name, roles=roles))
        session = self.service.sessions.find(token)
        assert session is not None
        self.csrf = session.csrf
        self.client.cookies.set("mass-apology", token)

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return await self.client.get(path, **options)

    async def post(self, path: str, form: Mapping[str, str] | None = None, **options: Any) -> httpx.Response:
        """A form of an open page."""
        return await self.client.post(path, data={"csrf": self.csrf, **(form or {})}, **options)


@asynccontextmanager
async def asked(
    folder: Path, access: Access = NO_ACCESS_FILE, *, peer: str = "127.0.0.1", is_local: bool = True, host: str = HOST
) -> AsyncIterator[Asked]:
    """The server for the campaigns of this folder."""
    with ThreadPoolExecutor(1) as pool:
        service = Service.of(access, Campaigns(folder), pool, is_local=is_local)
        transport = httpx.ASGITransport(web_app(service), client=(peer, 5000))
        watching = asyncio.create_task(service.campaigns.run())
        scheme = "https" if access.is_secure else "http"
        async with httpx.AsyncClient(transport=transport, base_url=f"{scheme}://{host}") as client:
            try:
                yield Asked(service, client)
            finally:
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)


def run(folder: Path, visit: Callable[[Asked], Awaitable[None]], **options: Any) -> None:
    """``visit`` the server for the campaigns of this folder, once it has looked there."""

    async def all_of_it() -> None:
        async with asked(folder, **options) as server:
            await asyncio.sleep(0.05)
            await visit(server)

    asyncio.run(all_of_it())


def notes(folder: Path) -> list[str]:
    """Of the ledger of the campaign ``acme`` in this folder."""
    with ledger_store(folder / "acme").read() as ledger:
        return [note.what for note in ledger.notes()]


def texts(html: str) -> str:
    """What a page says, without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())
