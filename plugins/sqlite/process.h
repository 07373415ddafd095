/* SPDX-License-Identifier: Apache-2.0 */
/* Other processes of this machine, as /proc shows them. */
#ifndef SQLITE_PROCESS_H
#define SQLITE_PROCESS_H

#include <godwit/base.h>
#include <stdbool.h>
#include <sys/types.h>

enum {
    SQLITE_CONNECTION_TEXT = 128,
    SQLITE_HOST_TEXT = 65
};

/* A process for certain: its number is used again one day, its number with its start time is not. */
struct sqlite_connection {
    pid_t pid;
    uint64_t start; /* clock ticks after boot */
    char host[SQLITE_HOST_TEXT];
};

/* This process. */
void sqlite_connection_self(struct sqlite_connection *out);
/* "pid:start:host" */
void sqlite_connection_text(const struct sqlite_connection *connection,
                            char out[SQLITE_CONNECTION_TEXT]);
bool sqlite_connection_parse(struct gw_str text, struct sqlite_connection *out);
bool sqlite_connection_alive(const struct sqlite_connection *connection);

/* Start time of a process; 0: there is none, or only its remains. */
uint64_t sqlite_process_start(pid_t pid);
/* Its program's name, at most 15 bytes, without control characters; "?" if unknown. */
void sqlite_process_name(pid_t pid, char out[16]);
/* 1: it has the file open; 0: it has not; -1: it is another user's, and does not show. */
int sqlite_process_opens(pid_t pid, dev_t dev, ino_t ino);

#endif
