#include <sqlite3.h>

/* sqlite3_db_config has a variable number of arguments, which Swift cannot pass. */
static inline void furca_ignore_triggers(sqlite3 *database) {
    sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, (int *)0);
}

/* Lets sqlite3_close leave the write-ahead log as it is. */
static inline void furca_keep_log(sqlite3 *database) {
    sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)0);
}

#ifdef __linux__

#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef F_OFD_GETLK
#define F_OFD_GETLK 36
#define F_OFD_SETLK 37
#endif

/* fcntl with locks that belong to the open file, not to the process. A process drops all its ordinary locks on a file when any
   part of it closes that file: another copy of SQLite (Python's own), say. A third program may then take the write-ahead log for
   abandoned and delete it. It has to be C: it stands in for a function with a variable number of arguments. */
static int furca_fcntl(int file, int command, ...) {
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    if (command == F_SETLK || command == F_GETLK) {
        struct flock *lock = argument;
        lock->l_pid = 0;
        const int result = fcntl(file, command == F_SETLK ? F_OFD_SETLK : F_OFD_GETLK, lock);
        /* A system without such locks has none on any file, so ordinary ones are never mixed with them. */
        if (result == 0 || errno != EINVAL) return result;
    }
    return fcntl(file, command, argument);
}

/* From now on this copy of SQLite locks files so that others in the process cannot drop its locks. */
static inline void furca_keep_own_locks(void) {
    sqlite3_vfs *files = sqlite3_vfs_find("unix");
    if (files && files->iVersion >= 3) files->xSetSystemCall(files, "fcntl", (sqlite3_syscall_ptr)furca_fcntl);
}

/* statfs.f_type of the file system that holds a path, 0 if it cannot be seen; Swift's Glibc has no statfs. */
static inline unsigned furca_file_system_type(const char *path) {
    struct statfs status;
    return statfs(path, &status) == 0 ? (unsigned)status.f_type : 0;
}

/* Why a file that is open for writing can be written no more: EROFS or EPERM; 0 if it can, or cannot be seen. */
static inline int furca_is_read_only(const char *path) {
    struct statfs place;
    struct statx file;
    const long readOnly = 1; /* ST_RDONLY, in statfs.f_flags */
    if (statfs(path, &place) == 0 && place.f_flags & readOnly) return EROFS;
    if (syscall(SYS_statx, AT_FDCWD, path, 0, STATX_BASIC_STATS, &file) != 0) return 0;
    return file.stx_attributes & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND) ? EPERM : 0;
}

#else

static inline int furca_is_read_only(const char *path) { return (void)path, 0; }

static inline unsigned furca_file_system_type(const char *path) { return (void)path, 0; }

static inline void furca_keep_own_locks(void) {}

#endif
