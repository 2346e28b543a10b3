"""What happens after the letters: bounces, complaints and replies come back into the ledger."""
