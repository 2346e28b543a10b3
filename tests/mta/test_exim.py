"""Exim, in every situation."""

from __future__ import annotations

from exim_server import EximServer
from situations import Situations


class TestExim(Situations):
    kind = EximServer
