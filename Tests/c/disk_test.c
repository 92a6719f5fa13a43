/* A disk that stops taking data, and a folder that goes away: training goes on, the user is told, and what was kept back is
   written as soon as that is possible. A limit on the size of files stands in for a full disk. */
#include "check.h"

#include <signal.h>
#include <sys/resource.h>

static float x[4096];

static int64_t count_stats(const char *path) {
    furca_run *run = NULL;
    furca_rows *rows = NULL;
    furca_value value = {0};
    int32_t has_row = 0;
    CHECK_OK(furca_run_open(path, &run));
    CHECK_OK(furca_run_query(run, "select count(*) from stats", NULL, 0, &rows));
    CHECK_OK(furca_rows_next(rows, &value, 1, &has_row));
    CHECK_OK(furca_rows_close(rows));
    CHECK_OK(furca_run_close(run));
    return has_row ? value.integer : -1;
}

static int report_names(furca_session *session, const char *part) {
    char text[4096];
    size_t length = 0;
    return CHECK_OK(furca_session_report(session, text, sizeof text, &length)) && strstr(text, part) != NULL;
}

/* How many problems there have been, the latest of which names `part`; -1 if it does not. */
static int problems(furca_session *session, const char *part) {
    char text[1024];
    size_t count = 0, length = 0;
    CHECK_OK(furca_session_problem(session, &count, text, sizeof text, &length));
    return strstr(text, part) != NULL ? (int)count : -1;
}

static void limit_file_size(rlim_t bytes) {
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    limit.rlim_cur = bytes == RLIM_INFINITY ? limit.rlim_max : bytes;
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

static void observe_steps(furca_session *session, uint32_t id, int64_t from, int64_t to) {
    uint64_t seed = 7;
    for (int64_t step = from; step <= to; step++) {
        for (int i = 0; i < 4096; i++) x[i] = (float)gaussian(&seed);
        CHECK_OK(observe(session, step, id, x, 4096));
    }
}

static void a_full_disk_stops_nothing_and_loses_nothing(void) {
    signal(SIGXFSZ, SIG_IGN);
    furca_session *session = open_session("full.furca");
    uint32_t id = add_tensor(session, "w", 4096);
    observe_steps(session, id, 0, 0);
    CHECK_OK(furca_session_flush(session));
    CHECK(count_stats("full.furca") == 1);

    limit_file_size(64 * 1024);
    observe_steps(session, id, 1, 40);
    CHECK_SAYS(furca_session_flush(session), FURCA_ERROR_IO, "full.furca");
    CHECK(report_names(session, "full.furca"));
    CHECK(report_names(session, "behind"));
    CHECK(problems(session, "full.furca") == 1);
    observe_steps(session, id, 41, 41);
    limit_file_size(RLIM_INFINITY);

    CHECK_OK(furca_session_flush(session));
    CHECK(count_stats("full.furca") == 42);
    CHECK(!report_names(session, "behind"));
    CHECK(problems(session, "full.furca") == 1);
    CHECK(report_names(session, "in the course of the run"));
    CHECK_OK(furca_session_close(session));
}

static void a_disk_that_stays_full_is_named_at_the_end(void) {
    furca_session *session = open_session("ends.furca");
    uint32_t id = add_tensor(session, "w", 4096);
    observe_steps(session, id, 0, 5);
    CHECK_OK(furca_session_flush(session));
    limit_file_size(16 * 1024);
    observe_steps(session, id, 6, 20);
    CHECK_SAYS(furca_session_close(session), FURCA_ERROR_IO, "ends.furca");
    limit_file_size(RLIM_INFINITY);
    CHECK(count_stats("ends.furca") >= 6);
    CHECK_ERROR(furca_session_flush(session), FURCA_ERROR_HANDLE);
}

int main(void) {
    RUN(a_full_disk_stops_nothing_and_loses_nothing);
    RUN(a_disk_that_stays_full_is_named_at_the_end);
    return report();
}
