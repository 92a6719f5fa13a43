/* Every function that takes a handle, called in a harmless way: for handles that are wrong, and for a child process. */
#ifndef CALLS_H
#define CALLS_H

#include "check.h"

/* Calls all functions of a session and checks that each gives `expected`. Closing is not among them. */
static inline void call_session(furca_session *session, furca_status expected) {
    static float x[4];
    furca_buffer buffer = {x, 4, 0, FURCA_FLOAT32};
    furca_summary summary = FURCA_SUMMARY_INIT;
    furca_tensor_spec spec = FURCA_TENSOR_SPEC_INIT;
    furca_stats stats = FURCA_STATS_INIT;
    furca_event event = FURCA_EVENT_INIT;
    furca_branch branch;
    furca_sketch *sketch = NULL;
    spec.name = "another";
    char text[16];
    size_t length = 0;
    int64_t step = 0;
    int32_t due = 0;
    uint32_t id = 0;
    double q = 0.5, value = 0;
    CHECK_ERROR(furca_session_path(session, text, sizeof text, &length), expected);
    CHECK_ERROR(furca_session_due(session, 1000, &due), expected);
    CHECK_ERROR(furca_session_observe(session, 1000, &buffer, 1), expected);
    CHECK_ERROR(furca_session_observe_begin(session, 1000, &buffer, 1), expected);
    CHECK_ERROR(furca_session_observe_wait(session), expected);
    CHECK_ERROR(furca_session_observe_drop(session, "reason"), expected);
    CHECK_ERROR(furca_session_log(session, 0, "loss", 1), expected);
    CHECK_ERROR(furca_session_gap(session, "name", "reason"), expected);
    CHECK_ERROR(furca_session_charge(session, 0), expected);
    CHECK_ERROR(furca_session_rewind(session, 1000), expected);
    CHECK_ERROR(furca_session_flush(session), expected);
    CHECK_ERROR(furca_session_summary(session, &summary), expected);
    CHECK_ERROR(furca_session_problem(session, &length, text, sizeof text, &length), expected);
    CHECK_ERROR(furca_session_on_event(session, NULL, NULL), expected);
    CHECK_ERROR(furca_session_note_checkpoints(session, NULL), expected);
    CHECK_ERROR(furca_session_observe_checkpoint(session, 1000, "nowhere.safetensors"), expected);
    CHECK_ERROR(furca_session_report(session, text, sizeof text, &length), expected);
    CHECK_ERROR(furca_tensor_register(session, &spec, &id), expected);
    CHECK_ERROR(furca_tensor_count(session, &id), expected);
    CHECK_ERROR(furca_tensor_find(session, "w", &id), expected);
    CHECK_ERROR(furca_tensor_stats(session, 0, &stats), expected);
    CHECK_ERROR(furca_tensor_quantiles(session, 0, &q, 1, &value), expected);
    CHECK_ERROR(furca_tensor_branches(session, 0, &branch, 1, &length), expected);
    CHECK_ERROR(furca_tensor_names(session, 0, &id, 1, &length), expected);
    CHECK_ERROR(furca_tensor_exempt(session, 0), expected);
    CHECK_ERROR(furca_tensor_sketch(session, 0, &sketch), expected);
    CHECK_ERROR(furca_tensor_elements(session, 0, NULL, 0, &length), expected);
    CHECK_ERROR(furca_tensor_paths(session, 0, &step, NULL, NULL, 0, &length), expected);
    CHECK_ERROR(furca_tensor_churn(session, 0, &value), expected);
    CHECK_ERROR(furca_tensor_drifted(session, 0, 1, 0, -1, 0), expected);
    CHECK_ERROR(furca_tensor_due(session, 0, &value), expected);
    CHECK_ERROR(furca_session_group(session, "all", "*", &id), expected);
    CHECK_ERROR(furca_event_count(session, &length), expected);
    CHECK_ERROR(furca_event_get(session, 0, &event), expected);
    CHECK_ERROR(furca_event_branches(session, 0, &branch, 1, &length), expected);
    CHECK_ERROR(furca_event_names(session, 0, &id, 1, &length), expected);
    CHECK_ERROR(furca_event_lines(session, 0, &id, 1, &length), expected);
    CHECK_ERROR(furca_event_text(session, 0, text, sizeof text, &length), expected);
}

static inline void call_sketch(furca_sketch *sketch, furca_sketch *sound, furca_status expected) {
    const float x[] = {1, 2};
    furca_stats stats = FURCA_STATS_INIT;
    furca_modes modes = FURCA_MODES_INIT;
    double q = 0.5, value = 0;
    size_t length = 0;
    CHECK_ERROR(furca_sketch_update(sketch, x, 2, FURCA_FLOAT32), expected);
    CHECK_ERROR(furca_sketch_merge(sketch, sound), expected);
    CHECK_ERROR(furca_sketch_merge(sound, sketch), expected);
    CHECK_ERROR(furca_sketch_stats(sketch, &stats), expected);
    CHECK_ERROR(furca_sketch_quantiles(sketch, &q, 1, &value), expected);
    CHECK_ERROR(furca_sketch_cdf(sketch, &q, 1, &value), expected);
    CHECK_ERROR(furca_sketch_modes(sketch, 0.01, &modes, NULL, 0, NULL, 0), expected);
    CHECK_ERROR(furca_sketch_bins(sketch, NULL, 0, &length), expected);
    CHECK_ERROR(furca_sketch_serialize(sketch, NULL, 0, &length), expected);
}

static inline void call_run(furca_run *run, furca_status expected) {
    furca_rows *rows = NULL;
    size_t looks = 0, count = 0;
    CHECK_ERROR(furca_run_query(run, "select 1", NULL, 0, &rows), expected);
    CHECK_ERROR(furca_run_elements(run, "w", NULL, 0, &count), expected);
    CHECK_ERROR(furca_run_paths(run, "w", NULL, NULL, NULL, NULL, 0, &looks, &count), expected);
}

static inline void call_rows(furca_rows *rows, furca_status expected) {
    const char *name = NULL;
    furca_value value;
    size_t columns = 0;
    int32_t has_row = 0;
    CHECK_ERROR(furca_rows_columns(rows, &columns), expected);
    CHECK_ERROR(furca_rows_column_name(rows, 0, &name), expected);
    CHECK_ERROR(furca_rows_next(rows, &value, 1, &has_row), expected);
}

#endif
