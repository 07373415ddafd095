-- Indexes that no transaction may build, with rows written between
--
-- revision:      000000000a03
-- revises:       000000000a02
-- created:       2024-01-01T00:02:00Z

-- godwit:up
-- godwit:no-transaction
CREATE INDEX CONCURRENTLY book_by_title ON book (title);
INSERT INTO witness VALUES ('concurrently between up');
UPDATE book SET copies = copies + 1;
CREATE UNIQUE INDEX CONCURRENTLY author_by_name ON author (lower(name));
ALTER TYPE mood ADD VALUE 'glad' BEFORE 'cross';
INSERT INTO witness VALUES ('concurrently after up');

-- godwit:down
-- godwit:no-transaction
INSERT INTO witness VALUES ('concurrently after down');
DROP TYPE mood;
CREATE TYPE mood AS ENUM ('calm', 'cross');
DROP INDEX CONCURRENTLY author_by_name;
UPDATE book SET copies = copies - 1;
DROP INDEX CONCURRENTLY book_by_title;
INSERT INTO witness VALUES ('concurrently before down');
