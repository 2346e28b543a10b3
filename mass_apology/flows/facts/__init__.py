"""``facts``: the facts of an incident as a table for a translator, and the translations back into campaign.toml."""
