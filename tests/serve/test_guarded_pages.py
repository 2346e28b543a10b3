"""What the live page refuses: whoever is not known, has not the role, comes by another name or from another page."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from asked import Asked, campaign_in, notes, run, texts

from mass_apology.flows.serve.access_file import Access, ProxySettings, Role, ScrapeSettings
from mass_apology.flows.serve.sessions import Visitor
from mass_apology.flows.watch.view_model import CampaignView
from mass_apology.ledger import Control
from mass_apology.workspace.ledger_store import ledger_store

PAGES = ("/", "/metrics", "/campaigns/acme", "/campaigns/acme.json", "/campaigns/acme/events")
DEEDS = ("/campaigns/acme/pause", "/campaigns/acme/resume", "/campaigns/acme/stop", "/campaigns/acme/note", "/leave")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    campaign_in(tmp_path / "acme")
    return tmp_path


def test_nobody_sees_anything_without_a_session(folder: Path) -> None:
    async def visit(server: Asked) -> None:
        for page in PAGES:
            answer = await server.get(page)
            assert answer.status_code == 401, page
            assert "acme" not in texts(answer.text).lower()
        for deed in DEEDS:
            assert (await server.post(deed, {"word": "stop", "note": "x"})).status_code == 401, deed
        assert (await server.get("/healthz")).text == "ok\n"

    run(folder, visit)
    assert notes(folder) == []


def test_a_link_lets_one_browser_in(folder: Path) -> None:
    async def visit(server: Asked) -> None:
        link = server.service.sessions.new_link()
        answer = await server.get(f"/enter/{link}")
        assert (answer.status_code, answer.headers["refresh"]) == (200, "0; url=/")
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert (await server.get("/")).status_code == 200
        server.client.cookies.clear()
        assert (await server.get(f"/enter/{link}")).status_code == 403

    run(folder, visit)


def test_a_session_that_somebody_fixed_before_is_not_the_one_that_begins(folder: Path) -> None:
    async def visit(server: Asked) -> None:
        server.client.cookies.set("mass-apology", "fixed-by-somebody")
        answer = await server.get(f"/enter/{server.service.sessions.new_link()}")
        assert "fixed-by-somebody" not in answer.headers["set-cookie"]
        assert server.service.sessions.find("fixed-by-somebody") is None

    run(folder, visit)


def test_the_page_tells_how_the_campaign_is_and_holds_no_script_of_its_own(folder: Path) -> None:
    async def visit(server: Asked) -> None:
        server.enter()
        overview = await server.get("/")
        assert "Nobody sends: 0 of 1 person has been written to; 1 letter is due." in texts(overview.text)
        page = await server.get("/campaigns/acme")
        assert "1 person has not heard from us yet = 1 still due." in texts(page.text)
        assert not re.search(r"<script(?! src=)|\son\w+=|\sstyle=|javascript:", page.text)
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["cache-control"] == "no-store"
        view = msgspec.json.decode((await server.get("/campaigns/acme.json")).content, type=CampaignView)
        assert (view.campaign, view.people.due) == ("trial", 1)

    run(folder, visit)


@pytest.mark.parametrize("deed", ["pause", "resume"])
def test_who_operates_asks_the_sender_and_is_noted(folder: Path, deed: str) -> None:
    async def visit(server: Asked) -> None:
        server.enter(name="Anna")
        answer = await server.post(f"/campaigns/acme/{deed}")
        assert (answer.status_code, answer.headers["location"]) == (303, "/campaigns/acme?done=nobody")
        assert (await server.post("/campaigns/acme/note", {"note": " the relay \n called "})).status_code == 303

    run(folder, visit)
    assert notes(folder) == [f"Anna asked on the page to {deed}", "Anna noted: the relay called"]
    with ledger_store(folder / "acme").read() as ledger:
        assert ledger.requested() is (Control.PAUSE if deed == "pause" else Control.RUN)


def test_a_stop_wants_its_word(folder: Path) -> None:
    async def visit(server: Asked) -> None:
        server.enter()
        assert (await server.post("/campaigns/acme/stop", {"word": "yes"})).status_code == 400
        assert notes(folder) == []
        assert (await server.post("/campaigns/acme/stop", {"word": "stop"})).status_code == 303

    run(folder, visit)
    assert notes(folder) == ["Anna asked on the page to stop"]


def test_who_may_only_watch_can_press_nothing(folder: Path) -> None:
    async def visit(server: Asked) -> None:
        server.enter(frozenset({Role.WATCH}))
        page = await server.get("/campaigns/acme")
        assert "<form" not in page.text.replace('<form method="post" action="/leave"', "")
        for deed in DEEDS[:4]:
            assert (await server.post(deed, {"word": "stop", "note": "x"})).status_code == 403, deed

    run(folder, visit)
    assert notes(folder) == []


@pytest.mark.parametrize(
    ("form", "headers"),
    [
        ({"csrf": ""}, {}),
        ({"csrf": "0-the-session-s-secret-0"}, {}),
        ({"csrf": "another session's"}, {}),
        ({}, {"origin": "https://evil.example"}),
        ({}, {"origin": "null"}),
        ({}, {"origin": "http://127.0.0.1:1"}),
        ({}, {"sec-fetch-site": "cross-site"}),
        ({}, {"sec-fetch-site": "same-site"}),
    ],
)
def test_a_form_from_elsewhere_does_nothing(folder: Path, form: dict[str, str], headers: dict[str, str]) -> None:
    async def visit(server: Asked) -> None:
        server.enter()
        answer = await server.post("/campaigns/acme/pause", form, headers=headers)
        assert answer.status_code == 403

    run(folder, visit)
    assert notes(folder) == []


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("multipart/form-data; boundary=x", b"--x--", 415),
        ("application/x-www-form-urlencoded", b"csrf=%s&note=" + b"x" * 70_000, 413),
        ("application/x-www-form-urlencoded", b"a=1&" * 50, 400),
        ("application/x-www-form-urlencoded", b"csrf=\xff", 400),
    ],
)
def test_what_is_no_small_form_is_refused(folder: Path, kind: str, body: bytes, status: int) -> None:
    async def visit(server: Asked) -> None:
        server.enter()
        answer = await server.client.post("/campaigns/acme/note", content=body, headers={"content-type": kind})
        assert answer.status_code == status

    run(folder, visit)


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8460", "10.0.0.1", ""]
)
def test_another_name_of_this_server_is_none(folder: Path, host: str) -> None:
    async def visit(server: Asked) -> None:
        server.enter()
        assert (await server.get("/", headers={"host": host})).status_code == 421

    run(folder, visit)


@pytest.mark.parametrize("host", ["localhost:9000", "127.0.0.1:80", "[::1]:8460", "LOCALHOST"])
def test_a_forwarded_port_is_no_other_name(folder: Path, host: str) -> None:
    async def visit(server: Asked) -> None:
        token = server.service.sessions.new_link()
        assert (await server.get(f"/enter/{token}", headers={"host": host})).status_code == 200

    run(folder, visit)


@pytest.mark.parametrize(
    "path",
    [
        "/campaigns/..%2facme",
        "/campaigns/%2e%2e/acme",
        "/campaigns/../../etc/passwd.json",
        "/campaigns/acme%00",
        "/campaigns/acme%2f..%2facme.json",
        "/assets/..%2f..%2flive.css",
        "/assets/web_rendering.py",
        "/assets/page_frame.html",
        "/campaigns/Acme",
    ],
)
def test_no_path_leads_out(folder: Path, path: str) -> None:
    async def visit(server: Asked) -> None:
        server.enter()
        answer = await server.get(path)
        assert answer.status_code == 404
        assert "import" not in answer.text

    run(folder, visit)


def test_who_asks_too_often_waits(folder: Path) -> None:
    async def visit(server: Asked) -> None:
        answers = [(await server.get(f"/enter/guess{n}")).status_code for n in range(30)]
        assert answers.count(403) <= 12
        assert answers[-1] == 429

    run(folder, visit)


PROXY = Access(
    url="https://apologies.acme.example",
    roles={"anna@acme.example": (Role.OPERATE,), "ola@acme.example": (Role.WATCH,)},
    proxy=ProxySettings(peers=("10.0.0.5",)),
)
BEHIND = {"access": PROXY, "is_local": False, "host": "apologies.acme.example"}


def test_the_proxy_says_who_asks(folder: Path) -> None:
    async def visit(server: Asked) -> None:
        answer = await server.get("/", headers={"remote-user": "ola@acme.example"})
        assert answer.status_code == 200
        assert "You are ola@acme.example: watch." in texts(answer.text)
        assert answer.headers["set-cookie"].startswith("__Host-mass-apology=")
        assert "; Secure" in answer.headers["set-cookie"]
        assert "strict-transport-security" in answer.headers
        as_anna = await server.get("/", headers={"remote-user": "anna@acme.example"})
        assert "You are anna@acme.example: operate, watch." in texts(as_anna.text)
        for name in ("eve@acme.example", "", "anna@acme.example\u00ad"):
            assert (await server.get("/", headers={"remote-user": name.encode()})).status_code == 401
        twice = [("remote-user", "ola@acme.example"), ("remote-user", "anna@acme.example")]
        assert (await server.get("/", headers=twice)).status_code == 401

    run(folder, visit, peer="10.0.0.5", **BEHIND)


@pytest.mark.parametrize(
    "forged",
    [{}, {"x-forwarded-for": "10.0.0.5"}, {"forwarded": "for=10.0.0.5"}, {"x-real-ip": "10.0.0.5"}],
)
def test_nobody_else_says_who_asks(folder: Path, forged: dict[str, str]) -> None:
    async def visit(server: Asked) -> None:
        answer = await server.get("/", headers={"remote-user": "anna@acme.example", **forged})
        assert answer.status_code == 401
        link = server.service.sessions.new_link()
        assert (await server.get(f"/enter/{link}")).status_code == 403

    run(folder, visit, peer="10.0.0.6", **BEHIND)


def test_a_cookie_of_the_proxy_s_people_counts_for_nothing_past_the_proxy(folder: Path) -> None:
    async def visit(server: Asked) -> None:
        token = server.service.sessions.begin(Visitor(name="anna@acme.example", roles=frozenset(Role)))
        past = await server.get("/", headers={"cookie": f"__Host-mass-apology={token}"})
        assert past.status_code == 401

    run(folder, visit, peer="10.0.0.6", **BEHIND)


def test_a_program_without_cookies_is_one_person_still(folder: Path) -> None:
    async def visit(server: Asked) -> None:
        codes = []
        for _ in range(90):
            server.client.cookies.clear()
            codes.append((await server.get("/healthz", headers={"remote-user": "ola@acme.example"})).status_code)
        assert codes[0] == 200
        assert 429 in codes
        assert (await server.get("/", headers={"remote-user": "anna@acme.example"})).status_code == 200

    run(folder, visit, peer="10.0.0.5", **BEHIND)


def test_a_page_of_the_same_name_without_tls_is_another_one(folder: Path) -> None:
    async def visit(server: Asked) -> None:
        server.enter()
        origin = {"origin": "http://apologies.acme.example", "remote-user": "anna@acme.example"}
        assert (await server.post("/leave", headers=origin)).status_code == 403

    run(folder, visit, peer="10.0.0.5", **{**BEHIND, "is_local": True})


def test_a_secure_server_is_not_called_localhost(folder: Path) -> None:
    async def visit(server: Asked) -> None:
        assert (await server.get("/healthz", headers={"host": "localhost"})).status_code == 421
        assert (await server.get("/healthz")).status_code == 200

    run(folder, visit, peer="10.0.0.5", **BEHIND)


def test_who_leaves_has_no_session_any_more(folder: Path) -> None:
    async def visit(server: Asked) -> None:
        server.enter()
        assert (await server.post("/leave")).status_code == 200
        server.client.cookies.clear()
        assert (await server.get("/")).status_code == 401

    run(folder, visit)


def test_what_stands_in_campaign_files_is_no_markup(tmp_path: Path) -> None:
    async def visit(server: Asked) -> None:
        server.enter(name="<img src=x onerror=alert(1)>")
        await server.post("/campaigns/<b>x/note", {"note": "<script>alert(1)</script>\u202e"})
        await server.post("/campaigns/%3Cb%3Ex/note", {"note": "<script>alert(1)</script>\u202e"})
        page = (await server.get("/campaigns/%3Cb%3Ex")).text
        for hostile in ("<script>alert", "<img", "<b>", "\u202e"):
            assert hostile not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;⟨U+202E⟩" in page

    campaign_in(tmp_path / "<b>x")
    run(tmp_path, visit)


def test_a_request_with_two_lengths_is_refused(folder: Path) -> None:
    async def visit(server: Asked) -> None:
        server.enter()
        both = {"content-length": "5", "transfer-encoding": "chunked"}
        answer = await server.client.post("/leave", content=b"abcde", headers=both)
        assert (answer.status_code, answer.headers["connection"]) == (400, "close")

    run(folder, visit)


def test_no_address_is_corrected_by_sending_people_elsewhere(folder: Path) -> None:
    async def visit(server: Asked) -> None:
        server.enter()
        for path in ("/campaigns/acme/", "/enter/x/"):
            assert (await server.get(path)).status_code == 404, path

    run(folder, visit)


SCRAPED = Access(scrape=ScrapeSettings(peers=("10.0.0.9",)))


def test_metrics_are_for_scrapers_and_for_who_may_watch(folder: Path) -> None:
    async def scrape(server: Asked) -> None:
        answer = await server.get("/metrics")
        assert answer.headers["content-type"].startswith("application/openmetrics-text")
        assert 'mass_apology_letters_due{campaign="trial"} 1\n' in answer.text
        assert answer.text.endswith("# EOF\n")
        assert "@" not in answer.text
        assert (await server.get("/")).status_code == 401

    async def visit(server: Asked) -> None:
        assert (await server.get("/metrics", headers={"x-forwarded-for": "10.0.0.9"})).status_code == 401
        server.enter(frozenset({Role.WATCH}))
        assert (await server.get("/metrics")).status_code == 200

    run(folder, scrape, access=SCRAPED, peer="10.0.0.9")
    run(folder, visit, access=SCRAPED, peer="10.0.0.8")
