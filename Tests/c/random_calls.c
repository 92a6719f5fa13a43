/*
 * random_calls.c: calls every function of furca.h in random order with right, wrong, closed and foreign arguments.
 *
 *     random_calls [CALLS [THREADS [SEED]]]
 *
 * Whatever it is given, a function answers with a status that has a name; an error comes with a sentence and leaves the
 * results untouched; and nothing crashes or hangs. Threads share all handles and close them under each other's feet.
 */
#include "check.h"
#include "seal.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

enum { SESSIONS = 6, SKETCHES = 10, RUNS = 3, ROWS = 4, HANDLES = SESSIONS + SKETCHES + RUNS + ROWS };
enum { VALUES = 3000, SENTINEL = 0x5A };

static atomic_uintptr_t handles[HANDLES];
static atomic_long calls_left, refused, trouble;
static float values[VALUES + 16];

typedef struct caller {
    uint64_t random;
    long tally[FURCA_ERROR_BUSY + 1];
} caller;

static uint64_t next(caller *me, uint64_t limit) { return (uint64_t)(uniform(&me->random) * (double)limit); }
static int one_in(caller *me, uint64_t n) { return next(me, n) == 0; }

/* ---- Arguments --------------------------------------------------------------------------------------------------- */

/* A handle: mostly one of the kind that is wanted, open or closed; else any other, or a number. */
static void *handle(caller *me, int first, int count) {
    static const uintptr_t foreign[] = {0, 1, 8, 0xF5ull << 56, (0xF5ull << 56) | 1, ~(uintptr_t)0, 0xF500000100000001ull};
    uint64_t kind = next(me, 40);
    if (kind == 0) return (void *)foreign[next(me, sizeof foreign / sizeof foreign[0])];
    if (kind == 1) return (void *)handles[next(me, HANDLES)];
    if (kind == 2) return (void *)(uintptr_t)(uniform(&me->random) * 0x1p64);
    return (void *)handles[first + (int)next(me, (uint64_t)count)];
}
static furca_session *a_session(caller *me) { return handle(me, 0, SESSIONS); }
static furca_sketch *a_sketch(caller *me) { return handle(me, SESSIONS, SKETCHES); }
static furca_run *a_run(caller *me) { return handle(me, SESSIONS + SKETCHES, RUNS); }
static furca_rows *a_rows(caller *me) { return handle(me, SESSIONS + SKETCHES + RUNS, ROWS); }

/* Where a new handle goes; what was there is closed, unless it is to be a leak. */
static void put(caller *me, int first, int count, void *made) {
    uintptr_t old = atomic_exchange(&handles[first + (int)next(me, (uint64_t)count)], (uintptr_t)made);
    if (first == 0) furca_session_close((furca_session *)old);
    else if (first == SESSIONS) furca_sketch_close((furca_sketch *)old);
    else if (first == SESSIONS + SKETCHES) furca_run_close((furca_run *)old);
    else furca_rows_close((furca_rows *)old);
}

/* A count that no memory holds; who reads before checking dies here. */
static uint64_t huge(caller *me) {
    static const uint64_t counts[] = {UINT64_MAX, (uint64_t)1 << 63, (uint64_t)1 << 60, ((uint64_t)1 << 57) + 1, (uint64_t)INT64_MAX};
    return counts[next(me, 5)];
}
static uint64_t a_count(caller *me, uint64_t most) { return one_in(me, 12) ? huge(me) : next(me, most + 1); }
static uint32_t a_tensor(caller *me) { return one_in(me, 15) ? (uint32_t)huge(me) : (uint32_t)next(me, 6); }
/* Never FURCA_STRIDED, which makes of the data an address. */
static furca_dtype a_dtype(caller *me) { return one_in(me, 8) ? (furca_dtype)next(me, 256) : (furca_dtype)(1 + next(me, 7)); }
static double a_number(caller *me) {
    static const double odd[] = {0, 1, -1, 2, 1e300, -0.0, 1e-320};
    uint64_t kind = next(me, 12);
    if (kind == 0) return NAN;
    if (kind == 1) return INFINITY;
    return kind < 8 ? uniform(&me->random) : odd[kind % 7];
}
static int64_t a_step(caller *me) {
    static _Atomic int64_t step;
    if (one_in(me, 12)) return (int64_t)huge(me);
    if (one_in(me, 12)) return -(int64_t)next(me, 5);
    return one_in(me, 3) ? step++ : step;
}
static const char *a_text(caller *me) {
    static const char *const texts[] = {"a", "b", "c", "d", "e", "", "\xff\xfe", "layer.0.weight", "loss"};
    return one_in(me, 20) ? NULL : texts[next(me, sizeof texts / sizeof texts[0])];
}
static const char *a_statement(caller *me) {
    static const char *const statements[] = {
        "select 1", "select * from stats where tensor = ?", "select step, text from forks", "select ?", "select", "",
        "drop table looks", "select data from sketches limit 3", "select randomblob(100) from stats limit 50", "select 1; select 2", "attach 'x' as y", "pragma user_version = 7",
    };
    return one_in(me, 20) ? NULL : statements[next(me, sizeof statements / sizeof statements[0])];
}
/* A struct_size: mostly the right one. */
static uint32_t a_size(caller *me, size_t right) {
    static const uint32_t odd[] = {0, 1, 3, 4, 7, 9, 15};
    return one_in(me, 10) ? odd[next(me, 7)] : (uint32_t)right;
}

/* ---- Results ----------------------------------------------------------------------------------------------------- */

static void complain(const char *what, furca_status status) {
    trouble++;
    printf("    %s: %s (%s)\n", what, furca_status_name(status), furca_last_error());
}

/* Judges a call: `results` was filled with sentinels, from `kept` on, before it. */
static int judge(caller *me, furca_status status, const char *what, const void *results, size_t kept, size_t size) {
    if (status < 0 || status > FURCA_ERROR_BUSY || strcmp(furca_status_name(status), "FURCA_ERROR_?") == 0) {
        complain(what, status);
        return 0;
    }
    me->tally[status]++;
    if (status == FURCA_OK) return 1;
    refused++;
    const char *message = furca_last_error();
    if (message == NULL || strlen(message) < 12) complain(what, status);
    const unsigned char *bytes = results;
    for (size_t i = kept; i < size; i++) {
        if (bytes[i] != SENTINEL) {
            complain(what, status);
            return 0;
        }
    }
    return 0;
}

/* CALL(function, result, arguments…): results are the caller's variable `result`, untouched after an error. */
#define CALL(result, kept, call) (memset((char *)&(result) + (kept), SENTINEL, sizeof(result) - (kept)), \
    judge(me, (call), #call, &(result), (kept), sizeof(result)))
#define PLAIN(call) judge(me, (call), #call, NULL, 0, 0)
#define ROOM(array) (one_in(me, 10) ? NULL : (array))
#define SIZED(struct_, call) (struct_.struct_size = a_size(me, sizeof struct_), CALL(struct_, 4, call))

/* Asks back, now and then in a wrong way: closes the session, sets another callback. */
static void told(furca_session *session, size_t index, void *payload) {
    static atomic_uint turn;
    size_t count = 0;
    furca_event event = FURCA_EVENT_INIT;
    if (payload != &handles) complain("the payload of a callback", FURCA_OK);
    /* Another thread may have closed it meanwhile. */
    furca_status status = furca_event_get(session, index, &event);
    if (status != FURCA_OK && status != FURCA_ERROR_HANDLE) complain("furca_event_get in a callback", status);
    switch (turn++ % 16) {
    case 0: (void)furca_session_close(session); break;
    case 1: (void)furca_session_on_event(session, NULL, NULL); break;
    case 2: (void)furca_session_flush(session); break;
    case 3: (void)furca_session_observe(session, event.step, NULL, 0); break;
    default: (void)furca_event_count(session, &count);
    }
}

static void call_session(caller *me) {
    furca_session *session = a_session(me), *made;
    furca_session_options options = FURCA_SESSION_OPTIONS_INIT;
    furca_summary summary;
    furca_buffer batch[4];
    furca_sketched sketched[2];
    char text[64];
    struct { size_t count, length; } problem;
    size_t length;
    int32_t due;
    switch (next(me, 26)) {
    case 0:
        options.struct_size = a_size(me, sizeof options);
        options.exact_limit = one_in(me, 10) ? (uint32_t)huge(me) : (uint32_t)next(me, 5000);
        options.path = one_in(me, 60) ? "random.furca" : one_in(me, 200) ? "/proc/none/x.furca" : NULL;
        if (one_in(me, 10)) options.alpha = a_number(me);
        if (one_in(me, 10)) options.budget = a_number(me);
        options.paths = one_in(me, 10) ? (uint32_t)huge(me) : (uint32_t)next(me, 40);
        options.seed = huge(me);
        options.always_until = a_step(me);
        if (CALL(made, 0, furca_session_open(one_in(me, 9) ? NULL : &options, &made))) put(me, 0, SESSIONS, made);
        break;
    case 1:
        if (one_in(me, 8)) PLAIN(furca_session_close(session));
        break;
    case 2: CALL(length, 0, furca_session_path(session, ROOM(text), next(me, sizeof text), &length)); break;
    case 3: CALL(due, 0, furca_session_due(session, a_step(me), &due)); break;
    case 4: PLAIN(furca_session_log(session, a_step(me), a_text(me), a_number(me))); break;
    case 5:
        if (one_in(me, 20)) PLAIN(furca_session_gap(session, a_text(me), a_text(me)));
        break;
    case 6: PLAIN(furca_session_charge(session, a_number(me) * 1e-6)); break;
    case 7: PLAIN(furca_session_rewind(session, a_step(me))); break;
    case 8:
        if (one_in(me, 20)) PLAIN(furca_session_flush(session));
        break;
    case 9: SIZED(summary, furca_session_summary(session, &summary)); break;
    case 10: CALL(length, 0, furca_session_report(session, ROOM(text), next(me, sizeof text), &length)); break;
    case 11:
        for (int i = 0; i < 2; i++) sketched[i] = (furca_sketched){a_sketch(me), a_tensor(me), 0};
        PLAIN(furca_session_observe_sketches(session, a_step(me), ROOM(sketched), one_in(me, 20) ? huge(me) : next(me, 3)));
        break;
    case 12: PLAIN(furca_session_observe_wait(session)); break;
    case 13: PLAIN(furca_session_observe_drop(session, a_text(me))); break;
    case 14: PLAIN(furca_session_observe_checkpoint(session, a_step(me), one_in(me, 3) ? a_text(me) : "sample.safetensors")); break;
    case 15:
        CALL(problem, 0, furca_session_problem(session, &problem.count, ROOM(text), next(me, sizeof text), &problem.length));
        break;
    case 16: PLAIN(furca_session_on_event(session, one_in(me, 3) ? NULL : told, &handles)); break;
    default:
        for (int i = 0; i < 4; i++) {
            uint32_t tensor = one_in(me, 10) ? a_tensor(me) : (uint32_t)i;
            /* Tensors 0 to 3 are mostly of 100 (i + 1) elements; see call_tensor. */
            batch[i] = (furca_buffer){values + next(me, 16), 100u * (i + 1u), tensor, FURCA_FLOAT32};
            if (one_in(me, 25)) batch[i].data = NULL;
            if (one_in(me, 25)) batch[i].count = a_count(me, 500);
            if (one_in(me, 25)) batch[i].dtype = a_dtype(me);
        }
        /* What is begun is read while others go on: all the memory there is stays as it is. */
        PLAIN((one_in(me, 3) ? furca_session_observe_begin : furca_session_observe)(session, a_step(me), ROOM(batch), one_in(me, 20) ? huge(me) : next(me, 5)));
    }
}

static void call_tensor(caller *me) {
    furca_session *session = a_session(me);
    furca_tensor_spec spec = FURCA_TENSOR_SPEC_INIT;
    furca_stats stats;
    furca_sketch *sketch;
    furca_branch branches[3];
    double q[4], found[4];
    size_t count;
    uint32_t id;
    double share;
    char name[24];
    struct { int64_t step; size_t count; } paths;
    uint64_t places[4];
    float where[4];
    uint32_t branch[4];
    for (int i = 0; i < 4; i++) q[i] = one_in(me, 10) ? a_number(me) : uniform(&me->random);
    switch (next(me, 14)) {
    case 13:
        id = 0;
        furca_tensor_count(session, &id);
        if (id > 20) break;
        snprintf(name, sizeof name, "group %u", id);
        CALL(id, 0, furca_session_group(session, one_in(me, 8) ? a_text(me) : name, one_in(me, 2) ? a_text(me) : "t*r ?*", &id));
        break;
    case 10: CALL(count, 0, furca_tensor_elements(session, a_tensor(me), ROOM(places), next(me, 5), &count)); break;
    case 11:
        CALL(paths, 0, furca_tensor_paths(session, a_tensor(me), &paths.step, ROOM(where), ROOM(branch), next(me, 5), &paths.count));
        break;
    case 12: CALL(share, 0, furca_tensor_churn(session, a_tensor(me), &share)); break;
    case 0:
    case 1: {
        static const int64_t hostile[] = {-1, INT64_MAX, (int64_t)1 << 40, 0, 7};
        id = 0;
        furca_tensor_count(session, &id);
        if (id > 20) break;
        int64_t shape[17] = {100 * ((int64_t)id + 1)};
        snprintf(name, sizeof name, "tensor %u", id);
        spec.struct_size = a_size(me, sizeof spec);
        spec.name = one_in(me, 8) ? a_text(me) : name;
        spec.rank = one_in(me, 8) ? (uint32_t)next(me, 20) : 1;
        for (int i = 0; i < 17 && spec.rank != 1; i++) shape[i] = hostile[next(me, 5)];
        spec.shape = one_in(me, 12) ? NULL : shape;
        if (spec.rank > 17) spec.rank = UINT32_MAX;
        if (one_in(me, 8)) spec.dtype = a_dtype(me);
        spec.frozen = (uint32_t)next(me, 3);
        CALL(id, 0, furca_tensor_register(session, one_in(me, 30) ? NULL : &spec, &id));
        break;
    }
    case 8: PLAIN(furca_tensor_exempt(session, a_tensor(me))); break;
    case 9: CALL(share, 0, furca_tensor_due(session, a_tensor(me), &share)); break;
    case 2: CALL(id, 0, furca_tensor_count(session, &id)); break;
    case 3: CALL(id, 0, furca_tensor_find(session, a_text(me), &id)); break;
    case 4: SIZED(stats, furca_tensor_stats(session, a_tensor(me), &stats)); break;
    case 5: CALL(found, 0, furca_tensor_quantiles(session, a_tensor(me), ROOM(q), a_count(me, 4), ROOM(found))); break;
    case 6: CALL(count, 0, furca_tensor_branches(session, a_tensor(me), ROOM(branches), next(me, 4), &count)); break;
    case 7: if (CALL(sketch, 0, furca_tensor_sketch(session, a_tensor(me), &sketch))) put(me, SESSIONS, SKETCHES, sketch); break;
    }
}

static void call_sketch(caller *me) {
    furca_sketch *sketch = a_sketch(me), *made;
    furca_sketch_options options = FURCA_SKETCH_OPTIONS_INIT;
    furca_stats stats;
    furca_modes modes;
    furca_branch branches[3];
    furca_atom atoms[2];
    furca_bin bins[4];
    double q[4], found[4];
    size_t length;
    static _Thread_local unsigned char bytes[1 << 17];
    for (int i = 0; i < 4; i++) q[i] = a_number(me);
    switch (next(me, 16)) {
    case 0:
        options.struct_size = a_size(me, sizeof options);
        options.exact_limit = one_in(me, 5) ? (uint32_t)huge(me) : (uint32_t)next(me, 20001);
        options.counts_one_in = one_in(me, 5) ? (uint32_t)huge(me) : (uint32_t)next(me, 12);
        if (CALL(made, 0, furca_sketch_create(one_in(me, 5) ? NULL : &options, &made))) put(me, SESSIONS, SKETCHES, made);
        break;
    case 1:
        if (one_in(me, 4)) PLAIN(furca_sketch_close(sketch));
        break;
    case 2: {
        const int64_t shape[] = {(int64_t)next(me, 5) - (one_in(me, 9) ? 1 : 0), (int64_t)next(me, 9)};
        const int64_t strides[] = {4 * (int64_t)next(me, 20), one_in(me, 2) ? 4 : 8};
        furca_strided strided = {values, one_in(me, 20) ? (uint32_t)huge(me) : 2, 0, ROOM(shape), ROOM(strides)};
        uint64_t count = one_in(me, 10) ? huge(me) : one_in(me, 10) ? next(me, 40) : (uint64_t)(shape[0] * shape[1]);
        PLAIN(furca_sketch_update(sketch, ROOM(&strided), count, FURCA_FLOAT32 | FURCA_STRIDED));
        break;
    }
    case 3:
    case 4: {
        uint64_t count = one_in(me, 10) ? huge(me) : next(me, one_in(me, 10) ? VALUES / 2 : 40);
        const char *data = (const char *)values + next(me, 16);
        PLAIN(furca_sketch_update(sketch, one_in(me, 15) ? NULL : data, count, a_dtype(me)));
        break;
    }
    case 5: PLAIN(furca_sketch_merge(sketch, a_sketch(me))); break;
    case 6: SIZED(stats, furca_sketch_stats(sketch, &stats)); break;
    case 7: CALL(found, 0, furca_sketch_quantiles(sketch, ROOM(q), a_count(me, 4), ROOM(found))); break;
    case 8: CALL(found, 0, furca_sketch_cdf(sketch, ROOM(q), a_count(me, 4), ROOM(found))); break;
    case 9:
        if (!one_in(me, 4)) break;
        SIZED(modes, furca_sketch_modes(sketch, a_number(me), &modes, ROOM(branches), next(me, 4), ROOM(atoms), next(me, 3)));
        break;
    case 10: CALL(length, 0, furca_sketch_serialize(sketch, ROOM(bytes), one_in(me, 3) ? next(me, 300) : sizeof bytes, &length)); break;
    case 11: CALL(length, 0, furca_sketch_bins(sketch, ROOM(bins), next(me, 5), &length)); break;
    case 12: {
        static _Thread_local uint64_t counts[1 << 16], centred[1 << 16];
        furca_counted counted = FURCA_COUNTED_INIT;
        counted.struct_size = a_size(me, sizeof counted);
        counted.dtype = one_in(me, 2) ? FURCA_FLOAT32 : a_dtype(me);
        counted.counts = ROOM(counts), counted.centred = ROOM(centred);
        for (uint64_t i = next(me, 4); i > 0; i--) {
            counts[next(me, one_in(me, 2) ? 1 << 16 : 256)] = one_in(me, 5) ? huge(me) : next(me, 9);
            centred[next(me, 1 << 16)] = one_in(me, 5) ? huge(me) : next(me, 9);
        }
        if (one_in(me, 5)) memset(counts, 0, sizeof counts);
        if (one_in(me, 3)) counts[0x3F80] = 2, counted.min = counted.max = counted.mean = 1, counted.l1 = 2;
        if (one_in(me, 3)) counted.origin = a_number(me);
        if (one_in(me, 3)) counted.zeros = huge(me), counted.pos_inf = huge(me), counted.neg_inf = next(me, 3);
        if (one_in(me, 3)) counted.m2 = a_number(me), counted.mean = a_number(me), counted.on_edges = 1;
        if (CALL(made, 0, furca_sketch_assemble(ROOM(&counted), &made))) put(me, SESSIONS, SKETCHES, made);
        break;
    }
    default:
        if (furca_sketch_serialize(sketch, bytes, sizeof bytes, &length) != FURCA_OK) break;
        for (uint64_t i = next(me, 4); i > 0; i--) bytes[next(me, length)] = (unsigned char)next(me, 256);
        if (one_in(me, 3)) length = next(me, length);
        if (one_in(me, 2)) seal_sketch(bytes, length); /* what is wrong then lies behind the checksum */
        if (CALL(made, 0, furca_sketch_deserialize(ROOM(bytes), one_in(me, 20) ? huge(me) : length, &made)))
            put(me, SESSIONS, SKETCHES, made);
    }
}

static void call_event(caller *me) {
    furca_session *session = a_session(me);
    furca_event event;
    furca_branch branches[3];
    char text[64];
    uint32_t names[3];
    size_t count;
    switch (next(me, 8)) {
    case 7:
        PLAIN(furca_tensor_drifted(session, a_tensor(me), (uint32_t)next(me, 9), (uint32_t)huge(me), a_step(me), a_step(me)));
        break;
    case 4: CALL(count, 0, furca_event_names(session, a_count(me, 4), ROOM(names), next(me, 4), &count)); break;
    case 5: CALL(count, 0, furca_event_lines(session, a_count(me, 4), ROOM(names), next(me, 4), &count)); break;
    case 6: CALL(count, 0, furca_tensor_names(session, a_tensor(me), ROOM(names), next(me, 4), &count)); break;
    case 0: CALL(count, 0, furca_event_count(session, &count)); break;
    case 1: SIZED(event, furca_event_get(session, a_count(me, 4), &event)); break;
    case 2: CALL(count, 0, furca_event_branches(session, a_count(me, 4), ROOM(branches), next(me, 4), &count)); break;
    case 3: CALL(count, 0, furca_event_text(session, a_count(me, 4), ROOM(text), next(me, sizeof text), &count)); break;
    }
}

static void call_run(caller *me) {
    furca_run *run = a_run(me), *opened;
    furca_rows *rows = a_rows(me), *started;
    furca_value parameters[2], results[6];
    const char *name;
    size_t count;
    int32_t has_row;
    for (int i = 0; i < 2; i++) {
        parameters[i] = (furca_value){(uint32_t)next(me, 6), 0, (int64_t)huge(me), a_number(me), "bytes", 5};
        if (one_in(me, 10)) parameters[i].bytes = NULL;
        if (one_in(me, 20)) parameters[i].length = huge(me);
    }
    struct { size_t looks, count; } paths;
    uint64_t places[4];
    int64_t steps[2];
    float where[2 * 500];
    uint32_t branches[2 * 500];
    double churn[2];
    switch (next(me, 14)) {
    case 12: CALL(count, 0, furca_run_elements(run, one_in(me, 3) ? a_text(me) : "w", ROOM(places), next(me, 5), &count)); break;
    case 13: /* the sample has 500 elements */
        if (!one_in(me, 4)) break;
        CALL(paths, 0, furca_run_paths(run, one_in(me, 3) ? a_text(me) : "w", ROOM(steps), ROOM(where), ROOM(branches), ROOM(churn),
                                       next(me, 3), &paths.looks, &paths.count));
        break;
    case 0:
        if (!one_in(me, 5)) break;
        if (CALL(opened, 0, furca_run_open(one_in(me, 5) ? a_text(me) : "sample.furca", &opened)))
            put(me, SESSIONS + SKETCHES, RUNS, opened);
        break;
    case 1:
        if (one_in(me, 10)) PLAIN(furca_run_close(run));
        break;
    case 2:
    case 3:
        if (CALL(started, 0, furca_run_query(run, a_statement(me), ROOM(parameters), one_in(me, 15) ? huge(me) : next(me, 3), &started)))
            put(me, SESSIONS + SKETCHES + RUNS, ROWS, started);
        break;
    case 4: CALL(count, 0, furca_rows_columns(rows, &count)); break;
    case 5: CALL(name, 0, furca_rows_column_name(rows, a_count(me, 8), &name)); break;
    case 6:
        if (one_in(me, 5)) PLAIN(furca_rows_close(rows));
        break;
    default: CALL(has_row, 0, furca_rows_next(rows, ROOM(results), one_in(me, 6) ? next(me, 7) : 6, &has_row));
    }
}

static void call_checkpoints(caller *me) {
    static _Atomic uintptr_t found;
    furca_checkpoints *checkpoints = one_in(me, 10) ? handle(me, 0, HANDLES) : (furca_checkpoints *)(uintptr_t)found, *made;
    const char *paths[] = {"step1.safetensors", one_in(me, 4) ? a_text(me) : "step2.safetensors"};
    int64_t steps[] = {a_step(me), a_step(me)}, step;
    uint32_t kind;
    size_t count;
    char path[32];
    switch (next(me, 6)) {
    case 0:
        if (!one_in(me, 5)) break;
        if (CALL(made, 0, furca_checkpoints_find(ROOM(paths), one_in(me, 10) ? huge(me) : next(me, 3), ROOM(steps), one_in(me, 2) ? 0 : a_count(me, 2), &made)))
            furca_checkpoints_close((furca_checkpoints *)atomic_exchange(&found, (uintptr_t)made));
        break;
    case 1:
        if (one_in(me, 10)) PLAIN(furca_checkpoints_close(checkpoints));
        break;
    case 2: CALL(count, 0, furca_checkpoints_count(checkpoints, &count)); break;
    case 3:
        if (one_in(me, 10)) PLAIN(furca_session_note_checkpoints(a_session(me), checkpoints));
        break;
    default: CALL(count, 0, furca_checkpoints_get(checkpoints, a_count(me, 3), &step, &kind, ROOM(path), next(me, sizeof path), &count));
    }
}

static void *call_at_random(void *argument) {
    caller *me = argument;
    while (calls_left-- > 0) {
        switch (next(me, 9)) {
        case 8: call_checkpoints(me); break;
        case 0:
        case 1:
        case 2: call_session(me); break;
        case 3: call_tensor(me); break;
        case 4: call_event(me); break;
        case 5: call_run(me); break;
        default: call_sketch(me);
        }
        if (trouble > 20) break;
    }
    return NULL;
}

/* A checkpoint of tensor 0 and another. */
static void make_checkpoints(void) {
    static const char header[] = "{\"tensor 0\":{\"dtype\":\"F32\",\"shape\":[100],\"data_offsets\":[0,400]},"
        "\"other\":{\"dtype\":\"BF16\",\"shape\":[2,10],\"data_offsets\":[400,440]}}";
    static const char *const names[] = {"sample.safetensors", "step1.safetensors", "step2.safetensors"};
    const uint64_t length = sizeof header - 1;
    for (int i = 0; i < 3; i++) {
        FILE *file = fopen(names[i], "wb");
        if (!CHECK(file != NULL)) return;
        CHECK(fwrite(&length, 8, 1, file) == 1 && fwrite(header, length, 1, file) == 1 && fwrite(values, 440, 1, file) == 1);
        CHECK(fclose(file) == 0);
    }
}

/* A run file to ask. */
static void make_a_run(void) {
    furca_session *session = open_session("sample.furca");
    uint32_t id = add_tensor(session, "w", 500);
    for (int64_t step = 0; step < 20; step++) {
        fill_mixture(values, 500, step > 10 ? 8 : 0, (uint64_t)step);
        CHECK_OK(observe(session, step, id, values, 500));
    }
    CHECK_OK(furca_session_close(session));
}

int main(int argc, char **argv) {
    const long calls = argc > 1 ? atol(argv[1]) : 100000;
    const int threads = argc > 2 ? atoi(argv[2]) : 1;
    const uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
    make_a_run();
    make_checkpoints();
    fill_mixture(values, VALUES + 16, 3, seed);
    for (int i = 0; i < VALUES; i += 97) values[i] = i % 2 ? NAN : -INFINITY;
    calls_left = calls;
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);

    caller callers[64] = {{0, {0}}};
    pthread_t ids[64];
    for (int i = 0; i < threads && i < 64; i++) {
        callers[i].random = seed * 1000003 + (uint64_t)i;
        CHECK(pthread_create(&ids[i], NULL, call_at_random, &callers[i]) == 0);
    }
    for (int i = 0; i < threads && i < 64; i++) CHECK(pthread_join(ids[i], NULL) == 0);
    for (int i = 0; i < SESSIONS; i++) furca_session_close((furca_session *)(uintptr_t)handles[i]);
    clock_gettime(CLOCK_MONOTONIC, &end);

    printf("%ld calls by %d threads, seed %llu, %.1f s:", calls, threads, (unsigned long long)seed,
           (double)(end.tv_sec - begin.tv_sec) + 1e-9 * (double)(end.tv_nsec - begin.tv_nsec));
    for (int status = 0; status <= FURCA_ERROR_BUSY; status++) {
        long total = 0;
        for (int i = 0; i < threads && i < 64; i++) total += callers[i].tally[status];
        if (total > 0) printf(" %s %ld", furca_status_name(status), total);
    }
    printf("\n");
    CHECK(trouble == 0 && refused > calls / 20 && refused < calls);
    tests_passed = checks_failed == 0, tests_failed = checks_failed != 0;
    return report();
}
