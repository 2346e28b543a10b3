-- Version 3: a ledger can be moved here from a file, and back.

-- At most one row of a campaign: its ledger is not in use here. It is being brought here, or has gone elsewhere and left
-- nothing but this.
CREATE TABLE all_relocation (
    campaign integer PRIMARY KEY DEFAULT this_campaign() REFERENCES all_campaign (id) ON DELETE CASCADE,
    id       integer NOT NULL DEFAULT 1,
    stage    text NOT NULL CHECK (stage IN ('arriving', 'gone')),  -- moving.Stage
    place    text NOT NULL,  -- from where, or to where
    at       float8 NOT NULL
);
CREATE VIEW relocation AS SELECT id, stage, place, at FROM all_relocation WHERE campaign = this_campaign();

CREATE OR REPLACE VIEW campaign AS
SELECT name, key, digest_parts, header, created_at FROM all_campaign WHERE id = this_campaign();
