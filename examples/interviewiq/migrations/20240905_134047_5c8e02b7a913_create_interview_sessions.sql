-- Create interview sessions
--
-- revision:      5c8e02b7a913
-- revises:       1f3a9c27d4b0
-- created:       2024-09-05T13:40:47Z
-- branch:
-- depends_on:

-- godwit:up
CREATE TABLE interview_sessions (
    id           TEXT PRIMARY KEY,
    user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    target_role  TEXT NOT NULL,
    status       TEXT NOT NULL DEFAULT 'planned'
                 CHECK (status IN ('planned', 'running', 'finished', 'abandoned')),
    started_at   TEXT,
    finished_at  TEXT,
    created_at   TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE INDEX idx_interview_sessions_user ON interview_sessions (user_id, created_at);

-- godwit:down
DROP TABLE interview_sessions;
