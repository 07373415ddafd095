-- A table that others refer to is built anew; its children keep their rows
--
-- revision:      000000000a04
-- revises:       000000000a03
-- created:       2024-01-01T00:03:00Z

-- godwit:up
CREATE TABLE author_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, born INTEGER);
INSERT INTO author_new (id, name) SELECT id, name FROM author;
DROP TABLE author;
ALTER TABLE author_new RENAME TO author;
INSERT INTO witness VALUES ('rebuild up');

-- godwit:down
CREATE TABLE author_old (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
INSERT INTO author_old (id, name) SELECT id, name FROM author;
DROP TABLE author;
ALTER TABLE author_old RENAME TO author;
INSERT INTO witness VALUES ('rebuild down');
