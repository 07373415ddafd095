-- Create questions
--
-- revision:      84cb1aaf7a64
-- revises:       5c8e02b7a913
-- created:       2024-09-18T10:19:03Z
-- branch:
-- depends_on:

-- godwit:up
CREATE TABLE questions (
    id               TEXT PRIMARY KEY,
    body             TEXT NOT NULL,
    category         TEXT NOT NULL,
    difficulty_level TEXT NOT NULL DEFAULT 'medium',
    created_at       TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);

INSERT INTO questions (id, body, category, difficulty_level) VALUES
    ('q-001', 'Tell me about a decision that you would take differently today.', 'behavioural', 'easy'),
    ('q-002', 'How would you find out why a page became slow; and what first?', 'technical', 'medium'),
    ('q-003', 'Design a service that shortens links.', 'system design', 'hard');

-- godwit:down
DROP TABLE questions;
