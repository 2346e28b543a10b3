"""What is tried with every real server. Each server's class takes these tests over, and adds its own."""

from __future__ import annotations

from pathlib import Path

from campaign_on_server import CampaignOnServer
from conftest import Situation
from live import customers
from private_server import PrivateServer, Terms

from mass_apology.model import Status

LETTERS = 420


class Situations:
    """Every letter goes to a customer of its own; mailbox and report must agree at the end of each story."""

    kind: type[PrivateServer]

    def test_plain(self, server: PrivateServer, situation: Situation, tmp_path: Path) -> None:
        with server.running(Terms()):
            campaign = CampaignOnServer(tmp_path, server, customers(LETTERS))
            assert campaign.send().returncode == 0
            assert campaign.count(Status.ACCEPTED) == LETTERS
            situation.holds(campaign.compared())

    def test_one_letter_a_connection(self, server: PrivateServer, situation: Situation, tmp_path: Path) -> None:
        with server.running(Terms()):
            campaign = CampaignOnServer(tmp_path, server, customers(LETTERS), messages_per_connection=1)
            assert campaign.send().returncode == 0
            assert campaign.count(Status.ACCEPTED) == LETTERS
            situation.holds(campaign.compared())

    def test_some_are_refused_and_some_deferred(
        self, server: PrivateServer, situation: Situation, tmp_path: Path
    ) -> None:
        everybody = customers(LETTERS)
        refused = tuple(row["email"] for row in everybody[5::40])
        deferred = tuple(row["email"] for row in everybody[7::40])
        with server.running(Terms(refused=refused, deferred=deferred)):
            campaign = CampaignOnServer(tmp_path, server, everybody)
            with campaign.sending() as process:
                campaign.wait_for(LETTERS - len(refused) - len(deferred), process)
            rows = campaign.report()
            assert {row.address for row in rows if row.status is Status.REFUSED} == set(refused)
            assert {row.address for row in rows if row.status is Status.DEFERRED} == set(deferred)
            assert {row.code for row in rows if row.status is Status.DEFERRED} == {450} or server.name == "Exim"
            situation.holds(campaign.compared())

    def test_the_server_is_killed_in_mid_run(self, server: PrivateServer, situation: Situation, tmp_path: Path) -> None:
        with server.running(Terms()):
            campaign = CampaignOnServer(tmp_path, server, customers(LETTERS), rate="200/s")
            with campaign.sending() as process:
                campaign.wait_for(LETTERS // 3, process)
                campaign.kill_server()
                server.start()
                campaign.wait_for(LETTERS * 2 // 3, process)
                campaign.kill_server()
                server.start()
                process.wait(60)
            campaign.finish()
            situation.holds(campaign.compared())

    def test_the_sender_is_killed_in_mid_run(self, server: PrivateServer, situation: Situation, tmp_path: Path) -> None:
        with server.running(Terms()):
            campaign = CampaignOnServer(tmp_path, server, customers(LETTERS), rate="200/s")
            for share in (3, 2):
                with campaign.sending() as process:
                    campaign.wait_for(LETTERS // share, process)
                    process.kill()
            campaign.finish()
            situation.holds(campaign.compared())
