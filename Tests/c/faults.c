/*
 * faults.c: what a session does when the system refuses: an allocation, a write, a sync, an open, a thread. Each call of each
 * kind is refused in turn, once or from then on, each time in a process of its own.
 *
 *     LD_PRELOAD=faults_shim.so faults [EVERY]
 *
 * The trainer goes on whatever happens: observe succeeds, nothing hangs, and errors are sentences. A run whose close says OK is
 * complete; any other can be opened, or is refused with a sentence. With EVERY, only every so manyeth call is refused.
 *
 * Swift, like C++ without exceptions, ends the process if there is no memory for one of its objects. Those few calls of
 * malloc are told apart by their address; at every other the library must go on.
 */
#include "faults.h"

#include <dlfcn.h>
#include <link.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "check.h"

enum { N = 600, STEPS = 12, MOST_SITES = 64 };
static faults_state *state;
static void (*arm)(faults_state *, int, long, int);
static float x[N];

static int find_library(struct dl_phdr_info *info, size_t size, void *unused) {
    (void)size, (void)unused;
    if (strstr(info->dlpi_name, "libfurca") == NULL) return 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type != PT_LOAD) continue;
        uintptr_t start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr, end = start + info->dlpi_phdr[i].p_memsz;
        if (state->library_start == 0) state->library_start = start;
        if (end > state->library_end) state->library_end = end;
    }
    return 1;
}

/* How many rows of statistics a run has; -1 if it cannot be opened, which must come with a sentence. */
static int64_t rows_of(const char *path) {
    furca_run *run = NULL;
    furca_rows *rows = NULL;
    furca_value value;
    int32_t has_row = 0;
    furca_status status = furca_run_open(path, &run);
    if (status != FURCA_OK) {
        CHECK(status == FURCA_ERROR_IO || status == FURCA_ERROR_FORMAT || status == FURCA_ERROR_SQL);
        CHECK(strlen(furca_last_error()) > 12);
        return -1;
    }
    CHECK_OK(furca_run_query(run, "select count(*) from stats", NULL, 0, &rows));
    CHECK_OK(furca_rows_next(rows, &value, 1, &has_row));
    int64_t count = has_row ? value.integer : -1;
    CHECK_OK(furca_run_close(run));
    return count;
}

static void is_a_sentence(furca_status status) {
    CHECK(status == FURCA_OK || status == FURCA_ERROR_IO || status == FURCA_ERROR_CAPACITY);
    if (status != FURCA_OK) CHECK(strlen(furca_last_error()) > 12);
}

/* A short run while the nth call fails. */
static void run_with_fault(int kind, long nth, int lasting) {
    alarm(30); /* a hang is a failure */
    furca_session_options options = FURCA_SESSION_OPTIONS_INIT;
    furca_session *session = NULL;
    furca_summary summary = FURCA_SUMMARY_INIT;
    char path[64] = "fault.furca", report[64];
    size_t length = 0;
    options.path = path;
    arm(state, kind, nth, lasting);
    furca_status status = furca_session_open(&options, &session);
    is_a_sentence(status);
    if (status != FURCA_OK) {
        CHECK(session == NULL);
        return;
    }
    uint32_t w = add_tensor(session, "w", N);
    for (int64_t step = 0; step < STEPS; step++) {
        x[0] = (float)step;
        CHECK_OK(observe(session, step, w, x, N));
        CHECK_OK(furca_session_log(session, step, "loss", 1));
        if (step % 4 == 3) is_a_sentence(furca_session_flush(session));
    }
    CHECK_OK(furca_session_summary(session, &summary));
    CHECK(summary.looks == STEPS);
    CHECK_OK(furca_session_report(session, report, sizeof report, &length));
    status = furca_session_close(session);
    is_a_sentence(status);
    state->kind = FAULT_NONE;
    const int64_t rows = rows_of(path);
    CHECK(status == FURCA_OK ? rows == STEPS : rows <= STEPS);
}

int main(int argc, char **argv) {
    static const char *const kinds[] = {"", "allocation", "write", "sync", "open", "thread"};
    const long every = argc > 1 ? atol(argv[1]) : 1;
    state = mmap(NULL, sizeof *state, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    *(void **)&arm = dlsym(RTLD_DEFAULT, "faults_arm");
    if (state == MAP_FAILED || arm == NULL) {
        printf("faults: to be run with LD_PRELOAD=faults_shim.so\n");
        return 2;
    }
    furca_version(); /* the library is loaded */
    dl_iterate_phdr(find_library, NULL);
    fill_mixture(x, N, 0, 9);
    for (int kind = FAULT_ALLOCATION; kind < FAULTS; kind++) {
        long refused = 0, survived = 0, ended = 0;
        uintptr_t sites[MOST_SITES];
        size_t largest[MOST_SITES] = {0};
        int site_count = 0;
        for (int lasting = 0; lasting < (kind == FAULT_ALLOCATION ? 1 : 2); lasting++) {
            for (long nth = 1; nth < 1000000 && checks_failed == 0; nth += every) {
                fflush(stdout);
                (void)!system("rm -f fault*.furca*");
                pid_t child = fork();
                if (child == 0) {
                    if (kind == FAULT_ALLOCATION) (void)!freopen("/dev/null", "w", stderr);
                    run_with_fault(kind, nth, lasting);
                    fflush(stdout);
                    _exit(checks_failed < 100 ? checks_failed : 100);
                }
                int status = 0;
                waitpid(child, &status, 0);
                if (state->failed == 0) break; /* there are not so many calls */
                refused++;
                if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
                    survived++;
                } else if (kind == FAULT_ALLOCATION && WIFSIGNALED(status) && WTERMSIG(status) != SIGALRM) {
                    ended++;
                    int i = 0;
                    while (i < site_count && sites[i] != state->site) i++;
                    if (i == site_count && site_count < MOST_SITES) sites[site_count++] = state->site;
                    if (i < site_count && state->size > largest[i]) largest[i] = state->size;
                } else {
                    printf("    %s %ld%s refused: %s %d\n", kinds[kind], nth, lasting ? " and all after" : "",
                           WIFEXITED(status) ? "failed checks" : "signal", WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
                    checks_failed++;
                }
            }
        }
        printf("%s: %ld refused, %ld survived", kinds[kind], refused, survived);
        if (ended > 0) printf(", %ld ended the process in %d places", ended, site_count);
        printf("\n");
        CHECK(refused > 0);
        if (kind == FAULT_ALLOCATION) {
            for (int i = 0; i < site_count; i++) printf("  libfurca+0x%lx, at most %zu bytes\n", (unsigned long)sites[i], largest[i]);
        }
    }
    tests_passed = checks_failed == 0, tests_failed = checks_failed != 0;
    return report();
}
