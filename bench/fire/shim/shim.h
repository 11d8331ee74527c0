/*
 * Faults of the disk and of the wall clock for one process, and a record of what it writes and sends.
 *
 * Build the C files here with cc -O2 -shared -fPIC -fvisibility=hidden, preload the result with LD_PRELOAD, and name a
 * control file in FIRE_FAULTS.  Its layout is Control, which faults.py writes; a change takes effect at once.  Only files
 * below the folder that it names are affected.  The functions here are those that CPython and SQLite call; they make the
 * system calls themselves.  What SQLite writes through a mapping, the index of its log (journal.sqlite-shm), is not seen:
 * it need not survive anything.
 *
 * The record has every change of these files, and everything sent to sockets, in one order.  A change and its record are
 * one step, under a lock.  A sync has two records, because it takes time: what was written before the first is on the
 * disk at the second.  record.py reads it.
 */
#ifndef SHIM_H
#define SHIM_H
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

typedef _Atomic int64_t Number;

typedef struct {
    Number room;       /* bytes that can be written until the disk is full; negative: no limit */
    Number writeError; /* the errno of each write; 0: none */
    Number readError;
    Number syncError;
    Number syncErrors; /* how many of the next syncs fail; negative: all */
    Number syncDelay;  /* what each sync takes longer, in nanoseconds */
    Number mostBytes;  /* the most that one write takes; 0: no limit */
    Number clock;      /* added to the wall clock, in nanoseconds */
    Number badWrites, badReads, badSyncs, syncs, shortWrites; /* counted here */
    char folder[PATH_MAX];
    char record[PATH_MAX]; /* empty: record nothing */
} Control;

/* The head of a record.  What the numbers mean depends on the kind. */
typedef struct {
    uint32_t kind;
    int32_t fd;
    uint64_t file; /* the inode */
    int64_t offset;
    uint64_t size; /* of the data that follow */
} Head;

/* What a descriptor is, as far as that is known: DATA is a file or directory of the folder. */
enum { NONE, DATA, SOCKET, TABLE = 1 << 16 };

extern unsigned char kinds[TABLE];
extern Control *control; /* NULL: there is none, and nothing is changed or recorded */

int kindOf(int fd);
uint64_t inode(int fd);

/* Whether a path, as the kernel shows it, is in the folder; and the part below the folder, or NULL. */
const char *below(const char *path);

/* The same for the argument of a system call, whose directory must exist.  The buffer, of PATH_MAX, gets the path. */
const char *place(int directory, const char *path, char *buffer);

/* Whether this process records.  A child between fork and exec must not: its descriptors may be others. */
int recording(void);

/* The lock, which keeps errno. */
void begin(void);
void end(void);

/* Append a record.  Call it under the lock. */
void put(char kind, int fd, uint64_t file, int64_t offset, const struct iovec *data, int count, size_t size);
void putText(char kind, int fd, uint64_t file, int64_t offset, const char *text, size_t size);

#endif
