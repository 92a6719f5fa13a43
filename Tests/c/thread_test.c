/* Queries from several threads while another observes; observers that wait for each other; closing under their feet. */
#include "check.h"

#include <pthread.h>
#include <stdatomic.h>

enum { N = 3000, STEPS = 400, READERS = 3 };
static float x[N];
static furca_session *session;
static uint32_t tensor;
static atomic_int finished, trouble;
static atomic_long queries;

/* Checks of other threads are counted, and judged by the thread that joins them. */
#define EXPECT(condition) ((condition) ? (void)0 : (void)(printf("    %s\n", #condition), trouble++))

static void *query_all_the_time(void *unused) {
    (void)unused;
    int64_t step = 0;
    size_t events = 0;
    while (!finished) {
        furca_stats stats = FURCA_STATS_INIT, copied = FURCA_STATS_INIT;
        furca_summary summary = FURCA_SUMMARY_INIT;
        furca_branch branches[4];
        furca_sketch *sketch = NULL;
        double q[] = {0, 0.5, 1}, values[3];
        size_t count = 0, length = 0;
        char text[2048];
        EXPECT(furca_tensor_stats(session, tensor, &stats) == FURCA_OK);
        EXPECT(stats.count == N && stats.step >= step && stats.min <= stats.mean && stats.mean <= stats.max);
        step = stats.step;
        EXPECT(furca_tensor_quantiles(session, tensor, q, 3, values) == FURCA_OK);
        EXPECT(values[0] < values[1] && values[1] < values[2]);
        EXPECT(furca_tensor_branches(session, tensor, branches, 4, &count) == FURCA_OK && count >= 1);
        EXPECT(furca_tensor_sketch(session, tensor, &sketch) == FURCA_OK);
        EXPECT(furca_sketch_stats(sketch, &copied) == FURCA_OK && copied.count == N);
        EXPECT(furca_sketch_close(sketch) == FURCA_OK);
        EXPECT(furca_event_count(session, &count) == FURCA_OK && count >= events);
        events = count;
        for (size_t i = 0; i < count; i++) EXPECT(furca_event_text(session, i, text, sizeof text, &length) == FURCA_OK);
        EXPECT(furca_session_summary(session, &summary) == FURCA_OK && summary.tensors >= 1);
        EXPECT(furca_session_report(session, text, sizeof text, &length) == FURCA_OK);
        EXPECT(furca_tensor_stats(session, 99, &stats) == FURCA_ERROR_UNKNOWN && strstr(furca_last_error(), "99"));
        queries++;
    }
    return NULL;
}

static void queries_run_beside_an_observer(void) {
    session = open_session("threads.furca");
    tensor = add_tensor(session, "w", N);
    fill_mixture(x, N, 0, 41);
    CHECK_OK(observe(session, 0, tensor, x, N));
    pthread_t readers[READERS];
    for (int i = 0; i < READERS; i++) CHECK(pthread_create(&readers[i], NULL, query_all_the_time, NULL) == 0);
    for (int64_t step = 1; step <= STEPS || queries < 3 * READERS; step++) {
        fill_mixture(x, N, step / 50 % 2 ? 6 : 0, (uint64_t)step);
        CHECK_OK(observe(session, step, tensor, x, N));
        CHECK_OK(furca_session_log(session, step, "loss", 1));
    }
    finished = 1;
    for (int i = 0; i < READERS; i++) CHECK(pthread_join(readers[i], NULL) == 0);
    CHECK(trouble == 0);
    CHECK_OK(furca_session_close(session));
}

static void *observe_an_own_tensor(void *number) {
    char name[32];
    snprintf(name, sizeof name, "tensor %d", *(int *)number);
    furca_tensor_spec spec = FURCA_TENSOR_SPEC_INIT;
    const int64_t shape = 100;
    spec.name = name;
    spec.rank = 1;
    spec.shape = &shape;
    uint32_t id = 0;
    float values[100];
    fill_mixture(values, 100, 0, (uint64_t)*(int *)number);
    EXPECT(furca_tensor_register(session, &spec, &id) == FURCA_OK);
    EXPECT(observe(session, 5, id, values, 100) == FURCA_OK);
    for (int i = 0; i < 200; i++) EXPECT(observe(session, 5, id, values, 100) == FURCA_ERROR_STEP);
    return NULL;
}

static void observers_wait_for_each_other(void) {
    session = open_session(NULL);
    pthread_t threads[4];
    int numbers[] = {0, 1, 2, 3};
    for (int i = 0; i < 4; i++) CHECK(pthread_create(&threads[i], NULL, observe_an_own_tensor, &numbers[i]) == 0);
    for (int i = 0; i < 4; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    furca_summary summary = FURCA_SUMMARY_INIT;
    CHECK_OK(furca_session_summary(session, &summary));
    CHECK(trouble == 0 && summary.tensors == 4 && summary.looks == 4);
    CHECK_OK(furca_session_close(session));
}

static void *query_until_closed(void *unused) {
    (void)unused;
    furca_stats stats = FURCA_STATS_INIT;
    furca_status status = FURCA_OK;
    while (status == FURCA_OK) status = furca_tensor_stats(session, tensor, &stats);
    EXPECT(status == FURCA_ERROR_HANDLE);
    return NULL;
}

static void closing_while_others_query_is_an_error_for_them(void) {
    for (int round = 0; round < 20; round++) {
        session = open_session("closing.furca");
        tensor = add_tensor(session, "w", N);
        CHECK_OK(observe(session, 0, tensor, x, N));
        pthread_t readers[READERS];
        for (int i = 0; i < READERS; i++) CHECK(pthread_create(&readers[i], NULL, query_until_closed, NULL) == 0);
        usleep(2000);
        CHECK_OK(furca_session_close(session));
        for (int i = 0; i < READERS; i++) CHECK(pthread_join(readers[i], NULL) == 0);
    }
    CHECK(trouble == 0);
}

static void *update_a_shared_sketch(void *sketch) {
    for (int i = 0; i < 50; i++) EXPECT(furca_sketch_update(sketch, x, N, FURCA_FLOAT32) == FURCA_OK);
    return NULL;
}

static void a_sketch_may_be_shared(void) {
    furca_sketch *sketch = NULL;
    CHECK_OK(furca_sketch_create(NULL, &sketch));
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) CHECK(pthread_create(&threads[i], NULL, update_a_shared_sketch, sketch) == 0);
    for (int i = 0; i < 3; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    furca_stats stats = FURCA_STATS_INIT;
    CHECK_OK(furca_sketch_stats(sketch, &stats));
    CHECK(trouble == 0 && stats.count == 150 * N);
    CHECK_OK(furca_sketch_close(sketch));
}

int main(void) {
    RUN(queries_run_beside_an_observer);
    RUN(observers_wait_for_each_other);
    RUN(closing_while_others_query_is_an_error_for_them);
    RUN(a_sketch_may_be_shared);
    return report();
}
