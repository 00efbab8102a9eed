-- What was observed of addresses and domains: written once, deleted only by a purge.

-- +goose Up
CREATE TABLE observations (
	n       INTEGER PRIMARY KEY,
	kind    TEXT NOT NULL,
	subject TEXT NOT NULL, -- domain or folded address
	at      TEXT NOT NULL, -- instant
	since   TEXT NOT NULL, -- start of the unbroken run of the same sense; '' for a fault
	witness TEXT NOT NULL,
	reason  TEXT NOT NULL, -- of a fault; '' for an answer
	sense   TEXT NOT NULL, -- what the answer comes to: equal senses are the same answer; for a fault what the witness would tell
	answer  TEXT NOT NULL, -- JSON; '' for a fault
	sha256  TEXT NOT NULL  -- of the raw message, '' if none
) STRICT;
CREATE INDEX observations_subject ON observations (kind, subject, at, reason);
-- +goose StatementBegin
CREATE TRIGGER observations_stay BEFORE UPDATE ON observations
BEGIN
	SELECT RAISE(ABORT, 'observations are append-only');
END;
-- +goose StatementEnd

-- Raw messages, each once.
CREATE TABLE messages (
	sha256 TEXT PRIMARY KEY,
	raw    BLOB NOT NULL
) STRICT;

-- Who is to be asked again, and not before when.
CREATE TABLE retries (
	kind       TEXT NOT NULL,
	subject    TEXT NOT NULL,
	not_before TEXT NOT NULL, -- instant
	tries      INTEGER NOT NULL,
	PRIMARY KEY (kind, subject)
) STRICT;
