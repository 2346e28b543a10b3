-- Version 6: who waits for letters is told when there may be some.

CREATE FUNCTION ring() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('mass_apology', '');
    RETURN NULL;
END $$;

-- Letters were confirmed, or may be taken part in; a session has ended, and what it had is free.
CREATE TRIGGER wave_shared AFTER INSERT OR UPDATE ON all_shared_wave FOR EACH STATEMENT EXECUTE FUNCTION ring();
CREATE TRIGGER session_over AFTER DELETE ON all_session FOR EACH STATEMENT EXECUTE FUNCTION ring();
