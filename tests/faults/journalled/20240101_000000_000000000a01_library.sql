-- Authors, and books that go when their author goes
--
-- revision:      000000000a01
-- revises:
-- created:       2024-01-01T00:00:00Z

-- godwit:up
CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE book (
  id INTEGER PRIMARY KEY,
  author INTEGER NOT NULL REFERENCES author (id) ON DELETE CASCADE,
  title TEXT NOT NULL,
  copies INTEGER NOT NULL DEFAULT 1
);
INSERT INTO author (id, name) VALUES (1, 'Ada; the first'), (2, 'Émilie');
INSERT INTO book (author, title) VALUES (1, 'Notes'), (1, 'Letters'), (2, 'Principes');
INSERT INTO witness VALUES ('library up');

-- godwit:down
INSERT INTO witness VALUES ('library down');
DROP TABLE book;
DROP TABLE author;
