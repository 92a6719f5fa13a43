/*
 * model.h: a language model small enough to read. It predicts the next byte of a text from the CONTEXT bytes before it:
 *
 *     bytes → embedding → linear → tanh → LayerNorm → unembedding → softmax
 *
 * with its backward pass written out and AdamW to train it. It knows nothing of furca; char_mlp.c watches it.
 */
#ifndef MODEL_H
#define MODEL_H

#include <stddef.h>
#include <stdint.h>

enum {
    BYTES = 256,     /* vocabulary */
    CONTEXT = 8,     /* bytes the model sees */
    EMBEDDING = 16,  /* width of a byte's embedding */
    HIDDEN = 128,    /* width of the hidden layer */
    INPUT = CONTEXT * EMBEDDING,
};

/* The parameters, in the order of the forward pass. */
enum { EMBED, HIDDEN_WEIGHT, HIDDEN_BIAS, NORM_WEIGHT, NORM_BIAS, HEAD_WEIGHT, PARAMETERS };

typedef struct parameter {
    const char *name;
    int64_t shape[2];
    uint32_t rank;
    size_t count;
    float *value, *gradient, *mean, *square; /* count each; the last two are Adam's moments */
} parameter;

typedef struct model {
    parameter parameters[PARAMETERS];
    uint64_t random; /* state of the generator */
} model;

/* Weights from N(0, 0.02²), biases 0, LayerNorm gains 1. Returns 0, or -1 if there is no memory. */
int model_create(model *m, uint64_t seed);
void model_free(model *m);

/* Adds the gradient of one example, times `scale`, and returns the example's loss in nats. `text` has CONTEXT + 1 bytes;
   the last one is to be predicted. */
double model_backward(model *m, const unsigned char *text, float scale);

/* One update with AdamW, then zeroes the gradients. `step` counts from 1. */
void model_update(model *m, int64_t step, float learning_rate);

/* A uniform number below `limit`, which is at least 1. */
uint64_t model_random(model *m, uint64_t limit);

#endif
