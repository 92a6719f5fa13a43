/* sketch_reduce.h: the sum of sketches over the processes of a communicator. */
#ifndef SKETCH_REDUCE_H
#define SKETCH_REDUCE_H

#include <furca/furca.h>
#include <mpi.h>

/* Merges sketches[i] of all processes, for each i below `count`. In the process `root`, merged[i] becomes the sketch of all that
   any process has seen, to be closed by the caller; in the others it becomes NULL. Called by every process at once, as
   MPI_Reduce is. Ends the program if a call of furca fails. */
void sketch_reduce(furca_sketch *const *sketches, int count, furca_sketch **merged, int root, MPI_Comm communicator);

#endif
