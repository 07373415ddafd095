-- A file that begins and commits by itself, twice, with a statement between
--
-- revision:      000000000a02
-- revises:       000000000a01
-- created:       2024-01-01T00:01:00Z

-- godwit:up
BEGIN;
CREATE TABLE shelf (id integer PRIMARY KEY, room text NOT NULL);
INSERT INTO shelf (id, room) VALUES (1, 'north'), (2, 'south');
INSERT INTO witness VALUES ('own 1 up');
COMMIT;

UPDATE book SET copies = copies * 3;

BEGIN;
CREATE TABLE placement (shelf integer REFERENCES shelf (id), book integer REFERENCES book (id));
INSERT INTO placement SELECT 1, id FROM book;
INSERT INTO witness VALUES ('own 2 up');
END;

-- godwit:down
BEGIN;
DROP TABLE placement;
INSERT INTO witness VALUES ('own 2 down');
COMMIT;
UPDATE book SET copies = copies / 3;
BEGIN;
DROP TABLE shelf;
INSERT INTO witness VALUES ('own 1 down');
COMMIT;
