/* SPDX-License-Identifier: Apache-2.0 */
/* A text that is equal for equal schemas: one line an object, by names alone, in an order that is always the same. */
#include "driver.h"
#include "wire.h"

#include "base/buf.h"

#include <string.h>

/* search_path is empty while this runs, so that every name that the server writes has its schema. Left out: system
 * schemas, tables that begin with $1 and all of theirs, and members of extensions, which come with those. Privileges
 * are shown as they are, not as they were granted: a REVOKE after a GRANT is no difference. */
#define ACL_OF "(SELECT string_agg(a::text, ',' ORDER BY a::text) FROM unnest(coalesce("
#define ACL_END ")) a) AS acl"

static const char sources[] =
    "WITH s AS (SELECT oid, nspname, " ACL_OF "nspacl, acldefault('n', nspowner)" ACL_END
    " FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'),"
    " e AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e'),"
    " r AS (SELECT c.*, format('%I.%I', s.nspname, c.relname) AS name, " ACL_OF
    "relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\", relowner)" ACL_END
    " FROM pg_class c JOIN s ON s.oid = c.relnamespace"
    " WHERE left(c.relname, length($1::text)) <> $1::text AND NOT EXISTS (SELECT FROM e"
    " WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid)),"
    " t AS (SELECT t.*, format('%I.%I', s.nspname, t.typname) AS name FROM pg_type t"
    " JOIN s ON s.oid = t.typnamespace WHERE NOT EXISTS (SELECT FROM e"
    " WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid)),"
    " p AS (SELECT p.*, p.oid::regprocedure::text AS name, " ACL_OF
    "proacl, acldefault('f', proowner)" ACL_END
    " FROM pg_proc p JOIN s ON s.oid = p.pronamespace WHERE NOT EXISTS (SELECT FROM e"
    " WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid)),"
    " l (kind, name, part, def) AS (";

/* kind, name, part, definition */
static const char *const objects[] = {
    "SELECT 'schema', quote_ident(nspname)::text, '', acl FROM s",
    "SELECT 'extension', extname::text, '', extversion FROM pg_extension",
    ("SELECT 'relation', name, '', concat_ws(' ', relkind, relpersistence,"
     " relrowsecurity, relforcerowsecurity, relreplident, array_to_string(reloptions,"
     " ','), CASE WHEN relkind = 'p' THEN pg_get_partkeydef(oid) END, CASE WHEN"
     " relispartition THEN pg_get_expr(relpartbound, oid) END, (SELECT"
     " string_agg(inhparent::regclass::text, ',' ORDER BY inhseqno) FROM pg_inherits"
     " WHERE inhrelid = r.oid), CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(oid)"
     " END, acl) FROM r WHERE relkind IN ('r', 'p', 'v', 'm', 'f')"),
    ("SELECT 'column', r.name, a.attname::text, concat_ws(' ', row_number() OVER"
     " (PARTITION BY a.attrelid ORDER BY a.attnum), format_type(a.atttypid,"
     " a.atttypmod), a.attnotnull, nullif(a.attidentity, ''), nullif(a.attgenerated,"
     " ''), pg_get_expr(d.adbin, d.adrelid), CASE WHEN a.attcollation <> 0 THEN"
     " (SELECT concat(o.collnamespace::regnamespace, '.', quote_ident(o.collname)) FROM"
     " pg_collation o WHERE o.oid = a.attcollation) END, a.attstorage, array_to_string(a.attacl,"
     " ',')) FROM r JOIN pg_attribute a ON a.attrelid = r.oid LEFT JOIN pg_attrdef d ON"
     " d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE a.attnum > 0 AND NOT"
     " a.attisdropped AND r.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')"),
    ("SELECT 'constraint', r.name, c.conname::text, concat_ws(' ',"
     " pg_get_constraintdef(c.oid), c.convalidated) FROM r JOIN pg_constraint c ON"
     " c.conrelid = r.oid"),
    ("SELECT 'index', r.name, i.indexrelid::regclass::text, concat_ws(' ',"
     " pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisprimary, i.indisclustered,"
     " i.indisreplident) FROM r JOIN pg_index i ON i.indrelid = r.oid WHERE r.relkind <>"
     " 't'"),
    ("SELECT 'trigger', r.name, g.tgname::text, concat_ws(' ',"
     " pg_get_triggerdef(g.oid), g.tgenabled) FROM r JOIN pg_trigger g ON g.tgrelid ="
     " r.oid WHERE NOT g.tgisinternal"),
    ("SELECT 'rule', r.name, w.rulename::text, concat_ws(' ', pg_get_ruledef(w.oid),"
     " w.ev_enabled) FROM r JOIN pg_rewrite w ON w.ev_class = r.oid WHERE w.rulename <>"
     " '_RETURN'"),
    ("SELECT 'policy', r.name, o.polname::text, concat_ws(' ', o.polcmd,"
     " o.polpermissive, (SELECT string_agg(CASE x WHEN 0 THEN 'public' ELSE"
     " pg_get_userbyid(x)::text END, ',' ORDER BY 1) FROM unnest(o.polroles) x),"
     " pg_get_expr(o.polqual, o.polrelid), '/', pg_get_expr(o.polwithcheck, o.polrelid))"
     " FROM r JOIN pg_policy o ON o.polrelid = r.oid"),
    ("SELECT 'statistics', r.name, x.stxname::text, pg_get_statisticsobjdef(x.oid) FROM"
     " r JOIN pg_statistic_ext x ON x.stxrelid = r.oid"),
    ("SELECT 'foreign table', r.name, f.srvname::text, array_to_string(x.ftoptions,"
     " ',') FROM r JOIN pg_foreign_table x ON x.ftrelid = r.oid JOIN pg_foreign_server f"
     " ON f.oid = x.ftserver"),
    ("SELECT 'sequence', r.name, '', concat_ws(' ', format_type(q.seqtypid, NULL),"
     " q.seqstart, q.seqincrement, q.seqmin, q.seqmax, q.seqcache, q.seqcycle, r.acl)"
     " FROM r JOIN pg_sequence q ON q.seqrelid = r.oid"),
    ("SELECT 'enum', t.name, '', (SELECT string_agg(quote_literal(n.enumlabel), ','"
     " ORDER BY n.enumsortorder) FROM pg_enum n WHERE n.enumtypid = t.oid) FROM t WHERE"
     " t.typtype = 'e'"),
    ("SELECT 'domain', t.name, '', concat_ws(' ', format_type(t.typbasetype,"
     " t.typtypmod), t.typnotnull, t.typdefault, (SELECT string_agg(c.conname || ' ' ||"
     " pg_get_constraintdef(c.oid), ',' ORDER BY c.conname) FROM pg_constraint c WHERE"
     " c.contypid = t.oid)) FROM t WHERE t.typtype = 'd'"),
    ("SELECT 'range', t.name, '', concat_ws(' ', format_type(g.rngsubtype, NULL),"
     " g.rngcanonical, g.rngsubdiff) FROM t JOIN pg_range g ON g.rngtypid = t.oid"),
    ("SELECT 'base type', t.name, '', concat_ws(' ', t.typinput, t.typoutput, t.typlen)"
     " FROM t WHERE t.typtype = 'b' AND t.typelem = 0"),
    ("SELECT 'routine', p.name, p.prokind::text, concat_ws(' ', CASE WHEN p.prokind <>"
     " 'a' THEN pg_get_functiondef(p.oid) ELSE (SELECT concat_ws(' ', g.aggtransfn,"
     " g.aggfinalfn, g.aggcombinefn, format_type(g.aggtranstype, NULL), g.agginitval)"
     " FROM pg_aggregate g WHERE g.aggfnoid = p.oid) END, p.acl) FROM p"),
    ("SELECT 'operator', o.oid::regoperator::text, '', concat_ws(' ', o.oprcode,"
     " o.oprcom::regoperator, o.oprnegate::regoperator) FROM pg_operator o JOIN s ON"
     " s.oid = o.oprnamespace WHERE NOT EXISTS (SELECT FROM e WHERE e.classid ="
     " 'pg_operator'::regclass AND e.objid = o.oid)"),
    ("SELECT 'cast', format_type(castsource, NULL), format_type(casttarget, NULL),"
     " concat_ws(' ', castcontext, castmethod) FROM pg_cast c WHERE c.oid >= 16384 AND"
     " NOT EXISTS (SELECT FROM e WHERE e.classid = 'pg_cast'::regclass AND e.objid ="
     " c.oid)"),
    ("SELECT 'collation', format('%I.%I', s.nspname, c.collname), '', concat_ws(' ',"
     " c.collprovider, c.collisdeterministic, c.collcollate, c.collctype) FROM"
     " pg_collation c JOIN s ON s.oid = c.collnamespace"),
    ("SELECT 'event trigger', v.evtname::text, '', concat_ws(' ', v.evtevent,"
     " v.evtfoid::regprocedure, v.evtenabled, array_to_string(v.evttags, ',')) FROM"
     " pg_event_trigger v"),
    ("SELECT 'publication', b.pubname::text, '', concat_ws(' ', b.puballtables,"
     " b.pubinsert, b.pubupdate, b.pubdelete, b.pubtruncate, (SELECT"
     " string_agg(prrelid::regclass::text, ',' ORDER BY prrelid::regclass::text) FROM"
     " pg_publication_rel WHERE prpubid = b.oid)) FROM pg_publication b"),
    ("SELECT 'server', f.srvname::text, '', concat_ws(' ', f.srvtype, f.srvversion,"
     " array_to_string(f.srvoptions, ',')) FROM pg_foreign_server f"),
    ("SELECT 'default privileges', coalesce(pg_get_userbyid(a.defaclrole)::text, ''),"
     " concat(s.nspname, ' ', a.defaclobjtype), array_to_string(a.defaclacl, ',') FROM"
     " pg_default_acl a LEFT JOIN s ON s.oid = a.defaclnamespace"),
    ("SELECT 'comment', coalesce(r.name, t.name, p.name, quote_ident(s.nspname)),"
     " d.objsubid::text, d.description FROM pg_description d LEFT JOIN r ON d.classoid ="
     " 'pg_class'::regclass AND d.objoid = r.oid LEFT JOIN t ON d.classoid ="
     " 'pg_type'::regclass AND d.objoid = t.oid LEFT JOIN p ON d.classoid ="
     " 'pg_proc'::regclass AND d.objoid = p.oid LEFT JOIN s ON d.classoid ="
     " 'pg_namespace'::regclass AND d.objoid = s.oid WHERE coalesce(r.oid, t.oid, p.oid,"
     " s.oid) IS NOT NULL"),
};

static const char order[] =
    ") SELECT concat(kind, ' ', name, ' ', part, ': ', def, E'\\n') FROM l ORDER BY kind"
    " COLLATE \"C\", name COLLATE \"C\", part COLLATE \"C\", def COLLATE \"C\"";

struct sending {
    const struct gw_text_out *out;
    bool quiet; /* the sink wants no more */
};

static gw_status take_line(struct postgres_session *session, void *payload,
                           const struct postgres_step *step, const PGresult *result)
{
    struct sending *sending = payload;
    if (result && PQresultStatus(result) == PGRES_FATAL_ERROR)
        return postgres_fail_result(session, result, (struct gw_str){ 0 });
    if (!result || step->kind != POSTGRES_STEP_STATEMENT ||
        PQresultStatus(result) != PGRES_SINGLE_TUPLE || sending->quiet)
        return GW_OK;
    gw_status status =
        sending->out->text(session->call, (struct gw_str){ PQgetvalue(result, 0, 0),
                                                           (size_t)PQgetlength(result, 0, 0) });
    sending->quiet = status == GW_STOP;
    return status == GW_STOP ? GW_OK : status;
}

static void send_objects(struct postgres_session *session, const struct postgres_params *params)
{
    struct gw_buf sql = GW_BUF_TEXT;
    gw_buf_text(&sql, sources);
    for (size_t i = 0; i < sizeof objects / sizeof objects[0]; i++)
        gw_buf_printf(&sql, "%s%s", i ? " UNION ALL " : "", objects[i]);
    gw_buf_text(&sql, order);
    if (sql.failed)
        postgres_fail_memory(session);
    else
        postgres_send(session, POSTGRES_STEP_STATEMENT, 0, gw_buf_str(&sql), params);
    gw_buf_free(&sql);
}

gw_status postgres_fingerprint(struct gw_call *call, void *conn, struct gw_str except,
                               struct gw_str sql, const struct gw_text_out *out)
{
    struct postgres_session *session = conn;
    struct sending sending = { .out = out };
    const struct postgres_params params = { .n = 1, .values = { except.ptr ? except.ptr : "" } };
    (void)sql; /* of all objects: what a statement touches, the server alone knows */

    postgres_enter(session, call);
    postgres_send(session, POSTGRES_STEP_OWN, 0, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                  NULL);
    postgres_send(session, POSTGRES_STEP_OWN, 0, "SET LOCAL search_path = ''", NULL);
    postgres_send(session, POSTGRES_STEP_OWN, 0, "SET LOCAL jit = off", NULL);
    postgres_send(session, POSTGRES_STEP_OWN, 0, "SET LOCAL quote_all_identifiers = off", NULL);
    send_objects(session, &params);
    postgres_send(session, POSTGRES_STEP_OWN, 0, "COMMIT", NULL);
    postgres_send_sync(session);
    gw_status status = postgres_receive(session, true, take_line, &sending);
    postgres_undo(session);
    return postgres_leave(session, status);
}
