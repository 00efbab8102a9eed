-- Cases and what happened to them.
--
-- Texts compare by bytes (SQLite's BINARY; in PostgreSQL: COLLATE "C"). Days are YYYY-MM-DD, months YYYY-MM, instants are UTC, YYYY-MM-DDThh:mm:ssZ;
-- '' is "not set". A body is JSON: what the program reads; the columns beside it are what it asks by, and `store check` compares them.

-- +goose Up
CREATE TABLE cases (
	seq        INTEGER PRIMARY KEY, -- order of insertion
	id         TEXT    NOT NULL,
	company    TEXT    NOT NULL,
	chamber    TEXT    NOT NULL,
	family     TEXT    NOT NULL,
	state      TEXT    NOT NULL,
	last_event INTEGER NOT NULL,    -- events.n
	body       TEXT    NOT NULL     -- cases.Case
) STRICT;
CREATE UNIQUE INDEX cases_id ON cases (id);
CREATE INDEX cases_company ON cases (company);
CREATE INDEX cases_chamber ON cases (chamber, state);

-- One chain for the whole store: hash is SHA-256 of the hash before it, followed by the bytes of body; before the first there is nothing. A purge empties
-- body and case_seq, keeps hash, and is itself an entry, which names what it emptied.
CREATE TABLE events (
	n        INTEGER PRIMARY KEY, -- 1, 2, 3, ... without gaps
	case_seq INTEGER REFERENCES cases (seq),
	body     TEXT NOT NULL,
	hash     BLOB NOT NULL
) STRICT;
CREATE INDEX events_case ON events (case_seq);

-- Against slips of the hand; against intent there is the chain.
-- +goose StatementBegin
CREATE TRIGGER events_stay BEFORE UPDATE ON events WHEN NEW.n <> OLD.n OR NEW.hash <> OLD.hash OR NEW.body <> ''
BEGIN
	SELECT RAISE(ABORT, 'events are append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER events_remain BEFORE DELETE ON events
BEGIN
	SELECT RAISE(ABORT, 'events are append-only');
END;
-- +goose StatementEnd
