/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "cli/commands/commands.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const char configuration[] =
    "// Godwit's configuration, found upwards from the working directory. Relative paths count "
    "from\n"
    "// this file. What is commented out shows the other keys.\n"
    "\n"
    "// Which database. ${NAME} comes from the environment and is never shown.\n"
    "database = {\n"
    "    backend = \"sqlite\";\n"
    "    url = \"app.db\";                    // or \"${DATABASE_URL}\"\n"
    "    // session = [ \"PRAGMA cache_size = -8000\" ];   // run in each session\n"
    "    // options = { };                  // the driver's own: `godwit plugin info sqlite`\n"
    "};\n"
    "\n"
    "migrations = {\n"
    "    directory = \"migrations\";\n"
    "    // format = \"godwit\";              // or another tool's files: goose, dbmate, flyway "
    "...\n"
    "    // ignore = [ \"seeds\", \"*.draft.sql\" ];  // files and folders that hold no "
    "migrations\n"
    "    // vars = { app_role = \"shop\"; };  // placeholders of migration files\n"
    "};\n"
    "\n"
    "engine = {\n"
    "    // durability = \"run\";             // \"revision\": each on disk before the next "
    "begins\n"
    "    // lock_wait = \"10s\";              // how long to wait for another runner\n"
    "};\n"
    "\n"
    "// What differs elsewhere: `godwit upgrade --environment production`\n"
    "// environments = { production = { database = { url = \"${DATABASE_URL}\"; }; }; };\n";

static const char example_body[] =
    "-- An example to change or to delete. `godwit upgrade` applies it, `godwit downgrade base`\n"
    "-- reverts it; each section is plain SQL.\n"
    "--\n";

static const char example_sections[] = "\n"
                                       "-- godwit:up\n"
                                       "CREATE TABLE note (\n"
                                       "    id INTEGER PRIMARY KEY,\n"
                                       "    body TEXT NOT NULL,\n"
                                       "    created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP\n"
                                       ");\n"
                                       "CREATE INDEX note_created_at ON note (created_at);\n"
                                       "\n"
                                       "-- godwit:down\n"
                                       "DROP TABLE note;\n";

int gw_require_empty(struct gw_cli *cli, const char *folder, const char *usage,
                     struct gw_fault *fault)
{
    char **names;
    size_t n;
    int fd;

    if (!gw_file_exists(folder))
        return GW_DONE;
    int code = gw_file_list(&cli->arena, folder, &names, &n, &fd, fault);
    if (code)
        return code;
    close(fd);
    if (n == 0)
        return GW_DONE;
    gw_fail(fault, GW_USAGE, "the folder '%.200s' is not empty: '%.200s' is in it", folder,
            names[0]);
    return gw_hint(fault, "give a new folder: `%s`", usage);
}

static int write_file(struct gw_cli *cli, const char *folder, const char *name, const char *text,
                      struct gw_fault *fault)
{
    const char *path = gw_file_join(&cli->arena, folder, name);

    int code =
        path ? gw_file_write(path, text, strlen(text), GW_FILE_NEW, fault) : gw_fail_memory(fault);
    if (!code)
        gw_emit(&cli->events, GW_LEVEL_DATA, "file.created", GW_FIELDS(gw_field_text("file", path)),
                "%s", path);
    return code;
}

static int write_example(struct gw_cli *cli, const char *folder, struct gw_fault *fault)
{
    enum {
        ID_DIGITS = 12
    };
    const int64_t now = gw_clock_wall_ns();
    char id[ID_DIGITS + 1], stamp[GW_TIME_TEXT], time[GW_TIME_TEXT];

    gw_random_hex(id, ID_DIGITS);
    gw_time_stamp(stamp, now);
    gw_time_text(time, now);
    const char *name = gw_arena_printf(&cli->arena, "migrations/%s_%s_create_notes.sql", stamp, id);
    const char *text = gw_arena_printf(&cli->arena,
                                       "-- Create notes\n--\n"
                                       "-- revision:      %s\n"
                                       "-- revises:\n"
                                       "-- created:       %s\n"
                                       "-- branch:\n"
                                       "-- depends_on:\n--\n%s%s",
                                       id, time, example_body, example_sections);
    return name && text ? write_file(cli, folder, name, text, fault) : gw_fail_memory(fault);
}

static int run_init(struct gw_cli *cli, struct gw_fault *fault)
{
    const char *folder = gw_cli_word(cli, 0) ? gw_cli_word(cli, 0) : ".";
    const char *migrations = gw_file_join(&cli->arena, folder, "migrations");

    if (!migrations)
        return gw_fail_memory(fault);
    int code = gw_require_empty(cli, folder, "godwit init DIR", fault);
    if (!code)
        code = gw_file_make_folder(migrations, fault);
    if (!code)
        code = write_file(cli, folder, "plugins.conf", configuration, fault);
    if (!code)
        code = write_example(cli, folder, fault);
    if (code)
        return code;
    bool here = strcmp(folder, ".") == 0;
    gw_emit(&cli->events, GW_LEVEL_INFO, "advice", GW_NO_FIELDS,
            "%s%s%s`godwit upgrade` applies it", here ? "" : "`cd ", here ? "" : folder,
            here ? "" : "`, then ");
    return GW_DONE;
}

const struct gw_command gw_command_init = {
    .name = "init",
    .words = "[DIR]",
    .most = 1,
    .summary = "begin a project: plugins.conf, migrations/ and an example migration",
    .about =
        "DIR (default: the working directory) must be empty but for hidden files. The database\n"
        "is SQLite in a file, so that a first run needs no server.",
    .example = "godwit init shop",
    .run = run_init,
};
