/* A program built with the first header (headers/1), on today's library: it gets what it asks for and not a byte more. */
#include "check.h"

enum { N = 2000 };

/* What follows a caller's struct in memory is not the library's. */
#define GUARDED(type, initial) struct { type value; unsigned char after[64]; } guarded = {initial, {0}}; \
    memset(guarded.after, 0xA5, sizeof guarded.after)
#define CHECK_GUARD() do { int sound = 1; \
    for (size_t i = 0; i < sizeof guarded.after; i++) sound &= guarded.after[i] == 0xA5; \
    CHECK(sound); } while (0)

static furca_session *session;
static uint32_t tensor;
static float x[N];

static void a_session_opens_with_the_options_of_then(void) {
    GUARDED(furca_session_options, FURCA_SESSION_OPTIONS_INIT);
    guarded.value.path = "older.furca";
    CHECK_OK(furca_session_open(&guarded.value, &session));
    CHECK_GUARD();
}

static void a_tensor_is_registered_and_observed(void) {
    const int64_t shape = N;
    GUARDED(furca_tensor_spec, FURCA_TENSOR_SPEC_INIT);
    guarded.value.name = "w";
    guarded.value.rank = 1;
    guarded.value.shape = &shape;
    CHECK_OK(furca_tensor_register(session, &guarded.value, &tensor));
    fill_mixture(x, N, 8, 5);
    CHECK_OK(observe(session, 0, tensor, x, N));
    CHECK_GUARD();
}

static void statistics_fit_their_struct(void) {
    GUARDED(furca_stats, FURCA_STATS_INIT);
    CHECK_OK(furca_tensor_stats(session, tensor, &guarded.value));
    CHECK(guarded.value.struct_size == sizeof(furca_stats) && guarded.value.count == N && guarded.value.l2 > 0);
    CHECK_GUARD();
}

static void a_summary_fits_its_struct(void) {
    GUARDED(furca_summary, FURCA_SUMMARY_INIT);
    CHECK_OK(furca_session_summary(session, &guarded.value));
    CHECK(guarded.value.tensors == 1 && guarded.value.looks == 1 && guarded.value.seconds_wall > 0);
    CHECK_GUARD();
}

static void an_event_fits_its_struct(void) {
    for (int64_t step = 1; step <= 3; step++) {
        fill_mixture(x, N, 0, (uint64_t)step);
        x[0] = step == 2 ? NAN : 0;
        CHECK_OK(observe(session, step, tensor, x, N));
    }
    size_t count = 0;
    CHECK_OK(furca_event_count(session, &count));
    for (size_t index = 0; index < count; index++) {
        GUARDED(furca_event, FURCA_EVENT_INIT);
        CHECK_OK(furca_event_get(session, index, &guarded.value));
        CHECK(guarded.value.struct_size == sizeof(furca_event) && guarded.value.kind >= FURCA_SPLIT);
        CHECK_GUARD();
    }
}

static void modes_fit_their_struct(void) {
    furca_sketch *sketch = NULL;
    furca_sketch_options options = FURCA_SKETCH_OPTIONS_INIT;
    CHECK_OK(furca_sketch_create(&options, &sketch));
    fill_mixture(x, N, 8, 5);
    CHECK_OK(furca_sketch_update(sketch, x, N, FURCA_FLOAT32));
    GUARDED(furca_modes, FURCA_MODES_INIT);
    furca_branch branches[4];
    CHECK_OK(furca_sketch_modes(sketch, 0.001, &guarded.value, branches, 4, NULL, 0));
    CHECK(guarded.value.count == 2 && guarded.value.p_value <= 0.001 && branches[0].position < branches[1].position);
    CHECK_GUARD();
    CHECK_OK(furca_sketch_close(sketch));
}

static void the_run_file_is_read(void) {
    CHECK_OK(furca_session_close(session));
    furca_run *run = NULL;
    furca_rows *rows = NULL;
    furca_value value;
    int32_t has_row = 0;
    CHECK_OK(furca_run_open("older.furca", &run));
    CHECK_OK(furca_run_query(run, "select count(*) from stats", NULL, 0, &rows));
    CHECK_OK(furca_rows_next(rows, &value, 1, &has_row));
    CHECK(has_row && value.type == FURCA_INTEGER && value.integer == 4);
    CHECK_OK(furca_rows_close(rows));
    CHECK_OK(furca_run_close(run));
}

int main(void) {
    RUN(a_session_opens_with_the_options_of_then);
    RUN(a_tensor_is_registered_and_observed);
    RUN(statistics_fit_their_struct);
    RUN(a_summary_fits_its_struct);
    RUN(an_event_fits_its_struct);
    RUN(modes_fit_their_struct);
    RUN(the_run_file_is_read);
    return report();
}
