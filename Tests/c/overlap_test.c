/* Looks that are read while the caller goes on: begin, wait, drop, and what may happen between. */
#include "check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>

enum { N = 2000000 };
static float x[N];
static float small[10];

static furca_status begin(furca_session *session, int64_t step, uint32_t id, const float *values, uint64_t count) {
    furca_buffer buffer = {values, count, id, FURCA_FLOAT32};
    return furca_session_observe_begin(session, step, &buffer, 1);
}

static void the_look_is_the_one_that_observe_makes(void) {
    furca_session *together = open_session(NULL), *beside = open_session(NULL);
    uint32_t a = add_tensor(together, "w", N), b = add_tensor(beside, "w", N);
    furca_stats expected = FURCA_STATS_INIT, stats = FURCA_STATS_INIT;
    CHECK_OK(observe(together, 0, a, x, N));
    CHECK_OK(begin(beside, 0, b, x, N));
    CHECK_ERROR(furca_tensor_stats(beside, b, &stats), FURCA_ERROR_EMPTY);
    CHECK_OK(furca_session_observe_wait(beside));
    CHECK_OK(furca_tensor_stats(together, a, &expected));
    CHECK_OK(furca_tensor_stats(beside, b, &stats));
    CHECK(memcmp(&stats, &expected, sizeof stats) == 0);
    furca_summary summary = FURCA_SUMMARY_INIT;
    CHECK_OK(furca_session_summary(beside, &summary));
    CHECK(summary.looks == 1 && summary.seconds_overlapped > 0 && summary.seconds_waiting <= summary.seconds_inside);
    CHECK_OK(furca_session_close(together));
    CHECK_OK(furca_session_close(beside));
}

static void everything_is_checked_in_begin(void) {
    furca_session *session = open_session(NULL);
    uint32_t a = add_tensor(session, "a", 10), b = add_tensor(session, "b", 10);
    furca_buffer batch[2] = {{small, 10, a, FURCA_FLOAT32}, {small, 9, b, FURCA_FLOAT32}};
    CHECK_SAYS(furca_session_observe_begin(session, 0, batch, 2), FURCA_ERROR_SHAPE, "\"b\"");
    batch[1].count = 10;
    batch[1].data = NULL;
    CHECK_SAYS(furca_session_observe_begin(session, 0, batch, 2), FURCA_ERROR_ARGUMENT, "\"b\"");
    CHECK_ERROR(furca_session_observe_begin(session, 0, NULL, 1), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_session_observe_begin(session, -1, batch, 1), FURCA_ERROR_STEP);
    CHECK_OK(furca_session_observe_wait(session));
    furca_stats stats = FURCA_STATS_INIT;
    CHECK_ERROR(furca_tensor_stats(session, a, &stats), FURCA_ERROR_EMPTY);
    CHECK_OK(furca_session_observe_begin(session, 0, NULL, 0));
    CHECK_OK(begin(session, 0, a, small, 10)); /* a batch of nothing is no look */
    CHECK_OK(furca_session_close(session));
}

static void a_second_look_waits_for_the_first(void) {
    furca_session *session = open_session("second.furca");
    uint32_t id = add_tensor(session, "w", N);
    CHECK_OK(begin(session, 3, id, x, N));
    CHECK_SAYS(begin(session, 4, id, x, N), FURCA_ERROR_BUSY, "step 3");
    CHECK_SAYS(observe(session, 4, id, x, N), FURCA_ERROR_BUSY, "step 3");
    CHECK_SAYS(furca_session_rewind(session, 1), FURCA_ERROR_BUSY, "step 3");
    int32_t due = 0;
    CHECK_OK(furca_session_due(session, 4, &due));
    CHECK_OK(furca_session_log(session, 3, "loss", 1));
    CHECK_OK(furca_session_charge(session, 0));
    CHECK_OK(furca_session_flush(session));
    CHECK_OK(furca_session_observe_wait(session));
    CHECK_OK(furca_session_observe_wait(session));
    CHECK_OK(begin(session, 4, id, x, N));
    CHECK_OK(furca_session_observe_wait(session));
    CHECK_OK(furca_session_rewind(session, 1));
    CHECK_OK(furca_session_close(session));
}

static void a_dropped_look_leaves_its_reason(void) {
    furca_session *session = open_session(NULL);
    uint32_t id = add_tensor(session, "w", N);
    char report[4096];
    size_t length = 0;
    furca_stats stats = FURCA_STATS_INIT;
    furca_summary summary = FURCA_SUMMARY_INIT;
    CHECK_OK(furca_session_observe_drop(session, "nothing was begun"));
    CHECK_OK(begin(session, 3, id, x, N));
    CHECK_ERROR(furca_session_observe_drop(session, NULL), FURCA_ERROR_ARGUMENT);
    CHECK_OK(furca_session_observe_drop(session, "the storage was swapped"));
    CHECK_ERROR(furca_tensor_stats(session, id, &stats), FURCA_ERROR_EMPTY);
    CHECK_OK(furca_session_summary(session, &summary));
    CHECK(summary.looks == 0 && summary.looks_dropped == 1);
    CHECK_OK(furca_session_report(session, report, sizeof report, &length));
    CHECK(strstr(report, "the storage was swapped") != NULL);
    CHECK_OK(begin(session, 3, id, x, N)); /* the step may be observed again */
    CHECK_OK(furca_session_observe_wait(session));
    CHECK_OK(furca_session_close(session));
}

/* After close the memory is the caller's again: the sanitizers see whether anything still reads it. */
static void closing_ends_the_reading(void) {
    for (int round = 0; round < 10; round++) {
        float *values = malloc(N * sizeof *values);
        memcpy(values, x, N * sizeof *values);
        furca_session *session = open_session(round ? NULL : "closing.furca");
        CHECK_OK(begin(session, 0, add_tensor(session, "w", N), values, N));
        CHECK_OK(furca_session_close(session));
        memset(values, 0xFF, N * sizeof *values);
        free(values);
        CHECK_ERROR(furca_session_observe_wait(session), FURCA_ERROR_HANDLE);
    }
}

static atomic_int finished;

static void *ask(void *session) {
    furca_stats stats = FURCA_STATS_INIT;
    furca_summary summary = FURCA_SUMMARY_INIT;
    char report[2048];
    size_t length = 0;
    double share = 0;
    while (!finished) {
        furca_tensor_stats(session, 0, &stats);
        furca_tensor_due(session, 0, &share);
        furca_session_summary(session, &summary);
        furca_session_report(session, report, sizeof report, &length);
    }
    return NULL;
}

static void *wait_too(void *session) {
    while (!finished) furca_session_observe_wait(session);
    return NULL;
}

/* The trainer writes as soon as wait has returned; others ask, and wait, all the time. */
static void writing_follows_waiting(void) {
    furca_session *session = open_session("threads.furca");
    uint32_t id = add_tensor(session, "w", N);
    pthread_t asker, waiter;
    CHECK(pthread_create(&asker, NULL, ask, session) == 0 && pthread_create(&waiter, NULL, wait_too, session) == 0);
    furca_stats stats = FURCA_STATS_INIT;
    for (int64_t step = 0; step < 30; step++) {
        x[7] = 1000 + (float)step;
        CHECK_OK(begin(session, step, id, x, N));
        CHECK_OK(furca_session_log(session, step, "loss", 1));
        CHECK_OK(furca_session_observe_wait(session));
        CHECK_OK(furca_tensor_stats(session, id, &stats));
        CHECK(stats.step == step && stats.max == 1000 + (double)step);
    }
    finished = 1;
    CHECK(pthread_join(asker, NULL) == 0 && pthread_join(waiter, NULL) == 0);
    CHECK_OK(furca_session_close(session));
    x[7] = 0;
}

static void a_child_forked_meanwhile_is_told_and_the_parent_goes_on(void) {
    furca_session *session = open_session("forked.furca");
    uint32_t id = add_tensor(session, "w", N);
    for (int64_t step = 0; step < 5; step++) {
        CHECK_OK(begin(session, step, id, x, N));
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            alarm(20);
            checks_failed = 0;
            CHECK_ERROR(furca_session_observe_wait(session), FURCA_ERROR_FORKED);
            CHECK_ERROR(furca_session_observe_drop(session, "child"), FURCA_ERROR_FORKED);
            CHECK_ERROR(furca_session_close(session), FURCA_ERROR_FORKED);
            furca_session *own = open_session(NULL);
            CHECK_OK(begin(own, 0, add_tensor(own, "w", N), x, N));
            CHECK_OK(furca_session_observe_wait(own));
            CHECK_OK(furca_session_close(own));
            _exit(checks_failed < 100 ? checks_failed : 100);
        }
        int status = 0;
        CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
        CHECK_OK(furca_session_observe_wait(session));
    }
    CHECK_OK(furca_session_close(session));
}

int main(void) {
    fill_mixture(x, N, 0, 5);
    RUN(the_look_is_the_one_that_observe_makes);
    RUN(everything_is_checked_in_begin);
    RUN(a_second_look_waits_for_the_first);
    RUN(a_dropped_look_leaves_its_reason);
    RUN(closing_ends_the_reading);
    RUN(writing_follows_waiting);
    if (!SANITIZED) RUN(a_child_forked_meanwhile_is_told_and_the_parent_goes_on);
    return report();
}
