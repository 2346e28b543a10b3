"""docs/tutorial.md is carried out as it stands; its pictures are made of what comes of it."""
