/* A session's life: opening, what it may be told to look at, what it counts, closing. */
#include "check.h"

#include <sys/stat.h>

static float x[1000];

static void the_path_is_told_and_never_overwritten(void) {
    char first[512], second[512];
    size_t length = 0;
    furca_session *session = open_session("taken.furca");
    CHECK_OK(furca_session_path(session, first, sizeof first, &length));
    CHECK(strlen(first) == length && strstr(first, "taken.furca") != NULL && access(first, R_OK) == 0);
    CHECK_OK(furca_session_close(session));
    struct stat before, after;
    CHECK(stat(first, &before) == 0);

    session = open_session("taken.furca");
    CHECK_OK(furca_session_path(session, second, sizeof second, &length));
    CHECK(strcmp(first, second) != 0 && access(second, R_OK) == 0);
    CHECK_OK(furca_session_close(session));
    CHECK(stat(first, &after) == 0 && before.st_size == after.st_size);

    session = open_session(NULL);
    CHECK_OK(furca_session_path(session, first, sizeof first, &length));
    CHECK(length == 0 && first[0] == '\0');
    CHECK_OK(furca_session_flush(session));
    CHECK_OK(furca_session_close(session));
}

static void text_is_cut_to_the_buffer(void) {
    furca_session *session = open_session("text.furca");
    char whole[512], part[6] = "?????";
    size_t length = 0, again = 0;
    CHECK_OK(furca_session_path(session, NULL, 0, &length));
    CHECK_OK(furca_session_path(session, whole, sizeof whole, &again));
    CHECK(again == length && length == strlen(whole));
    CHECK_OK(furca_session_path(session, part, 5, &again));
    CHECK(again == length && strlen(part) == 4 && strncmp(part, whole, 4) == 0 && part[5] == '\0');
    part[1] = '?';
    CHECK_OK(furca_session_path(session, part, 1, &again));
    CHECK(part[0] == '\0' && part[1] == '?');
    CHECK_ERROR(furca_session_path(session, NULL, 5, &again), FURCA_ERROR_ARGUMENT);
    CHECK_OK(furca_session_close(session));
}

static void options_are_checked(void) {
    furca_session *session = NULL;
    furca_session_options options = FURCA_SESSION_OPTIONS_INIT;
    CHECK_ERROR(furca_session_open(&options, NULL), FURCA_ERROR_ARGUMENT);
    options.struct_size = 0;
    CHECK_SAYS(furca_session_open(&options, &session), FURCA_ERROR_ARGUMENT, "struct_size");
    options.struct_size = sizeof options - 4;
    CHECK_SAYS(furca_session_open(&options, &session), FURCA_ERROR_ARGUMENT, "struct_size");
    options.struct_size = sizeof options;
    options.exact_limit = 20001;
    CHECK_SAYS(furca_session_open(&options, &session), FURCA_ERROR_ARGUMENT, "20001");
    options.exact_limit = 4096;
    const double shares[] = {-0.5, 1.5, NAN, INFINITY};
    for (int i = 0; i < 4; i++) {
        options.alpha = shares[i];
        CHECK_SAYS(furca_session_open(&options, &session), FURCA_ERROR_ARGUMENT, "alpha");
        options.alpha = 0.01;
        options.budget = shares[i];
        CHECK_SAYS(furca_session_open(&options, &session), FURCA_ERROR_ARGUMENT, "budget");
        options.budget = 0.01;
    }
    options.path = "/proc/no/such/directory/run.furca";
    CHECK_SAYS(furca_session_open(&options, &session), FURCA_ERROR_IO, options.path);
    options.path = "";
    CHECK_ERROR(furca_session_open(&options, &session), FURCA_ERROR_ARGUMENT);
    CHECK(session == NULL);
    CHECK_OK(furca_session_open(NULL, &session));
    CHECK_OK(furca_session_close(session));
}

static void a_bad_batch_is_refused_as_a_whole(void) {
    furca_session *session = open_session(NULL);
    uint32_t a = add_tensor(session, "layer.a", 10), b = add_tensor(session, "layer.b", 20);
    furca_buffer good = {x, 10, a, FURCA_FLOAT32};
    struct {
        furca_buffer buffer;
        furca_status status;
        const char *part;
    } bad[] = {
        {{x, 19, b, FURCA_FLOAT32}, FURCA_ERROR_SHAPE, "layer.b"},
        {{x, (uint64_t)1 << 40, b, FURCA_FLOAT32}, FURCA_ERROR_SHAPE, "layer.b"},
        {{x, UINT64_MAX, b, FURCA_FLOAT32}, FURCA_ERROR_ARGUMENT, "layer.b"},
        {{NULL, 20, b, FURCA_FLOAT32}, FURCA_ERROR_ARGUMENT, "layer.b"},
        {{x, 20, b, FURCA_FLOAT64}, FURCA_ERROR_DTYPE, "layer.b"},
        {{x, 20, b, 77}, FURCA_ERROR_DTYPE, "77"},
        {{x, 20, 2, FURCA_FLOAT32}, FURCA_ERROR_UNKNOWN, "2"},
        {{x, 20, UINT32_MAX, FURCA_FLOAT32}, FURCA_ERROR_UNKNOWN, "4294967295"},
        {{x, 10, a, FURCA_FLOAT32}, FURCA_ERROR_DUPLICATE, "layer.a"},
    };
    furca_stats stats = FURCA_STATS_INIT;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        furca_buffer batch[2] = {good, bad[i].buffer};
        CHECK_SAYS(furca_session_observe(session, 0, batch, 2), bad[i].status, bad[i].part);
        CHECK_ERROR(furca_tensor_stats(session, a, &stats), FURCA_ERROR_EMPTY);
    }
    CHECK_ERROR(furca_session_observe(session, 0, NULL, 1), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_session_observe(session, -1, &good, 1), FURCA_ERROR_STEP);
    CHECK_OK(furca_session_observe(session, 0, NULL, 0));
    CHECK_OK(furca_session_observe(session, 0, &good, 1));
    CHECK_OK(furca_session_close(session));
}

static void steps_go_up_unless_rewound(void) {
    furca_session *session = open_session("steps.furca");
    uint32_t a = add_tensor(session, "a", 10), b = add_tensor(session, "b", 10);
    CHECK_OK(observe(session, 5, a, x, 10));
    CHECK_OK(observe(session, 5, b, x, 10)); /* another tensor of the same step */
    CHECK_ERROR(observe(session, 5, a, x, 10), FURCA_ERROR_STEP);
    CHECK_SAYS(observe(session, 4, a, x, 10), FURCA_ERROR_STEP, "4");
    CHECK(strstr(furca_last_error(), "rewind") != NULL);
    CHECK_OK(observe(session, 9, a, x, 10));
    CHECK_OK(furca_session_rewind(session, 4));
    CHECK_OK(observe(session, 5, a, x, 10));
    furca_stats stats = FURCA_STATS_INIT;
    CHECK_OK(furca_tensor_stats(session, a, &stats));
    CHECK(stats.step == 5);
    CHECK_OK(observe(session, INT64_MAX / 2, a, x, 10));
    CHECK_OK(furca_session_close(session));
}

static void a_step_may_be_as_large_as_no_trainer_makes_it(void) {
    furca_session *session = open_session(NULL);
    uint32_t a = add_tensor(session, "a", 100);
    CHECK_OK(observe(session, 0, a, x, 100));
    CHECK_OK(furca_session_rewind(session, -1));
    CHECK_SAYS(observe(session, INT64_MAX, a, x, 100), FURCA_ERROR_STEP, "9223372036854775807");
    CHECK_OK(observe(session, INT64_MAX / 2, a, x, 100));
    CHECK_ERROR(furca_session_rewind(session, INT64_MIN), FURCA_ERROR_STEP);
    CHECK_OK(furca_session_rewind(session, -1));
    CHECK_OK(observe(session, 0, a, x, 100));
    CHECK_OK(furca_session_close(session));
}

static void due_follows_the_budget(void) {
    furca_session_options options = FURCA_SESSION_OPTIONS_INIT;
    options.budget = 1e-9;
    options.always_until = 3;
    furca_session *session = NULL;
    CHECK_OK(furca_session_open(&options, &session));
    uint32_t a = add_tensor(session, "a", 1000);
    int32_t due = 0;
    for (int64_t step = 0; step <= 3; step++) {
        CHECK_OK(furca_session_due(session, step, &due));
        CHECK(due == 1);
        CHECK_OK(observe(session, step, a, x, 1000));
    }
    CHECK_OK(furca_session_due(session, 4, &due));
    CHECK(due == 0);
    furca_summary summary = FURCA_SUMMARY_INIT;
    CHECK_OK(furca_session_summary(session, &summary));
    CHECK(summary.looks == 4 && summary.looks_left_out == 1);
    CHECK_ERROR(furca_session_due(session, 5, NULL), FURCA_ERROR_ARGUMENT);
    CHECK_OK(furca_session_close(session));

    options.budget = 0; /* no limit */
    CHECK_OK(furca_session_open(&options, &session));
    CHECK_OK(furca_session_charge(session, 1000));
    CHECK_OK(furca_session_due(session, 1000, &due));
    CHECK(due == 1);
    CHECK_OK(furca_session_close(session));
}

static void the_summary_counts(void) {
    furca_session *session = open_session("summary.furca");
    uint32_t a = add_tensor(session, "a", 10), b = add_tensor(session, "b", 20);
    furca_buffer batch[] = {{x, 10, a, FURCA_FLOAT32}, {x, 20, b, FURCA_FLOAT32}};
    for (int64_t step = 0; step < 3; step++) CHECK_OK(furca_session_observe(session, step, batch, 2));
    CHECK_OK(furca_session_log(session, 1, "loss", 2.5));
    CHECK_OK(furca_session_log(session, 1, "loss", NAN));
    CHECK_OK(furca_session_gap(session, "embedding", "it is on another device"));
    CHECK_OK(furca_session_charge(session, 0.25));
    CHECK_OK(furca_session_flush(session));
    furca_summary s = FURCA_SUMMARY_INIT;
    CHECK_OK(furca_session_summary(session, &s));
    CHECK(s.tensors == 2 && s.looks == 3 && s.elements == 90 && s.bytes == 360 && s.gaps == 1);
    CHECK(s.records_lost == 0 && s.looks_left_out == 0 && s.events == 0);
    CHECK(s.seconds_inside >= 0.25 && s.seconds_inside < 5 && s.seconds_wall > 0 && s.seconds_wall < 60);

    char report[4096];
    size_t length = 0;
    CHECK_OK(furca_session_report(session, report, sizeof report, &length));
    CHECK(length == strlen(report) && strstr(report, "embedding") != NULL);
    CHECK(strstr(report, "it is on another device") != NULL && strchr(report, '%') != NULL);

    s.struct_size = 8;
    CHECK_SAYS(furca_session_summary(session, &s), FURCA_ERROR_ARGUMENT, "struct_size");
    CHECK_ERROR(furca_session_summary(session, NULL), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_session_log(session, 1, NULL, 1), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_session_gap(session, NULL, "reason"), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_session_gap(session, "name", NULL), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_session_charge(session, -1), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_session_charge(session, NAN), FURCA_ERROR_ARGUMENT);
    CHECK_OK(furca_session_close(session));
}

/* A name that is no UTF-8 must not take the library down; whether it is refused or repaired is the library's choice. */
static void odd_text_is_survived(void) {
    furca_session *session = open_session("odd.furca");
    furca_tensor_spec spec = FURCA_TENSOR_SPEC_INIT;
    uint32_t id = 0;
    spec.name = "\xff\xfe broken \xc3";
    furca_status status = furca_tensor_register(session, &spec, &id);
    CHECK(status == FURCA_OK || status == FURCA_ERROR_ARGUMENT);
    char *name = malloc(100001);
    memset(name, 'n', 100000);
    name[100000] = '\0';
    spec.name = name;
    status = furca_tensor_register(session, &spec, &id);
    CHECK(status == FURCA_OK || status == FURCA_ERROR_ARGUMENT);
    CHECK_OK(furca_session_gap(session, "'; drop table stats; --", "\"quoted\""));
    CHECK_OK(furca_session_log(session, 0, "'; drop table stats; --", 1));
    CHECK_OK(furca_session_close(session));
    free(name);
}

int main(void) {
    for (int i = 0; i < 1000; i++) x[i] = (float)i;
    RUN(the_path_is_told_and_never_overwritten);
    RUN(text_is_cut_to_the_buffer);
    RUN(options_are_checked);
    RUN(a_bad_batch_is_refused_as_a_whole);
    RUN(steps_go_up_unless_rewound);
    RUN(a_step_may_be_as_large_as_no_trainer_makes_it);
    RUN(due_follows_the_budget);
    RUN(the_summary_counts);
    RUN(odd_text_is_survived);
    return report();
}
