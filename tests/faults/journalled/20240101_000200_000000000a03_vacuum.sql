-- Statements that no transaction holds together, a VACUUM among them
--
-- revision:      000000000a03
-- revises:       000000000a02
-- created:       2024-01-01T00:02:00Z

-- godwit:up
-- godwit:no-transaction
CREATE INDEX book_by_title ON book (title);
INSERT INTO witness VALUES ('vacuum before up');
UPDATE book SET copies = copies + 1;
VACUUM;
INSERT INTO witness VALUES ('vacuum after up');
CREATE VIEW stock AS SELECT title, copies FROM book;
ALTER TABLE book ADD COLUMN lent INTEGER NOT NULL DEFAULT 0;

-- godwit:down
-- godwit:no-transaction
ALTER TABLE book DROP COLUMN lent;
DROP VIEW stock;
INSERT INTO witness VALUES ('vacuum after down');
VACUUM;
UPDATE book SET copies = copies - 1;
INSERT INTO witness VALUES ('vacuum before down');
DROP INDEX book_by_title;
