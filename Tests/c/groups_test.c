/* Unions of tensors that are looked at like one. */
#include "check.h"

enum { MEMBERS = 30, COUNT = 80 };

static float x[MEMBERS][COUNT];

/* Members of different scale and place, whose halves are `apart` standard deviations from each other. */
static void fill(double apart) {
    for (int m = 0; m < MEMBERS; m++) {
        fill_mixture(x[m], COUNT, apart, (uint64_t)m + 1);
        for (int i = 0; i < COUNT; i++) x[m][i] = x[m][i] * powf(10, (float)(m % 4)) - 3 * (float)m;
    }
}

static void look(furca_session *session, int64_t step) {
    furca_buffer batch[MEMBERS];
    for (uint32_t m = 0; m < MEMBERS; m++) batch[m] = (furca_buffer){x[m], COUNT, m + 1, FURCA_FLOAT32};
    CHECK_OK(furca_session_observe(session, step, batch, MEMBERS));
}

static void members_fork_together(void) {
    furca_session *session = open_session("groups.furca");
    uint32_t group = 99, found = 99;
    CHECK_OK(furca_session_group(session, "all", "m*", &group));
    CHECK(group == 0);
    for (int m = 0; m < MEMBERS; m++) {
        char name[8];
        snprintf(name, sizeof name, "m%d", m);
        CHECK(add_tensor(session, name, COUNT) == (uint32_t)m + 1);
    }
    fill(0);
    look(session, 0);
    furca_stats stats = FURCA_STATS_INIT;
    CHECK_OK(furca_tensor_stats(session, group, &stats));
    CHECK(stats.step == 0 && stats.count == MEMBERS * COUNT && fabs(stats.mean) < 1e-5 && fabs(stats.std - 1) < 1e-5);
    fill(5);
    look(session, 1);
    size_t events = 0, branches = 0;
    furca_event event = FURCA_EVENT_INIT;
    CHECK_OK(furca_event_count(session, &events));
    for (size_t i = 0; i < events; i++) {
        CHECK_OK(furca_event_get(session, i, &event));
        if (event.tensor == group) break;
    }
    CHECK(event.tensor == group && event.kind == FURCA_SPLIT && event.label == FURCA_LABEL_LEARNED && event.step == 1);
    CHECK_OK(furca_tensor_branches(session, group, NULL, 0, &branches));
    CHECK(branches == 2);
    CHECK_OK(furca_tensor_find(session, "group:all", &found));
    CHECK(found == group);
    CHECK_OK(furca_session_close(session));
}

static void wrong_groups_get_a_sentence(void) {
    furca_session *session = open_session(NULL);
    uint32_t group = 99;
    CHECK_OK(furca_session_group(session, "all", "*", &group));
    group = 99;
    CHECK_SAYS(furca_session_group(session, "all", "*", &group), FURCA_ERROR_DUPLICATE, "all");
    CHECK_ERROR(furca_session_group(session, "", "*", &group), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_session_group(session, "none", "", &group), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_session_group(session, NULL, "*", &group), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_session_group(session, "none", NULL, &group), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_session_group(session, "none", "*", NULL), FURCA_ERROR_ARGUMENT);
    furca_buffer buffer = {x, 0, 0, FURCA_FLOAT32};
    CHECK_SAYS(furca_session_observe(session, 0, &buffer, 1), FURCA_ERROR_ARGUMENT, "group:all");
    CHECK(group == 99);
    CHECK_OK(furca_session_close(session));
    furca_session_options options = FURCA_SESSION_OPTIONS_INIT;
    options.paths = 0;
    CHECK_OK(furca_session_open(&options, &session));
    CHECK_SAYS(furca_session_group(session, "all", "*", &group), FURCA_ERROR_ARGUMENT, "paths = 0");
    CHECK_OK(furca_session_close(session));
}

int main(void) {
    RUN(members_fork_together);
    RUN(wrong_groups_get_a_sentence);
    return report();
}
