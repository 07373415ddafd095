-- A trigger, whose body has semicolons of its own, fires on rows that this revision writes
--
-- revision:      000000000b04
-- revises:       000000000b03
-- created:       2024-01-01T00:03:00Z

-- godwit:up
CREATE TRIGGER counted AFTER UPDATE ON book FOR EACH ROW BEGIN INSERT INTO witness VALUES (concat('trigger ', new.id)); SET @seen = new.id; END;
UPDATE book SET copies = copies + 10 WHERE title = 'Principes';
INSERT INTO witness VALUES ('trigger up');

-- godwit:down
DROP TRIGGER counted;
UPDATE book SET copies = copies - 10 WHERE title = 'Principes';
INSERT INTO witness VALUES ('trigger down');
