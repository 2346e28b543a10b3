"""A plan is approved by passkey, with Chromium's virtual authenticator; what was signed is verified offline."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from live import campaign_folder, customers
from msgspec.structs import replace
from playwright.sync_api import Browser, Page
from served import Watching, serving

from mass_apology.approval import Approval, Approvals, approval_file
from mass_apology.approval.passkeys import Passkey, read_passkeys
from mass_apology.errors import ApprovalError
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow


def authenticator(page: Page, *, verifies: bool = True) -> None:
    """A security key that is touched at once, and recognises its owner unless told otherwise."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": verifies,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = campaign_folder(
        tmp_path / "acme",
        "smtp+plain://127.0.0.1:9",
        customers(5),
        approval={"required": 1, "passkeys": "passkeys"},
    )
    (made / "passkeys").write_text("", encoding="utf-8")
    return made


@pytest.fixture
def visit(folder: Path, browser: Browser) -> Iterator[Watching]:
    """On the page of the plan, which was looked at. Passkeys are for names, so it is called localhost."""
    with serving(folder) as link:
        called = link.replace("127.0.0.1", "localhost")
        opened = Watching(browser, called.partition("/enter/")[0])
        page = opened.page
        authenticator(page)
        page.goto(called, wait_until="load")
        page.goto(f"{opened.base}/campaigns/acme/plan", wait_until="load")
        page.click("text=Look at the plan")
        page.wait_for_selector("text=Look at the plan again", timeout=60_000)
        yield opened
        opened.close()


def make(page: Page, folder: Path) -> Passkey:
    """Make a passkey, and put its line into the file, as its keeper does."""
    page.click("text=Make a passkey")
    line = page.locator("#passkey-line")
    line.wait_for(state="visible", timeout=30_000)
    with (folder / "passkeys").open("a", encoding="utf-8") as file:
        file.write(line.inner_text() + "\n")
    return read_passkeys(folder / "passkeys")[-1]


def press(page: Page, letters: str = "5") -> None:
    page.fill("#letters", letters)
    page.click("text=Approve with your passkey")


def test_a_passkey_approves_exactly_the_plan_that_was_seen(visit: Watching, folder: Path) -> None:
    page = visit.page
    press(page)
    page.wait_for_selector("#passkey-said:has-text('passkeys file has none of')")
    made = make(page, folder)
    press(page, "4")
    page.wait_for_selector("#passkey-said:has-text('type the number of its letters: 5')")
    assert approval_file.read(folder) == ()
    press(page)
    page.wait_for_selector("text=Approved, in the name of")
    (given,) = approval_file.read(folder)
    assert (given.by, given.letters, given.signature) == (made.by, 5, None)
    assert verdict(folder, given).approved
    assert (visit.complaints, visit.elsewhere) == (
        ["Failed to load resource: the server responded with a status of 409 (Conflict)"] * 2,
        [],
    )
    for change in CHANGES.values():
        assert not verdict(folder, change(given)).approved
    for name in ("client_data", "authenticator_data", "signature", "id"):
        assert given.passkey is not None
        text = getattr(given.passkey, name)
        for at in range(0, len(text), 7):
            changed = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]
            forged = replace(given, passkey=replace(given.passkey, **{name: changed}))
            assert not verdict(folder, forged).approved, (name, at)
    assert verdict(folder, given).approved
    (folder / "passkeys").write_text("", encoding="utf-8")
    assert "not in the passkeys file" in verdict(folder, given).sentence


CHANGES: Mapping[str, Callable[[Approval], Approval]] = {
    "who": lambda given: replace(given, by="somebody else"),
    "when": lambda given: replace(given, at=given.at + 0.001),
    "how many": lambda given: replace(given, letters=6),
    "what": lambda given: replace(given, parts={**given.parts, "the template": "00"}),
    "unsigned": lambda given: replace(given, passkey=None),
}


def verdict(folder: Path, given: Approval):
    """As ``send`` judges it for the plan that it says."""
    path = folder / approval_file.FILE_NAME
    before = path.read_bytes()
    path.unlink()
    approval_file.append(folder, given)
    try:
        approvals = Approvals(folder, Workspace.open(folder).campaign)
        return approvals.verdict(given.parts, given.letters, now=time.time())
    finally:
        path.write_bytes(before)


def test_the_passkey_of_another_plan_approves_nothing(visit: Watching, folder: Path) -> None:
    page = visit.page
    make(page, folder)
    template = folder / "templates" / "sorry" / "en.md"
    template.write_text(template.read_text("utf-8").replace("sorry.", "very sorry."), encoding="utf-8")
    press(page)
    page.wait_for_selector("#passkey-said:has-text('changes to the template; nothing was approved')")
    assert approval_file.read(folder) == ()


def test_a_name_alone_does_not_count_where_passkeys_are_asked_for(folder: Path) -> None:
    approvals = Approvals(folder, Workspace.open(folder).campaign)
    with pytest.raises(ApprovalError, match="by passkey, in a browser"):
        approvals.give({"csv": "00"}, 5, by="Anna", key=None, now=time.time())
    approval_file.append(folder, Approval(by="Anna", at=time.time(), letters=5, parts={"csv": "00"}))
    assert "it is not signed" in approvals.verdict({"csv": "00"}, 5, now=time.time()).sentence
