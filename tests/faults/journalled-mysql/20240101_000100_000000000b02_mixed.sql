-- Definitions that commit by themselves, and rows written between them
--
-- revision:      000000000b02
-- revises:       000000000b01
-- created:       2024-01-01T00:01:00Z

-- godwit:up
ALTER TABLE book ADD COLUMN lent integer NOT NULL DEFAULT 0;
UPDATE book SET copies = copies * 3;
INSERT INTO witness VALUES ('mixed between up');
CREATE INDEX book_by_title ON book (title);
UPDATE book SET lent = lent + 1;
INSERT INTO witness VALUES ('mixed after up');

-- godwit:down
UPDATE book SET lent = lent - 1;
DROP INDEX book_by_title ON book;
INSERT INTO witness VALUES ('mixed between down');
UPDATE book SET copies = copies / 3;
ALTER TABLE book DROP COLUMN lent;
INSERT INTO witness VALUES ('mixed before down');
