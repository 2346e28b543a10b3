"""The data flows, each readable from top to bottom: plan, deliver, show, and the beginnings."""
