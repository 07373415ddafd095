-- Create users
--
-- revision:      1f3a9c27d4b0
-- revises:
-- created:       2024-09-02T08:15:12Z
-- branch:
-- depends_on:

-- godwit:up
CREATE TABLE users (
    id            TEXT PRIMARY KEY,
    email         TEXT NOT NULL,
    full_name     TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at    TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE UNIQUE INDEX idx_users_email ON users (lower(email));

-- godwit:down
DROP TABLE users;
