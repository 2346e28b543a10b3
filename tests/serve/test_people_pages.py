"""People are shown to who operates, and to nobody else; each look is noted first, without a name of theirs."""

from __future__ import annotations

from pathlib import Path

import pytest
from asked import Asked, campaign_in, notes, run, texts

from mass_apology.flows.serve.access_file import Role
from mass_apology.ledger.sqlite import SqliteLedger
from mass_apology.model import Mark, Status

PEOPLE = [
    ("ola@a.example", "Ola Nowak"),
    ("hostile@b.example", "<script>alert(1)</script>\u202e\"'"),
    ("refused@c.example", "Eve"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = campaign_in(tmp_path / "acme", PEOPLE)
    with SqliteLedger.open(made / "ledger.sqlite", "trial") as ledger:
        ledger.acquire(1_700_000_001.0)
        said = "<b>550</b> eve@c.example unknown"
        ledger.record(Mark(delivery=3, status=Status.REFUSED, at=1_700_000_002.0, attempts=1, code=550, reply=said))
    return tmp_path


@pytest.mark.parametrize("roles", [frozenset({Role.WATCH}), frozenset({Role.WATCH, Role.APPROVE})])
def test_who_does_not_operate_sees_nobody(folder: Path, roles: frozenset[Role]) -> None:
    async def visit(server: Asked) -> None:
        server.enter(roles)
        pages = ("people", "people?unreached=1", "people/1", "people/1/letters/1")
        for page in pages:
            answer = await server.get(f"/campaigns/acme/{page}")
            assert answer.status_code == 403
            assert "Ola" not in answer.text
        for form in ("people", "people/not-reached.csv"):
            assert (await server.post(f"/campaigns/acme/{form}", {"text": "ola"})).status_code == 403
        live = await server.get("/campaigns/acme")
        assert "@" not in texts(live.text)

    run(folder, visit)
    assert notes(folder) == []


def test_somebody_is_found_and_the_look_is_noted_by_number(folder: Path) -> None:
    async def visit(server: Asked) -> None:
        server.enter()
        found = await server.post("/campaigns/acme/people", {"text": "NOWAK"})
        assert "1 person" in texts(found.text)
        assert "/campaigns/acme/people/1" in found.text
        assert "Nobody." in (await server.post("/campaigns/acme/people", {"text": "nobody-like-this"})).text

    run(folder, visit)
    assert notes(folder) == [
        "access: Anna searched for people, and saw recipient 1",
        "access: Anna searched for people, and saw nobody",
    ]


def test_one_person_is_shown_with_the_letter_in_a_frame_that_may_do_nothing(folder: Path) -> None:
    async def visit(server: Asked) -> None:
        server.enter()
        page = await server.get("/campaigns/acme/people/1")
        assert "ola@a.example" in page.text
        assert '<iframe class="letter" sandbox title=' in page.text
        letter = await server.get("/campaigns/acme/people/1/letters/1")
        assert "We are sorry." in letter.text
        policy = letter.headers["content-security-policy"]
        assert policy.endswith("sandbox")
        assert "script" not in policy
        assert letter.headers["x-frame-options"] == "SAMEORIGIN"
        assert page.headers["x-frame-options"] == "DENY"
        assert (await server.get("/campaigns/acme/people/1/letters/2")).status_code == 404
        assert (await server.get("/campaigns/acme/people/99")).status_code == 404
        assert (await server.get(f"/campaigns/acme/people/{1 << 63}")).status_code == 404
        await server.get("/campaigns/acme/people/1")

    run(folder, visit)
    assert [note for note in notes(folder) if note.endswith(" 1")] == [
        "access: Anna looked at recipient 1",
        "access: Anna read a letter of recipient 1",
    ]


def test_no_field_of_a_customer_is_markup(folder: Path) -> None:
    async def visit(server: Asked) -> None:
        server.enter()
        pages = [
            await server.get("/campaigns/acme/people/2"),
            await server.post("/campaigns/acme/people", {"text": "<script>alert(1)</script>"}),
            await server.get("/campaigns/acme/people?unreached=1"),
            await server.get("/campaigns/acme/people/2/letters/2"),
            await server.get("/campaigns/acme"),
        ]
        for page in pages:
            assert page.status_code == 200
            assert "<script>alert" not in page.text
            assert "<b>550" not in page.text
        for page in pages[:3]:
            assert "\u202e" not in page.text

    run(folder, visit)


def test_those_not_reached_are_listed_and_exported(folder: Path) -> None:
    async def visit(server: Asked) -> None:
        server.enter()
        listed = await server.get("/campaigns/acme/people?unreached=1")
        assert "refused@c.example" in listed.text
        assert "ola@a.example" not in listed.text
        table = await server.post("/campaigns/acme/people/not-reached.csv")
        assert table.headers["content-disposition"] == 'attachment; filename="not-reached.csv"'
        assert "refused@c.example" in table.text
        assert "ola@a.example" not in table.text

    run(folder, visit)
    assert notes(folder)[-1] == "access: Anna took the table of those not reached"


def test_what_cannot_be_noted_is_not_shown(folder: Path) -> None:
    async def visit(server: Asked) -> None:
        server.enter()
        lock = folder / "acme" / "ledger.sqlite.write"
        lock.unlink(missing_ok=True)
        lock.mkdir()  # nobody can write to the ledger any more
        for page in ("people/1", "people?unreached=1"):
            answer = await server.get(f"/campaigns/acme/{page}")
            assert answer.status_code == 409
            assert "example" not in texts(answer.text).replace(str(folder), "")

    run(folder, visit)


def test_looks_at_people_do_not_fill_the_live_page(folder: Path) -> None:
    async def visit(server: Asked) -> None:
        server.enter()
        await server.get("/campaigns/acme/people/1")
        await server.post("/campaigns/acme/note", {"note": "the relay called"})
        page = texts((await server.get("/campaigns/acme")).text)
        assert "Anna noted: the relay called" in page
        assert "access:" not in page

    run(folder, visit)


def test_the_letter_shows_its_pictures(tmp_path: Path) -> None:
    made = campaign_in(tmp_path / "acme", PEOPLE)
    (made / "logo.png").write_bytes(
        bytes.fromhex(
            "89504e470d0a1a0a0000000d4948445200000001000000010806000000 1f15c4890000000d49444154789c63f8cfc0f01f00"
            "05000104a6e2f5f10000000049454e44ae426082".replace(" ", "")
        )
    )
    with (made / "campaign.toml").open("a", encoding="utf-8") as file:
        file.write('[message.images]\nlogo = "logo.png"\n')
    letter = made / "templates" / "sorry" / "en.md"
    letter.write_text(letter.read_text("utf-8") + "\n![Acme](cid:logo)\n", encoding="utf-8")

    async def visit(server: Asked) -> None:
        server.enter()
        page = await server.get("/campaigns/acme/people/1/letters/1")
        assert 'src="data:image/png;base64,' in page.text
        assert "cid:" not in page.text

    run(tmp_path, visit)
