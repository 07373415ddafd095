SET standard_conforming_strings = off;
COPY t (a, b) FROM stdin;
1	it's; "x"
\.
INSERT INTO t VALUES ('\'', E'\\', U&'d\0061t');
CREATE INDEX CONCURRENTLY i ON t (a);
