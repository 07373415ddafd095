/* SPDX-License-Identifier: Apache-2.0 */
#include "process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bytes read, -1 on failure; out is terminated. */
static ssize_t read_small(const char *path, char *out, size_t room)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t n = read(fd, out, room - 1);
    close(fd);
    out[n < 0 ? 0 : n] = '\0';
    return n;
}

/* proc(5), /proc/pid/stat: the name in parentheses may hold anything, so fields count from its last ')'. */
uint64_t sqlite_process_start(pid_t pid)
{
    enum {
        START_FIELD = 22,
        STATE_FIELD = 3
    };
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    if (read_small(path, text, sizeof text) <= 0)
        return 0;
    const char *at = strrchr(text, ')');
    if (!at || at[1] != ' ' || at[2] == 'Z' || at[2] == 'X')
        return 0;
    at += 2;
    for (int field = STATE_FIELD; field < START_FIELD; field++) {
        at = strchr(at, ' ');
        if (!at)
            return 0;
        at++;
    }
    return strtoull(at, NULL, 10);
}

void sqlite_process_name(pid_t pid, char out[16])
{
    char path[64], text[64];
    size_t n = 0;
    snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
    if (read_small(path, text, sizeof text) <= 0)
        snprintf(text, sizeof text, "?");
    for (const char *c = text; *c && *c != '\n' && n < 15; c++)
        out[n++] = (unsigned char)*c < ' ' || *c == 0x7f ? '?' : *c;
    out[n] = '\0';
}

int sqlite_process_opens(pid_t pid, dev_t dev, ino_t ino)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *folder = opendir(path);
    if (!folder)
        return errno == EACCES || errno == EPERM ? -1 : 0;
    int opens = 0;
    for (struct dirent *entry; !opens && (entry = readdir(folder));) {
        struct stat file;
        if (entry->d_name[0] != '.' && fstatat(dirfd(folder), entry->d_name, &file, 0) == 0)
            opens = file.st_dev == dev && file.st_ino == ino;
    }
    closedir(folder);
    return opens;
}

void sqlite_connection_self(struct sqlite_connection *out)
{
    *out = (struct sqlite_connection){ .pid = getpid() };
    out->start = sqlite_process_start(out->pid);
    if (gethostname(out->host, sizeof out->host - 1))
        snprintf(out->host, sizeof out->host, "localhost");
}

void sqlite_connection_text(const struct sqlite_connection *connection,
                            char out[SQLITE_CONNECTION_TEXT])
{
    snprintf(out, SQLITE_CONNECTION_TEXT, "%d:%llu:%s", (int)connection->pid,
             (unsigned long long)connection->start, connection->host);
}

bool sqlite_connection_parse(struct gw_str text, struct sqlite_connection *out)
{
    char copy[SQLITE_CONNECTION_TEXT], *end;
    *out = (struct sqlite_connection){ 0 };
    if (text.len >= sizeof copy)
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    long pid = strtol(copy, &end, 10);
    if (pid <= 1 || pid > INT32_MAX || *end != ':')
        return false;
    out->pid = (pid_t)pid;
    out->start = strtoull(end + 1, &end, 10);
    if (!out->start || *end != ':' || strlen(end + 1) >= sizeof out->host)
        return false;
    memcpy(out->host, end + 1, strlen(end + 1) + 1);
    return true;
}

bool sqlite_connection_alive(const struct sqlite_connection *connection)
{
    return sqlite_process_start(connection->pid) == connection->start;
}
