"""The data flows, each readable from top to bottom. Those of one part of a campaign's life share a room."""
