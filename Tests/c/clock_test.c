/* Somebody sets the clock while a run goes on: looks are written all the same, within a second, in their order. */
#include "check.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static time_t offset;

/* Stands in for the C library's, also where the library calls it. */
int clock_gettime(clockid_t clock, struct timespec *now) {
    const int result = (int)syscall(SYS_clock_gettime, clock, now);
    if (clock == CLOCK_REALTIME) now->tv_sec += offset;
    return result;
}

static int64_t integer(const char *path, const char *sql) {
    furca_run *run = NULL;
    furca_rows *rows = NULL;
    furca_value value = {0};
    int32_t has_row = 0;
    CHECK_OK(furca_run_open(path, &run));
    CHECK_OK(furca_run_query(run, sql, NULL, 0, &rows));
    CHECK_OK(furca_rows_next(rows, &value, 1, &has_row));
    CHECK_OK(furca_rows_close(rows));
    CHECK_OK(furca_run_close(run));
    return has_row ? value.integer : -1;
}

static void a_clock_that_jumps_stops_nothing(void) {
    static const time_t jumps[] = {0, 86400, -86400, 400L * 86400, -3600};
    furca_session *session = open_session("clock.furca");
    const float x[4] = {1, 2, 3, 4};
    uint32_t id = add_tensor(session, "w", 4);
    for (int64_t step = 0; step < 5; step++) {
        offset = jumps[step];
        CHECK_OK(observe(session, step, id, x, 4));
        usleep(900000);
        CHECK(integer("clock.furca", "select count(*) from stats") == step + 1);
    }
    CHECK_OK(furca_session_close(session));
    /* Or the jumps did not reach the library. */
    CHECK(integer("clock.furca", "select cast(max(time) - min(time) as integer) from cost") > 400L * 86400);
    CHECK(integer("clock.furca", "select max(id) from look where step = 4") == 5);
}

int main(void) {
    RUN(a_clock_that_jumps_stops_nothing);
    return report();
}
