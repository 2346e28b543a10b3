"""Evidence that stands alone: what the log says of each run, and the pack."""
