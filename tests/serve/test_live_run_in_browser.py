"""A real browser watches a real run to its end, with pause, resume, a kill and the run that goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from browser import axe_violations
from live import campaign_folder, customers, relay, statuses
from playwright.sync_api import Browser, Page
from served import Watching, serving
from smtp_fakes import FaultyConversation

from mass_apology.flows.report.campaign_status import campaign_status
from mass_apology.workspace.ledger_store import ledger_store
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow

LETTERS = 2000


def refuse_some(_: FaultyConversation, verb: str, argument: bytes) -> bytes | None:
    return b"550 5.1.1 no such user\r\n" if verb == "RCPT" and b"r77@" in argument else None


@contextmanager
def sending(folder: Path, letters: int) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "mass_apology", "send", "-C", str(folder), "--confirm", str(letters)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


def state(page: Page, name: str) -> None:
    """Wait until the page says so."""
    page.wait_for_selector(f"#part-now .state.{name}", timeout=30_000)


def number(page: Page, status: str) -> int:
    """Of people in the status, as the page has it."""
    row = page.locator("#all-statuses tr", has=page.locator(f"th:text-is('{status}')"))
    return int(row.locator("td").inner_text().replace(",", "")) if row.count() else 0


def test_a_run_is_watched_to_its_end(tmp_path: Path, browser: Browser) -> None:
    with relay(fault=refuse_some) as live:
        folder = campaign_folder(tmp_path / "acme", live.sink.url, customers(LETTERS), relay={"rate": "200/s"})
        with sending(folder, LETTERS) as first, serving(tmp_path) as link:
            base = link.partition("/enter/")[0]
            visit = Watching(browser, base)
            page = visit.page
            page.goto(link, wait_until="load")
            page.wait_for_selector(".campaigns .state.sending", timeout=30_000)
            page.click("text=acme")
            state(page, "sending")
            page.click("#pause-button")
            state(page, "paused")
            page.click("#resume-button")
            state(page, "sending")
            os.kill(first.pid, signal.SIGKILL)
            first.wait()
            state(page, "dead")
            assert "has ended without saying so" in page.locator("#part-limit").inner_text()
            assert page.locator("#part-buttons button").count() == 0
            due = campaign_status(Workspace.open(folder)).due
            with sending(folder, due) as second:
                state(page, "sending")
                state(page, "done")
                second.wait()
            page.locator("#all-statuses summary").click()
            page.wait_for_selector("#part-end:has-text('No letter is due')")
            found = {name: number(page, name.lower().replace("_", " ")) for name in statuses(folder)}
            assert axe_violations(page) == ""
            visit.close()
            assert found == statuses(folder)
            assert (visit.complaints, visit.elsewhere) == ([], [])
    with ledger_store(folder).read() as ledger:
        pressed = [note.what.partition(" asked on the page to ")[2] for note in ledger.notes()]
    assert [deed for deed in pressed if deed] == ["pause", "resume"]


def test_a_stop_is_typed_and_the_run_ends(tmp_path: Path, browser: Browser) -> None:
    with relay() as live:
        folder = campaign_folder(tmp_path / "acme", live.sink.url, customers(LETTERS), relay={"rate": "50/s"})
        with sending(folder, LETTERS) as run, serving(folder) as link:
            visit = Watching(browser, link.partition("/enter/")[0])
            page = visit.page
            page.goto(link, wait_until="load")
            page.goto(f"{visit.base}/campaigns/acme", wait_until="load")
            state(page, "sending")
            page.click("#stop-details summary")
            page.fill("#stop-word", "stop")
            page.click("#stop-button")
            state(page, "stopped")
            assert run.wait() == 3
            assert "The sending was stopped at" in page.locator("#part-limit").inner_text()
            visit.close()
            assert (visit.complaints, visit.elsewhere) == ([], [])


def test_the_page_says_when_its_own_server_is_gone(tmp_path: Path, browser: Browser) -> None:
    with relay() as live:
        folder = campaign_folder(tmp_path / "acme", live.sink.url, customers(20))
        with sending(folder, 20) as run:
            run.wait()
        with serving(folder) as link:
            visit = Watching(browser, link.partition("/enter/")[0])
            visit.page.goto(link, wait_until="load")
            visit.page.goto(f"{visit.base}/campaigns/acme", wait_until="load")
            state(visit.page, "done")
            assert not visit.page.locator("#lost").is_visible()
        visit.page.wait_for_selector("#lost:visible", timeout=20_000)
        visit.close()


def test_a_link_that_was_clicked_on_another_site_leads_in(tmp_path: Path, browser: Browser) -> None:
    """A redirect would not: the browser keeps a SameSite=Strict cookie back from what another site began."""
    campaign_folder(tmp_path / "acme", "smtp+plain://127.0.0.1:9", customers(1))
    with serving(tmp_path) as link, browser.new_context() as context:
        page = context.new_page()
        page.goto(f"data:text/html,<a href='{link}'>the page</a>")
        page.click("a")
        page.wait_for_url("**/")
        assert page.locator("a:text-is('acme')").count() == 1
