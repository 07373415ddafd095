/* SPDX-License-Identifier: 0BSD */
/* Failure codes. code / 100 is the class, so that a host understands a code that it does not know. */
#ifndef GODWIT_STATUS_H
#define GODWIT_STATUS_H

enum {
    GW_OK = 0,
    GW_STOP = 1, /* from a sink: the receiver has seen enough; not a failure */

    GW_E_ARGUMENT = -100,    /* an option, a setting or a call is wrong */
    GW_E_UNSUPPORTED = -200, /* the database or the plugin cannot do it */
    GW_E_CONNECT = -300,     /* cannot connect, or the connection was lost */
    GW_E_NOT_FOUND = -301,   /* the database (file) does not exist */
    GW_E_NOT_A_DATABASE = -302,
    GW_E_PERMISSION = -400, /* no right to read or write */
    GW_E_READ_ONLY = -401,  /* the session, the file or the folder is read-only */
    GW_E_SYNTAX = -500,     /* the database does not understand the statement */
    GW_E_UNDEFINED = -501,  /* it names a table or column that does not exist */
    GW_E_EXISTS = -502,     /* it creates what exists */
    GW_E_REFUSED = -503,    /* the driver does not let a migration run this statement */
    GW_E_CONSTRAINT = -600, /* data breaks a constraint */
    GW_E_ASSERT = -601,     /* an expectation on a statement's result did not hold */
    GW_E_LOCKED = -700,     /* another session holds what is needed; worth another try */
    GW_E_FENCED = -701,     /* our own lock or epoch is not ours any more */
    GW_E_TIMEOUT = -800,
    GW_E_CANCELLED = -900,
    GW_E_IO = -1000,
    GW_E_FULL = -1001, /* no space left */
    GW_E_CORRUPT = -1100,
    GW_E_NO_MEMORY = -1200,
    GW_E_INTERNAL = -1300 /* a fault in the plugin itself */
};

#endif
