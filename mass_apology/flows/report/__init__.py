"""ledger → what people and scripts look at: where a campaign stands, and what became of everyone."""
