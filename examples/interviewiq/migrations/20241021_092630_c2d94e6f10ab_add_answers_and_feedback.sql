-- Add answers and feedback
--
-- revision:      c2d94e6f10ab
-- revises:       7b15fd9db179
-- created:       2024-10-21T09:26:30Z
-- branch:        feedback
-- depends_on:

-- godwit:up
CREATE TABLE answers (
    id                  TEXT PRIMARY KEY,
    session_question_id TEXT NOT NULL UNIQUE
                        REFERENCES session_questions (id) ON DELETE CASCADE,
    transcript          TEXT NOT NULL,
    seconds             INTEGER NOT NULL CHECK (seconds >= 0),
    answered_at         TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE answer_feedback (
    answer_id  TEXT NOT NULL REFERENCES answers (id) ON DELETE CASCADE,
    criterion  TEXT NOT NULL,
    score      REAL NOT NULL CHECK (score BETWEEN 0 AND 1),
    remark     TEXT,
    PRIMARY KEY (answer_id, criterion)
) WITHOUT ROWID;

-- godwit:down
DROP TABLE answer_feedback;
DROP TABLE answers;
