"""Makes plans from the campaign's files, runs the guards, has plans approved, and commits them to the ledger."""
