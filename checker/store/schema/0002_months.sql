-- Runs, and what the workbooks of a month are written from.

-- +goose Up
CREATE TABLE runs (
	seq   INTEGER PRIMARY KEY,
	id    TEXT NOT NULL UNIQUE,
	month TEXT NOT NULL,
	as_of TEXT NOT NULL,
	body  TEXT NOT NULL -- store.Run
) STRICT;

CREATE TABLE chambers (
	slug  TEXT PRIMARY KEY,
	as_of TEXT NOT NULL -- of the newest run that read its positions
) STRICT;

CREATE TABLE months (
	month TEXT NOT NULL,
	slug  TEXT NOT NULL,
	body  BLOB NOT NULL, -- the workbook's input, deflated
	PRIMARY KEY (month, slug)
) STRICT;

CREATE TABLE counts (
	month TEXT PRIMARY KEY,
	body  TEXT NOT NULL -- cases.MonthCount
) STRICT;

-- What went out to others, by its hash.
CREATE TABLE files (
	kind   TEXT NOT NULL,
	month  TEXT NOT NULL,
	slug   TEXT NOT NULL,
	sha256 TEXT NOT NULL,
	name   TEXT NOT NULL,
	saved  TEXT NOT NULL, -- instant
	PRIMARY KEY (kind, month, slug, sha256)
) STRICT;
