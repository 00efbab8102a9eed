-- What was observed of addresses and domains: written once, deleted only by a purge.

-- +goose Up
CREATE TABLE observations (
	n          INTEGER PRIMARY KEY,
	kind       TEXT NOT NULL,
	subject    TEXT NOT NULL, -- domain or folded address
	at         TEXT NOT NULL, -- instant
	since      TEXT NOT NULL, -- start of the unbroken run of the same sense; '' for a fault
	witness    TEXT NOT NULL,
	reason     TEXT NOT NULL, -- of a fault; '' for an answer
	not_before TEXT NOT NULL, -- of a fault: instant before which not to ask again, '' if none
	sense      TEXT NOT NULL, -- what an answer comes to: equal senses are the same answer
	body       TEXT NOT NULL, -- of an answer JSON, of a fault the text of the witness
	sha256     TEXT NOT NULL  -- of the raw message, '' if none
) STRICT;
CREATE INDEX observations_subject ON observations (kind, subject, at);
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

-- How many addresses an operator was asked about on a day (UTC).
CREATE TABLE spent (
	day       TEXT NOT NULL,
	operator  TEXT NOT NULL,
	addresses INTEGER NOT NULL,
	PRIMARY KEY (day, operator)
) STRICT;
