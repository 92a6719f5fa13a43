/*
 * queries.c: many threads ask while one observes.
 *
 *     queries [THREADS [SECONDS [QUERIES_PER_SECOND_AND_THREAD]]]
 *
 * Half a second with all threads asking and half a second with none take turns, so that whatever else the machine does meets
 * both alike. An answer is torn if its parts are not of one step: every look's values are all the step's number, or all but
 * one that is 0. Threads ask at a rate the machine can serve; what is to be seen is whether observing waits for them.
 */
#include "check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

enum { N = 20000, MOST_THREADS = 256, MOST_LOOKS = 200000 };
static furca_session *session;
static uint32_t tensor;
static atomic_int asking, finished;
static atomic_long queries, torn;
static double pause_seconds;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void sleep_for(double seconds) {
    struct timespec time = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    nanosleep(&time, NULL);
}

static void expect(int holds, const char *what) {
    if (!holds && torn++ < 10) printf("    torn: %s\n", what);
}

static void *ask(void *number) {
    uint64_t random = (uint64_t)(uintptr_t)number;
    int64_t last = 0;
    while (!finished) {
        sleep_for(pause_seconds * 2 * uniform(&random));
        if (!asking) continue;
        furca_stats stats = FURCA_STATS_INIT, copied = FURCA_STATS_INIT;
        furca_summary summary = FURCA_SUMMARY_INIT;
        furca_branch branches[4];
        furca_sketch *sketch = NULL;
        double q[] = {0.3, 0.7}, values[2];
        size_t count = 0;
        int sound = furca_tensor_stats(session, tensor, &stats) == FURCA_OK
            && furca_tensor_quantiles(session, tensor, q, 2, values) == FURCA_OK
            && furca_tensor_branches(session, tensor, branches, 4, &count) == FURCA_OK
            && furca_tensor_sketch(session, tensor, &sketch) == FURCA_OK
            && furca_sketch_stats(sketch, &copied) == FURCA_OK && furca_sketch_close(sketch) == FURCA_OK
            && furca_session_summary(session, &summary) == FURCA_OK;
        expect(sound, "an error");
        expect(stats.count == N && stats.max == (double)stats.step && stats.zeros == 1 && stats.step >= last, "stats");
        expect(copied.count == N && copied.min == 0 && copied.l1 == copied.max * (N - 1), "a sketch");
        expect(values[0] == values[1] && values[0] >= (double)stats.step * (1 - 1 / 128.), "quantiles");
        expect((int64_t)summary.looks > stats.step, "the summary");
        last = stats.step;
        queries++;
    }
    return NULL;
}

static int ascending(const void *a, const void *b) {
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}
static double median(double *times, size_t count) {
    qsort(times, count, sizeof *times, ascending);
    return times[count / 2];
}

int main(int argc, char **argv) {
    const int threads = argc > 1 ? atoi(argv[1]) : 16;
    const double seconds = argc > 2 ? atof(argv[2]) : 3, rate = argc > 3 ? atof(argv[3]) : 20;
    static float x[N];
    static double times[2][MOST_LOOKS];
    static pthread_t ids[MOST_THREADS];
    size_t looks[2] = {0, 0};
    pause_seconds = 1 / rate;
    session = open_session("queries.furca");
    tensor = add_tensor(session, "w", N);
    int64_t step = 0;
    CHECK_OK(observe(session, step, tensor, x, N));
    for (int i = 1; i < N; i++) x[i] = 1;
    step = 1;
    CHECK_OK(observe(session, step, tensor, x, N));
    for (int i = 0; i < threads && i < MOST_THREADS; i++)
        CHECK(pthread_create(&ids[i], NULL, ask, (void *)(uintptr_t)(i + 1)) == 0);
    const double begin = now();
    while (now() - begin < seconds && looks[0] < MOST_LOOKS && looks[1] < MOST_LOOKS) {
        const int with = (int)((now() - begin) * 2) % 2;
        asking = with;
        step++;
        for (int i = 1; i < N; i++) x[i] = (float)step;
        const double before = now();
        CHECK_OK(observe(session, step, tensor, x, N));
        times[with][looks[with]++] = now() - before;
        sleep_for(0.0005); /* the trainer's own work */
    }
    finished = 1;
    for (int i = 0; i < threads && i < MOST_THREADS; i++) CHECK(pthread_join(ids[i], NULL) == 0);
    if (CHECK(looks[0] > 10 && looks[1] > 10)) {
        const double alone = median(times[0], looks[0]), beside = median(times[1], looks[1]);
        printf("%d threads, %.0f s, %ld rounds of 7 queries, %ld torn; observe's median %.1f us alone (%zu looks), %.1f us beside them "
               "(%zu looks): %+.1f %%\n", threads, seconds, (long)queries, (long)torn, 1e6 * alone, looks[0], 1e6 * beside,
               looks[1], 100 * (beside / alone - 1));
    }
    CHECK(torn == 0 && queries > threads);
    CHECK_OK(furca_session_close(session));
    tests_passed = checks_failed == 0, tests_failed = checks_failed != 0;
    return report();
}
