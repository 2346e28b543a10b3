"""OpenSMTPD, in every situation."""

from __future__ import annotations

from opensmtpd_server import OpenSmtpdServer
from situations import Situations


class TestOpenSmtpd(Situations):
    kind = OpenSmtpdServer
