/* SPDX-License-Identifier: Apache-2.0 */
/* What a script of the mysql client, of a dump or of an application means, statement by statement. */
#include "mysql_cases.h"

#include "cmocka_all.h"

#include <stdio.h>
#include <string.h>

static const struct plugin *plugin;

enum {
    T = GW_CLASS_T,
    A = GW_CLASS_A,
    N = GW_CLASS_N,
    S = GW_SPLIT_SETTING, /* of class T */
    R = GW_SPLIT_REFUSED,
    READING = GW_SPLIT_READING
};

/* Asserts the statements, written as "first|second|". */
static void expect_split(const char *script, const char *expected)
{
    struct connection c = { .plugin = plugin };
    static char text[1 << 15];
    size_t used = 0;
    text[0] = '\0';
    assert_int_equal(split(&c, script, strlen(script)), GW_OK);
    for (int i = 0; i < c.call.n_statements; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%.*s|",
                                 (int)(c.call.statements[i].end - c.call.statements[i].begin),
                                 script + c.call.statements[i].begin);
    assert_string_equal(text, expected);
}

static const struct {
    const char *script, *expected;
} texts[] = {
    { "SELECT ';' ; SELECT \";\"", "SELECT ';'|SELECT \";\"|" },
    { "SELECT 'it''s; \\'; x'; SELECT 2", "SELECT 'it''s; \\'; x'|SELECT 2|" },
    { "SELECT `a;``b;`;SELECT 2", "SELECT `a;``b;`|SELECT 2|" },
    { "SELECT 5--1; SELECT 2", "SELECT 5--1|SELECT 2|" },
    { "SELECT 1 -- ; no\n+1; # ; no\nSELECT 2", "SELECT 1 -- ; no\n+1|SELECT 2|" },
    { "SELECT 1 /* ; /* not nested */; SELECT 2", "SELECT 1|SELECT 2|" },
    { "/* SELECT 1; */", "" },
    { "\xef\xbb\xbfSELECT 1;", "SELECT 1|" },
    /* dumps */
    { "/*!999999\\- enable the sandbox mode */ \n/*!40101 SET NAMES utf8mb4 */;\nSELECT 1;",
      "/*!40101 SET NAMES utf8mb4 */|SELECT 1|" },
    { "/*M!100616 SET NOTE_VERBOSITY=0 */;", "/*M!100616 SET NOTE_VERBOSITY=0 */|" },
    { "CREATE /*!50003 IF; */ x; SELECT 1", "CREATE /*!50003 IF; */ x|SELECT 1|" },
    { "DELIMITER ;;\n/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`localhost`*/ /*!50003 TRIGGER "
      "t "
      "BEFORE INSERT ON a\nFOR EACH ROW BEGIN SET NEW.x = 1; END */;;\nDELIMITER ;\nSELECT 1;",
      "/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`localhost`*/ /*!50003 TRIGGER t "
      "BEFORE INSERT ON a\nFOR EACH ROW BEGIN SET NEW.x = 1; END */|SELECT 1|" },
    /* DELIMITER */
    { "delimiter //\nSELECT 1; SELECT 2//\nDELIMITER ;\nSELECT 3;", "SELECT 1|SELECT 2|SELECT 3|" },
    { "DELIMITER $$\nDROP PROCEDURE IF EXISTS p;\nCREATE PROCEDURE p() BEGIN SELECT 1; END;$$\n"
      "DELIMITER ;\nSELECT 3;",
      "DROP PROCEDURE IF EXISTS p|CREATE PROCEDURE p() BEGIN SELECT 1; END;|SELECT 3|" },
    { "DELIMITER //\nCREATE PACKAGE k AS FUNCTION f RETURN INT; END;//\n/*!50003 SELECT ';' "
      "*/; "
      "SELECT 2//",
      "CREATE PACKAGE k AS FUNCTION f RETURN INT; END;|/*!50003 SELECT ';' */|SELECT 2|" },
    { "/*!50003 CREATE*/ /*!50003 TRIGGER t BEFORE DELETE ON c FOR EACH ROW BEGIN SET @a=1; "
      "SET "
      "@b=2; END */;\nSELECT 2;",
      "/*!50003 CREATE*/ /*!50003 TRIGGER t BEFORE DELETE ON c FOR EACH ROW BEGIN SET @a=1; "
      "SET "
      "@b=2; END */|SELECT 2|" },
    { "--no blank; behind it\n  --;\nSELECT 5\n--3; SELECT 2;--x\n",
      "SELECT 5\n--3|SELECT 2|--x|" },
    { "DELIMITER $$\nCREATE PROCEDURE p() BEGIN SELECT 1; END$$\nDELIMITER ;\n",
      "CREATE PROCEDURE p() BEGIN SELECT 1; END|" },
    { "DELIMITER //\nSELECT '//', `//` /* // */ -- //\n//\nSELECT 2//",
      "SELECT '//', `//`|SELECT 2|" },
    { "  DELIMITER |\nSELECT 1|\r\n  DELIMITER ;\r\nSELECT 2;", "SELECT 1|SELECT 2|" },
    /* strings in either mode of quoting, as the script itself sets it */
    { "SET sql_mode = 'NO_BACKSLASH_ESCAPES'; SELECT '\\'; SELECT 2",
      "SET sql_mode = 'NO_BACKSLASH_ESCAPES'|SELECT '\\'|SELECT 2|" },
    { "SET SESSION sql_mode = CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES'); SELECT '\\'; SELECT "
      "2",
      "SET SESSION sql_mode = CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES')|SELECT '\\'|SELECT "
      "2|" },
    { "SET @@sql_mode := 'ANSI'; SELECT \"\\\" FROM x; SELECT 2",
      "SET @@sql_mode := 'ANSI'|SELECT \"\\\" FROM x|SELECT 2|" },
    { "SET @o = @@sql_mode, sql_mode = 'NO_BACKSLASH_ESCAPES'; SET sql_mode = @o; SELECT "
      "'\\';'",
      "SET @o = @@sql_mode, sql_mode = 'NO_BACKSLASH_ESCAPES'|SET sql_mode = @o|SELECT "
      "'\\';'|" },
};

static void test_split_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        expect_split(texts[i].script, texts[i].expected);
}

/* Each of them is one statement, and what follows is another. */
static void test_split_programs_without_delimiter(void **state)
{
    static const char *const programs[] = {
        "CREATE PROCEDURE p() BEGIN SELECT 1; END",
        "CREATE OR REPLACE PROCEDURE p() BEGIN BEGIN SELECT 1; END; END",
        "CREATE DEFINER=root@localhost PROCEDURE p(IN a INT, OUT b DECIMAL(10, 2)) COMMENT 'x;' "
        "BEGIN "
        "END",
        "CREATE DEFINER=`a b`@'%' PROCEDURE IF NOT EXISTS p() IF NOT EXISTS (SELECT 1) THEN SELECT "
        "2; "
        "END IF",
        "CREATE PROCEDURE p() BEGIN IF a THEN SELECT 1; ELSEIF b THEN SELECT 2; ELSE SELECT 3; END "
        "IF; "
        "END",
        "CREATE PROCEDURE p() BEGIN IF (a = 1) THEN SELECT IF(a, b, c); END IF; END",
        "CREATE PROCEDURE p() main: BEGIN l: LOOP LEAVE l; END LOOP l; END main",
        "CREATE PROCEDURE p() BEGIN WHILE i < 3 DO SET i = i + 1; END WHILE; REPEAT SET i = i - 1; "
        "UNTIL "
        "i = 0 END REPEAT; END",
        "CREATE PROCEDURE p() BEGIN SELECT REPEAT('a', 3), CASE a WHEN 1 THEN IF(b, 2, 3) ELSE "
        "CASE WHEN "
        "c THEN 4 END END; SELECT 5; END",
        "CREATE PROCEDURE p() BEGIN CASE a WHEN 1 THEN SELECT 1; ELSE BEGIN END; END CASE; SELECT "
        "2; END",
        "CREATE PROCEDURE p() BEGIN DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; "
        "RESIGNAL; END; "
        "START TRANSACTION; SELECT 1; COMMIT; END",
        "CREATE PROCEDURE p() BEGIN FOR i IN 1..10 DO SELECT i; END FOR; END",
        "CREATE PROCEDURE p() BEGIN UPDATE t SET t.end = 1, t.begin = 2; SELECT 1; END",
        "CREATE FUNCTION f(a INT) RETURNS CHAR(10) CHARACTER SET utf8mb4 DETERMINISTIC READS SQL "
        "DATA BEGIN "
        "RETURN 'x;'; END",
        "CREATE FUNCTION f(a INT) RETURNS INT RETURN IF(a, 1, 2)",
        "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN SET NEW.a = 1; SET NEW.b = 2; END",
        "CREATE TRIGGER t BEFORE UPDATE ON a FOR EACH ROW FOLLOWS other BEGIN SET NEW.a = 1; END",
        "CREATE TRIGGER t AFTER DELETE ON a FOR EACH ROW IF OLD.x THEN DELETE FROM b; END IF",
        "CREATE TRIGGER t AFTER DELETE ON a FOR EACH ROW SET @x = IF(OLD.x, 1, 2)",
        "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO BEGIN DELETE FROM a; DELETE FROM b; END",
        "ALTER EVENT e DO BEGIN DELETE FROM a; DELETE FROM b; END",
        "BEGIN NOT ATOMIC DECLARE x INT; SET x = 1; END",
        "CREATE TABLE t (begin INT, `end` INT, action VARCHAR(3))",
    };
    (void)state;
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        char script[1024], expected[1024];
        snprintf(script, sizeof script, "%s;\nSELECT 'after';", programs[i]);
        snprintf(expected, sizeof expected, "%s|SELECT 'after'|", programs[i]);
        expect_split(script, expected);
    }
}

static const struct {
    const char *sql;
    uint64_t flags;
} classes[] = {
    { "INSERT INTO t VALUES (1)", T },
    { "WITH x AS (SELECT 1) SELECT * FROM x", T },
    { "(SELECT 1) UNION (SELECT 2)", T },
    { "DO SLEEP(0)", T },
    { "CREATE TEMPORARY TABLE t (id INT)", T },
    { "DROP TEMPORARY TABLE IF EXISTS t, u", T },
    { "LOAD DATA INFILE 'x' INTO TABLE t", T },
    { "SET @x = (SELECT 1)", S },
    { "SET NAMES utf8mb4", S },
    { "SET FOREIGN_KEY_CHECKS = 0, @y = 1", S },
    { "SET autocommit = 0", S },
    { "SET @OLD_AUTOCOMMIT=@@AUTOCOMMIT, @@AUTOCOMMIT=0", S },
    { "SET AUTOCOMMIT=@OLD_AUTOCOMMIT", S },
    { "SET autocommit = 0, @x = 1", S | R },
    { "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO'", S },
    { "SET sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES')", S | READING },
    { "SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='ORACLE'", S | READING },
    { "SET NAMES gbk", S | READING },
    { "SET CHARACTER SET gbk", S | READING },
    { "SET @@character_set_client = gbk, @x = 1", S | READING },
    { "/*!40014 SET @OLD=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */", S },
    { "SET autocommit = 1", S },
    { "USE other", S },
    { "PREPARE p FROM @x", S },
    { "DEALLOCATE PREPARE p", S },
    { "DROP PREPARE p", S },
    { "LOCK TABLES t WRITE", S },
    { "UNLOCK TABLES", S },
    { "SET GLOBAL max_connections = 5", A },
    { "SET PASSWORD FOR a = 'x'", A },
    { "SET STATEMENT max_statement_time=1 FOR ALTER TABLE t ADD x INT", A },
    { "CREATE TABLE t (id INT)", A },
    { "CREATE UNIQUE INDEX i ON t (a)", A },
    { "CREATE OR REPLACE VIEW v AS SELECT 1", A },
    { "ALTER TABLE t ADD x INT, DROP y", A },
    { "DROP TABLE t", A },
    { "DROP TABLE IF EXISTS t, u", A },
    { "RENAME TABLE t TO u", A },
    { "TRUNCATE t", A },
    { "EXECUTE p", A },
    { "EXECUTE IMMEDIATE 'SELECT 1'", A },
    { "GRANT SELECT ON t TO u", A },
    { "ANALYZE TABLE t", A },
    { "ANALYZE FORMAT=JSON SELECT 1", T },
    { "OPTIMIZE TABLE t", A },
    { "FLUSH TABLES", A },
    { "DROP TABLE t, u", N },
    { "DROP VIEW a, b", N },
    { "RENAME TABLE t TO u, v TO w", N },
    { "CREATE OR REPLACE TABLE t (id INT)", N },
    { "ALTER TABLE t EXCHANGE PARTITION p WITH TABLE u", N },
    { "CALL p()", N },
    { "DROP DATABASE d", N },
    { "BEGIN NOT ATOMIC SELECT 1; END", N },
    { "SELECT 1 INTO OUTFILE '/x'", N },
    { "BEGIN", GW_SPLIT_BEGIN },
    { "BEGIN WORK", GW_SPLIT_BEGIN },
    { "START TRANSACTION READ WRITE", GW_SPLIT_BEGIN },
    { "COMMIT WORK", GW_SPLIT_COMMIT },
    { "ROLLBACK WORK TO SAVEPOINT x", T },
    { "ROLLBACK WORK", GW_SPLIT_ROLLBACK },
    { "COMMIT AND CHAIN", GW_SPLIT_COMMIT | R },
    { "XA START 'x'", R },
    { "LOAD DATA LOCAL INFILE 'x' INTO TABLE t", R },
    { "SELECT GET_LOCK('x', 1)", R },
    { "DO release_all_locks ()", R },
    { "FLUSH TABLES WITH READ LOCK", A | R },
    { "CREATE TABLE godwit_x (id INT)", A | R },
    { "INSERT IGNORE INTO `godwit_revision` VALUES (1)", R },
    { "UPDATE x.godwit_lock SET epoch = 1", R },
    { "DELETE FROM godwit_lock", R },
    { "INSERT INTO t SELECT * FROM godwit_revision", T },
    { "SELECT 1 \\G", R },
    { "source x.sql", R },
    { "\\. x.sql", R },
    { "DELIMITER", R },
    { "system ls; echo", R },
    { "SELECT 'open", R },
    { "SELECT 1 /* open", R },
    { "/*!40101 SELECT 1", R },
    { "SELECT \\N", T },
};

static void test_split_classes(void **state)
{
    struct connection c = { .plugin = plugin };
    (void)state;
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        assert_int_equal(split(&c, classes[i].sql, strlen(classes[i].sql)), GW_OK);
        if (c.call.n_statements != 1 || c.call.statements[0].flags != classes[i].flags)
            fail_msg("%s: %d statements, flags %llx", classes[i].sql, c.call.n_statements,
                     (unsigned long long)c.call.statements[0].flags);
    }
}

/* MariaDB's parser is asked: what the splitter cuts must be what the server takes. */
static void test_split_agrees_with_the_server(void **state)
{
    static const char script[] =
        "CREATE TABLE a (id INT PRIMARY KEY, x INT);\n"
        "CREATE PROCEDURE fill(IN n INT)\nBEGIN\n  DECLARE i INT DEFAULT 0;\n"
        "  WHILE i < n DO\n    IF i % 2 = 0 THEN INSERT INTO a VALUES (i, CASE WHEN i > 2 THEN "
        "IF(i, 7, 8) "
        "ELSE 9 END);\n    END IF;\n    SET i = i + 1;\n  END WHILE;\nEND;\n"
        "CREATE TRIGGER tr BEFORE INSERT ON a FOR EACH ROW BEGIN SET NEW.x = NEW.x + 1; END;\n"
        "/*!50003 CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 5 */;\n"
        "SET @s = 'INSERT INTO a VALUES (100, 1);';\nPREPARE p FROM @s;\nEXECUTE p;\nDEALLOCATE "
        "PREPARE p;\n";
    struct connection c;
    (void)state;
    mysql_new(&c, plugin, 0);
    assert_int_equal(split(&c, script, sizeof script - 1), GW_OK);
    assert_int_equal(c.call.n_statements, 8);
    for (int i = 0; i < 8; i++) {
        char sql[1024];
        struct connection again = { .plugin = plugin };
        assert_int_equal(split(&again, script, sizeof script - 1), GW_OK);
        snprintf(sql, sizeof sql, "%.*s",
                 (int)(again.call.statements[i].end - again.call.statements[i].begin),
                 script + again.call.statements[i].begin);
        MUST(&c, GW_RUN_TX, sql);
    }
    MUST(&c, 0, "CALL fill(4)");
    expect_rows(&c, "SELECT id, x FROM a ORDER BY id", "0|10\n2|10\n100|2\n");
    connection_close(&c);
}

static void test_split_follows_the_session(void **state)
{
    static const char script[] = "SELECT '\\'; SELECT \"a\"";
    const struct opening opening = { .url = mysql_url(),
                                     .session = { "SET sql_mode = 'NO_BACKSLASH_ESCAPES';" } };
    struct connection c;
    (void)state;
    assert_int_equal(connection_open(&c, plugin, &opening), GW_OK);
    assert_int_equal(split(&c, script, sizeof script - 1), GW_OK);
    assert_int_equal(c.call.n_statements, 2);
    connection_close(&c);
}

int mysql_split_cases(const struct plugin *of)
{
    const struct CMUnitTest tests[] = {
        MYSQL_CASE(test_split_text),
        MYSQL_CASE(test_split_programs_without_delimiter),
        MYSQL_CASE(test_split_classes),
        MYSQL_CASE(test_split_agrees_with_the_server),
        MYSQL_CASE(test_split_follows_the_session),
    };
    plugin = of;
    return _cmocka_run_group_tests("mysql: split", tests, sizeof tests / sizeof tests[0], NULL,
                                   NULL);
}
