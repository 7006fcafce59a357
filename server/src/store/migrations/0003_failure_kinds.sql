-- What kind of failure it was, so that a viewer can say it in its own language.
ALTER TABLE failures ADD COLUMN kind TEXT NOT NULL DEFAULT 'other';
