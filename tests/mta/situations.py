"""What is tried with every real server. Each server's class takes these tests over, and leaves out what it cannot.

Every letter goes to a customer of its own, and at the end of every story mailbox and report must agree.
"""

from __future__ import annotations

import time
from pathlib import Path

import trustme
from campaign_on_server import CampaignOnServer
from live import customers
from private_server import PrivateServer, Terms
from table_of_situations import Situation

from mass_apology.model import Status

LETTERS = 420
DOT_TIMEOUT = 5.0  # seconds


class Situations:
    """The terms on which a server takes letters."""

    kind: type[PrivateServer]

    def test_plain(self, server: PrivateServer, situation: Situation, tmp_path: Path) -> None:
        with server.running(Terms()):
            campaign = CampaignOnServer(tmp_path, server, customers(LETTERS))
            campaign.send_to_everybody()
            situation.holds(campaign.compared())

    def test_starttls_and_login(self, server: PrivateServer, situation: Situation, tmp_path: Path) -> None:
        with server.running(Terms(scheme="smtp+starttls", login=True)):
            campaign = CampaignOnServer(tmp_path, server, customers(LETTERS), auth=["PLAIN"])
            campaign.send_to_everybody()
            situation.holds(campaign.compared())

    def test_tls_from_the_first_octet(self, server: PrivateServer, situation: Situation, tmp_path: Path) -> None:
        with server.running(Terms(scheme="smtps", login=True)):
            campaign = CampaignOnServer(tmp_path, server, customers(LETTERS), auth=["LOGIN"])
            campaign.send_to_everybody()
            situation.holds(campaign.compared())

    def test_a_certificate_that_nobody_vouches_for(
        self, server: PrivateServer, situation: Situation, tmp_path: Path
    ) -> None:
        with server.running(Terms(scheme="smtp+starttls", login=True)):
            campaign = CampaignOnServer(tmp_path, server, customers(LETTERS), auth=["CRAM-MD5"])
            server.authority_file, trusted = tmp_path / "other.pem", server.authority_file
            trustme.CA().cert_pem.write_to_path(str(server.authority_file))
            campaign.write_settings()
            refused = campaign.send()
            assert refused.returncode == 1
            assert "cannot prove that it is 127.0.0.1" in refused.stderr
            assert server.mailbox() == []
            server.authority_file = trusted
            campaign.write_settings()
            campaign.send_to_everybody()
            situation.holds(campaign.compared())

    def test_addresses_that_are_not_ascii(self, server: PrivateServer, situation: Situation, tmp_path: Path) -> None:
        everybody = [*map(dict, customers(LETTERS))]
        for number, row in enumerate(everybody):
            if number % 10 == 3:
                row["email"] = f"žofia{number}@d{number % 7}.example"
            if number % 10 == 5:
                row["email"] = f"customer{number}@bücher{number % 7}.example"
        with server.running(Terms()):
            campaign = CampaignOnServer(tmp_path, server, everybody)
            campaign.finish()
            unsupported = [row for row in campaign.report() if row.status is not Status.ACCEPTED]
            assert len(unsupported) == (0 if server.smtputf8 else LETTERS // 10)
            assert all(row.address.startswith("žofia") for row in unsupported)
            situation.holds(campaign.compared())

    def test_one_letter_a_connection(self, server: PrivateServer, situation: Situation, tmp_path: Path) -> None:
        with server.running(Terms()):
            campaign = CampaignOnServer(tmp_path, server, customers(LETTERS), messages_per_connection=1)
            campaign.send_to_everybody()
            situation.holds(campaign.compared())

    def test_the_sender_is_killed_in_mid_run(self, server: PrivateServer, situation: Situation, tmp_path: Path) -> None:
        with server.running(Terms()):
            campaign = CampaignOnServer(tmp_path, server, customers(LETTERS), rate="200/s", dot_timeout=DOT_TIMEOUT)
            for part in (1, 2):
                with campaign.sending() as process:
                    campaign.wait_for(LETTERS * part // 3, process)
                    process.kill()
            campaign.killed_at = time.time()
            campaign.finish()
            situation.holds(campaign.compared())
            server.unsettled = campaign, server.mailbox()

    def test_the_server_ends_connections_after_some_letters(
        self, server: PrivateServer, situation: Situation, tmp_path: Path
    ) -> None:
        with server.running(Terms(messages=17)):
            campaign = CampaignOnServer(tmp_path, server, customers(LETTERS))
            campaign.send_to_everybody()
            situation.holds(campaign.compared())

    def test_the_server_takes_three_connections_at_a_time(
        self, server: PrivateServer, situation: Situation, tmp_path: Path
    ) -> None:
        with server.running(Terms(connections=3)):
            campaign = CampaignOnServer(tmp_path, server, customers(LETTERS))
            campaign.send_to_everybody()
            situation.holds(campaign.compared())

    def test_the_server_takes_few_new_connections(
        self, server: PrivateServer, situation: Situation, tmp_path: Path
    ) -> None:
        with server.running(Terms(new_connections=(12, 5))):
            campaign = CampaignOnServer(tmp_path, server, customers(LETTERS), messages_per_connection=20)
            campaign.send_to_everybody()
            situation.holds(campaign.compared())

    def test_the_server_limits_the_rate(self, server: PrivateServer, situation: Situation, tmp_path: Path) -> None:
        with server.running(Terms(rate=(150, 5))):
            campaign = CampaignOnServer(tmp_path, server, customers(LETTERS))
            with campaign.sending() as process:
                campaign.wait_for(310, process, 40)  # the limit was met, waited for and met again
            assert campaign.count(Status.REFUSED) == campaign.count(Status.IN_DOUBT) == 0
            assert campaign.count(Status.ACCEPTED) > 150
            situation.holds(campaign.compared())

    def test_some_are_refused_and_some_deferred(
        self, server: PrivateServer, situation: Situation, tmp_path: Path
    ) -> None:
        everybody = customers(LETTERS)
        refused = tuple(row["email"] for row in everybody[5::40])
        deferred = tuple(row["email"] for row in everybody[7::40])
        at_dot = tuple(row["email"] for row in everybody[9::40])
        others = LETTERS - len(refused) - len(deferred) - len(at_dot)
        with server.running(Terms(refused=refused, deferred=deferred, refused_at_dot=at_dot)):
            campaign = CampaignOnServer(tmp_path, server, everybody)
            for _ in range(3):
                with campaign.sending() as process:
                    campaign.wait_for(others, process)
            rows = campaign.report()
            assert {row.address for row in rows if row.status is Status.REFUSED} == {*refused, *at_dot}
            assert {row.address for row in rows if row.status is Status.DEFERRED} == set(deferred)
            situation.holds(campaign.compared())

    def test_some_letters_are_too_large(self, server: PrivateServer, situation: Situation, tmp_path: Path) -> None:
        everybody = [*map(dict, customers(LETTERS))]
        large = [row["email"] for row in everybody[11::60]]
        for row in everybody:
            row["story"] = "It was down. " * (2_000 if row["email"] in large else 2)
        with server.running(Terms(size=20_000)):
            campaign = CampaignOnServer(tmp_path, server, everybody, letter="{{ customer.story }}")
            warned = campaign.send()
            assert warned.returncode == 1
            assert "the relay takes 20,000 at the most" in warned.stdout
            assert server.mailbox() == []
            campaign.finish("--override", "letter-too-large")
            rows = campaign.report()
            assert {row.address for row in rows if row.status is not Status.ACCEPTED} == set(large)
            situation.holds(campaign.compared())
