/*
 * faults_shim.c: to be preloaded; lets the system refuse one call of a kind, as a full disk or an exhausted machine would.
 *
 * faults_arm(kind, nth, lasting) makes the nth call of that kind from now on fail, and with `lasting` all that come after it.
 * Allocations fail only if the library asks for them. What is counted lies in memory shared with the parent process.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "faults.h"

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

static faults_state idle;
static faults_state *state = &idle;

void faults_arm(faults_state *shared, int kind, long nth, int lasting) {
    shared->calls = 0;
    shared->failed = 0;
    shared->nth = nth;
    shared->lasting = lasting;
    shared->site = 0;
    shared->kind = kind;
    state = shared;
}

static int fails(int kind, void *site, size_t size) {
    if (state->kind != kind) return 0;
    uintptr_t at = (uintptr_t)site;
    if (kind == FAULT_ALLOCATION && (at < state->library_start || at >= state->library_end)) return 0;
    long call = ++state->calls;
    if (call != state->nth && !(state->lasting && call > state->nth)) return 0;
    if (state->failed++ == 0 && kind == FAULT_ALLOCATION) state->site = at - state->library_start, state->size = size;
    return 1;
}

#define HERE __builtin_return_address(0)

void *malloc(size_t size) {
    if (fails(FAULT_ALLOCATION, HERE, size)) return errno = ENOMEM, NULL;
    return __libc_malloc(size);
}
void *calloc(size_t count, size_t size) {
    if (fails(FAULT_ALLOCATION, HERE, count * size)) return errno = ENOMEM, NULL;
    return __libc_calloc(count, size);
}
void *realloc(void *old, size_t size) {
    if (fails(FAULT_ALLOCATION, HERE, size)) return errno = ENOMEM, NULL;
    return __libc_realloc(old, size);
}

#define REAL(name) (__extension__(__typeof__(&name))dlsym(RTLD_NEXT, #name))

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
    if (fails(FAULT_THREAD, HERE, 0)) return EAGAIN;
    return REAL(pthread_create)(thread, attributes, start, argument);
}
ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) {
    if (fails(FAULT_WRITE, HERE, 0)) return errno = ENOSPC, -1;
    return REAL(pwrite)(file, bytes, count, offset);
}
ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t offset) {
    if (fails(FAULT_WRITE, HERE, 0)) return errno = ENOSPC, -1;
    return REAL(pwrite64)(file, bytes, count, offset);
}
ssize_t write(int file, const void *bytes, size_t count) {
    if (file > 2 && fails(FAULT_WRITE, HERE, 0)) return errno = ENOSPC, -1;
    return REAL(write)(file, bytes, count);
}
int ftruncate64(int file, off64_t length) {
    if (fails(FAULT_WRITE, HERE, 0)) return errno = ENOSPC, -1;
    return REAL(ftruncate64)(file, length);
}
int fsync(int file) {
    if (fails(FAULT_SYNC, HERE, 0)) return errno = EIO, -1;
    return REAL(fsync)(file);
}
int fdatasync(int file) {
    if (fails(FAULT_SYNC, HERE, 0)) return errno = EIO, -1;
    return REAL(fdatasync)(file);
}
int open64(const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    mode_t mode = va_arg(more, mode_t);
    va_end(more);
    if (fails(FAULT_OPEN, HERE, 0)) return errno = EMFILE, -1;
    return REAL(open64)(path, flags, mode);
}
int open(const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    mode_t mode = va_arg(more, mode_t);
    va_end(more);
    if (fails(FAULT_OPEN, HERE, 0)) return errno = EMFILE, -1;
    return REAL(open)(path, flags, mode);
}
