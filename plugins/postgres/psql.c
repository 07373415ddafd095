/* SPDX-License-Identifier: Apache-2.0 */
/* What psql alone understands. */
#include "variable.h"

#include <string.h>

static const struct command {
    const char *names; /* between spaces */
    const char *hint;  /* NULL: it means nothing to the database, so it is skipped */
} commands[] = {
    /* pg_dump writes these two since CVE-2025-8714; they guard psql alone. */
    { " restrict unrestrict . ", NULL },
    /* What it shows, and to whom, is nothing to the database. */
    { " echo qecho warn timing pset x a t H pager ", NULL },
    { " copy ",
      "write COPY ... FROM STDIN with the data behind it, or load the file by a program" },
    { " i ir include include_relative ", "make the other file a migration of its own" },
    { " gset prompt getenv setenv ", "use \\set with a value, or `-- godwit:vars`" },
    { " c connect ", "a migration has one database; give the other a project of its own" },
    { " if elif else endif ", "write two migrations, or a DO block with IF" },
    { " ! ", "remove it, or use a hook" },
    { " g gx gdesc crosstabview watch ", "end the statement with ';'" },
    { " gexec ", "write a DO block with EXECUTE" },
    { " encoding ", "remove it: migrations are UTF-8" },
    { " q quit ", "remove it, and what follows" },
    { " o out w write s ", "remove it: a migration writes no file" },
};

/* " name " of the command. */
static void read_name(const char *command, size_t len, char name[32])
{
    size_t n = 1;
    name[0] = ' ';
    for (size_t i = 1; i < len && n < 30; i++) {
        if (strchr(" \t\r\n;'\"\\(", command[i]))
            break;
        name[n++] = command[i];
    }
    memcpy(name + n, " ", 2);
}

/* NULL: psql has none of that name, or none that we know. */
static const struct command *find_command(const char *command, size_t len, char name[32])
{
    read_name(command, len, name);
    for (size_t i = 0; name[2] && i < sizeof commands / sizeof commands[0]; i++)
        if (strstr(commands[i].names, name))
            return &commands[i];
    return NULL;
}

bool postgres_psql_idle(const char *command, size_t len)
{
    char name[32];
    struct postgres_assignment assignment;
    struct postgres_kind kind = { 0 };
    const struct command *found = find_command(command, len, name);
    if (found && !found->hint)
        return true;
    return postgres_assignment_read((struct gw_str){ command, len }, &assignment, &kind) &&
           assignment.idle;
}

/* Unknown ones are refused as well: skipping them would not do what the author meant. */
void postgres_psql_kind(const char *command, size_t len, struct postgres_kind *out)
{
    char name[32];
    struct postgres_assignment assignment;
    const struct command *found = find_command(command, len, name);

    if (postgres_assignment_read((struct gw_str){ command, len }, &assignment, out)) {
        out->assigns = out->dirties = true;
        out->flags |= GW_SPLIT_SETTING;
        return;
    }
    postgres_kind_refuse(out, GW_E_REFUSED,
                         found ? found->hint : "remove it, or write what it does in SQL",
                         "psql's '\\%.*s' is for psql alone", (int)strlen(name) - 2, name + 1);
}
