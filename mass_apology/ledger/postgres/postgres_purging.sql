-- What of a purge is PostgreSQL's own business.

-- name: letters
-- Servers like to repeat the address in what they say, a reason names a list's source, and a subject may hold a name.
WITH marks AS (
    UPDATE all_mark SET reply = NULL, subject = NULL
    WHERE campaign = this_campaign() AND (reply IS NOT NULL OR subject IS NOT NULL)
)
UPDATE all_outcome SET reply = NULL, subject = NULL
WHERE campaign = this_campaign() AND (reply IS NOT NULL OR subject IS NOT NULL);

-- name: compact
-- Without it the old rows would stay in the tables.
VACUUM all_recipient, all_mark, all_outcome, all_withheld, all_feedback, all_choice, all_armed, all_note, all_campaign, all_further_customer, all_letter_file, all_letter_content;
