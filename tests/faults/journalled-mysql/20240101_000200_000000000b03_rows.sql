-- Rows alone, which are one transaction
--
-- revision:      000000000b03
-- revises:       000000000b02
-- created:       2024-01-01T00:02:00Z

-- godwit:up
UPDATE book SET copies = copies + 1;
INSERT INTO author (id, name) VALUES (3, 'Mary');
INSERT INTO witness VALUES ('rows up');

-- godwit:down
DELETE FROM author WHERE id = 3;
UPDATE book SET copies = copies - 1;
INSERT INTO witness VALUES ('rows down');
