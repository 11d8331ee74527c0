/* The content of files, and what is sent to sockets: writes, reads and syncs, which are recorded and can fail. */
#include "shim.h"

static Number serial; /* of the last sync */

/* How many of these bytes a write may take now; -1 with errno if it fails. */
static ssize_t allowed(size_t size) {
    int error = (int)control->writeError;
    int64_t most = control->mostBytes, room = control->room;
    size_t taken = most > 0 && size > (size_t)most ? (size_t)most : size;
    if (!error && room >= 0) {
        if (size && !room)
            error = ENOSPC;
        taken = taken > (size_t)room ? (size_t)room : taken;
        control->room -= (int64_t)(error ? 0 : taken);
    }
    if (error) {
        control->badWrites++;
        errno = error;
        return -1;
    }
    control->shortWrites += taken < size;
    return (ssize_t)taken;
}

static size_t total(const struct iovec *data, int count) {
    size_t size = 0;
    for (int i = 0; i < count; i++)
        size += data[i].iov_len;
    return size;
}

/* A write to a file of the folder.  A negative offset means: where the descriptor is. */
static ssize_t wrote(int fd, const struct iovec *data, int count, off64_t offset) {
    struct iovec parts[IOV_MAX];
    size_t size = total(data, count);
    int used = 0;
    begin();
    ssize_t left = allowed(size), result = -1;
    if (left >= 0) {
        for (ssize_t rest = left; used < count && used < IOV_MAX && rest > 0; rest -= (ssize_t)parts[used++].iov_len) {
            parts[used] = data[used];
            if (parts[used].iov_len > (size_t)rest)
                parts[used].iov_len = (size_t)rest;
        }
        if (offset < 0) {
            result = syscall(SYS_writev, fd, parts, used);
            if (result > 0)
                offset = lseek64(fd, 0, SEEK_CUR) - result;
        } else
            result = syscall(SYS_pwritev, fd, parts, used, offset, 0);
        if (result > 0 && recording())
            put('W', fd, inode(fd), offset, parts, used, (size_t)result);
    }
    end();
    return result;
}

/* Whether a descriptor is a socket whose output is recorded. */
static int isSocket(int fd) {
    struct stat found;
    if (!recording() || fd < 0 || fd >= TABLE || kinds[fd] == DATA)
        return 0;
    if (kinds[fd] == NONE && !fstat(fd, &found) && S_ISSOCK(found.st_mode))
        kinds[fd] = SOCKET;
    return kinds[fd] == SOCKET;
}

static ssize_t sent(int fd, const struct iovec *data, int count, ssize_t result) {
    if (result > 0)
        put('N', fd, 0, 0, data, count, (size_t)result);
    end();
    return result;
}

EXPORT ssize_t writev(int fd, const struct iovec *data, int count) {
    if (kindOf(fd) == DATA)
        return wrote(fd, data, count, -1);
    if (!isSocket(fd))
        return syscall(SYS_writev, fd, data, count);
    begin();
    return sent(fd, data, count, syscall(SYS_writev, fd, data, count));
}

EXPORT ssize_t write(int fd, const void *data, size_t size) {
    struct iovec one = {(void *)data, size};
    return kindOf(fd) == DATA || isSocket(fd) ? writev(fd, &one, 1) : syscall(SYS_write, fd, data, size);
}

EXPORT ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset) {
    struct iovec one = {(void *)data, size};
    return kindOf(fd) == DATA ? wrote(fd, &one, 1, offset) : syscall(SYS_pwrite64, fd, data, size, offset);
}

EXPORT ssize_t pwrite(int fd, const void *data, size_t size, off_t at) { return pwrite64(fd, data, size, at); }

EXPORT ssize_t pwritev64(int fd, const struct iovec *data, int count, off64_t offset) {
    return kindOf(fd) == DATA ? wrote(fd, data, count, offset) : syscall(SYS_pwritev, fd, data, count, offset, 0);
}

EXPORT ssize_t pwritev(int fd, const struct iovec *data, int count, off_t at) { return pwritev64(fd, data, count, at); }

EXPORT ssize_t pwritev64v2(int fd, const struct iovec *data, int count, off64_t offset, int flags) {
    if (kindOf(fd) == DATA)
        return wrote(fd, data, count, offset);
    return syscall(SYS_pwritev2, fd, data, count, offset, 0, flags);
}

EXPORT ssize_t sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *to, socklen_t length) {
    struct iovec one = {(void *)data, size};
    if (!isSocket(fd))
        return syscall(SYS_sendto, fd, data, size, flags, to, length);
    begin();
    return sent(fd, &one, 1, syscall(SYS_sendto, fd, data, size, flags, to, length));
}

EXPORT ssize_t send(int fd, const void *data, size_t size, int flags) { return sendto(fd, data, size, flags, NULL, 0); }

EXPORT ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    if (!isSocket(fd))
        return syscall(SYS_sendmsg, fd, message, flags);
    begin();
    return sent(fd, message->msg_iov, (int)message->msg_iovlen, syscall(SYS_sendmsg, fd, message, flags));
}

static int unreadable(int fd) {
    if (kindOf(fd) != DATA || !control->readError)
        return 0;
    control->badReads++;
    errno = (int)control->readError;
    return 1;
}

EXPORT ssize_t read(int fd, void *data, size_t size) { return unreadable(fd) ? -1 : syscall(SYS_read, fd, data, size); }

EXPORT ssize_t pread64(int fd, void *data, size_t size, off64_t offset) {
    return unreadable(fd) ? -1 : syscall(SYS_pread64, fd, data, size, offset);
}

EXPORT ssize_t pread(int fd, void *data, size_t size, off_t offset) { return pread64(fd, data, size, offset); }

static int synced(long call, int fd) {
    if (kindOf(fd) != DATA)
        return (int)syscall(call, fd);
    int64_t number = ++serial, delay = control->syncDelay, left = control->syncErrors;
    int result = 0, records = recording();
    if (records) {
        begin();
        putText('B', fd, inode(fd), number, "", 0);
        end();
    }
    control->syncs++;
    if (delay > 0) {
        struct timespec wait = {delay / 1000000000, delay % 1000000000};
        nanosleep(&wait, NULL);
    }
    if (control->syncError && left) {
        control->syncErrors -= left > 0;
        control->badSyncs++;
        errno = (int)control->syncError;
        result = -1;
    } else
        result = (int)syscall(call, fd);
    if (records) {
        begin();
        putText(result ? 'F' : 'E', fd, inode(fd), number, "", 0);
        end();
    }
    return result;
}

EXPORT int fsync(int fd) { return synced(SYS_fsync, fd); }
EXPORT int fdatasync(int fd) { return synced(SYS_fdatasync, fd); }
