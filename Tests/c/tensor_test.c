/* Tensors of a session: registering, finding, and what is told of the latest look. */
#include "check.h"

static float x[6000];

static furca_status add(furca_session *session, const char *name, uint32_t rank, const int64_t *shape) {
    furca_tensor_spec spec = FURCA_TENSOR_SPEC_INIT;
    spec.name = name;
    spec.rank = rank;
    spec.shape = shape;
    uint32_t id = 0;
    return furca_tensor_register(session, &spec, &id);
}

static void ids_count_from_zero_and_are_found(void) {
    furca_session *session = open_session(NULL);
    uint32_t count = 99, id = 99;
    CHECK_OK(furca_tensor_count(session, &count));
    CHECK(count == 0);
    CHECK(add_tensor(session, "a.weight", 6) == 0 && add_tensor(session, "b.größe", 7) == 1);
    CHECK_OK(furca_tensor_count(session, &count));
    CHECK(count == 2);
    CHECK_OK(furca_tensor_find(session, "b.größe", &id));
    CHECK(id == 1);
    CHECK_SAYS(furca_tensor_find(session, "a.weigth", &id), FURCA_ERROR_UNKNOWN, "a.weigth");
    CHECK_ERROR(furca_tensor_find(session, "", &id), FURCA_ERROR_UNKNOWN);
    CHECK_ERROR(furca_tensor_find(session, NULL, &id), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_tensor_find(session, "a.weight", NULL), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_tensor_count(session, NULL), FURCA_ERROR_ARGUMENT);
    CHECK(id == 1);
    CHECK_OK(furca_session_close(session));
}

static void a_wrong_spec_gets_a_sentence(void) {
    furca_session *session = open_session(NULL);
    const int64_t shape[17] = {2, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, negative[] = {2, -3};
    const int64_t huge[] = {INT64_MAX, INT64_MAX}, wide[] = {(int64_t)1 << 62};
    CHECK_OK(add(session, "taken", 2, shape));
    CHECK_SAYS(add(session, "taken", 2, shape), FURCA_ERROR_DUPLICATE, "taken");
    CHECK_SAYS(add(session, "negative", 2, negative), FURCA_ERROR_ARGUMENT, "-3");
    CHECK_SAYS(add(session, "huge", 2, huge), FURCA_ERROR_ARGUMENT, "huge");
    CHECK_SAYS(add(session, "wide", 1, wide), FURCA_ERROR_ARGUMENT, "wide");
    CHECK_SAYS(add(session, "ranked", 17, shape), FURCA_ERROR_ARGUMENT, "17");
    CHECK_SAYS(add(session, "shapeless", 1, NULL), FURCA_ERROR_ARGUMENT, "shape");
    CHECK_ERROR(add(session, "", 2, shape), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(add(session, NULL, 2, shape), FURCA_ERROR_ARGUMENT);

    furca_tensor_spec spec = FURCA_TENSOR_SPEC_INIT;
    uint32_t id = 99, count = 0;
    spec.name = "typed";
    spec.dtype = 99;
    CHECK_SAYS(furca_tensor_register(session, &spec, &id), FURCA_ERROR_DTYPE, "typed");
    spec.dtype = FURCA_FLOAT64;
    CHECK_ERROR(furca_tensor_register(session, &spec, NULL), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_tensor_register(session, NULL, &id), FURCA_ERROR_ARGUMENT);
    spec.struct_size = 16;
    CHECK_SAYS(furca_tensor_register(session, &spec, &id), FURCA_ERROR_ARGUMENT, "struct_size");
    CHECK(id == 99);
    CHECK_OK(furca_tensor_count(session, &count));
    CHECK(count == 1);
    CHECK_OK(furca_session_close(session));
}

static void scalars_empty_and_frozen_tensors_are_fine(void) {
    furca_session *session = open_session("scalars.furca");
    const int64_t empty[] = {4, 0};
    CHECK_OK(add(session, "scalar", 0, NULL));
    CHECK_OK(add(session, "empty", 2, empty));
    furca_tensor_spec spec = FURCA_TENSOR_SPEC_INIT;
    uint32_t frozen = 0;
    spec.name = "frozen";
    spec.frozen = 1;
    CHECK_OK(furca_tensor_register(session, &spec, &frozen));
    furca_buffer batch[] = {{x, 1, 0, FURCA_FLOAT32}, {NULL, 0, 1, FURCA_FLOAT32}, {x, 1, frozen, FURCA_FLOAT32}};
    for (int64_t step = 0; step < 4; step++) CHECK_OK(furca_session_observe(session, step, batch, 3));
    furca_stats stats = FURCA_STATS_INIT;
    CHECK_OK(furca_tensor_stats(session, 0, &stats));
    CHECK(stats.count == 1 && stats.mean == x[0] && stats.step == 3);
    CHECK_OK(furca_tensor_stats(session, 1, &stats));
    CHECK(stats.count == 0 && isnan(stats.mean));
    CHECK_OK(furca_session_close(session));
}

static void the_latest_look_is_told(void) {
    furca_session *session = open_session(NULL);
    uint32_t id = add_tensor(session, "w", 6000);
    furca_stats stats = FURCA_STATS_INIT;
    furca_branch branch[2];
    furca_sketch *sketch = NULL;
    double q = 0.5, median = 99;
    size_t count = 99;
    CHECK_SAYS(furca_tensor_stats(session, id, &stats), FURCA_ERROR_EMPTY, "\"w\"");
    CHECK_ERROR(furca_tensor_quantiles(session, id, &q, 1, &median), FURCA_ERROR_EMPTY);
    CHECK_ERROR(furca_tensor_branches(session, id, branch, 2, &count), FURCA_ERROR_EMPTY);
    CHECK_ERROR(furca_tensor_sketch(session, id, &sketch), FURCA_ERROR_EMPTY);
    CHECK(median == 99 && count == 99 && sketch == NULL);

    fill_mixture(x, 6000, 0, 23);
    CHECK_OK(observe(session, 7, id, x, 6000));
    CHECK_OK(furca_tensor_stats(session, id, &stats));
    CHECK(stats.step == 7 && stats.count == 6000 && stats.exact == 0 && fabs(stats.std - 1) < 0.05);
    CHECK_OK(furca_tensor_quantiles(session, id, &q, 1, &median));
    CHECK(fabs(median) < 0.1);
    CHECK_OK(furca_tensor_branches(session, id, branch, 2, &count));
    CHECK(count == 1 && branch[0].mass == 1 && branch[0].lower == stats.min && branch[0].upper == stats.max);
    CHECK_OK(furca_tensor_branches(session, id, NULL, 0, &count));
    CHECK(count == 1);

    /* A sketch is a copy: it stays as it is when the session goes on, and after it is closed. */
    CHECK_OK(furca_tensor_sketch(session, id, &sketch));
    fill_mixture(x, 6000, 0, 24);
    CHECK_OK(observe(session, 8, id, x, 6000));
    furca_stats of_sketch = FURCA_STATS_INIT, now = FURCA_STATS_INIT;
    CHECK_OK(furca_tensor_stats(session, id, &now));
    CHECK_OK(furca_session_close(session));
    CHECK_OK(furca_sketch_stats(sketch, &of_sketch));
    CHECK(of_sketch.mean == stats.mean && of_sketch.std == stats.std && now.mean != stats.mean);
    CHECK_OK(furca_sketch_close(sketch));
}

static void unknown_ids_and_null_results_are_errors(void) {
    furca_session *session = open_session(NULL);
    uint32_t id = add_tensor(session, "w", 10);
    CHECK_OK(observe(session, 0, id, x, 10));
    furca_stats stats = FURCA_STATS_INIT;
    furca_branch branch;
    furca_sketch *sketch = NULL;
    double q[] = {0.5, 2}, value[] = {99, 99};
    size_t count = 99;
    CHECK_SAYS(furca_tensor_stats(session, 1, &stats), FURCA_ERROR_UNKNOWN, "1");
    CHECK_ERROR(furca_tensor_quantiles(session, 1, q, 1, value), FURCA_ERROR_UNKNOWN);
    CHECK_ERROR(furca_tensor_branches(session, UINT32_MAX, &branch, 1, &count), FURCA_ERROR_UNKNOWN);
    CHECK_ERROR(furca_tensor_sketch(session, 1, &sketch), FURCA_ERROR_UNKNOWN);
    CHECK_ERROR(furca_tensor_stats(session, id, NULL), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_tensor_quantiles(session, id, q, 2, value), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_tensor_quantiles(session, id, NULL, 1, value), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_tensor_quantiles(session, id, q, 1, NULL), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_tensor_branches(session, id, NULL, 1, &count), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_tensor_branches(session, id, &branch, 1, NULL), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_tensor_sketch(session, id, NULL), FURCA_ERROR_ARGUMENT);
    stats.struct_size = 100;
    CHECK_SAYS(furca_tensor_stats(session, id, &stats), FURCA_ERROR_ARGUMENT, "struct_size");
    CHECK(value[0] == 99 && value[1] == 99 && count == 99 && sketch == NULL && stats.count == 0);
    CHECK_OK(furca_session_close(session));
}

int main(void) {
    RUN(ids_count_from_zero_and_are_found);
    RUN(a_wrong_spec_gets_a_sentence);
    RUN(scalars_empty_and_frozen_tensors_are_fine);
    RUN(the_latest_look_is_told);
    RUN(unknown_ids_and_null_results_are_errors);
    return report();
}
