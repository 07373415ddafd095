-- Authors, and books that go when their author goes
--
-- revision:      000000000a01
-- revises:
-- created:       2024-01-01T00:00:00Z

-- godwit:up
CREATE TYPE mood AS ENUM ('calm', 'cross');
CREATE TABLE author (id integer PRIMARY KEY, name text NOT NULL);
CREATE TABLE book (
  id integer PRIMARY KEY,
  author integer NOT NULL REFERENCES author (id) ON DELETE CASCADE,
  title text NOT NULL,
  copies integer NOT NULL DEFAULT 1
);
INSERT INTO author (id, name) VALUES (1, 'Ada; the first'), (2, 'Émilie');
INSERT INTO book (id, author, title) VALUES (1, 1, 'Notes'), (2, 1, 'Letters'), (3, 2, 'Principes');
INSERT INTO witness VALUES ('library up');

-- godwit:down
INSERT INTO witness VALUES ('library down');
DROP TABLE book;
DROP TABLE author;
DROP TYPE mood;
