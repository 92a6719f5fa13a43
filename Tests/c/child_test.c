/* fork(): a child process is told that its parent's handles are not its own, never hangs, and leaves the run alone. */
#include "calls.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>

static float x[5000];
static atomic_int finished;

/* All that the parent has open. */
typedef struct handles {
    furca_session *session;
    furca_sketch *sketch;
    furca_run *run;
    furca_rows *rows;
} handles;

static handles open_all(const char *path) {
    handles all = {open_session(path), NULL, NULL, NULL};
    char real_path[512];
    size_t length = 0;
    CHECK_OK(observe(all.session, 0, add_tensor(all.session, "w", 5000), x, 5000));
    CHECK_OK(furca_session_flush(all.session));
    CHECK_OK(furca_session_path(all.session, real_path, sizeof real_path, &length));
    CHECK_OK(furca_sketch_create(NULL, &all.sketch));
    CHECK_OK(furca_run_open(real_path, &all.run));
    CHECK_OK(furca_run_query(all.run, "select 1", NULL, 0, &all.rows));
    return all;
}

/* What the child does; its exit status is the number of checks that failed. */
static void be_the_child(handles all) {
    alarm(20); /* a hang is a failure */
    checks_failed = 0;
    call_session(all.session, FURCA_ERROR_FORKED);
    CHECK_SAYS(furca_session_close(all.session), FURCA_ERROR_FORKED, "child");
    call_sketch(all.sketch, all.sketch, FURCA_ERROR_FORKED);
    CHECK_ERROR(furca_sketch_close(all.sketch), FURCA_ERROR_FORKED);
    call_run(all.run, FURCA_ERROR_FORKED);
    call_rows(all.rows, FURCA_ERROR_FORKED);
    CHECK_ERROR(furca_rows_close(all.rows), FURCA_ERROR_FORKED);
    CHECK_ERROR(furca_run_close(all.run), FURCA_ERROR_FORKED);

    /* What the child makes itself works. */
    furca_sketch *own = NULL;
    furca_stats stats = FURCA_STATS_INIT;
    CHECK_OK(furca_sketch_create(NULL, &own));
    CHECK_OK(furca_sketch_update(own, x, 5000, FURCA_FLOAT32));
    CHECK_OK(furca_sketch_stats(own, &stats));
    CHECK(stats.count == 5000);
    CHECK_OK(furca_sketch_close(own));
    furca_session *own_session = open_session("child.furca");
    CHECK_OK(observe(own_session, 0, add_tensor(own_session, "w", 5000), x, 5000));
    CHECK_OK(furca_session_close(own_session));
    fflush(stdout);
    _exit(checks_failed < 100 ? checks_failed : 100);
}

static void expect_a_good_child(pid_t child) {
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child);
    if (!CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0))
        printf("      the child ended with %s %d\n", WIFEXITED(status) ? "status" : "signal",
               WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
}

static void close_all(handles all) {
    CHECK_OK(furca_rows_close(all.rows));
    CHECK_OK(furca_run_close(all.run));
    CHECK_OK(furca_sketch_close(all.sketch));
    CHECK_OK(furca_session_close(all.session));
}

static void a_child_is_told_and_the_parent_goes_on(void) {
    handles all = open_all("parent.furca");
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) be_the_child(all);
    expect_a_good_child(child);
    CHECK_OK(observe(all.session, 1, 0, x, 5000));
    CHECK_OK(furca_session_flush(all.session));
    furca_summary summary = FURCA_SUMMARY_INIT;
    CHECK_OK(furca_session_summary(all.session, &summary));
    CHECK(summary.looks == 2 && summary.records_lost == 0);
    close_all(all);
}

/* A child that leaves by exit() runs what was registered for the end of the process: none of it may hang or harm. */
static void a_child_may_exit_in_the_ordinary_way(void) {
    handles all = open_all("exit.furca");
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        exit(0);
    }
    expect_a_good_child(child);
    CHECK_OK(observe(all.session, 1, 0, x, 5000));
    close_all(all);
}

static void *observe_without_end(void *session) {
    for (int64_t step = 1; !finished; step++)
        if (observe(session, step, 0, x, 5000) != FURCA_OK) break;
    return NULL;
}

static void *query_without_end(void *session) {
    furca_stats stats = FURCA_STATS_INIT;
    while (!finished)
        if (furca_tensor_stats(session, 0, &stats) != FURCA_OK) break;
    return NULL;
}

/* The moment of the fork may be any: in the middle of a look, of a write, of a query. */
static void forks_at_any_moment_do_not_hang(void) {
    handles all = open_all("any.furca");
    pthread_t observer, asker;
    CHECK(pthread_create(&observer, NULL, observe_without_end, all.session) == 0);
    CHECK(pthread_create(&asker, NULL, query_without_end, all.session) == 0);
    for (int round = 0; round < 25; round++) {
        usleep(1000 + 700 * (useconds_t)round);
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) be_the_child(all);
        expect_a_good_child(child);
    }
    finished = 1;
    CHECK(pthread_join(observer, NULL) == 0 && pthread_join(asker, NULL) == 0);
    close_all(all);
}

int main(void) {
    fill_mixture(x, 5000, 0, 43);
    RUN(a_child_is_told_and_the_parent_goes_on);
    RUN(a_child_may_exit_in_the_ordinary_way);
    RUN(forks_at_any_moment_do_not_hang);
    return report();
}
