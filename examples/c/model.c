#include "model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* xorshift64*: good enough to draw batches with. */
static uint64_t next(model *m) {
    m->random ^= m->random >> 12;
    m->random ^= m->random << 25;
    m->random ^= m->random >> 27;
    return m->random * 0x2545F4914F6CDD1Du;
}

uint64_t model_random(model *m, uint64_t limit) { return next(m) % limit; }

/* Two uniform numbers make a Gaussian one (Box and Muller). */
static float gaussian(model *m) {
    double u = (double)(next(m) >> 11) * 0x1p-53, v = (double)(next(m) >> 11) * 0x1p-53;
    return (float)(sqrt(-2 * log(1 - u)) * cos(6.283185307179586 * v));
}

int model_create(model *m, uint64_t seed) {
    static const parameter blank[PARAMETERS] = {
        [EMBED] = {.name = "embed.weight", .shape = {BYTES, EMBEDDING}, .rank = 2},
        [HIDDEN_WEIGHT] = {.name = "hidden.weight", .shape = {HIDDEN, INPUT}, .rank = 2},
        [HIDDEN_BIAS] = {.name = "hidden.bias", .shape = {HIDDEN}, .rank = 1},
        [NORM_WEIGHT] = {.name = "norm.weight", .shape = {HIDDEN}, .rank = 1},
        [NORM_BIAS] = {.name = "norm.bias", .shape = {HIDDEN}, .rank = 1},
        [HEAD_WEIGHT] = {.name = "head.weight", .shape = {BYTES, HIDDEN}, .rank = 2},
    };
    memcpy(m->parameters, blank, sizeof blank);
    m->random = seed * 2 + 1;
    for (parameter *p = m->parameters; p < m->parameters + PARAMETERS; p++) {
        p->count = (size_t)(p->rank == 2 ? p->shape[0] * p->shape[1] : p->shape[0]);
        p->value = calloc(p->count * 4, sizeof(float));
        if (p->value == NULL) {
            model_free(m);
            return -1;
        }
        p->gradient = p->value + p->count;
        p->mean = p->gradient + p->count;
        p->square = p->mean + p->count;
        for (size_t i = 0; p->rank == 2 && i < p->count; i++) p->value[i] = 0.02f * gaussian(m);
    }
    for (size_t i = 0; i < HIDDEN; i++) m->parameters[NORM_WEIGHT].value[i] = 1;
    return 0;
}

void model_free(model *m) {
    for (size_t i = 0; i < PARAMETERS; i++) {
        free(m->parameters[i].value);
        m->parameters[i].value = NULL;
    }
}

/* Eight partial sums, so that the compiler may use vectors. n is a multiple of 8. */
static float dot(const float *a, const float *b, size_t n) {
    float part[8] = {0};
    for (size_t i = 0; i < n; i += 8)
        for (size_t k = 0; k < 8; k++) part[k] += a[i + k] * b[i + k];
    return ((part[0] + part[4]) + (part[2] + part[6])) + ((part[1] + part[5]) + (part[3] + part[7]));
}

static void add_scaled(float *to, float scale, const float *from, size_t n) {
    for (size_t i = 0; i < n; i++) to[i] += scale * from[i];
}

double model_backward(model *m, const unsigned char *text, float scale) {
    parameter *p = m->parameters;
    float input[INPUT], hidden[HIDDEN], normal[HIDDEN], output[HIDDEN], share[BYTES];

    /* Forward. */
    for (size_t t = 0; t < CONTEXT; t++)
        memcpy(input + t * EMBEDDING, p[EMBED].value + (size_t)text[t] * EMBEDDING, EMBEDDING * sizeof(float));
    const float width = HIDDEN;
    float mean = 0, variance = 0;
    for (size_t i = 0; i < HIDDEN; i++) {
        hidden[i] = tanhf(dot(p[HIDDEN_WEIGHT].value + i * INPUT, input, INPUT) + p[HIDDEN_BIAS].value[i]);
        mean += hidden[i] / width;
    }
    for (size_t i = 0; i < HIDDEN; i++) variance += (hidden[i] - mean) * (hidden[i] - mean) / width;
    float inverse = 1 / sqrtf(variance + 1e-5f);
    for (size_t i = 0; i < HIDDEN; i++) {
        normal[i] = (hidden[i] - mean) * inverse;
        output[i] = normal[i] * p[NORM_WEIGHT].value[i] + p[NORM_BIAS].value[i];
    }
    float largest = -INFINITY, total = 0;
    for (size_t v = 0; v < BYTES; v++) {
        share[v] = dot(p[HEAD_WEIGHT].value + v * HIDDEN, output, HIDDEN);
        largest = fmaxf(largest, share[v]);
    }
    for (size_t v = 0; v < BYTES; v++) total += share[v] = expf(share[v] - largest);
    for (size_t v = 0; v < BYTES; v++) share[v] /= total;

    /* Backward: `share` becomes the logits' gradient, `d_output` is that of the LayerNorm's output, and so on down. */
    const size_t target = text[CONTEXT];
    double loss = -log(fmax(share[target], 1e-30));
    share[target] -= 1;
    float d_output[HIDDEN] = {0}, d_input[INPUT] = {0}, sum = 0, along = 0;
    for (size_t v = 0; v < BYTES; v++) {
        add_scaled(d_output, scale * share[v], p[HEAD_WEIGHT].value + v * HIDDEN, HIDDEN);
        add_scaled(p[HEAD_WEIGHT].gradient + v * HIDDEN, scale * share[v], output, HIDDEN);
    }
    for (size_t i = 0; i < HIDDEN; i++) {
        p[NORM_WEIGHT].gradient[i] += d_output[i] * normal[i];
        p[NORM_BIAS].gradient[i] += d_output[i];
        d_output[i] *= p[NORM_WEIGHT].value[i];
        sum += d_output[i] / width;
        along += d_output[i] * normal[i] / width;
    }
    for (size_t i = 0; i < HIDDEN; i++) {
        float d = (d_output[i] - sum - normal[i] * along) * inverse * (1 - hidden[i] * hidden[i]);
        p[HIDDEN_BIAS].gradient[i] += d;
        add_scaled(d_input, d, p[HIDDEN_WEIGHT].value + i * INPUT, INPUT);
        add_scaled(p[HIDDEN_WEIGHT].gradient + i * INPUT, d, input, INPUT);
    }
    for (size_t t = 0; t < CONTEXT; t++)
        add_scaled(p[EMBED].gradient + (size_t)text[t] * EMBEDDING, 1, d_input + t * EMBEDDING, EMBEDDING);
    return loss;
}

void model_update(model *m, int64_t step, float learning_rate) {
    const float beta1 = 0.9f, beta2 = 0.99f, epsilon = 1e-8f, decay = 0.1f;
    const float correct1 = 1 - powf(beta1, (float)step), correct2 = 1 - powf(beta2, (float)step);
    for (parameter *p = m->parameters; p < m->parameters + PARAMETERS; p++) {
        for (size_t i = 0; i < p->count; i++) {
            float g = p->gradient[i];
            p->mean[i] = beta1 * p->mean[i] + (1 - beta1) * g;
            p->square[i] = beta2 * p->square[i] + (1 - beta2) * g * g;
            float move = p->mean[i] / correct1 / (sqrtf(p->square[i] / correct2) + epsilon);
            p->value[i] -= learning_rate * (move + decay * p->value[i]);
        }
        memset(p->gradient, 0, p->count * sizeof(float));
    }
}
