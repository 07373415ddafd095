-- Tag questions by their category
--
-- revision:      e41c77a05b92
-- revises:       9a07b3e5d8f1
-- created:       2024-10-28T11:33:55Z
-- branch:
-- depends_on:

-- godwit:up
-- A data migration: what editors tagged by hand stays, up and down.
INSERT INTO tags (name, source)
SELECT DISTINCT category, 'category' FROM questions
WHERE category NOT IN (SELECT name FROM tags);

INSERT INTO question_tags (question_id, tag_id, source)
SELECT questions.id, tags.id, 'category'
FROM questions JOIN tags ON tags.name = questions.category
WHERE true
ON CONFLICT (question_id, tag_id) DO NOTHING;

-- godwit:assert "every question has a tag"
SELECT NOT EXISTS (
    SELECT 1 FROM questions
    WHERE id NOT IN (SELECT question_id FROM question_tags)
);

-- godwit:down
DELETE FROM question_tags WHERE source = 'category';
DELETE FROM tags
WHERE source = 'category' AND id NOT IN (SELECT tag_id FROM question_tags);
