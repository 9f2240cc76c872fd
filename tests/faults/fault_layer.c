/* A disk that fails or hangs, between a program and the C library: calls on paths below FAULTS_PREFIX obey the file
 * FAULTS_CONTROL, which may be changed at any time. Its lines are `CALL ACTION CHANCE`: CALL is open, read, write,
 * sync, rename, mkdir, truncate, stat, `any` of these, fork (which has no path), or close (of
 * descriptors that were written to: a file server writes then); ACTION the number of an error, `short` (a write takes half of it) `stall` (the
 * call hangs until the line is gone), a time like `1500ms` that it takes, or `stale` (for descriptors that were opened
 * before: the server does not know them any more); CHANCE is in thousandths. FAULTS_SEED makes chance repeatable.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { NONE = 0, SHORT = -1, STALL = -2, STALE = -3, SLOW = -1000 };

static unsigned char fresh[1 << 16]; /* descriptors that were opened while others were stale */
static unsigned char dirty[1 << 16]; /* descriptors that were written to */

static unsigned long long state;

static unsigned chance(void)
{
    if (!state) {
        const char *seed = getenv("FAULTS_SEED");
        state = (seed ? strtoull(seed, NULL, 10) : 0) * 2654435761u + 88172645463325252ull;
    }
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state % 1000);
}

/* What the control file says of this call now: NONE, SHORT, STALL or an error's number. */
static int action(const char *call)
{
    char text[1024];
    const char *path = getenv("FAULTS_CONTROL");
    long file = path ? syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0)
        return NONE;
    long size = syscall(SYS_read, file, text, sizeof text - 1);
    syscall(SYS_close, file);
    text[size > 0 ? size : 0] = 0;
    for (char *line = text; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : line) {
        char name[16], what[16];
        unsigned of_thousand;
        if (sscanf(line, "%15s %15s %u", name, what, &of_thousand) != 3)
            continue;
        if (strcmp(name, call) && (strcmp(name, "any") || !strcmp(call, "fork") || !strcmp(call, "close")))
            continue;
        if (of_thousand < 1000 && chance() >= of_thousand)
            continue;
        if (strstr(what, "ms"))
            return SLOW - atoi(what);
        return !strcmp(what, "stall") ? STALL : !strcmp(what, "stale") ? STALE : !strcmp(what, "short") ? SHORT : atoi(what);
    }
    return NONE;
}

static int fate(const char *call)
{
    int found = action(call), kept = errno;
    for (long taken = 0; found == STALL || (found <= SLOW && taken < SLOW - found); taken += 5) {
        struct timespec moment = {0, 5000000};
        syscall(SYS_nanosleep, &moment, NULL);
        found = action(call);
    }
    errno = found > 0 ? found : kept;
    return found;
}

static int is_below(const char *path)
{
    const char *prefix = getenv("FAULTS_PREFIX");
    return prefix && path && !strncmp(path, prefix, strlen(prefix));
}

static int of_path(const char *call, const char *path)
{
    char folder[PATH_MAX];
    if (path && *path != '/') {
        long size = syscall(SYS_readlinkat, AT_FDCWD, "/proc/self/cwd", folder, sizeof folder - 1);
        folder[size > 0 ? size : 0] = 0;
        return is_below(folder) ? fate(call) : NONE;
    }
    return is_below(path) ? fate(call) : NONE;
}

static int of_descriptor(const char *call, int descriptor)
{
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    int kept = errno;
    long size = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
    errno = kept;
    path[size > 0 ? size : 0] = 0;
    int found = is_below(path) ? fate(call) : NONE;
    if (found == STALE && !fresh[descriptor & 0xffff])
        errno = found = ESTALE;
    return found;
}

static int opened(int descriptor)
{
    if (descriptor >= 0)
        fresh[descriptor & 0xffff] = action("write") == STALE;
    return descriptor;
}

#define NEXT(name) __typeof__(name) *next = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)
#define MODE(flags) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | __O_TMPFILE)) { \
        va_list rest; \
        va_start(rest, flags); \
        mode = va_arg(rest, mode_t); \
        va_end(rest); \
    }

#define OPEN(name) \
    int name(const char *path, int flags, ...) \
    { \
        MODE(flags) \
        NEXT(name); \
        return of_path("open", path) > 0 ? -1 : opened(next(path, flags, mode)); \
    }
#define OPENAT(name) \
    int name(int folder, const char *path, int flags, ...) \
    { \
        MODE(flags) \
        NEXT(name); \
        return of_path("open", path) > 0 ? -1 : opened(next(folder, path, flags, mode)); \
    }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

ssize_t write(int descriptor, const void *data, size_t size)
{
    NEXT(write);
    int found = of_descriptor("write", descriptor);
    dirty[descriptor & 0xffff] = 1;
    return found > 0 ? -1 : next(descriptor, data, found == SHORT && size > 1 ? size / 2 : size);
}

ssize_t read(int descriptor, void *data, size_t size)
{
    NEXT(read);
    return of_descriptor("read", descriptor) > 0 ? -1 : next(descriptor, data, size);
}

#define COPY(name, from, to, arguments, ...) \
    ssize_t name(__VA_ARGS__) \
    { \
        NEXT(name); \
        dirty[to & 0xffff] = 1; \
        return of_descriptor("read", from) > 0 || of_descriptor("write", to) > 0 ? -1 : next arguments; \
    }
COPY(sendfile, source, target, (target, source, offset, size), int target, int source, off_t *offset, size_t size)
COPY(sendfile64, source, target, (target, source, offset, size), int target, int source, off64_t *offset,
     size_t size)
COPY(copy_file_range, source, target, (source, from, target, to, size, flags), int source, off64_t *from,
     int target, off64_t *to, size_t size, unsigned flags)

int close(int descriptor)
{
    NEXT(close);
    if (dirty[descriptor & 0xffff])
        of_descriptor("close", descriptor);
    dirty[descriptor & 0xffff] = 0;
    return next(descriptor);
}

#define FCNTL(name) \
    int name(int descriptor, int command, ...) \
    { \
        NEXT(name); \
        va_list rest; \
        va_start(rest, command); \
        long argument = va_arg(rest, long); \
        va_end(rest); \
        int result = next(descriptor, command, argument); \
        if (result >= 0 && (command == F_DUPFD || command == F_DUPFD_CLOEXEC)) \
            fresh[result & 0xffff] = fresh[descriptor & 0xffff]; \
        return result; \
    }
FCNTL(fcntl)
FCNTL(fcntl64)

#define PWRITE(name, offset_type) \
    ssize_t name(int descriptor, const void *data, size_t size, offset_type offset) \
    { \
        NEXT(name); \
        return of_descriptor("write", descriptor) > 0 ? -1 : next(descriptor, data, size, offset); \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define ON_DESCRIPTOR(name, call) \
    int name(int descriptor) \
    { \
        NEXT(name); \
        return of_descriptor(call, descriptor) > 0 ? -1 : next(descriptor); \
    }
ON_DESCRIPTOR(fsync, "sync")
ON_DESCRIPTOR(fdatasync, "sync")

#define TRUNCATE(name, offset_type) \
    int name(int descriptor, offset_type size) \
    { \
        NEXT(name); \
        return of_descriptor("truncate", descriptor) > 0 ? -1 : next(descriptor, size); \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

int rename(const char *from, const char *to)
{
    NEXT(rename);
    return of_path("rename", to) > 0 ? -1 : next(from, to);
}

pid_t fork(void)
{
    NEXT(fork);
    return action("fork") > 0 ? (errno = action("fork"), -1) : next();
}

pid_t vfork(void)
{
    return fork();
}

int mkdir(const char *path, mode_t mode)
{
    NEXT(mkdir);
    return of_path("mkdir", path) > 0 ? -1 : next(path, mode);
}

#define STAT(name, type) \
    int name(const char *restrict path, struct type *restrict found) \
    { \
        NEXT(name); \
        return of_path("stat", path) > 0 ? -1 : next(path, found); \
    }
#define FSTAT(name, type) \
    int name(int descriptor, struct type *found) \
    { \
        NEXT(name); \
        return of_descriptor("stat", descriptor) > 0 ? -1 : next(descriptor, found); \
    }
FSTAT(fstat, stat)
FSTAT(fstat64, stat64)
STAT(stat, stat)
STAT(stat64, stat64)
