/* The elements of a tensor that are followed one by one: of a session, and of its run file while it is written and afterwards. */
#include "check.h"

enum { COUNT = 5000, FOLLOWED = 100 };

static float x[COUNT];
static float values[3 * FOLLOWED];
static uint64_t places[FOLLOWED];
static uint32_t branches[3 * FOLLOWED];

static furca_session *open_following(const char *path, uint32_t paths) {
    furca_session_options options = FURCA_SESSION_OPTIONS_INIT;
    options.path = path;
    options.paths = paths;
    furca_session *session = NULL;
    CHECK_OK(furca_session_open(&options, &session));
    return session;
}

static void the_values_are_those_in_memory(void) {
    furca_session *session = open_following(NULL, FOLLOWED);
    uint32_t id = add_tensor(session, "w", COUNT), small = add_tensor(session, "small", 3);
    size_t count = 0;
    int64_t step = -1;
    double churn = 99;
    CHECK_SAYS(furca_tensor_paths(session, id, &step, values, branches, FOLLOWED, &count), FURCA_ERROR_EMPTY, "w");
    fill_mixture(x, COUNT, 20, 1);
    x[0] = NAN;
    CHECK_OK(observe(session, 3, id, x, COUNT));
    CHECK_OK(observe(session, 3, small, x, 3));
    CHECK_OK(furca_tensor_elements(session, id, places, FOLLOWED, &count));
    CHECK(count == FOLLOWED);
    CHECK_OK(furca_tensor_paths(session, id, &step, values, branches, FOLLOWED, &count));
    CHECK(count == FOLLOWED && step == 3);
    for (size_t i = 0; i < FOLLOWED; i++) {
        CHECK(places[i] < COUNT && (i == 0 || places[i] > places[i - 1]) && values[i] == x[places[i]]);
        CHECK((branches[i] == branches[0]) == ((values[i] > 0) == (values[0] > 0)) && branches[i] < 3);
    }
    CHECK_OK(furca_tensor_paths(session, small, &step, values, branches, FOLLOWED, &count));
    CHECK(count == 3 && isnan(values[0]) && branches[0] == FURCA_NO_BRANCH && values[2] == x[2]);
    CHECK_OK(furca_tensor_churn(session, id, &churn));
    CHECK(isnan(churn));
    for (size_t i = 0; i < COUNT; i++) x[i] = -x[i];
    CHECK_OK(observe(session, 4, id, x, COUNT));
    CHECK_OK(furca_tensor_churn(session, id, &churn));
    CHECK(churn == 1);

    /* Sizes alone, and arrays that nobody wants. */
    CHECK_OK(furca_tensor_elements(session, id, NULL, 0, &count));
    CHECK(count == FOLLOWED);
    values[1] = 99;
    CHECK_OK(furca_tensor_paths(session, id, &step, values, NULL, 1, &count));
    CHECK(count == FOLLOWED && values[0] == x[places[0]] && values[1] == 99);
    CHECK_ERROR(furca_tensor_elements(session, id, NULL, 1, &count), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_tensor_elements(session, id, places, 1, NULL), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_tensor_paths(session, id, NULL, values, NULL, 1, &count), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_tensor_churn(session, 9, &churn), FURCA_ERROR_UNKNOWN);
    CHECK_ERROR(furca_tensor_churn(session, id, NULL), FURCA_ERROR_ARGUMENT);
    CHECK_OK(furca_session_close(session));
    CHECK_ERROR(furca_tensor_churn(session, id, &churn), FURCA_ERROR_HANDLE);
}

static void none_are_followed_if_nobody_wants_it(void) {
    furca_session *session = open_following(NULL, 0);
    uint32_t id = add_tensor(session, "w", COUNT);
    size_t count = 0;
    CHECK_OK(observe(session, 0, id, x, COUNT));
    CHECK_SAYS(furca_tensor_elements(session, id, places, FOLLOWED, &count), FURCA_ERROR_EMPTY, "paths = 0");
    CHECK_OK(furca_session_close(session));
    furca_session_options options = FURCA_SESSION_OPTIONS_INIT;
    options.paths = 65537;
    CHECK_SAYS(furca_session_open(&options, &session), FURCA_ERROR_ARGUMENT, "65537");
}

static void check_run(furca_run *run) {
    int64_t steps[3] = {-1, -1, -1};
    double churn[3];
    size_t looks = 0, count = 0;
    CHECK_OK(furca_run_paths(run, "w", NULL, NULL, NULL, NULL, 0, &looks, &count));
    CHECK(looks == 3 && count == FOLLOWED);
    CHECK_OK(furca_run_elements(run, "w", places, FOLLOWED, &count));
    CHECK_OK(furca_run_paths(run, "w", steps, values, branches, churn, 3, &looks, &count));
    CHECK(steps[0] == 0 && steps[1] == 1 && steps[2] == 2);
    CHECK(isnan(churn[0]) && isnan(churn[1]) && churn[2] == 1);
    for (int look = 0; look < 3; look++) {
        fill_mixture(x, COUNT, look == 0 ? 0 : 20, 5);
        for (size_t i = 0; i < FOLLOWED; i++) {
            float value = look == 2 ? -x[places[i]] : x[places[i]];
            CHECK(values[look * FOLLOWED + i] == value);
            CHECK(look == 0 || (branches[FOLLOWED + i] != branches[2 * FOLLOWED + i]));
        }
    }
    /* Room for fewer looks gets those. */
    values[FOLLOWED] = steps[1] = 99;
    CHECK_OK(furca_run_paths(run, "w", steps, values, NULL, NULL, 1, &looks, &count));
    CHECK(looks == 3 && values[FOLLOWED] == 99 && steps[1] == 99);
    CHECK_SAYS(furca_run_paths(run, "v", NULL, NULL, NULL, NULL, 0, &looks, &count), FURCA_ERROR_UNKNOWN, "v");
    CHECK_SAYS(furca_run_elements(run, "unseen", places, 1, &count), FURCA_ERROR_EMPTY, "unseen");
    CHECK_ERROR(furca_run_paths(run, NULL, NULL, NULL, NULL, NULL, 0, &looks, &count), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_run_paths(run, "w", NULL, NULL, NULL, NULL, 0, NULL, &count), FURCA_ERROR_ARGUMENT);
}

static void a_run_file_has_them_while_it_is_written_and_afterwards(void) {
    furca_session *session = open_following("paths.furca", FOLLOWED);
    uint32_t id = add_tensor(session, "w", COUNT);
    add_tensor(session, "unseen", 2);
    for (int look = 0; look < 3; look++) {
        fill_mixture(x, COUNT, look == 0 ? 0 : 20, 5);
        for (size_t i = 0; look == 2 && i < COUNT; i++) x[i] = -x[i];
        CHECK_OK(observe(session, look, id, x, COUNT));
    }
    CHECK_OK(furca_session_flush(session));
    furca_run *run = NULL;
    CHECK_OK(furca_run_open("paths.furca", &run));
    check_run(run);
    CHECK_OK(furca_session_close(session));
    check_run(run);
    CHECK_OK(furca_run_close(run));
}

int main(void) {
    RUN(the_values_are_those_in_memory);
    RUN(none_are_followed_if_nobody_wants_it);
    RUN(a_run_file_has_them_while_it_is_written_and_afterwards);
    return report();
}
