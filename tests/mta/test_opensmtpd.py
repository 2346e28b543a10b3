"""OpenSMTPD, in every situation, and what it cannot do by itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from campaign_on_server import CampaignOnServer
from live import customers
from opensmtpd_server import OpenSmtpdServer
from private_server import Terms
from situations import LETTERS, Situations
from table_of_situations import Situation
from tls_in_front import tls_in_front
from troubles import Troubles

pytestmark = pytest.mark.mta


class TestOpenSmtpd(Situations, Troubles):
    kind = OpenSmtpdServer

    def test_tls_by_a_proxy_in_front(self, server: OpenSmtpdServer, situation: Situation, tmp_path: Path) -> None:
        with server.running(Terms()), tls_in_front(server.port, server.authority) as port:
            campaign = CampaignOnServer(tmp_path, server, customers(LETTERS))
            campaign.write_settings(url=f"smtps://127.0.0.1:{port}")
            campaign.send_to_everybody()
            situation.holds(campaign.compared())
