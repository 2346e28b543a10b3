"""Reads letters as a critic does: what makes an apology a real one, and what spoils it, by rules that are data."""
