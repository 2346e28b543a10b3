"""However people are known, the same roles hold, and passkeys work with each way or are refused in a sentence."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from asked import Asked, asked, campaign_in, texts
from issuer import CLIENT, Issuer, issuing
from live import campaign_folder, customers
from playwright.sync_api import Browser
from served import Watching, serving
from test_passkey_in_browser import authenticator, make, press

from mass_apology.approval import approval_file
from mass_apology.flows.serve.access_file import NO_ACCESS_FILE, Access, OidcSettings, ProxySettings, Role

pytestmark = pytest.mark.slow

URL = "https://apologies.acme.example"
ANNA = "anna@acme.example"
PAGES = {Role.WATCH: "/campaigns/acme", Role.APPROVE: "/campaigns/acme/letters", Role.OPERATE: "/campaigns/acme/people"}


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with issuing() as made:
        yield made


async def known(server: Asked, mode: str, issuer: Issuer) -> None:
    """Come in as people do in this mode."""
    if mode == "link":
        await server.get(f"/enter/{server.service.sessions.new_link()}")
    elif mode == "proxy":
        server.client.headers["remote-user"] = ANNA
    else:
        state, code = issuer.let_in((await server.get("/login")).headers["location"])
        await server.get(f"/login/back?state={state}&code={code}")
    page = await server.get("/campaigns/acme")
    if "csrf" in page.text:
        server.csrf = page.text.partition('name="csrf" value="')[2].partition('"')[0]


def visited(folder: Path, mode: str, issuer: Issuer, visit: Callable[[Asked], Awaitable[None]], *roles: Role) -> None:
    campaign_in(folder / "acme")
    named = {ANNA: roles} if roles else {}
    access = {
        "link": NO_ACCESS_FILE,
        "proxy": Access(url=URL, roles=named, proxy=ProxySettings(peers=("10.0.0.5",))),
        "oidc": Access(url=URL, roles=named, oidc=OidcSettings(issuer=issuer.url, client_id=CLIENT)),
    }[mode]
    where = {} if mode == "link" else {"is_local": False, "host": "apologies.acme.example"}

    async def all_of_it() -> None:
        async with asked(folder, access, peer="10.0.0.5" if mode == "proxy" else "127.0.0.1", **where) as server:
            await asyncio.sleep(0.05)
            await known(server, mode, issuer)
            await visit(server)

    asyncio.run(all_of_it())


@pytest.mark.parametrize("mode", ["proxy", "oidc"])
@pytest.mark.parametrize("role", [*Role, None])
def test_each_role_opens_its_pages_and_no_other(tmp_path: Path, issuer: Issuer, mode: str, role: Role | None) -> None:
    async def visit(server: Asked) -> None:
        for needed, page in PAGES.items():
            status = (await server.get(page)).status_code
            assert status == (401 if role is None else 200 if needed in {role, Role.WATCH} else 403), page
        for path, needed in (("/passkey/sign", Role.APPROVE), ("/pause", Role.OPERATE), ("/note", Role.OPERATE)):
            answer = await server.post(f"/campaigns/acme{path}", {"note": "x"})
            assert (answer.status_code in {401, 403}) is (needed is not role), path

    visited(tmp_path, mode, issuer, visit, *[role] if role else [])


def test_who_has_the_link_may_do_everything(tmp_path: Path, issuer: Issuer) -> None:
    async def visit(server: Asked) -> None:
        assert [(await server.get(page)).status_code for page in PAGES.values()] == [200, 200, 200]

    visited(tmp_path, "link", issuer, visit)


@pytest.mark.parametrize("deed", ["make", "sign"])
def test_an_address_without_passkeys_is_told(tmp_path: Path, issuer: Issuer, deed: str) -> None:
    async def visit(server: Asked) -> None:
        answer = await server.post(f"/campaigns/acme/passkey/{deed}")
        assert answer.status_code == 409
        assert answer.json()["problem"].endswith("Open the page as http://localhost:8460")
        server.client.headers["host"] = "localhost:8460"
        assert "Open the page as" not in (await server.post(f"/campaigns/acme/passkey/{deed}")).text

    visited(tmp_path, "link", issuer, visit)


@pytest.mark.parametrize(
    ("url", "said"), [(None, "the proxy does not tell it"), ("https://10.0.0.7", "has a number: give it a name")]
)
def test_a_proxy_whose_address_has_no_passkeys_is_told(tmp_path: Path, url: str | None, said: str) -> None:
    campaign_in(tmp_path / "acme")
    access = Access(url=url, roles={ANNA: (Role.APPROVE,)}, proxy=ProxySettings(peers=("10.0.0.5",)))

    async def all_of_it() -> None:
        host = "10.0.0.7" if url else "127.0.0.1:8460"
        async with asked(tmp_path, access, peer="10.0.0.5", host=host) as server:
            await asyncio.sleep(0.05)
            await known(server, "proxy", Issuer(""))
            assert said in texts((await server.post("/campaigns/acme/passkey/make")).json()["problem"])

    asyncio.run(all_of_it())


def test_a_passkey_of_whom_the_proxy_knows_approves_in_that_name(tmp_path: Path, browser: Browser) -> None:
    folder = campaign_folder(
        tmp_path / "acme", "smtp+plain://127.0.0.1:9", customers(5), approval={"required": 1, "passkeys": "passkeys"}
    )
    (folder / "passkeys").write_text("", encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    access = tmp_path / "access.toml"
    access.write_text(
        f'url = "http://localhost:{port}"\n[roles]\n"{ANNA}" = ["approve"]\n[proxy]\npeers = ["127.0.0.1"]\n',
        encoding="utf-8",
    )
    with serving(folder, "--access", str(access), on=("--listen", f"127.0.0.1:{port}")) as base:
        visit = Watching(browser, base, extra_http_headers={"Remote-User": ANNA})
        authenticator(visit.page)
        visit.page.goto(f"{base}/campaigns/acme/plan", wait_until="load")
        visit.page.click("text=Look at the plan")
        visit.page.wait_for_selector("text=Look at the plan again", timeout=60_000)
        made = make(visit.page, folder)
        press(visit.page)
        visit.page.wait_for_selector("text=Approved, in the name of")
        visit.close()
        assert (visit.complaints, visit.elsewhere) == ([], [])
    (given,) = approval_file.read(folder)
    assert (given.by, made.by, given.letters) == (ANNA, ANNA, 5)
