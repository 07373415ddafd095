-- Add question bank foundation
--
-- revision:      7b15fd9db179
-- revises:       84cb1aaf7a64
-- created:       2024-10-14T14:30:22Z
-- branch:
-- depends_on:

-- godwit:up
-- Questions are shared by all sessions from here on; a session keeps its own order and context.
CREATE TABLE session_questions (
    id                       TEXT PRIMARY KEY,
    session_id               TEXT NOT NULL REFERENCES interview_sessions (id) ON DELETE CASCADE,
    question_id              TEXT NOT NULL REFERENCES questions (id) ON DELETE CASCADE,
    question_order           INTEGER NOT NULL,
    session_specific_context TEXT CHECK (json_valid(session_specific_context)),
    created_at               TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    UNIQUE (session_id, question_order)
);

ALTER TABLE questions ADD COLUMN question_metadata TEXT NOT NULL DEFAULT '{}';
ALTER TABLE questions ADD COLUMN usage_count INTEGER NOT NULL DEFAULT 0;

CREATE INDEX idx_questions_category ON questions (category);
CREATE INDEX idx_questions_difficulty ON questions (difficulty_level);

-- godwit:down
DROP INDEX idx_questions_difficulty;
DROP INDEX idx_questions_category;
ALTER TABLE questions DROP COLUMN usage_count;
ALTER TABLE questions DROP COLUMN question_metadata;
DROP TABLE session_questions;
