// A disk that fails when a test says so: a library to preload into a program (LD_PRELOAD).
//
// VECHE_FAULTY_DISK names a control file, which may come while the program runs. Its one line says what
// fails, as in "sync 5 1 /data/votes.journal":
//
//   what     write, short (half of the bytes are written, the next write fails), sync (fsync and
//            fdatasync; what was written since the last sync that succeeded is lost) or rename
//   error    the errno
//   count    how many calls fail, 0 for all from then on
//   path     a part of the path of the file, which ends the line
//
// Each call that failed becomes a line of the control file's neighbour with the ending ".failed".

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES 4096

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_close)(int);
static int (*real_rename)(const char *, const char *);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *control;
static int is_armed;
static char what[16];
static int error_number;
static int count;
static char part[PATH_MAX];
static int failures;
// By descriptor: the size at the last sync that succeeded, and 1.
static off_t synced[FILES];

__attribute__((constructor)) static void prepare(void) {
    control = getenv("VECHE_FAULTY_DISK");
    real_write = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    real_pwrite = (ssize_t (*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite");
    real_fsync = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    real_close = (int (*)(int))dlsym(RTLD_NEXT, "close");
    real_rename = (int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename");
}

// Reads the control file, once it is there.
static void arm(void) {
    if (is_armed || !control) return;
    int file = open(control, O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    char line[PATH_MAX + 64];
    ssize_t size = read(file, line, sizeof line - 1);
    real_close(file);
    if (size <= 0) return;
    line[size] = 0;
    is_armed = sscanf(line, "%15s %d %d %4095s", what, &error_number, &count, part) == 4;
}

// Whether this call on the file at `path` fails now.
static int fails(const char *call, const char *path) {
    int result = 0;
    pthread_mutex_lock(&lock);
    arm();
    if (is_armed && strcmp(call, what) == 0 && strstr(path, part)
        && (count == 0 || failures < count)) {
        failures += 1;
        result = 1;
        char name[PATH_MAX + 8];
        snprintf(name, sizeof name, "%s.failed", control);
        int file = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (file >= 0) {
            char line[PATH_MAX + 32];
            int size = snprintf(line, sizeof line, "%s %s\n", call, path);
            if (real_write(file, line, size) < 0) abort();
            real_close(file);
        }
        if (strcmp(call, "short") == 0) {
            strcpy(what, "write");
            failures = 0;
        }
    }
    pthread_mutex_unlock(&lock);
    return result;
}

// Whether the descriptor is a regular file or a directory, and its path.
static int path_of(int file, char path[PATH_MAX]) {
    struct stat status;
    if (!control || fstat(file, &status) != 0) return 0;
    if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) return 0;
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t size = readlink(link, path, PATH_MAX - 1);
    if (size < 0) return 0;
    path[size] = 0;
    return 1;
}

static int fails_on(const char *call, int file) {
    char path[PATH_MAX];
    if (!path_of(file, path) || !fails(call, path)) return 0;
    errno = error_number;
    return 1;
}

ssize_t write(int file, const void *bytes, size_t size) {
    if (fails_on("write", file)) return -1;
    if (size > 1 && fails_on("short", file)) return real_write(file, bytes, size / 2);
    return real_write(file, bytes, size);
}

ssize_t pwrite(int file, const void *bytes, size_t size, off_t place) {
    if (fails_on("write", file)) return -1;
    if (size > 1 && fails_on("short", file)) return real_pwrite(file, bytes, size / 2, place);
    return real_pwrite(file, bytes, size, place);
}

ssize_t pwrite64(int file, const void *bytes, size_t size, off_t place) {
    return pwrite(file, bytes, size, place);
}

static int synchronize(int file, int (*real)(int)) {
    struct stat status;
    int is_file = control && fstat(file, &status) == 0 && S_ISREG(status.st_mode);
    if (fails_on("sync", file)) {
        int number = errno;
        // The pages that did not reach the disk are gone.
        if (is_file && file < FILES && synced[file] > 0) {
            if (ftruncate(file, synced[file] - 1) != 0) abort();
        }
        errno = number;
        return -1;
    }
    int result = real(file);
    if (result == 0 && is_file && file < FILES) synced[file] = status.st_size + 1;
    return result;
}

int fsync(int file) { return synchronize(file, real_fsync); }
int fdatasync(int file) { return synchronize(file, real_fdatasync); }

int close(int file) {
    if (file >= 0 && file < FILES) synced[file] = 0;
    return real_close(file);
}

int rename(const char *old, const char *new) {
    if (control && fails("rename", old)) {
        errno = error_number;
        return -1;
    }
    return real_rename(old, new);
}
