"""Plans: who is written to and what, made from the files as they are, guarded, approved, and put into the ledger."""
