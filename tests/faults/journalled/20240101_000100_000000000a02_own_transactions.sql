-- A file that begins and commits by itself, twice, with a statement between
--
-- revision:      000000000a02
-- revises:       000000000a01
-- created:       2024-01-01T00:01:00Z

-- godwit:up
BEGIN;
CREATE TABLE shelf (id INTEGER PRIMARY KEY, room TEXT NOT NULL);
INSERT INTO shelf (id, room) VALUES (1, 'north'), (2, 'south');
INSERT INTO witness VALUES ('own 1 up');
COMMIT;

UPDATE book SET copies = copies * 3;
INSERT INTO witness VALUES ('own between up');

BEGIN IMMEDIATE;
CREATE TABLE placing (shelf INTEGER REFERENCES shelf (id), book INTEGER REFERENCES book (id));
INSERT INTO placing SELECT 1, id FROM book;
INSERT INTO witness VALUES ('own 2 up');
END;

-- godwit:down
BEGIN;
DROP TABLE placing;
INSERT INTO witness VALUES ('own 2 down');
COMMIT;
UPDATE book SET copies = copies / 3;
INSERT INTO witness VALUES ('own between down');
BEGIN;
DROP TABLE shelf;
INSERT INTO witness VALUES ('own 1 down');
COMMIT;
