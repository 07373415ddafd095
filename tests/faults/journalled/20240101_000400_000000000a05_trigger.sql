-- A trigger, whose body has semicolons of its own, fires on rows that this revision writes
--
-- revision:      000000000a05
-- revises:       000000000a04
-- created:       2024-01-01T00:04:00Z

-- godwit:up
CREATE TRIGGER counted AFTER UPDATE OF copies ON book BEGIN
  INSERT INTO witness VALUES ('trigger ' || new.id);
  UPDATE author SET born = coalesce(born, 1800) + 1 WHERE id = new.author;
END;
UPDATE book SET copies = copies + 10 WHERE id = 3;
INSERT INTO witness VALUES ('trigger up');

-- godwit:down
DROP TRIGGER counted;
UPDATE book SET copies = copies - 10 WHERE id = 3;
INSERT INTO witness VALUES ('trigger down');
