-- Make difficulty a number
--
-- revision:      d8851af3026c
-- revises:       3b6fd0128ce7
-- created:       2024-11-11T15:17:38Z
-- branch:
-- depends_on:

-- godwit:up
-- SQLite cannot change a column's type: the table is built anew. Godwit switches foreign keys off
-- for that and checks them before it commits, so the rows that point at questions stay.

-- godwit:assert "difficulty is easy, medium or hard everywhere"
SELECT NOT EXISTS (
    SELECT 1 FROM questions WHERE difficulty_level NOT IN ('easy', 'medium', 'hard')
);

CREATE TABLE questions_new (
    id                TEXT PRIMARY KEY,
    body              TEXT NOT NULL,
    category          TEXT NOT NULL,
    difficulty        INTEGER NOT NULL DEFAULT 2 CHECK (difficulty BETWEEN 1 AND 3),
    question_metadata TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(question_metadata)),
    usage_count       INTEGER NOT NULL DEFAULT 0,
    created_at        TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);

INSERT INTO questions_new
SELECT id, body, category,
       CASE difficulty_level WHEN 'easy' THEN 1 WHEN 'hard' THEN 3 ELSE 2 END,
       question_metadata, usage_count, created_at
FROM questions;

DROP TABLE questions;
ALTER TABLE questions_new RENAME TO questions;

CREATE INDEX idx_questions_category ON questions (category);
CREATE INDEX idx_questions_difficulty ON questions (difficulty);

-- godwit:down
CREATE TABLE questions_old (
    id                TEXT PRIMARY KEY,
    body              TEXT NOT NULL,
    category          TEXT NOT NULL,
    difficulty_level  TEXT NOT NULL DEFAULT 'medium',
    created_at        TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    question_metadata TEXT NOT NULL DEFAULT '{}',
    usage_count       INTEGER NOT NULL DEFAULT 0
);

INSERT INTO questions_old
SELECT id, body, category,
       CASE difficulty WHEN 1 THEN 'easy' WHEN 3 THEN 'hard' ELSE 'medium' END,
       created_at, question_metadata, usage_count
FROM questions;

DROP TABLE questions;
ALTER TABLE questions_old RENAME TO questions;

CREATE INDEX idx_questions_category ON questions (category);
CREATE INDEX idx_questions_difficulty ON questions (difficulty_level);
