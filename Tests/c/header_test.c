/* The header itself: layout of every struct, defaults, names. The numbers are the ABI of every 64-bit platform. */
#include "check.h"

#include <pthread.h>

#define SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), "size of " #type)
#define AT(type, field, offset) _Static_assert(offsetof(type, field) == (offset), "place of " #type "." #field)

SIZE(furca_stats, 168);
AT(furca_stats, struct_size, 0);
AT(furca_stats, exact, 4);
AT(furca_stats, step, 8);
AT(furca_stats, count, 16);
AT(furca_stats, nan, 24);
AT(furca_stats, pos_inf, 32);
AT(furca_stats, neg_inf, 40);
AT(furca_stats, zeros, 48);
AT(furca_stats, subnormals, 56);
AT(furca_stats, min, 64);
AT(furca_stats, max, 72);
AT(furca_stats, mean, 80);
AT(furca_stats, std, 88);
AT(furca_stats, skewness, 96);
AT(furca_stats, kurtosis, 104);
AT(furca_stats, l1, 112);
AT(furca_stats, l2, 120);
AT(furca_stats, sampled, 128);
AT(furca_stats, mean_se, 136);
AT(furca_stats, std_se, 144);
AT(furca_stats, kurtosis_se, 152);
AT(furca_stats, counted, 160);

SIZE(furca_branch, 32);
AT(furca_branch, position, 0);
AT(furca_branch, mass, 8);
AT(furca_branch, lower, 16);
AT(furca_branch, upper, 24);

SIZE(furca_atom, 16);
AT(furca_atom, mass, 8);

SIZE(furca_modes, 40);
AT(furca_modes, count, 4);
AT(furca_modes, atoms, 8);
AT(furca_modes, dip, 16);
AT(furca_modes, dip_tested, 24);
AT(furca_modes, p_value, 32);

SIZE(furca_sketch_options, 12);
AT(furca_sketch_options, exact_limit, 4);
AT(furca_sketch_options, counts_one_in, 8);

SIZE(furca_session_options, 80);
AT(furca_session_options, exact_limit, 4);
AT(furca_session_options, path, 8);
AT(furca_session_options, alpha, 16);
AT(furca_session_options, budget, 24);
AT(furca_session_options, always_until, 32);
AT(furca_session_options, threads, 40);
AT(furca_session_options, resume, 44);
AT(furca_session_options, max_size, 48);
AT(furca_session_options, sketch_error, 56);
AT(furca_session_options, paths, 64);
AT(furca_session_options, seed, 72);

SIZE(furca_strided, 32);
AT(furca_strided, rank, 8);
AT(furca_strided, shape, 16);
AT(furca_strided, strides, 24);

SIZE(furca_buffer, 24);
AT(furca_buffer, count, 8);
AT(furca_buffer, tensor, 16);
AT(furca_buffer, dtype, 20);

SIZE(furca_bin, 32);
AT(furca_bin, upper, 8);
AT(furca_bin, value, 16);
AT(furca_bin, count, 24);

SIZE(furca_sketched, 16);
AT(furca_sketched, tensor, 8);

SIZE(furca_summary, 112);
AT(furca_summary, tensors, 4);
AT(furca_summary, looks, 8);
AT(furca_summary, looks_left_out, 16);
AT(furca_summary, elements, 24);
AT(furca_summary, bytes, 32);
AT(furca_summary, events, 40);
AT(furca_summary, gaps, 48);
AT(furca_summary, records_lost, 56);
AT(furca_summary, seconds_inside, 64);
AT(furca_summary, seconds_wall, 72);
AT(furca_summary, looks_in_part, 80);
AT(furca_summary, looks_dropped, 88);
AT(furca_summary, seconds_waiting, 96);
AT(furca_summary, seconds_overlapped, 104);

SIZE(furca_tensor_spec, 32);
AT(furca_tensor_spec, dtype, 4);
AT(furca_tensor_spec, name, 8);
AT(furca_tensor_spec, shape, 16);
AT(furca_tensor_spec, rank, 24);
AT(furca_tensor_spec, frozen, 28);

SIZE(furca_event, 64);
AT(furca_event, kind, 4);
AT(furca_event, label, 8);
AT(furca_event, tensor, 12);
AT(furca_event, step, 16);
AT(furca_event, onset_after, 24);
AT(furca_event, onset_by, 32);
AT(furca_event, dip, 40);
AT(furca_event, p_value, 48);
AT(furca_event, branch_count, 56);

SIZE(furca_value, 40);
AT(furca_value, integer, 8);
AT(furca_value, real, 16);
AT(furca_value, bytes, 24);
AT(furca_value, length, 32);

static void init_macros_set_size_and_defaults(void) {
    furca_stats stats = FURCA_STATS_INIT;
    furca_modes modes = FURCA_MODES_INIT;
    furca_summary summary = FURCA_SUMMARY_INIT;
    furca_event event = FURCA_EVENT_INIT;
    furca_tensor_spec spec = FURCA_TENSOR_SPEC_INIT;
    furca_sketch_options sketch = FURCA_SKETCH_OPTIONS_INIT;
    furca_session_options session = FURCA_SESSION_OPTIONS_INIT;
    CHECK(stats.struct_size == 168 && modes.struct_size == 40 && summary.struct_size == 112);
    CHECK(event.struct_size == 64 && spec.struct_size == 32 && spec.dtype == FURCA_FLOAT32);
    CHECK(sketch.struct_size == 12 && sketch.exact_limit == 4096 && sketch.counts_one_in == 1);
    CHECK(session.struct_size == 80 && session.exact_limit == 4096 && session.path == NULL);
    CHECK(session.alpha == 0.01 && session.budget == 0.01 && session.always_until == 16 && session.threads == 0);
}

static void versions_agree(void) {
    char expected[32];
    snprintf(expected, sizeof expected, "%d.%d.%d", FURCA_VERSION_MAJOR, FURCA_VERSION_MINOR, FURCA_VERSION_PATCH);
    CHECK(furca_abi_version() == FURCA_ABI_VERSION);
    CHECK(strcmp(furca_version(), expected) == 0);
}

static void every_status_has_its_name(void) {
#define NAMED(status) CHECK(strcmp(furca_status_name(status), #status) == 0)
    NAMED(FURCA_OK);
    NAMED(FURCA_ERROR_ARGUMENT);
    NAMED(FURCA_ERROR_HANDLE);
    NAMED(FURCA_ERROR_UNKNOWN);
    NAMED(FURCA_ERROR_DUPLICATE);
    NAMED(FURCA_ERROR_DTYPE);
    NAMED(FURCA_ERROR_SHAPE);
    NAMED(FURCA_ERROR_STEP);
    NAMED(FURCA_ERROR_EMPTY);
    NAMED(FURCA_ERROR_IO);
    NAMED(FURCA_ERROR_FORMAT);
    NAMED(FURCA_ERROR_VERSION);
    NAMED(FURCA_ERROR_SQL);
    NAMED(FURCA_ERROR_FORKED);
    NAMED(FURCA_ERROR_MERGE);
    NAMED(FURCA_ERROR_CAPACITY);
    NAMED(FURCA_ERROR_BUSY);
    CHECK(strcmp(furca_status_name(17), "FURCA_ERROR_?") == 0);
    CHECK(strcmp(furca_status_name(-1), "FURCA_ERROR_?") == 0);
    CHECK(strcmp(furca_status_name(INT32_MAX), "FURCA_ERROR_?") == 0);
}

static void *error_of_a_new_thread(void *unused) {
    (void)unused;
    CHECK(strcmp(furca_last_error(), "") == 0);
    return NULL;
}

static void errors_are_the_threads_own(void) {
    CHECK(strcmp(furca_last_error(), "") == 0);
    CHECK_ERROR(furca_sketch_create(NULL, NULL), FURCA_ERROR_ARGUMENT);
    CHECK(strlen(furca_last_error()) > 12);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, error_of_a_new_thread, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(strlen(furca_last_error()) > 12);
}

static void closing_null_does_nothing(void) {
    CHECK_OK(furca_sketch_close(NULL));
    CHECK_OK(furca_session_close(NULL));
    CHECK_OK(furca_run_close(NULL));
    CHECK_OK(furca_rows_close(NULL));
}

int main(void) {
    RUN(init_macros_set_size_and_defaults);
    RUN(versions_agree);
    RUN(every_status_has_its_name);
    RUN(errors_are_the_threads_own);
    RUN(closing_null_does_nothing);
    return report();
}
