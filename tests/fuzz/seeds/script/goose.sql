-- +goose Up
-- +goose StatementBegin
CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; END;
-- +goose StatementEnd
-- +goose Down
DROP TRIGGER x;
