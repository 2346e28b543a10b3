"""Steps of the schema, one file for each version: forward only."""
