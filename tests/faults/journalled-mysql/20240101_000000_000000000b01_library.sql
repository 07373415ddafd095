-- Authors, and books that go when their author goes
--
-- revision:      000000000b01
-- revises:
-- created:       2024-01-01T00:00:00Z

-- godwit:up
CREATE TABLE author (id integer PRIMARY KEY, name varchar(100) NOT NULL);
CREATE TABLE book (
  id integer PRIMARY KEY,
  author integer NOT NULL,
  title varchar(100) NOT NULL,
  copies integer NOT NULL DEFAULT 1,
  CONSTRAINT book_author FOREIGN KEY (author) REFERENCES author (id) ON DELETE CASCADE
);
INSERT INTO author (id, name) VALUES (1, 'Ada; the first'), (2, 'Émilie');
INSERT INTO book (id, author, title) VALUES (1, 1, 'Notes'), (2, 1, 'Letters'), (3, 2, 'Principes');
INSERT INTO witness VALUES ('library up');

-- godwit:down
INSERT INTO witness VALUES ('library down');
DROP TABLE book;
DROP TABLE author;
