"""Exim, in every situation."""

from __future__ import annotations

from exim_server import EximServer
from situations import Situations
from troubles import DoubtsLater, Troubles


class TestExim(DoubtsLater, Situations, Troubles):
    kind = EximServer
