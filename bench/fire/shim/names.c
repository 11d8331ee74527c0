/* Descriptors and names: what opens, closes, creates, removes and renames.  It is recorded and never fails here. */
#include "shim.h"

#include <stdarg.h>

static int opened(int directory, const char *path, int flags, mode_t mode) {
    char buffer[PATH_MAX], link[64];
    struct stat before;
    int nameless = (flags & O_TMPFILE) == O_TMPFILE, changes = nameless || flags & (O_CREAT | O_TRUNC);
    const char *name = changes && control && recording() ? place(directory, path, buffer) : NULL;
    if (name)
        begin();
    int creates = name && (nameless || (flags & O_CREAT && lstat(buffer, &before)));
    int fd = (int)syscall(SYS_openat, directory, path, flags, mode);
    if (name) {
        if (fd >= 0 && creates)
            putText('C', fd, inode(fd), 0, name, nameless ? 0 : strlen(name));
        else if (fd >= 0 && flags & O_TRUNC)
            putText('T', fd, inode(fd), 0, "", 0);
        end();
    }
    if (control && fd >= 0 && fd < TABLE) {
        int kept = errno;
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t size = readlink(link, buffer, sizeof buffer - 1);
        buffer[size < 0 ? 0 : size] = 0;
        kinds[fd] = below(buffer) ? DATA : NONE;
        errno = kept;
    }
    return fd;
}

#define MODE(flags)                                                                                                    \
    mode_t mode = 0;                                                                                                   \
    if (flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))) {                                                              \
        va_list list;                                                                                                  \
        va_start(list, flags);                                                                                         \
        mode = va_arg(list, mode_t);                                                                                   \
        va_end(list);                                                                                                  \
    }

EXPORT int open(const char *path, int flags, ...) { MODE(flags) return opened(AT_FDCWD, path, flags, mode); }
EXPORT int open64(const char *path, int flags, ...) { MODE(flags) return opened(AT_FDCWD, path, flags, mode); }
EXPORT int openat(int at, const char *path, int flags, ...) { MODE(flags) return opened(at, path, flags, mode); }
EXPORT int openat64(int at, const char *path, int flags, ...) { MODE(flags) return opened(at, path, flags, mode); }

EXPORT int close(int fd) {
    int kind = kindOf(fd);
    if (kind != SOCKET || !recording()) {
        if (kind)
            kinds[fd] = NONE;
        return (int)syscall(SYS_close, fd);
    }
    begin();
    kinds[fd] = NONE;
    putText('X', fd, 0, 0, "", 0);
    int result = (int)syscall(SYS_close, fd);
    end();
    return result;
}

static int unlinked(int directory, const char *path, int flags) {
    char buffer[PATH_MAX];
    const char *name = control && recording() ? place(directory, path, buffer) : NULL;
    if (!name)
        return (int)syscall(SYS_unlinkat, directory, path, flags);
    begin();
    int result = (int)syscall(SYS_unlinkat, directory, path, flags);
    if (!result)
        putText('U', 0, 0, 0, name, strlen(name));
    end();
    return result;
}

EXPORT int unlink(const char *path) { return unlinked(AT_FDCWD, path, 0); }
EXPORT int unlinkat(int directory, const char *path, int flags) { return unlinked(directory, path, flags); }
EXPORT int rmdir(const char *path) { return unlinked(AT_FDCWD, path, AT_REMOVEDIR); }

static int made(int directory, const char *path, mode_t mode) {
    char buffer[PATH_MAX];
    struct stat found;
    const char *name = control && recording() ? place(directory, path, buffer) : NULL;
    if (!name)
        return (int)syscall(SYS_mkdirat, directory, path, mode);
    begin();
    int result = (int)syscall(SYS_mkdirat, directory, path, mode);
    if (!result && !stat(buffer, &found))
        putText('M', 0, found.st_ino, 0, name, strlen(name));
    end();
    return result;
}

EXPORT int mkdir(const char *path, mode_t mode) { return made(AT_FDCWD, path, mode); }
EXPORT int mkdirat(int directory, const char *path, mode_t mode) { return made(directory, path, mode); }

/* Both names are recorded, with a NUL between them.  One outside of the folder is empty. */
static int renamed(int from, const char *path, int to, const char *target) {
    char buffer[PATH_MAX], other[PATH_MAX];
    const char *name = NULL, *new = NULL;
    if (control && recording()) {
        name = place(from, path, buffer);
        new = place(to, target, other);
    }
    if (!name && !new)
        return (int)syscall(SYS_renameat2, from, path, to, target, 0);
    name = name ? name : "";
    new = new ? new : "";
    struct iovec names[] = {{(void *)name, strlen(name) + 1}, {(void *)new, strlen(new)}};
    begin();
    int result = (int)syscall(SYS_renameat2, from, path, to, target, 0);
    if (!result)
        put('R', 0, 0, 0, names, 2, names[0].iov_len + names[1].iov_len);
    end();
    return result;
}

EXPORT int rename(const char *path, const char *target) { return renamed(AT_FDCWD, path, AT_FDCWD, target); }
EXPORT int renameat(int from, const char *path, int to, const char *target) { return renamed(from, path, to, target); }

EXPORT int ftruncate64(int fd, off64_t size) {
    if (kindOf(fd) != DATA || !recording())
        return (int)syscall(SYS_ftruncate, fd, size);
    begin();
    int result = (int)syscall(SYS_ftruncate, fd, size);
    if (!result)
        putText('T', fd, inode(fd), size, "", 0);
    end();
    return result;
}

EXPORT int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }
