-- Count how often a question is used
--
-- revision:      60b2f9e7c41d
-- revises:       d8851af3026c
-- created:       2024-11-18T10:45:20Z
-- branch:
-- depends_on:

-- godwit:up
CREATE TRIGGER session_questions_count AFTER INSERT ON session_questions
BEGIN
    UPDATE questions SET usage_count = usage_count + 1 WHERE id = NEW.question_id;
END;

CREATE VIEW session_scores AS
SELECT interview_sessions.id AS session_id,
       count(DISTINCT answers.id) AS answers,
       avg(answer_feedback.score) AS score
FROM interview_sessions
LEFT JOIN session_questions ON session_questions.session_id = interview_sessions.id
LEFT JOIN answers ON answers.session_question_id = session_questions.id
LEFT JOIN answer_feedback ON answer_feedback.answer_id = answers.id
GROUP BY interview_sessions.id;

-- godwit:down
DROP VIEW session_scores;
DROP TRIGGER session_questions_count;
