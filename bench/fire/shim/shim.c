/* The control file and the record.  See shim.h. */
#include "shim.h"

#include <pthread.h>
#include <sys/mman.h>

unsigned char kinds[TABLE];
Control *control;

static size_t folderSize;
static int recordFile = -1;
static pid_t owner;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void put(char kind, int fd, uint64_t file, int64_t offset, const struct iovec *data, int count, size_t size) {
    Head head = {.kind = (uint32_t)kind, .fd = fd, .file = file, .offset = offset, .size = size};
    struct iovec parts[IOV_MAX];
    int used = 1;
    parts[0] = (struct iovec){&head, sizeof head};
    for (int i = 0; i < count && size && used < IOV_MAX; i++) {
        parts[used] = data[i];
        if (parts[used].iov_len > size)
            parts[used].iov_len = size;
        size -= parts[used++].iov_len;
    }
    syscall(SYS_writev, recordFile, parts, used);
}

void putText(char kind, int fd, uint64_t file, int64_t offset, const char *text, size_t size) {
    struct iovec data = {(void *)text, size};
    put(kind, fd, file, offset, &data, 1, size);
}

int recording(void) { return recordFile >= 0 && getpid() == owner; }

void begin(void) { pthread_mutex_lock(&lock); }

void end(void) {
    int kept = errno;
    pthread_mutex_unlock(&lock);
    errno = kept;
}

uint64_t inode(int fd) {
    struct stat found;
    return fstat(fd, &found) ? 0 : (uint64_t)found.st_ino;
}

int kindOf(int fd) { return fd >= 0 && fd < TABLE ? kinds[fd] : NONE; }

const char *below(const char *path) {
    if (strncmp(path, control->folder, folderSize) || (path[folderSize] != '/' && path[folderSize]))
        return NULL;
    return path + folderSize + (path[folderSize] == '/');
}

const char *place(int directory, const char *path, char *buffer) {
    char parent[PATH_MAX], whole[PATH_MAX], link[64];
    ssize_t size = 0;
    if (path[0] != '/' && directory != AT_FDCWD) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
        size = readlink(link, whole, sizeof whole - 1);
        if (size < 0)
            return NULL;
        whole[size++] = '/';
    }
    if (strlen(path) >= PATH_MAX - (size_t)size)
        return NULL;
    strcpy(whole + size, path);
    char *slash = strrchr(whole, '/'), *name = slash ? slash + 1 : whole;
    if (slash)
        *slash = 0;
    if (!realpath(!slash ? "." : *whole ? whole : "/", parent) || strlen(parent) + strlen(name) + 2 > PATH_MAX)
        return NULL;
    strcat(strcat(strcpy(buffer, parent), "/"), name);
    return below(buffer);
}

__attribute__((constructor)) static void start(void) {
    const char *path = getenv("FIRE_FAULTS");
    int file = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0) : -1;
    if (file < 0)
        return;
    void *found = mmap(NULL, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    syscall(SYS_close, file);
    if (found == MAP_FAILED)
        return;
    control = found;
    folderSize = strlen(control->folder);
    if (!*control->record)
        return;
    owner = getpid();
    recordFile = (int)syscall(SYS_openat, AT_FDCWD, control->record, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    struct stat folder;
    if (recordFile >= 0 && !stat(control->folder, &folder))
        putText('S', 0, folder.st_ino, 0, "", 0);
}
