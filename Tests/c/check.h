/*
 * check.h: what the tests of the C ABI share. A test is a function; a file of tests is a program:
 *
 *     static void adds(void) { CHECK(1 + 1 == 2); }
 *     int main(void) { RUN(adds); return report(); }
 *
 * A check that fails prints where and goes on. report() prints "N passed, M failed" and is 1 if any test failed.
 */
#ifndef CHECK_H
#define CHECK_H

#include <furca/furca.h>

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static int checks_failed, tests_passed, tests_failed;

static inline int check_that(int holds, const char *what, const char *file, int line) {
    if (!holds) {
        printf("    %s:%d: %s\n", file, line, what);
        checks_failed++;
    }
    return holds;
}

/* The status is the one expected, and an error comes with a sentence that has `part` in it. */
static inline int check_status(furca_status status, furca_status expected, const char *part, const char *what,
                               const char *file, int line) {
    if (status != expected) {
        printf("    %s:%d: %s gave %s, not %s: %s\n", file, line, what, furca_status_name(status),
               furca_status_name(expected), status == FURCA_OK ? "" : furca_last_error());
        checks_failed++;
        return 0;
    }
    if (status != FURCA_OK && (strlen(furca_last_error()) < 12 || strstr(furca_last_error(), part) == NULL)) {
        printf("    %s:%d: %s says \"%s\", without \"%s\"\n", file, line, what, furca_last_error(), part);
        checks_failed++;
        return 0;
    }
    return 1;
}

#define CHECK(condition) check_that((condition) ? 1 : 0, #condition, __FILE__, __LINE__)
#define CHECK_OK(call) check_status((call), FURCA_OK, "", #call, __FILE__, __LINE__)
#define CHECK_ERROR(call, status) check_status((call), (status), "", #call, __FILE__, __LINE__)
#define CHECK_SAYS(call, status, part) check_status((call), (status), (part), #call, __FILE__, __LINE__)

#define RUN(test) run_test(test, #test)
static inline void run_test(void (*test)(void), const char *name) {
    int before = checks_failed;
    test();
    if (checks_failed == before) {
        tests_passed++;
    } else {
        tests_failed++;
        printf("not ok: %s\n", name);
    }
    fflush(stdout);
}

static inline int report(void) {
    printf("%d passed, %d failed\n", tests_passed, tests_failed);
    return tests_failed > 0;
}

/* ---- Numbers to test with ---------------------------------------------------------------------------------------- */

/* A uniform number in (0, 1): splitmix64 of a counter, so that a test repeats exactly. */
static inline double uniform(uint64_t *state) {
    uint64_t z = (*state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    z ^= z >> 31;
    return ((double)(z >> 11) + 0.5) * 0x1p-53;
}

static inline double gaussian(uint64_t *state) {
    double u = uniform(state), v = uniform(state);
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

/* Two equal Gaussians, `apart` between their means, of standard deviation 1. */
static inline void fill_mixture(float *x, size_t count, double apart, uint64_t seed) {
    for (size_t i = 0; i < count; i++) x[i] = (float)(gaussian(&seed) + (i % 2 ? apart / 2 : -apart / 2));
}

/* ---- Sessions to test with --------------------------------------------------------------------------------------- */

/* A path in the test's own directory, which is the current one. */
static inline furca_session *open_session(const char *path) {
    furca_session_options options = FURCA_SESSION_OPTIONS_INIT;
    options.path = path;
    furca_session *session = NULL;
    CHECK_OK(furca_session_open(&options, &session));
    return session;
}

/* Registers a float32 tensor of rank 1. */
static inline uint32_t add_tensor(furca_session *session, const char *name, int64_t count) {
    furca_tensor_spec spec = FURCA_TENSOR_SPEC_INIT;
    spec.name = name;
    spec.rank = 1;
    spec.shape = &count;
    uint32_t id = UINT32_MAX;
    CHECK_OK(furca_tensor_register(session, &spec, &id));
    return id;
}

static inline furca_status observe(furca_session *session, int64_t step, uint32_t id, const float *x, uint64_t count) {
    furca_buffer buffer = {x, count, id, FURCA_FLOAT32};
    return furca_session_observe(session, step, &buffer, 1);
}

#endif
