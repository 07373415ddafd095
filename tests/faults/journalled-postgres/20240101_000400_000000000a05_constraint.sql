-- A constraint that is validated by itself, and a view
--
-- revision:      000000000a05
-- revises:       000000000a04
-- created:       2024-01-01T00:04:00Z

-- godwit:up
ALTER TABLE book ADD CONSTRAINT few CHECK (copies < 1000) NOT VALID;
ALTER TABLE book VALIDATE CONSTRAINT few;
CREATE VIEW stock AS SELECT title, copies FROM book;
INSERT INTO witness VALUES ('constraint up');

-- godwit:down
DROP VIEW stock;
ALTER TABLE book DROP CONSTRAINT few;
INSERT INTO witness VALUES ('constraint down');
