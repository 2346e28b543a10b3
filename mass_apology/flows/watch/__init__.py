"""ledger → one view of a campaign, again and again: for the live page, its JSON, metrics and the terminal."""
