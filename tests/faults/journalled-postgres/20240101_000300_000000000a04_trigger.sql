-- A trigger, whose body has semicolons of its own, fires on rows that this revision writes
--
-- revision:      000000000a04
-- revises:       000000000a03
-- created:       2024-01-01T00:03:00Z

-- godwit:up
CREATE FUNCTION counted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO witness VALUES ('trigger ' || new.id);
  RETURN new;
END;
$$;
CREATE TRIGGER counted AFTER UPDATE OF copies ON book FOR EACH ROW EXECUTE FUNCTION counted();
UPDATE book SET copies = copies + 10 WHERE title = 'Principes';
INSERT INTO witness VALUES ('trigger up');

-- godwit:down
DROP TRIGGER counted ON book;
DROP FUNCTION counted();
UPDATE book SET copies = copies - 10 WHERE title = 'Principes';
INSERT INTO witness VALUES ('trigger down');
