/* SPDX-License-Identifier: Apache-2.0 */
/* Who holds SQLite's locks: proc(5), /proc/locks, by the inode of the database and of its WAL index. */
#include "driver.h"
#include "process.h"
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum {
    BLOCKERS = 8,
    /* https://sqlite.org/walformat.html: locks in the WAL index; the first three are those of writers. The read
     * locks stop no writer. */
    WAL_FIRST_LOCK = 120,
    WAL_WRITER_LOCKS = 3
};

struct blocker {
    pid_t pid;
    bool writes;
};

struct held { /* one line of /proc/locks */
    bool writes;
    pid_t pid;
    dev_t device;
    ino_t inode;
    uint64_t start;
};

/* "1: POSIX  ADVISORY  WRITE 1234 fd:01:5678 120 120"; a line of a process that waits has "->" after its number
 * and is not taken. */
static bool parse(char *line, struct held *out)
{
    enum {
        KIND = 1,
        TYPE = 3,
        PID,
        FILE_ID,
        START,
        FIELDS
    };
    char *fields[FIELDS] = { 0 }, *end;
    size_t n = 0;
    for (char *at = line; *at && n < FIELDS;) {
        at += strspn(at, " ");
        fields[n++] = at;
        at += strcspn(at, " \n");
        if (*at)
            *at++ = '\0';
    }
    if (n < FIELDS || strcmp(fields[KIND], "->") == 0)
        return false;
    out->writes = strcmp(fields[TYPE], "WRITE") == 0;
    out->pid = (pid_t)strtol(fields[PID], NULL, 10);
    unsigned long high = strtoul(fields[FILE_ID], &end, 16);
    if (*end != ':')
        return false;
    unsigned long low = strtoul(end + 1, &end, 16);
    if (*end != ':')
        return false;
    out->device = makedev((unsigned int)high, (unsigned int)low);
    out->inode = (ino_t)strtoull(end + 1, NULL, 10);
    out->start = strtoull(fields[START], NULL, 10);
    return true;
}

static bool same_file(const struct held *held, const struct stat *file)
{
    if (held->inode != file->st_ino)
        return false;
    /* Layered file systems show another device here than stat does. */
    return held->device == file->st_dev ||
           sqlite_process_opens(held->pid, file->st_dev, file->st_ino) != 0;
}

/* In WAL mode each connection keeps a read lock on the database itself all the time. */
static bool blocks(const struct held *held, const struct stat *database, const struct stat *index,
                   bool wal)
{
    if (held->pid <= 0 || held->pid == getpid())
        return false;
    if (wal && same_file(held, index))
        return held->start >= WAL_FIRST_LOCK && held->start < WAL_FIRST_LOCK + WAL_WRITER_LOCKS;
    return (held->writes || !wal) && same_file(held, database);
}

static size_t remember(struct blocker *list, size_t n, const struct held *held)
{
    for (size_t i = 0; i < n; i++)
        if (list[i].pid == held->pid) {
            list[i].writes |= held->writes;
            return n;
        }
    if (n < BLOCKERS)
        list[n++] = (struct blocker){ held->pid, held->writes };
    return n;
}

static size_t find(const struct sqlite_session *session, struct blocker list[BLOCKERS])
{
    struct stat database, index = { 0 };
    struct held held;
    char line[256];
    size_t n = 0, room = strlen(session->path) + sizeof "-shm";
    char *index_path = malloc(room);
    FILE *locks = fopen("/proc/locks", "re");

    if (!locks || !index_path || session->in_memory || stat(session->path, &database))
        goto out;
    snprintf(index_path, room, "%s-shm", session->path);
    bool wal = stat(index_path, &index) == 0;
    while (fgets(line, sizeof line, locks))
        if (parse(line, &held) && blocks(&held, &database, &index, wal))
            n = remember(list, n, &held);
out:
    if (locks)
        fclose(locks);
    free(index_path);
    return n;
}

static void describe(const struct blocker *blocker, char *text, size_t room)
{
    char name[16];
    sqlite_process_name(blocker->pid, name);
    snprintf(text, room, "process %d (%s), which is %s", (int)blocker->pid, name,
             blocker->writes ? "writing" : "reading");
}

void sqlite_blockers(struct sqlite_session *session, char *text, size_t room)
{
    struct blocker list[BLOCKERS];
    size_t n = find(session, list), used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < n && used + 80 < room; i++) {
        used += (size_t)snprintf(text + used, room - used, "%s", i ? ", " : "");
        describe(&list[i], text + used, room - used);
        used += strlen(text + used);
    }
}

gw_status sqlite_list_blockers(struct gw_call *call, void *conn, const struct gw_text_out *out)
{
    struct sqlite_session *session = conn;
    struct blocker list[BLOCKERS];
    gw_status status = GW_OK;
    sqlite_enter(session, call);
    size_t n = find(session, list);
    for (size_t i = 0; i < n && status == GW_OK; i++) {
        char line[128];
        describe(&list[i], line, sizeof line - 1);
        size_t len = strlen(line);
        line[len++] = '\n';
        status = out->text(call, (struct gw_str){ line, len });
    }
    return sqlite_leave(session, status == GW_STOP ? GW_OK : status);
}
