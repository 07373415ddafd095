-- Every directive
--
-- revision:      aaaabbbbcccc
-- revises:       111122223333 444455556666
-- created:       2024-10-14T14:30:22Z
-- branch:        one two
-- depends_on:    777788889999

-- godwit:vars who
-- godwit:up sqlite
-- godwit:no-transaction
-- godwit:set lock_timeout=2s
-- godwit:probe SELECT 1
VACUUM;
-- godwit:statement
INSERT INTO log VALUES ('${who}; -- not a comment');
-- godwit:end
-- godwit:allow some-rule "because"
DROP TABLE old;

-- godwit:up postgres mysql
SELECT 1;

-- godwit:down
-- godwit:irreversible "rows are gone"
