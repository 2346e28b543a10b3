"""What holds for all tests."""

from __future__ import annotations

from hypothesis import settings

# A test never asserts a time, and hypothesis would: 200 ms an example, which a busy machine may need.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
