-- Several relays: through which one a letter left, and whether it may go through another one.
ALTER TABLE delivery ADD COLUMN relay TEXT;
ALTER TABLE delivery ADD COLUMN stays INTEGER NOT NULL DEFAULT 0;
