"""Exim, in every situation."""

from __future__ import annotations

import pytest
from exim_server import EximServer
from situations import Situations
from troubles import DoubtsLater, Troubles

pytestmark = pytest.mark.mta


class TestExim(DoubtsLater, Situations, Troubles):
    kind = EximServer
