"""Folders with awkward names, or that cannot be looked at: each is there, and none hides the others."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from html import unescape
from pathlib import Path
from urllib.parse import quote

import pytest
from asked import asked, campaign_in, texts

from mass_apology.flows.serve import campaigns
from mass_apology.flows.watch.campaign_watch import CampaignWatch
from mass_apology.flows.watch.view_model import CampaignView

NAMES = (b"q?x=1#frag", b'it\'s "quoted"', b"<script>", "ab\u202ecd\u05d0".encode(), b"pct%41%2e")


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_is_found_by_every_link_and_form_whatever_its_name(tmp_path: Path, name: bytes) -> None:
    campaign_in(tmp_path / os.fsdecode(name))

    async def visit() -> None:
        async with asked(tmp_path) as server:
            await asyncio.sleep(0.05)
            server.enter()
            overview = await server.get("/")
            (live,) = re.findall(r'<h2><a href="([^"]*)', overview.text)
            page = (await server.get(unescape(live))).text
            links = {unescape(link) for link in re.findall(r'<a href="(/campaigns/[^"]*)', page)}
            assert len(links) == 7
            for link in links:
                assert (await server.get(link)).status_code == 200, link
            (note,) = re.findall(r'action="([^"]*/note)"', page)
            done = await server.post(unescape(note), {"note": "by its form"})
            assert "by its form" in texts((await server.get(done.headers["location"])).text)

    asyncio.run(visit())


def test_no_name_of_a_folder_hides_another_one(tmp_path: Path) -> None:
    """Of pages, of programs' views, or of a folder whose name is no UTF-8."""
    names = ["x", "x.json", "x.json.json", "events", "view.json", ".json", r"b\xff"]
    no_text = tmp_path / os.fsdecode(b"b\xff")
    no_text.mkdir()
    (no_text / "campaign.toml").write_text("name = ", encoding="utf-8")
    for name in names:
        path = campaign_in(tmp_path / name) / "campaign.toml"
        zone = f"Etc/GMT+{len(name)}"  # by which each is known again
        path.write_text(path.read_text("utf-8").replace("Europe/Warsaw", zone), encoding="utf-8")

    async def visit() -> None:
        async with asked(tmp_path) as server:
            await asyncio.sleep(0.05)
            server.enter()
            assert {*names, r"b\xff~"} == set(server.service.campaigns.found)
            for slug in server.service.campaigns.found:
                page = await server.get(f"/campaigns/{quote(slug)}")
                assert page.headers["content-type"].startswith("text/html"), slug
            for name in names:
                assert f"/campaigns/{quote(name)}/events" in (await server.get(f"/campaigns/{quote(name)}")).text
                view = await server.get(f"/campaigns/{quote(name)}/view.json")
                assert view.json()["time_zone"] == f"Etc/GMT+{len(name)}", name
            broken = {slug for slug, each in server.service.campaigns.found.items() if each.view is None}
            assert {server.service.campaigns.found[slug].folder for slug in broken} == {no_text}
            assert (await server.get("/campaigns/events.json")).json()["campaign"] == "trial"
            assert (await server.get("/campaigns/nobody.json")).status_code == 404

    asyncio.run(visit())


def test_a_folder_whose_name_is_no_text_is_found(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"no\xffutf")
    folder.mkdir()
    (folder / "campaign.toml").write_text("name = ", encoding="utf-8")

    async def visit() -> None:
        async with asked(tmp_path) as server:
            await asyncio.sleep(0.05)
            server.enter()
            (link,) = re.findall(r'<h2><a href="([^"]*)', (await server.get("/")).text)
            assert "is not valid TOML" in texts((await server.get(link)).text)

    asyncio.run(visit())


def test_a_campaign_that_nobody_can_look_at_hides_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("broken", "whole"):
        campaign_in(tmp_path / name)
    look = CampaignWatch.look

    def mistaken(self: CampaignWatch) -> CampaignView:
        if self.folder.name == "broken":
            raise ValueError("nobody thought of this")
        return look(self)

    async def visit() -> None:
        async with asked(tmp_path) as server:
            await asyncio.sleep(0.05)
            server.enter()
            shown = texts((await server.get("/")).text)
            assert "A mistake in mass-apology (ValueError: nobody thought of this)." in shown
            assert "Nobody sends" in texts((await server.get("/campaigns/whole")).text)

    monkeypatch.setattr(CampaignWatch, "look", mistaken)
    asyncio.run(visit())


def test_campaigns_with_letters_due_come_first(tmp_path: Path) -> None:
    for name in ("a-new", "b-due"):
        campaign_in(tmp_path / name)
    (tmp_path / "a-new" / "ledger.sqlite").unlink()

    async def visit() -> None:
        async with asked(tmp_path) as server:
            await asyncio.sleep(0.05)
            server.enter()
            page = (await server.get("/")).text
            assert re.findall(r'<h2><a href="/campaigns/([^"]*)', page) == ["b-due", "a-new"]

    asyncio.run(visit())


def test_a_folder_that_goes_away_and_comes_back_is_watched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(campaigns, "FOLDER_SECONDS", 0.02)
    folder = tmp_path / "all"
    campaign_in(folder / "one")

    async def visit() -> None:
        async with asked(folder) as server:
            await asyncio.sleep(0.05)
            server.enter()
            shutil.rmtree(folder)
            await asyncio.sleep(0.05)
            campaign_in(folder / "two")
            await asyncio.sleep(0.1)
            assert "Nobody sends" in texts((await server.get("/campaigns/two")).text)

    asyncio.run(visit())
