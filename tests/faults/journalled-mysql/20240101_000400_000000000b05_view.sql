-- A table under another name, and a view of it
--
-- revision:      000000000b05
-- revises:       000000000b04
-- created:       2024-01-01T00:04:00Z

-- godwit:up
RENAME TABLE author TO writer;
CREATE VIEW stock AS SELECT title, name, copies FROM book JOIN writer ON writer.id = book.author;
INSERT INTO witness VALUES ('view up');

-- godwit:down
DROP VIEW stock;
RENAME TABLE writer TO author;
INSERT INTO witness VALUES ('view down');
