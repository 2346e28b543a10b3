"""mass-apology: personal apologies to everyone an incident hit, once each, with a record of who was reached."""

__version__ = "0.1.0"
