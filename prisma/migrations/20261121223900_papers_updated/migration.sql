-- `updated_at` was the time of the insertion for ever: now it moves with what a reader of the paper sees, and with nothing else. Counts
-- and heat change daily and say nothing new of it, nor does another source that confirms what is known.
CREATE FUNCTION "papers_note_update"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Never back, whatever becomes of the clock.
    NEW.updated_at := greatest(now(), OLD.updated_at);
    RETURN NEW;
END
$$;

CREATE TRIGGER "papers_updated" BEFORE UPDATE ON "papers" FOR EACH ROW
    WHEN ((OLD.public_id, OLD.arxiv_id, OLD.arxiv_version, OLD.doi, OLD.title, OLD.abstract, OLD.authors, OLD.author_count, OLD.date,
           OLD.venue, OLD.url, OLD.categories)
        IS DISTINCT FROM
          (NEW.public_id, NEW.arxiv_id, NEW.arxiv_version, NEW.doi, NEW.title, NEW.abstract, NEW.authors, NEW.author_count, NEW.date,
           NEW.venue, NEW.url, NEW.categories))
    EXECUTE FUNCTION "papers_note_update"();
