/* SPDX-License-Identifier: Apache-2.0 */
/* measure FILE COMMAND [ARGUMENT...]: runs the command and writes one line to FILE:
 *
 *   WALL USER SYS PEAK STATUS      seconds, seconds, seconds, KiB, exit status (128 + signal if killed)
 *
 * A program of its own, because Linux counts the memory of whoever called exec into the peak of what it
 * became: a child of an interpreter would never show less than the interpreter needs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_NO_COMMAND = 127,
    EXIT_SIGNAL = 128
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
    struct rusage used;
    int status;

    if (argc < 3) {
        fprintf(stderr, "usage: measure FILE COMMAND [ARGUMENT...]\n");
        return EXIT_USAGE;
    }
    FILE *out = fopen(argv[1], "we");
    if (!out) {
        fprintf(stderr, "measure: cannot create '%s': %s\n", argv[1], strerror(errno));
        return EXIT_FAILED;
    }
    double start = now();
    pid_t child = fork();
    if (child == 0) {
        execvp(argv[2], argv + 2);
        fprintf(stderr, "measure: cannot run '%s': %s\n", argv[2], strerror(errno));
        _exit(EXIT_NO_COMMAND);
    }
    if (child < 0 || wait4(child, &status, 0, &used) < 0) {
        fprintf(stderr, "measure: cannot run '%s': %s\n", argv[2], strerror(errno));
        fclose(out);
        return EXIT_FAILED;
    }
    double wall = now() - start;
    int code = WIFSIGNALED(status) ? EXIT_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
    fprintf(out, "%.6f %.6f %.6f %ld %d\n", wall, seconds(used.ru_utime), seconds(used.ru_stime),
            used.ru_maxrss, code);
    return fclose(out) ? EXIT_FAILED : code;
}
