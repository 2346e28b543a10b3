"""A pack of evidence that stands alone: its container, its time-stamp, and the program that verifies it.

``verify_pack`` is packed as ``verify.py`` and runs by itself, so it imports nothing of the house.
"""
