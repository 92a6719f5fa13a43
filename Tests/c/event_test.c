/* Events: a distribution that splits, merges, and gets a NaN, seen through the C functions. */
#include "check.h"

enum { N = 4000 };
static float x[N];

/* A run of a tensor with two Gaussians that move apart, and together again. */
static furca_session *run_of_a_fork(uint32_t *id) {
    furca_session *session = open_session("fork.furca");
    *id = add_tensor(session, "layer.weight", N);
    const double apart[] = {0, 0, 0, 2, 5, 6, 6, 4, 1, 0, 0};
    for (int64_t step = 0; step < 11; step++) {
        fill_mixture(x, N, apart[step], 100 + (uint64_t)step);
        CHECK_OK(observe(session, 200 + 10 * step, *id, x, N));
    }
    return session;
}

static void a_fork_is_told_from_split_to_merge(void) {
    uint32_t id = 0;
    furca_session *session = run_of_a_fork(&id);
    size_t count = 0;
    CHECK_OK(furca_event_count(session, &count));
    if (!CHECK(count == 2)) return;
    furca_event split = FURCA_EVENT_INIT, merge = FURCA_EVENT_INIT;
    CHECK_OK(furca_event_get(session, 0, &split));
    CHECK(split.kind == FURCA_SPLIT && split.tensor == id && split.branch_count == 2);
    CHECK(split.label == FURCA_LABEL_LEARNED);
    /* The last look that was surely of one mode: at 230 the two are 2 sigma apart, which is exactly between. */
    CHECK(split.step == 240 && split.onset_after == 220 && split.onset_by == 240);
    CHECK(split.dip > 0.05 && split.p_value < 1e-6);
    CHECK_OK(furca_event_get(session, 1, &merge));
    CHECK(merge.kind == FURCA_MERGE && merge.tensor == id);
    CHECK(merge.step >= 270 && merge.step <= 300);
    CHECK(merge.onset_by == merge.step && merge.onset_after == merge.step - 10);

    furca_branch branches[2] = {{0, 0, 0, 0}, {99, 0, 0, 0}};
    CHECK_OK(furca_event_branches(session, 0, branches, 1, &count));
    CHECK(count == 2 && fabs(branches[0].position + 2.5) < 0.2 && branches[1].position == 99);
    CHECK_OK(furca_event_branches(session, 0, branches, 2, &count));
    CHECK(fabs(branches[1].position - 2.5) < 0.2 && fabs(branches[0].mass - 0.5) < 0.05);

    char line[512], start[10];
    size_t length = 0, again = 0;
    CHECK_OK(furca_event_text(session, 0, line, sizeof line, &length));
    CHECK(length == strlen(line) && strstr(line, "layer.weight") != NULL && strstr(line, "240") != NULL);
    CHECK(strchr(line, '\n') == NULL);
    CHECK_OK(furca_event_text(session, 0, start, sizeof start, &again));
    CHECK(again == length && strlen(start) < sizeof start && strncmp(start, line, strlen(start)) == 0);

    furca_summary summary = FURCA_SUMMARY_INIT;
    CHECK_OK(furca_session_summary(session, &summary));
    CHECK(summary.events == 2);
    CHECK_OK(furca_session_close(session));
}

static void the_first_nonfinite_value_is_an_event(void) {
    furca_session *session = open_session(NULL);
    uint32_t id = add_tensor(session, "w", N);
    fill_mixture(x, N, 0, 31);
    CHECK_OK(observe(session, 0, id, x, N));
    x[17] = NAN;
    CHECK_OK(observe(session, 3, id, x, N));
    CHECK_OK(observe(session, 4, id, x, N));
    size_t count = 0;
    furca_event event = FURCA_EVENT_INIT;
    CHECK_OK(furca_event_count(session, &count));
    CHECK(count == 1);
    CHECK_OK(furca_event_get(session, 0, &event));
    CHECK(event.kind == FURCA_NONFINITE && event.step == 3 && event.onset_after == 0 && event.onset_by == 3);
    CHECK_OK(furca_session_close(session));
}

/* What Adam does to a bias of zeros: the first step is plus or minus the learning rate. */
static void the_optimisers_first_step_is_labelled(void) {
    furca_session *session = open_session(NULL);
    uint32_t id = add_tensor(session, "bias", 128);
    for (int i = 0; i < 128; i++) x[i] = 0;
    CHECK_OK(observe(session, 0, id, x, 128));
    for (int i = 0; i < 128; i++) x[i] = i % 2 ? 1e-3f : -1e-3f;
    CHECK_OK(observe(session, 1, id, x, 128));
    size_t count = 0;
    furca_event event = FURCA_EVENT_INIT;
    CHECK_OK(furca_event_count(session, &count));
    if (!CHECK(count == 1)) return;
    CHECK_OK(furca_event_get(session, 0, &event));
    CHECK(event.kind == FURCA_SPLIT && event.label == FURCA_LABEL_OPTIMIZER && event.branch_count == 2);
    CHECK_OK(furca_session_close(session));
}

static void no_such_event_is_an_error(void) {
    furca_session *session = open_session(NULL);
    furca_event event = FURCA_EVENT_INIT;
    furca_branch branch;
    char line[8] = "1234567";
    size_t count = 99;
    CHECK_SAYS(furca_event_get(session, 0, &event), FURCA_ERROR_UNKNOWN, "0");
    CHECK_ERROR(furca_event_get(session, SIZE_MAX, &event), FURCA_ERROR_UNKNOWN);
    CHECK_ERROR(furca_event_branches(session, 0, &branch, 1, &count), FURCA_ERROR_UNKNOWN);
    CHECK_ERROR(furca_event_text(session, 0, line, sizeof line, &count), FURCA_ERROR_UNKNOWN);
    CHECK(count == 99 && strcmp(line, "1234567") == 0);
    CHECK_ERROR(furca_event_count(session, NULL), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_event_get(session, 0, NULL), FURCA_ERROR_ARGUMENT);
    CHECK_OK(furca_session_close(session));

    uint32_t id = 0;
    session = run_of_a_fork(&id);
    event.struct_size = 32;
    CHECK_SAYS(furca_event_get(session, 0, &event), FURCA_ERROR_ARGUMENT, "struct_size");
    CHECK_ERROR(furca_event_branches(session, 0, NULL, 1, &count), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_event_branches(session, 0, &branch, 1, NULL), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_event_text(session, 0, NULL, 8, &count), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_event_text(session, 0, line, 8, NULL), FURCA_ERROR_ARGUMENT);
    CHECK_OK(furca_session_close(session));
}

int main(void) {
    RUN(a_fork_is_told_from_split_to_merge);
    RUN(the_first_nonfinite_value_is_an_event);
    RUN(the_optimisers_first_step_is_labelled);
    RUN(no_such_event_is_an_error);
    return report();
}
