#include "sketch_reduce.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../c/watch.h"

/* MPI_Reduce wants elements of one size, and a merged sketch can be longer than each of the two: room for every code that
   there is. */
enum { SLOT = 1 << 20 };
typedef struct slot {
    uint64_t length;
    unsigned char bytes[SLOT - 8];
} slot;

static void write_slot(const furca_sketch *sketch, slot *to) {
    size_t length = 0;
    check(furca_sketch_serialize(sketch, to->bytes, sizeof to->bytes, &length));
    to->length = length;
}

static furca_sketch *read_slot(const slot *from) {
    furca_sketch *sketch = NULL;
    check(furca_sketch_deserialize(from->bytes, from->length, &sketch));
    return sketch;
}

/* The user operation of MPI: each right[i] becomes left[i] merged with right[i]. */
static void merge_slots(void *left, void *right, int *count, MPI_Datatype *type) {
    (void)type;
    for (int i = 0; i < *count; i++) {
        furca_sketch *a = read_slot((slot *)left + i), *b = read_slot((slot *)right + i);
        check(furca_sketch_merge(a, b));
        write_slot(a, (slot *)right + i);
        check(furca_sketch_close(a));
        check(furca_sketch_close(b));
    }
}

void sketch_reduce(furca_sketch *const *sketches, int count, furca_sketch **merged, int root, MPI_Comm communicator) {
    int rank = 0;
    MPI_Comm_rank(communicator, &rank);
    slot *mine = calloc((size_t)count, sizeof *mine), *all = rank == root ? calloc((size_t)count, sizeof *all) : NULL;
    if (mine == NULL || (rank == root && all == NULL)) fail("sketch_reduce", "no memory");
    for (int i = 0; i < count; i++) write_slot(sketches[i], &mine[i]);

    MPI_Datatype type;
    MPI_Op operation;
    MPI_Type_contiguous(sizeof(slot), MPI_BYTE, &type);
    MPI_Type_commit(&type);
    MPI_Op_create(merge_slots, 1, &operation);
    MPI_Reduce(mine, all, count, type, operation, root, communicator);
    MPI_Op_free(&operation);
    MPI_Type_free(&type);

    for (int i = 0; i < count; i++) merged[i] = rank == root ? read_slot(&all[i]) : NULL;
    free(mine);
    free(all);
}
