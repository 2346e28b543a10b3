"""The plan on the live page: looked at, approved exactly as it was seen, and void after any change."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from asked import Asked, run, texts
from live import campaign_folder, customers

from mass_apology.approval import approval_file
from mass_apology.flows.serve.access_file import Role
from mass_apology.workspace.ledger_store import ledger_store

pytestmark = pytest.mark.slow

URL = "smtp+plain://127.0.0.1:9"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    campaign_folder(tmp_path / "acme", URL, customers(5), approval={"required": 1})
    return tmp_path


async def looked_at(server: Asked) -> str:
    """The page of the plan once it was looked at."""
    assert (await server.post("/campaigns/acme/plan/look")).status_code == 303
    return await finished(server, "plan")


async def finished(server: Asked, name: str) -> str:
    """The page of a job that does not run any more."""
    page = (await server.get(f"/campaigns/acme/{name}")).text
    if 'http-equiv="refresh" content="2"' not in page:
        return page
    await asyncio.sleep(0.2)
    return await finished(server, name)


def code_in(page: str) -> str:
    return page.partition('name="code" value="')[2].partition('"')[0]


def test_a_plan_that_was_seen_is_approved_by_its_number(folder: Path) -> None:
    async def visit(server: Asked) -> None:
        server.enter(name="Ola")
        assert "Look at the plan" in texts((await server.get("/campaigns/acme/plan")).text)
        page = await looked_at(server)
        assert "5 letters as of" in texts(page)
        assert "This plan needs 1 approval and has none." in texts(page)
        form = {"code": code_in(page), "letters": "4"}
        assert (await server.post("/campaigns/acme/plan/approve", form)).status_code == 400
        assert (await server.post("/campaigns/acme/plan/approve", {**form, "code": "x"})).status_code == 409
        assert approval_file.read(folder / "acme") == ()
        assert (await server.post("/campaigns/acme/plan/approve", {**form, "letters": "5"})).status_code == 303
        assert "Approved by Ola." in texts((await server.get("/campaigns/acme/plan")).text)

    run(folder, visit)
    (approval,) = approval_file.read(folder / "acme")
    assert (approval.by, approval.letters) == ("Ola", 5)
    with ledger_store(folder / "acme").read() as ledger:
        assert any(note.what.startswith("Ola approved the plan ") for note in ledger.notes())


def test_a_change_since_the_look_is_told_and_not_approved(folder: Path) -> None:
    async def visit(server: Asked) -> None:
        server.enter()
        form = {"code": code_in(await looked_at(server)), "letters": "5"}
        template = folder / "acme" / "templates" / "sorry" / "en.md"
        template.write_text(template.read_text("utf-8").replace("sorry.", "very sorry."), encoding="utf-8")
        page = texts((await server.get("/campaigns/acme/plan")).text)
        assert "there have been changes to the template. Look at the plan again." in page
        answer = await server.post("/campaigns/acme/plan/approve", form)
        assert answer.status_code == 409
        assert "changes to the template; nothing was approved" in texts(answer.text)

    run(folder, visit)
    assert approval_file.read(folder / "acme") == ()


def test_a_plan_that_cannot_be_made_is_told(folder: Path) -> None:
    (folder / "acme" / "affected.csv").unlink()

    async def visit(server: Asked) -> None:
        server.enter()
        await server.post("/campaigns/acme/plan/look")
        assert "affected.csv" in texts(await finished(server, "plan"))

    run(folder, visit)


@pytest.mark.parametrize("roles", [frozenset({Role.WATCH}), frozenset({Role.WATCH, Role.OPERATE})])
def test_who_does_not_approve_sees_no_plan_and_no_letter(folder: Path, roles: frozenset[Role]) -> None:
    async def visit(server: Asked) -> None:
        server.enter(roles)
        for page in ("plan", "letters", "letters/preview.html"):
            assert (await server.get(f"/campaigns/acme/{page}")).status_code == 403
        for form in ("plan/look", "plan/approve", "letters"):
            assert (await server.post(f"/campaigns/acme/{form}", {"code": "x", "letters": "5"})).status_code == 403
        assert (await server.get("/campaigns/acme/findings")).status_code == 200
        assert "[[follow_up]]" in (await server.get("/campaigns/acme/follow-ups")).text

    run(folder, visit)


def test_the_letters_are_opened_in_a_page_that_has_no_session(folder: Path) -> None:
    async def visit(server: Asked) -> None:
        server.enter()
        await looked_at(server)  # makes the ledger, for the note
        await server.post("/campaigns/acme/letters")
        assert "Open the letters" in await finished(server, "letters")
        opened = await server.get("/campaigns/acme/letters/preview.html")
        assert "customer1@d1.example" in opened.text
        assert opened.headers["content-security-policy"].endswith("sandbox allow-scripts")

    run(folder, visit)
    with ledger_store(folder / "acme").read() as ledger:
        assert [note.what for note in ledger.notes()] == [
            "access: Anna looked at the plan and its findings",
            "access: Anna looked at the preview",
        ]


def test_who_waits_for_an_answer_is_for_who_operates(folder: Path) -> None:
    async def visit(server: Asked) -> None:
        server.enter(frozenset({Role.WATCH}))
        assert (await server.get("/campaigns/acme/answers")).status_code == 403
        server.enter()
        await looked_at(server)
        assert "0 people wait for an answer" in texts((await server.get("/campaigns/acme/answers")).text)

    run(folder, visit)


def test_follow_ups_are_shown_with_their_calendar(tmp_path: Path) -> None:
    from live import relay, send

    with relay() as live:
        folder = campaign_folder(tmp_path / "acme", live.sink.url, customers(5))
        with (folder / "campaign.toml").open("a", encoding="utf-8") as file:
            file.write('[[follow_up]]\nafter = "3 days"\ntemplate = "sorry"\n')
        send(folder)

    async def visit(server: Asked) -> None:
        server.enter(frozenset({Role.WATCH}))
        page = texts((await server.get("/campaigns/acme/follow-ups")).text)
        assert "sorry-1 sorry 5 0 no: a terminal arms it" in page

    run(tmp_path, visit)
