-- Merge feedback and tagging
--
-- revision:      3b6fd0128ce7
-- revises:       c2d94e6f10ab e41c77a05b92
-- created:       2024-11-04T08:50:41Z
-- branch:
-- depends_on:

-- godwit:up

-- godwit:down
