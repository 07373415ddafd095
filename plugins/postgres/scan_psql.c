/* SPDX-License-Identifier: Apache-2.0 */
/* What psql alone understands. */
#include "scan.h"

#include <string.h>

static const struct {
    const char *names; /* between spaces */
    const char *hint;  /* NULL: it means nothing to the database, so it is skipped */
} commands[] = {
    /* pg_dump writes these two since CVE-2025-8714; they guard psql alone. */
    { " restrict unrestrict . ", NULL },
    { " copy ",
      "write COPY ... FROM STDIN with the data behind it, or load the file by a program" },
    { " i ir include include_relative ", "make the other file a migration of its own" },
    { " set unset gset prompt getenv setenv ", "use `-- godwit:vars`" },
    { " c connect ", "a migration has one database; give the other a project of its own" },
    { " if elif else endif ", "use `-- godwit:if`, or two migrations" },
    { " echo qecho warn ! ", "remove it, or use a hook" },
    { " g gx gexec gdesc crosstabview watch ", "end the statement with ';'" },
    { " encoding ", "remove it: migrations are UTF-8" },
    { " timing pset x a t H q pager o out ", "remove it: it changes what psql shows" },
};

/* Unknown ones are refused as well: skipping them would not do what the author meant. */
bool postgres_psql_refuse(const char *command, size_t len, struct postgres_kind *out)
{
    const char *hint = "remove it, or write what it does in SQL";
    char name[32] = " ";
    size_t n = 1;

    for (size_t i = 1; i < len && n + 2 < sizeof name; i++) {
        if (strchr(" \t\r\n;'\"\\(", command[i]))
            break;
        name[n++] = command[i];
    }
    name[n] = '\0';
    char word[34];
    memcpy(word, name, n);
    memcpy(word + n, " ", 2);
    for (size_t i = 0; n > 1 && i < sizeof commands / sizeof commands[0]; i++) {
        if (!strstr(commands[i].names, word))
            continue;
        if (!commands[i].hint)
            return false;
        hint = commands[i].hint;
        break;
    }
    postgres_kind_refuse(out, GW_E_REFUSED, hint, "psql's '\\%s' is for psql alone", name + 1);
    return true;
}
