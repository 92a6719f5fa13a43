/* What belongs to the host stays the host's: signals, their handlers and masks; and the library may be unloaded and reloaded. */
#include "check.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/time.h>

enum { N = 4000 };
static float x[N];
static atomic_long ticks, foreign_ticks;
static long host_thread;

/* A profiler's tick, say. It must never run on a thread of the library. */
static void tick(int signal) {
    (void)signal;
    ticks++;
    if (syscall(SYS_gettid) != host_thread) foreign_ticks++;
}

static void a_handler_of_the_host_runs_and_runs_alone(void) {
    struct sigaction mine = {0}, before[64], after;
    mine.sa_handler = tick; /* without SA_RESTART: system calls of the library would be interrupted */
    host_thread = syscall(SYS_gettid);
    CHECK(sigaction(SIGALRM, &mine, NULL) == 0);
    sigset_t mask_before, mask_after;
    CHECK(pthread_sigmask(SIG_SETMASK, NULL, &mask_before) == 0);
    for (int signal = 1; signal < 64; signal++) sigaction(signal, NULL, &before[signal]);

    furca_session *session = open_session("signals.furca");
    uint32_t tensor = add_tensor(session, "w", N);
    const struct itimerval each_millisecond = {{0, 1000}, {0, 1000}}, never = {{0, 0}, {0, 0}};
    CHECK(setitimer(ITIMER_REAL, &each_millisecond, NULL) == 0);
    int64_t step = 0;
    for (; step < 300 || (ticks < 50 && step < 100000); step++) {
        CHECK_OK(observe(session, step, tensor, x, N));
        if (step % 20 == 0) CHECK_OK(furca_session_flush(session));
    }
    CHECK_OK(furca_session_close(session));
    CHECK(setitimer(ITIMER_REAL, &never, NULL) == 0);

    CHECK(ticks >= 50 && foreign_ticks == 0);
    CHECK(pthread_sigmask(SIG_SETMASK, NULL, &mask_after) == 0);
    for (int signal = 1; signal < 64; signal++) {
        if (sigaction(signal, NULL, &after) != 0) continue; /* the C library's own */
        CHECK(after.sa_handler == before[signal].sa_handler && after.sa_flags == before[signal].sa_flags);
        CHECK(sigismember(&mask_after, signal) == sigismember(&mask_before, signal));
    }

    furca_run *run = NULL;
    furca_rows *rows = NULL;
    furca_value value;
    int32_t has_row = 0;
    CHECK_OK(furca_run_open("signals.furca", &run));
    CHECK_OK(furca_run_query(run, "select count(*) from stats", NULL, 0, &rows));
    CHECK_OK(furca_rows_next(rows, &value, 1, &has_row));
    CHECK(has_row && value.integer == step);
    CHECK_OK(furca_run_close(run));
}

/* A copy of the library under another name, so that it is not the one this program is linked with. */
static void the_library_is_unloaded_and_loaded_again(void) {
    Dl_info info;
    if (!CHECK(dladdr((void *)(uintptr_t)furca_version, &info) != 0)) return;
    char command[4200];
    snprintf(command, sizeof command, "cp '%s' plugin.so", info.dli_fname);
    if (!CHECK(system(command) == 0)) return;
    for (int round = 0; round < 20; round++) {
        void *plugin = dlopen("./plugin.so", RTLD_NOW | RTLD_LOCAL);
        if (!CHECK(plugin != NULL)) return;
        furca_status (*open)(const furca_session_options *, furca_session **);
        furca_status (*close)(furca_session *);
        const char *(*version)(void);
        *(void **)&open = dlsym(plugin, "furca_session_open");
        *(void **)&close = dlsym(plugin, "furca_session_close");
        *(void **)&version = dlsym(plugin, "furca_version");
        if (!CHECK(open != NULL && close != NULL && version != NULL && version != furca_version)) return;
        furca_session_options options = FURCA_SESSION_OPTIONS_INIT;
        options.path = "plugin.furca";
        furca_session *session = NULL;
        CHECK(open(&options, &session) == FURCA_OK);
        /* Every second time its thread is still at work when it is unloaded. */
        if (round % 2 == 0) CHECK(close(session) == FURCA_OK);
        CHECK(dlclose(plugin) == 0);
        usleep(5000);
        CHECK(strcmp(version(), furca_version()) == 0); /* its code stays where it is */
    }
}

int main(void) {
    fill_mixture(x, N, 0, 3);
    RUN(a_handler_of_the_host_runs_and_runs_alone);
    if (!SANITIZED) RUN(the_library_is_unloaded_and_loaded_again);
    return report();
}
