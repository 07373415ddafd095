\set ON_ERROR_STOP on
\set owner 'app user'
\set n 4 2
BEGIN;
GRANT CONNECT ON DATABASE :"DBNAME" TO :"owner";
SELECT :n, :'owner', a[1:n], b::text FROM t;
COMMIT;
\unset owner
