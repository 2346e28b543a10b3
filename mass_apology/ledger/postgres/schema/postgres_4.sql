-- Version 4: workers need the database and nothing else: the files that letters are made from travel with the campaign.

-- One row for each content of a campaign, however many files have it.
CREATE TABLE all_letter_content (
    campaign integer NOT NULL DEFAULT this_campaign() REFERENCES all_campaign (id) ON DELETE CASCADE,
    sha256   bytea NOT NULL,
    data     bytea NOT NULL,
    PRIMARY KEY (campaign, sha256)
);
-- They are packed already, most of them.
ALTER TABLE all_letter_content ALTER COLUMN data SET STORAGE EXTERNAL;
CREATE VIEW letter_content AS SELECT sha256, data FROM all_letter_content WHERE campaign = this_campaign();

-- What each wave's letters are made from, as it was confirmed last.
CREATE TABLE all_letter_file (
    campaign integer NOT NULL DEFAULT this_campaign() REFERENCES all_campaign (id) ON DELETE CASCADE,
    wave     text NOT NULL,
    path     text NOT NULL,  -- from the campaign's folder, with slashes
    sha256   bytea NOT NULL, -- of its content
    PRIMARY KEY (campaign, wave, path)
);
CREATE VIEW letter_file AS SELECT wave, path, sha256 FROM all_letter_file WHERE campaign = this_campaign();

-- What else a worker has to know of a wave, and whether others may take part yet: before, it is of use where its sender died.
ALTER TABLE all_shared_wave ADD COLUMN terms text NOT NULL DEFAULT '';
ALTER TABLE all_shared_wave ADD COLUMN is_open boolean NOT NULL DEFAULT true;
ALTER TABLE all_shared_wave ADD COLUMN confirmed_at float8 NOT NULL DEFAULT 0;  -- by the database's clock; tells it from others
