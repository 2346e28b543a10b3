"""What may happen while letters are on their way: to the server, or to the sender."""

from __future__ import annotations

import time
from pathlib import Path

from campaign_on_server import LONGEST, CampaignOnServer
from live import customers
from private_server import PrivateServer, Terms, wait_until
from situations import DOT_TIMEOUT, LETTERS
from table_of_situations import Situation

from mass_apology.model import Status


class Troubles:
    """Whatever happens: nobody is written to twice, and nobody is skipped in silence."""

    kind: type[PrivateServer]

    def test_the_server_is_reloaded_in_mid_run(
        self, server: PrivateServer, situation: Situation, tmp_path: Path
    ) -> None:
        with server.running(Terms()):
            campaign = CampaignOnServer(tmp_path, server, customers(LETTERS), rate="150/s")
            with campaign.sending() as process:
                for part in (1, 2, 3):
                    campaign.wait_for(LETTERS * part // 4, process)
                    server.reload()
                process.wait(LONGEST)
            campaign.finish()
            campaign.was_killed = not server.reloads  # it was ended and started again
            assert campaign.count(Status.ACCEPTED) == LETTERS or campaign.was_killed
            situation.holds(campaign.compared())

    def test_the_server_has_no_room_for_a_while(
        self, server: PrivateServer, situation: Situation, tmp_path: Path
    ) -> None:
        with server.running(Terms()):
            campaign = CampaignOnServer(tmp_path, server, customers(LETTERS), rate="150/s", messages_per_connection=15)
            with campaign.sending() as process:
                campaign.wait_for(LETTERS // 3, process)
                server.change(Terms(full=True))
                server.reload_for_room()
                campaign.until(lambda: campaign.logged("deferred") > 0, process)
                server.change(Terms())
                server.reload_for_room()
                campaign.until(lambda: campaign.standing(Status.PLANNED) == 0, process, 60)
            assert campaign.count(Status.REFUSED) == campaign.count(Status.IN_DOUBT) == 0
            assert campaign.logged("deferred") > 0
            situation.holds(campaign.compared())

    def test_the_server_falls_silent_for_a_while(
        self, server: PrivateServer, situation: Situation, tmp_path: Path
    ) -> None:
        with server.running(Terms()):
            campaign = CampaignOnServer(
                tmp_path, server, customers(LETTERS), rate="150/s", timeout=3.0, dot_timeout=3.0
            )
            with campaign.sending() as process:
                campaign.wait_for(LETTERS // 3, process)
                server.hold()
                campaign.until(lambda: campaign.logged("in_doubt") + campaign.logged("unreachable") > 0, process)
                server.let_go()
                process.wait(LONGEST)
            campaign.finish()
            campaign.settle_doubts()
            situation.holds(campaign.compared())

    def test_the_server_is_killed_in_mid_run(self, server: PrivateServer, situation: Situation, tmp_path: Path) -> None:
        with server.running(Terms()):
            campaign = CampaignOnServer(tmp_path, server, customers(LETTERS), rate="200/s")
            with campaign.sending() as process:
                for part in (1, 2):
                    campaign.wait_for(LETTERS * part // 3, process)
                    campaign.kill_server()
                    server.start()
                process.wait(LONGEST)
            campaign.finish()
            campaign.settle_doubts()
            situation.holds(campaign.compared())


class DoubtsLater:
    """What the server's own log decides once it reaches far enough: more than a minute beyond ``dot_timeout``."""

    kind: type[PrivateServer]

    def test_doubts_are_settled_by_the_log_when_it_reaches_far_enough(
        self, server: PrivateServer, situation: Situation
    ) -> None:
        campaign, copies = server.unsettled
        assert isinstance(campaign, CampaignOnServer)
        there = {copy.message_id for copy in copies}
        with server.running(Terms()):
            wait_until(lambda: time.time() > campaign.killed_at + DOT_TIMEOUT + 61, "time stands still", 120)
            server.stop()
            server.start()  # which it writes down, so that its log reaches until now
            said = campaign.reconcile()
            decided = [letter for letter in said["letters"] if letter["verdict"] != "uncovered"]
            for letter in decided:
                assert (letter["verdict"] == "taken") == (letter["message_id"] in there), letter
                assert (letter["verdict"] == "not_taken") == (letter["message_id"] not in there), letter
            assert decided or said["first_at"] > campaign.killed_at - 60  # a quick machine: the log begins too late
            campaign.send_again(there)
            situation.holds(campaign.compared(copies))
