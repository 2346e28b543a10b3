"""What happens after the letters: reports, replies, choices and the relay's log come back into the ledger."""
