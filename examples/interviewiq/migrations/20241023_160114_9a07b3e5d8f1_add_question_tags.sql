-- Add question tags
--
-- revision:      9a07b3e5d8f1
-- revises:       7b15fd9db179
-- created:       2024-10-23T16:01:14Z
-- branch:        tagging
-- depends_on:

-- godwit:up
CREATE TABLE tags (
    id     INTEGER PRIMARY KEY,
    name   TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL DEFAULT 'editor' CHECK (source IN ('editor', 'category'))
);

CREATE TABLE question_tags (
    question_id TEXT NOT NULL REFERENCES questions (id) ON DELETE CASCADE,
    tag_id      INTEGER NOT NULL REFERENCES tags (id) ON DELETE CASCADE,
    source      TEXT NOT NULL DEFAULT 'editor' CHECK (source IN ('editor', 'category')),
    PRIMARY KEY (question_id, tag_id)
) WITHOUT ROWID;

CREATE INDEX idx_question_tags_tag ON question_tags (tag_id);

-- godwit:down
DROP TABLE question_tags;
DROP TABLE tags;
