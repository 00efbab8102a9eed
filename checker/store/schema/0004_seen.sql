-- What every run renews of the cases that it sees again, apart from their bodies: the body of a case is eight times as large, and changes seldom.

-- +goose Up
CREATE TABLE seen (
	case_seq INTEGER PRIMARY KEY REFERENCES cases (seq),
	body     TEXT NOT NULL -- cases.Seen: in place of what the body of the case says of the same
) STRICT;
