/*
 * furca.h: watch how the parameters of a neural network are distributed while it trains, and where they fork.
 *
 * Everything public is in this file. A minimal trainer:
 *
 *     furca_session_options options = FURCA_SESSION_OPTIONS_INIT;
 *     options.path = "run.furca";
 *     furca_session *session = NULL;
 *     furca_session_open(&options, &session);
 *
 *     const int64_t shape[] = {256, 128};
 *     furca_tensor_spec spec = FURCA_TENSOR_SPEC_INIT;
 *     spec.name = "hidden.weight"; spec.dtype = FURCA_FLOAT32; spec.rank = 2; spec.shape = shape;
 *     uint32_t hidden = 0;
 *     furca_tensor_register(session, &spec, &hidden);
 *
 *     for (int64_t step = 0; step <= 1000; step++) {
 *         furca_buffer buffer = {weights, 256 * 128, hidden, FURCA_FLOAT32};
 *         furca_session_observe(session, step, &buffer, 1);
 *         train_one_step();
 *     }
 *     furca_session_close(session);
 *
 * RULES THAT HOLD FOR EVERY FUNCTION
 *
 * Results.   A call that can fail returns a furca_status and writes its result through its last parameter(s); after a
 *            failure the result is untouched. furca_last_error() then has a sentence for a person.
 * Buffers.   A furca_buffer is read in place during the call and never kept, copied or written.
 * Handles.   A furca_session *, furca_sketch *, furca_run *, furca_rows * or furca_checkpoints * is a ticket, not an address: never dereference
 *            one. A closed or foreign handle gives FURCA_ERROR_HANDLE, never a crash. Closing NULL does nothing.
 * Threads.   Functions that take a `const` handle may be called from any thread at any time, also while another thread is
 *            inside furca_session_observe. The others may be called from any thread too; calls on one handle then wait for
 *            each other.
 * Strings.   UTF-8 and NUL-terminated. A string handed in is copied if it is needed after the call. Functions that write
 *            text take (buffer, capacity, length): at most `capacity` bytes are written, always with a final NUL if
 *            capacity > 0, and *length gets the full length without the NUL, so a call with (NULL, 0, &length) asks for it.
 * Structs.   Begin with `struct_size`, which the caller sets to sizeof(the struct); the _INIT macros do that and fill the
 *            defaults. Structs grow only at their end; a program that knows less of one gets the defaults for the rest.
 * Memory.    What is large is asked for so that it can be refused (CAPACITY). If the system has no memory even for one of the library's
 *            small objects, of some KiB at most, the process ends, as a C++ program does that catches no exception.
 * fork().    In a child process every handle of the parent answers FURCA_ERROR_FORKED; nothing hangs.
 */
#ifndef FURCA_H
#define FURCA_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Version and errors ---------------------------------------------------------------------------------------- */

#define FURCA_VERSION_MAJOR 0
#define FURCA_VERSION_MINOR 1
#define FURCA_VERSION_PATCH 0

/* Changes whenever a program built against an older header would no longer work. Compare with furca_abi_version().

   Within one ABI version nothing is taken away: functions keep their parameters and meaning, constants their values, structs
   their beginnings. So a program works with every later library of its ABI version, which takes a struct_size smaller than
   its own for one of an older header, and a larger one for one of a newer. On an older library, functions and fields that are
   newer are missing: the linker says which function, and a field is not read or not written.

   The library's file is libfurca.so.MAJOR.MINOR.PATCH and its soname libfurca.so.ABI, with this number for ABI, and its symbols
   have the version FURCA_ABI: libraries of two ABI versions can be installed, and loaded, side by side. */
#define FURCA_ABI_VERSION 1

/* The ABI version the loaded library implements. Works in any thread, at any time. */
uint32_t furca_abi_version(void);

/* The library's version, "major.minor.patch". The string is static. */
const char *furca_version(void);

typedef int32_t furca_status;
enum {
    FURCA_OK = 0,
    FURCA_ERROR_ARGUMENT = 1,  /* a null pointer, a bad number, a struct_size that is too small */
    FURCA_ERROR_HANDLE = 2,    /* the handle is closed, or was never one of ours */
    FURCA_ERROR_UNKNOWN = 3,   /* no tensor or event of that id or name */
    FURCA_ERROR_DUPLICATE = 4, /* the name is taken, or a tensor occurs twice in one batch */
    FURCA_ERROR_DTYPE = 5,     /* an unknown dtype, or not the one the tensor was registered with */
    FURCA_ERROR_SHAPE = 6,     /* a count that does not fit the tensor's shape */
    FURCA_ERROR_STEP = 7,      /* the step goes back; see furca_session_rewind */
    FURCA_ERROR_EMPTY = 8,     /* the tensor has not been observed yet */
    FURCA_ERROR_IO = 9,        /* a file could not be opened, read or written */
    FURCA_ERROR_FORMAT = 10,   /* bytes that are not a sketch, or a file that is not a run */
    FURCA_ERROR_VERSION = 11,  /* a sketch or a run file of a newer version than this library */
    FURCA_ERROR_SQL = 12,      /* SQLite refused a query; the message is SQLite's own */
    FURCA_ERROR_FORKED = 13,   /* the handle belongs to the parent process */
    FURCA_ERROR_MERGE = 14,    /* two sketches that cannot be merged */
    FURCA_ERROR_CAPACITY = 15, /* the system gave no memory or no thread */
    FURCA_ERROR_BUSY = 16,     /* a look is being read: see furca_session_observe_begin */
};

/* The name of a status, for example "FURCA_ERROR_STEP"; "FURCA_ERROR_?" for a number that is none. The string is static. */
const char *furca_status_name(furca_status status);

/* A sentence about the last call that failed on this thread: which tensor, which value, what to do. "" if none has. The
   string is valid until this thread's next call into the library. */
const char *furca_last_error(void);

/* ---- Element types --------------------------------------------------------------------------------------------- */

typedef uint32_t furca_dtype;
enum {
    FURCA_FLOAT32 = 1,
    FURCA_FLOAT64 = 2,
    FURCA_FLOAT16 = 3,
    FURCA_BFLOAT16 = 4,
    FURCA_FLOAT8_E4M3FN = 5, /* no infinity; NaN where all bits but the sign are set */
    FURCA_FLOAT8_E5M2 = 6,
    FURCA_INT8 = 7,

    /* Added to one of the above in a furca_buffer or a call of furca_sketch_update: `data` points to a furca_strided, which says
       where the elements are. */
    FURCA_STRIDED = 0x100,
};

/* Elements with gaps between them, as a slice or a transposed view has: in numpy's terms an array's memory. */
typedef struct furca_strided {
    const void *data;       /* the element whose indices are all 0; any alignment; NULL only if there is no element */
    uint32_t rank;          /* 1 to 16 */
    uint32_t reserved;
    const int64_t *shape;   /* rank lengths, each >= 0 */
    const int64_t *strides; /* from one element to the next along each axis, in bytes; any sign, or 0 */
} furca_strided;

/* ---- Statistics ------------------------------------------------------------------------------------------------- */

/* What one look at one tensor says. Moments are those of the finite values, over the whole population (no n-1).
   Undefined values are NaN: mean, std, min and max of nothing, skewness and kurtosis of a constant. Where more float32
   values are looked at than are kept, mean, std and norms are good to float32's own precision, 6e-8 of the std or norm. */
typedef struct furca_stats {
    uint32_t struct_size;
    uint32_t exact;      /* 1 if all values are kept: quantiles and CDF are then exact */
    int64_t step;        /* the look's step; 0 for a sketch that no session made */
    uint64_t count;      /* all elements, the non-finite ones included */
    uint64_t nan;
    uint64_t pos_inf;
    uint64_t neg_inf;
    uint64_t zeros;      /* +0 and -0 */
    uint64_t subnormals; /* nonzero, yet below the smallest normal number of the dtype */
    double min;
    double max;
    double mean;
    double std;
    double skewness;     /* m3 / m2^1.5 */
    double kurtosis;     /* m4 / m2^2 - 3: 0 for a Gaussian */
    double l1;           /* sum of |x| */
    double l2;           /* square root of the sum of x^2 */
    double sampled;      /* the share of the elements that was read: 1, or less for a random sample of a tensor's blocks. Of a
                            sample, counts, min and max are of the elements read; l1 and l2 are scaled up to all */
    double mean_se;      /* standard errors that sampling adds, from how the blocks differ; 0 if all was read */
    double std_se;
    double kurtosis_se;
    double counted;      /* the share of the finite elements that quantiles and the CDF come from: see furca_sketch_options */
} furca_stats;
#define FURCA_STATS_INIT {(uint32_t)sizeof(furca_stats), 0, 0, 0, 0, 0, 0, 0, 0, 0., 0., 0., 0., 0., 0., 0., 0., 1., 0., 0., 0., 1.}

/* One mode of a distribution: the values between two antimodes. */
typedef struct furca_branch {
    double position; /* median of the branch */
    double mass;     /* its share of the finite values, 0 to 1 */
    double lower;    /* the antimode below it, or the smallest value */
    double upper;    /* the antimode above it, or the largest value */
} furca_branch;

/* A single value that holds far more of the elements than its neighbourhood: exact zeros, a clip limit, the initial value. */
typedef struct furca_atom {
    double value;
    double mass; /* the excess over the neighbourhood, as a share of the finite values */
} furca_atom;

/* The shape of one distribution. */
typedef struct furca_modes {
    uint32_t struct_size;
    uint32_t count;       /* modes: 1 unless the tests reject unimodality at the alpha asked for */
    uint32_t atoms;       /* atoms that were taken out before the tests */
    uint32_t reserved;
    double dip;           /* Hartigan's dip of the values as they are: sup distance to the closest unimodal CDF */
    double dip_tested;    /* the dip after lattice values were spread over their cells and atoms taken out */
    double p_value;       /* of the whole procedure, an upper bound; at most alpha exactly when count > 1 */
} furca_modes;
#define FURCA_MODES_INIT {(uint32_t)sizeof(furca_modes), 0, 0, 0, 0., 0., 0.}

/* ---- Sketch: the distribution of any buffer, with no session ------------------------------------------------------ */

typedef struct furca_sketch furca_sketch;

typedef struct furca_sketch_options {
    uint32_t struct_size;
    uint32_t exact_limit; /* keep all values, sorted, while there are at most this many; at most 20000 */
    uint32_t counts_one_in; /* of so many blocks of 4,096 float32 count one, drawn at random, by code; 0 or 1: all; at most 1024 */
} furca_sketch_options;
#define FURCA_SKETCH_OPTIONS_INIT {(uint32_t)sizeof(furca_sketch_options), 4096, 1}

/* Makes an empty sketch. options may be NULL for the defaults. Close it with furca_sketch_close.
   With counts_one_in 8, a pass over float32 costs six tenths of what it does otherwise: special counts, extremes, norms and moments are
   of all elements and exact, quantiles and shares as those of a random eighth (furca_stats.counted). Buffers of which the part
   would be less than 131,072 elements, and all other types, are counted whole. */
furca_status furca_sketch_create(const furca_sketch_options *options, furca_sketch **sketch);

/* Frees a sketch. NULL is a no-op. */
furca_status furca_sketch_close(furca_sketch *sketch);

/* Adds `count` values of `dtype` that begin at `data` (any alignment; see FURCA_STRIDED). They are read in place, once. data may
   be NULL only if count is 0. Errors: ARGUMENT, DTYPE, HANDLE, SHAPE. */
furca_status furca_sketch_update(furca_sketch *sketch, const void *data, uint64_t count, furca_dtype dtype);

/* Adds everything `other` has seen. Counts are then exactly those of one sketch of both inputs, in whatever order sketches
   are merged. */
furca_status furca_sketch_merge(furca_sketch *sketch, const furca_sketch *other);

/* Moments, norms, extremes and special counts. */
furca_status furca_sketch_stats(const furca_sketch *sketch, furca_stats *stats);

/* The value below or at which a share q[i] (0 to 1) of the finite values lies (numpy's method "inverted_cdf"), into values[i].
   Relative error at most 1/257 for values of at least 2^-126 in magnitude, none if the sketch is exact. NaN if the sketch
   has no finite value. Errors: ARGUMENT if a q is outside 0...1. */
furca_status furca_sketch_quantiles(const furca_sketch *sketch, const double *q, size_t count, double *values);

/* The share of the finite values that is <= values[i], into shares[i]: exact where values[i] is an edge of a bin or the sketch
   is exact, interpolated inside a bin. */
furca_status furca_sketch_cdf(const furca_sketch *sketch, const double *values, size_t count, double *shares);

/* Tests the distribution for more than one mode at significance alpha (0 to 1) and describes what it finds. `branches` and
   `atoms` get at most branch_capacity and atom_capacity entries, in ascending order, and may be NULL if that is 0;
   modes->count and modes->atoms say how many there are. */
furca_status furca_sketch_modes(const furca_sketch *sketch, double alpha, furca_modes *modes,
                                furca_branch *branches, size_t branch_capacity,
                                furca_atom *atoms, size_t atom_capacity);

/* Writes the sketch as bytes that any later version can read, on any machine: at most `capacity` of them, all or none;
   *length gets how many there are. Errors: ARGUMENT if buffer is not NULL and capacity too small. */
furca_status furca_sketch_serialize(const furca_sketch *sketch, void *buffer, size_t capacity, size_t *length);

/* Makes a sketch from bytes of furca_sketch_serialize. Errors: FORMAT, VERSION. */
furca_status furca_sketch_deserialize(const void *bytes, size_t length, furca_sketch **sketch);

/* A bin of values that share their sign, exponent and first seven mantissa bits. */
typedef struct furca_bin {
    double lower;   /* edges, ascending; the one nearer to zero belongs to the bin, the other does not */
    double upper;
    double value;   /* the representative that quantiles give */
    uint64_t count; /* how many finite values lie in it */
} furca_bin;

/* The occupied bins, ascending: all finite values are in one. At most `capacity` are written; *count gets how many there are. The
   two bins next to zero hold +0 and -0 too. Bins of a sketch have the same edges as those of any other. */
furca_status furca_sketch_bins(const furca_sketch *sketch, furca_bin *bins, size_t capacity, size_t *count);

/* What was counted and summed up of a tensor that no pointer of this process leads to: on a GPU, say. */
typedef struct furca_counted {
    uint32_t struct_size;
    furca_dtype dtype;        /* of the tensor; all but FURCA_FLOAT64 */
    const uint64_t *counts;   /* how many elements have each pattern, NaN and infinities included: 256 entries for a dtype of 8 bits,
                                 65,536 for others. Of FURCA_FLOAT32 the upper 16 bits of the pattern count: a bin's code */
    double origin;            /* a constant c: x - c is counted too, for the fork tests of tensors that began as c; 0: none */
    const uint64_t *centred;  /* FURCA_FLOAT32 with an origin: 65,536 entries, by the code of x - c (as float64, cut off to the bits
                                 of a code, not rounded). Non-finite elements may be left out */
    /* Of FURCA_FLOAT32 alone. Of other dtypes all of this follows from the counts, and is not read. */
    uint64_t pos_inf;
    uint64_t neg_inf;
    uint64_t zeros;           /* +0 and -0 */
    double min;               /* of the finite values, as all that follows */
    double max;
    double l1;                /* sum of |x| */
    double mean;
    double m2;                /* sums of (x - mean)^2, ^3 and ^4 */
    double m3;
    double m4;
    uint32_t on_edges;        /* 1 if the lower 16 bits of all patterns are zero, as when bfloat16 values are kept in float32 */
    uint32_t reserved;
} furca_counted;
#define FURCA_COUNTED_INIT {(uint32_t)sizeof(furca_counted), FURCA_FLOAT32, NULL, 0., NULL, 0, 0, 0, 0., 0., 0., 0., 0., 0., 0., 0, 0}

/* Makes a sketch of them, for furca_session_observe_sketches or furca_sketch_merge. Its counts are those of furca_sketch_update with
   the tensor's elements; values are not kept, however few there are. The tables are read during the call. Errors: ARGUMENT (the
   parts contradict each other: the sentence says which), DTYPE. */
furca_status furca_sketch_assemble(const furca_counted *counted, furca_sketch **sketch);

/* ---- Session: one training run ----------------------------------------------------------------------------------- */

typedef struct furca_session furca_session;

typedef struct furca_session_options {
    uint32_t struct_size;
    uint32_t exact_limit;  /* tensors of up to this many elements are kept exactly; at most 20000 */
    const char *path;      /* the run file; NULL: none. If it exists, a numbered sibling is made: see furca_session_path */
    double alpha;          /* chance that the whole run reports any fork that is not there */
    double budget;         /* share of wall time to spend inside the library, see furca_session_due; 0: no limit */
    int64_t always_until;  /* furca_session_due says yes up to this step whatever it costs */
    uint32_t threads;      /* that read a batch, yours included: 1 for yours alone, at most 256; 0: one per processor, at most 4 */
    uint32_t resume;       /* 1: go on with the run file at `path` if there is one, see below; 0: make a new file */
    uint64_t max_size;     /* bytes that the run file stays below, by thinning old looks; at least 2^20; 0: no limit */
    double sketch_error;   /* relative error of quantiles of the sketches in the run file, 1/256 to 1/8 */
    uint32_t paths;        /* elements of each tensor that are followed one by one, see furca_tensor_paths; at most 65536; 0: none */
    uint32_t reserved;
    uint64_t seed;         /* of the choice of those elements */
} furca_session_options;
#define FURCA_SESSION_OPTIONS_INIT {(uint32_t)sizeof(furca_session_options), 4096, NULL, 0.01, 0.01, 16, 0, 0, \
    (uint64_t)1 << 30, 1. / 64, 1024, 0, 0}

/* Begins a run. With a path, a thread of the library writes the run file, which other processes can read at once; what is
   observed is on disk within half a second. A run that is resumed has its tensors, events and alpha; register its tensors again by
   name, with the same dtype and shape, for their ids. Its steps go on after the last in the file: to repeat some, call
   furca_session_rewind first. options may be NULL. Errors: ARGUMENT, IO (the path cannot be written), CAPACITY. */
furca_status furca_session_open(const furca_session_options *options, furca_session **session);

/* Ends a run: writes what is left and closes the file. NULL is a no-op. Errors: IO if the run file is not complete; the
   handle is closed all the same. */
furca_status furca_session_close(furca_session *session);

/* The path the run file really has, "" if there is none. */
furca_status furca_session_path(const furca_session *session, char *buffer, size_t capacity, size_t *length);

/* Should this step be observed? 1 at steps up to always_until and while the time spent stays within the budget, else 0 (which
   is counted as a look left out, and reported). Call it once per step.
   If it is 1, hand over all your tensors: the session knows which of them this look reads. While a look at everything costs no
   more than a step takes, that is everything, at as many steps as the budget allows for. When it costs more, tensors take turns,
   those first that were not seen for longest; and of a tensor that alone costs more, most turns read a random sample of its
   blocks (furca_stats.sampled). Fork tests are of whole tensors, and have a cadence of their own: a tensor that was tested at
   step s is tested again from step s + s/64 on; of looks between, dips and p-values are NaN. At a step for which this was not
   called, and without a budget, everything is read and tested. */
furca_status furca_session_due(furca_session *session, int64_t step, int32_t *due);

/* The values of a tensor now. */
typedef struct furca_buffer {
    const void *data;   /* any alignment; NULL only if count is 0; see FURCA_STRIDED */
    uint64_t count;     /* elements: the product of the registered shape, or of its pieces all together */
    uint32_t tensor;    /* from furca_tensor_register */
    furca_dtype dtype;
} furca_buffer;

/* Looks at a batch of tensors after `step` updates of the parameters (0: before training). Steps go up; several batches of
   one step may hold different tensors. A tensor that is kept in pieces (shards) is as many buffers, one after the other.
   The whole batch is checked before anything is read: after an error nothing of it has been observed. Errors: ARGUMENT, HANDLE, UNKNOWN, DUPLICATE, DTYPE, SHAPE, STEP. */
furca_status furca_session_observe(furca_session *session, int64_t step, const furca_buffer *buffers, size_t count);

/* furca_session_observe that returns at once, and reads while the caller goes on: its forward and backward pass, say. As many of
   the library's own threads read as the session has threads, at least one. All is checked before it returns, with the same
   errors; the array `buffers` itself is not needed afterwards.
   The memory of the buffers must stay allocated and unchanged until furca_session_observe_wait, furca_session_observe_drop or
   furca_session_close has returned. Until then queries see the look before, other calls work as ever, but observe, a
   second begin and rewind give BUSY. furca_session_flush does not wait for it. Nothing of it is in a child process. */
furca_status furca_session_observe_begin(furca_session *session, int64_t step, const furca_buffer *buffers, size_t count);

/* Returns when what was begun is read and observed: call it before anything writes to the buffers. Does nothing if nothing was
   begun. The time that the caller waits is part of seconds_inside. */
furca_status furca_session_observe_wait(furca_session *session);

/* furca_session_observe_wait that throws away what was read, for the caller knows that the memory has changed. `reason`, a
   sentence, is in the run file and in the report. The step may be observed again. */
furca_status furca_session_observe_drop(furca_session *session, const char *reason);

/* A tensor's values now, as a sketch of them: merged from those of its shards, say. */
typedef struct furca_sketched {
    const furca_sketch *sketch; /* of as many values as the registered shape has */
    uint32_t tensor;            /* from furca_tensor_register */
    uint32_t reserved;
} furca_sketched;

/* furca_session_observe of tensors that were sketched elsewhere. The sketches stay the caller's. Errors: as there. */
furca_status furca_session_observe_sketches(furca_session *session, int64_t step, const furca_sketched *batch, size_t count);

/* Records a number of yours (a loss, a learning rate) at a step. */
furca_status furca_session_log(furca_session *session, int64_t step, const char *name, double value);

/* Records that something is not watched, and why. It is in the run file and in the report. */
furca_status furca_session_gap(furca_session *session, const char *name, const char *reason);

/* Adds time that the caller spent on the session's behalf (gathering pointers, say) to its cost. */
furca_status furca_session_charge(furca_session *session, double seconds);

/* Goes back: the next observation may be of any step > `step`. Looks after `step` stay in the run file, marked as superseded. */
furca_status furca_session_rewind(furca_session *session, int64_t step);

/* Returns when all that was observed so far is in the run file. Errors: IO. */
furca_status furca_session_flush(furca_session *session);

/* What a session has done and what it cost. */
typedef struct furca_summary {
    uint32_t struct_size;
    uint32_t tensors;        /* registered */
    uint64_t looks;          /* batches observed */
    uint64_t looks_left_out; /* steps for which furca_session_due said 0 */
    uint64_t elements;       /* read, in all */
    uint64_t bytes;          /* read, in all */
    uint64_t events;
    uint64_t gaps;
    uint64_t records_lost;   /* looks that did not get into the run file */
    double seconds_inside;   /* in observe, log and what was charged, on the caller's threads */
    double seconds_wall;     /* since the session was opened */
    uint64_t looks_in_part;  /* of looks: those that left out tensors, or sampled one, to stay within the budget */
    uint64_t looks_dropped;
    double seconds_waiting;  /* of seconds_inside: in furca_session_observe_wait and _drop, for reading to end */
    double seconds_overlapped; /* on threads of the library's own, reading while the caller went on; not in seconds_inside */
} furca_summary;
#define FURCA_SUMMARY_INIT {(uint32_t)sizeof(furca_summary), 0, 0, 0, 0, 0, 0, 0, 0, 0., 0., 0, 0, 0., 0.}

/* The summary so far. It waits for nothing. */
furca_status furca_session_summary(const furca_session *session, furca_summary *summary);

/* What has gone wrong with the run file: *count gets how many problems there have been (0: none; one that lasts or comes again
   counts once), the text is a sentence about the latest. Training is not stopped by them: what could not be written waits in memory
   and is written once that is possible. Cheap enough to be asked at every step. */
furca_status furca_session_problem(const furca_session *session, size_t *count, char *buffer, size_t capacity, size_t *length);

/* A few lines for the end of a run: what was seen, what was not and why, what it cost. */
furca_status furca_session_report(const furca_session *session, char *buffer, size_t capacity, size_t *length);

/* Has a union of tensors looked at like one tensor: all attention output biases, all layers' gains, the whole model. `pattern` is of
   the members' names, `*` standing for any characters and `?` for one; tensors that are registered later are in it too, exempt ones
   are not. The group is a tensor named "group:" and `name`, whose id is written to *tensor: it has statistics, branches, events and its
   share of alpha, if it is made before the session's first look.
   Tensors of different scale would be a trivial mixture, so each member's values are taken in units of its standard deviation from
   its mean; those are the units of all figures of the group. It is judged on the members' followed elements (see
   furca_tensor_elements), at most 65536 in all, in as even shares as there are, once all members have been seen at a step. A
   member that is constant has no scale and is left out meanwhile, which is recorded as a gap.
   A run that is resumed has its groups; made again with the same pattern they give their ids. Errors: ARGUMENT (an empty name or
   pattern, or the session's option `paths` is 0), DUPLICATE. */
furca_status furca_session_group(furca_session *session, const char *name, const char *pattern, uint32_t *tensor);

/* ---- Tensor: one parameter of a session --------------------------------------------------------------------------- */

typedef struct furca_tensor_spec {
    uint32_t struct_size;
    furca_dtype dtype;
    const char *name;     /* unique in the session, not empty */
    const int64_t *shape; /* rank entries, each >= 0; NULL only if rank is 0 (one element) */
    uint32_t rank;        /* at most 16 */
    uint32_t frozen;      /* 1: not trained; noted in the run file */
} furca_tensor_spec;
#define FURCA_TENSOR_SPEC_INIT {(uint32_t)sizeof(furca_tensor_spec), FURCA_FLOAT32, NULL, NULL, 0, 0}

/* Makes a tensor known. Ids are 0, 1, 2, ... Errors: ARGUMENT, DTYPE, DUPLICATE. */
furca_status furca_tensor_register(furca_session *session, const furca_tensor_spec *spec, uint32_t *tensor);

/* How many tensors are registered. */
furca_status furca_tensor_count(const furca_session *session, uint32_t *count);

/* The id of a name. Errors: UNKNOWN. */
furca_status furca_tensor_find(const furca_session *session, const char *name, uint32_t *tensor);

/* The latest look's statistics. Errors: UNKNOWN, EMPTY. */
furca_status furca_tensor_stats(const furca_session *session, uint32_t tensor, furca_stats *stats);

/* furca_sketch_quantiles of the latest look. */
furca_status furca_tensor_quantiles(const furca_session *session, uint32_t tensor, const double *q, size_t count,
                                    double *values);

/* The branches the tensor has now, ascending: one if it has not forked. At most `capacity` are written; *count gets how many
   there are. Errors: UNKNOWN, EMPTY. */
furca_status furca_tensor_branches(const furca_session *session, uint32_t tensor, furca_branch *branches, size_t capacity,
                                   size_t *count);

/* The names of the branches that the tensor has now, in the order of furca_tensor_branches; see furca_event_names. */
furca_status furca_tensor_names(const furca_session *session, uint32_t tensor, uint32_t *names, size_t capacity, size_t *count);

/* A copy of the latest look's sketch, for everything else. The caller closes it. Errors: UNKNOWN, EMPTY. */
furca_status furca_tensor_sketch(const furca_session *session, uint32_t tensor, furca_sketch **sketch);

/* Leaves a tensor's shape untested from now on: for gradients, say, whose distribution is new at every step. Its statistics and
   sketches are kept as ever, dips and p-values are NaN, and NONFINITE remains an event. Of a tensor that is exempt before the
   session's first look the others have the allowance for false alarms. Errors: UNKNOWN. */
furca_status furca_tensor_exempt(furca_session *session, uint32_t tensor);

/* How much of the tensor the look that is due reads: 1 for all, 0 if it is left out, between for a sample. For who must fetch a
   tensor before it can be observed; nobody else needs to ask. Errors: UNKNOWN. */
furca_status furca_tensor_due(const furca_session *session, uint32_t tensor, double *share);

/* Which elements of the tensor are followed one by one: a random sample without replacement of as many as the session's option
   `paths` says, of smaller tensors all. It is made once, by the session's seed and the tensor's name, so that a run that is
   resumed follows the same. `places` gets their numbers, ascending, counted with the last axis fastest (and over the pieces of a
   tensor that comes in several); of a buffer without gaps that is the order in memory. At most `capacity` are written; *count
   gets how many there are. Errors: UNKNOWN, EMPTY (none are followed: paths is 0, or the tensor is exempt or a group). */
furca_status furca_tensor_elements(const furca_session *session, uint32_t tensor, uint64_t *places, size_t capacity,
                                   size_t *count);

/* What is in `branches` for a value that is not finite, and so in no branch. */
#define FURCA_NO_BRANCH UINT32_MAX

/* Where the elements of furca_tensor_elements are as of the latest look that read the tensor's memory, a sampled one (see
   furca_tensor_due) included; *step is that look's. `values` gets their values, rounded to float32, `branches` the name of the branch
   that each is in (see furca_tensor_names); both have room for `capacity`, and either may be NULL. *count gets how many there
   are. Errors: UNKNOWN, EMPTY (none are followed, or the tensor has come as sketches only). */
furca_status furca_tensor_paths(const furca_session *session, uint32_t tensor, int64_t *step, float *values,
                                uint32_t *branches, size_t capacity, size_t *count);

/* The share of those elements that the latest look found in another branch than the look before, of those that were both times in
   branches that live at both: elements that change places while the density stays as it is. NaN unless the tensor had two such
   branches. Errors: as furca_tensor_paths. */
furca_status furca_tensor_churn(const furca_session *session, uint32_t tensor, double *churn);

/* Records that another process's copy of a tensor has come to differ from the one that is looked at here, as a FURCA_DRIFT event: in
   data-parallel training, say, where all copies should be the same. `process` is its rank, `others` how many more of its tensors
   differ, `after` the last step at which they were compared and the same (-1: never), `by` the step of this comparison, not after
   the session's last look. Errors: UNKNOWN, STEP. */
furca_status furca_tensor_drifted(furca_session *session, uint32_t tensor, uint32_t process, uint32_t others, int64_t after, int64_t by);

/* ---- Event: something happened to a tensor ------------------------------------------------------------------------- */

enum {
    FURCA_SPLIT = 1,       /* the distribution has more modes than before */
    FURCA_ESTABLISHED = 2, /* a split that the optimiser made has lasted: it is learned */
    FURCA_MERGE = 3,       /* it has fewer modes than before */
    FURCA_NONFINITE = 4,   /* the first NaN or infinity */
    FURCA_BIRTH = 5,       /* a minor branch, of less than 2 % of the values, has left the others */
    FURCA_DEATH = 6,       /* a minor branch is gone */
    FURCA_RELEASE = 7,     /* a constant tensor is no longer constant, and has one mode */
    FURCA_FROZEN = 8,      /* no value has changed for 128 updates and 8 looks, though some did before */
    FURCA_TURN = 9,        /* the fork runs along another axis than before */
    FURCA_DRIFT = 10,      /* another process's copy of it has come to differ: see furca_tensor_drifted */
};
enum {
    FURCA_LABEL_NONE = 0,
    FURCA_LABEL_OPTIMIZER = 1, /* the arithmetic of the optimiser's first steps: every element moves by the learning rate */
    FURCA_LABEL_LEARNED = 2,
    FURCA_LABEL_LATTICE = 3,   /* evenly spaced values, as sign-type optimisers or quantisation leave them */
    FURCA_LABEL_PRUNED = 4,    /* a gap about an atom at zero, as magnitude pruning leaves it */
};
enum {
    FURCA_STRUCTURE_NONE = 0,     /* not looked at: the tensor is no matrix, or came as a sketch */
    FURCA_STRUCTURE_ROWS = 1,     /* the fork is one of rows (the first axis against all others): see furca_event_lines */
    FURCA_STRUCTURE_COLUMNS = 2,
    FURCA_STRUCTURE_ELEMENTS = 3, /* neither: it runs through all rows and columns */
};

typedef struct furca_event {
    uint32_t struct_size;
    uint32_t kind;         /* FURCA_SPLIT ... */
    uint32_t label;        /* FURCA_LABEL_... */
    uint32_t tensor;
    int64_t step;          /* the look at which it was seen */
    int64_t onset_after;   /* it happened after this step (the last look that was surely otherwise, or the first; -1: none) */
    int64_t onset_by;      /* and no later than this one */
    double dip;            /* dip_tested of that look */
    double p_value;
    uint32_t branch_count; /* see furca_event_branches */
    uint32_t structure;    /* FURCA_STRUCTURE_... */
} furca_event;
#define FURCA_EVENT_INIT {(uint32_t)sizeof(furca_event), 0, 0, 0, 0, 0, 0, 0., 0., 0, 0}

/* How many events there are so far. They are numbered 0, 1, 2, ... and never change. */
furca_status furca_event_count(const furca_session *session, size_t *count);

/* Called for each event, in order: `index` is its number. */
typedef void (*furca_event_callback)(furca_session *session, size_t index, void *payload);

/* Has `callback` called for every event from now on, with `payload`; NULL ends that. It runs on the thread that is inside
   the call which found the event (furca_session_observe and its kin), before that call returns, with no lock held: it may ask
   anything of the session, even close it. */
furca_status furca_session_on_event(furca_session *session, furca_event_callback callback, void *payload);

/* One event. Errors: UNKNOWN. */
furca_status furca_event_get(const furca_session *session, size_t index, furca_event *event);

/* The branches at that event, ascending. */
furca_status furca_event_branches(const furca_session *session, size_t index, furca_branch *branches, size_t capacity,
                                  size_t *count);

/* The names of the branches at that event, in the order of furca_event_branches: a branch keeps its name, 0 for the trunk, for as
   long as it lives, and the heaviest child keeps its parent's. */
furca_status furca_event_names(const furca_session *session, size_t index, uint32_t *names, size_t capacity, size_t *count);

/* The rows or columns that stand apart at that event, ascending; none unless event.structure is ROWS or COLUMNS. */
furca_status furca_event_lines(const furca_session *session, size_t index, uint32_t *lines, size_t capacity, size_t *count);

/* One line for a person. */
furca_status furca_event_text(const furca_session *session, size_t index, char *buffer, size_t capacity, size_t *length);

/* ---- Run: a run file, while it is written or afterwards, in any process ---------------------------------------------- */

typedef struct furca_run furca_run;
typedef struct furca_rows furca_rows;

/* Opens a run file for reading; the writer is never blocked. Errors: IO, FORMAT, VERSION. */
furca_status furca_run_open(const char *path, furca_run **run);

/* Closes a run and every query on it. NULL is a no-op. */
furca_status furca_run_close(furca_run *run);

/* A value in a query: SQLite's five types. */
enum { FURCA_NULL = 0, FURCA_INTEGER = 1, FURCA_REAL = 2, FURCA_TEXT = 3, FURCA_BLOB = 4 };
typedef struct furca_value {
    uint32_t type;
    uint32_t reserved;
    int64_t integer;
    double real;
    const void *bytes; /* of a text (UTF-8) or blob; in results valid until the next furca_rows_next or furca_rows_close */
    size_t length;
} furca_value;

/* Starts a query, for example "select step, kurtosis from stats where tensor = ?". Parameters (?) take values in order. The
   file is open read-only, so a statement that writes fails. A run file may come from anywhere: a query that does far more than reading
   all of the file takes (some seconds' work, for a large file more) is ended. Errors: SQL, ARGUMENT. */
furca_status furca_run_query(furca_run *run, const char *sql, const furca_value *parameters, size_t count, furca_rows **rows);

/* How many columns the result has. */
furca_status furca_rows_columns(const furca_rows *rows, size_t *count);

/* The name of a column. The string is valid until furca_rows_close. */
furca_status furca_rows_column_name(const furca_rows *rows, size_t column, const char **name);

/* The next row, one value per column; *has_row is 0 when there are no more. `capacity` is the length of `values`. */
furca_status furca_rows_next(furca_rows *rows, furca_value *values, size_t capacity, int32_t *has_row);

/* Ends a query. NULL is a no-op. */
furca_status furca_rows_close(furca_rows *rows);

/* The elements of a tensor that were followed one by one, see furca_tensor_elements. Errors: UNKNOWN (no such tensor), EMPTY (it has
   none; the sentence says why). */
furca_status furca_run_elements(furca_run *run, const char *tensor, uint64_t *places, size_t capacity, size_t *count);

/* Where they were, at the looks of which the run keeps that: all up to step 16, then the first in each 1/16 of a doubling of the
   step, each with an event of the tensor, and the last. *looks gets how many looks there are, *count how many elements. `steps` and
   `churn` have room for `look_capacity` looks, `values` and `branches` for `look_capacity` times *count elements, look by look; each
   of the four may be NULL. To learn the sizes call it with look_capacity 0. `churn` is as furca_tensor_churn has it, from the
   look before among these. Errors: as furca_run_elements. */
furca_status furca_run_paths(furca_run *run, const char *tensor, int64_t *steps, float *values, uint32_t *branches,
                             double *churn, size_t look_capacity, size_t *looks, size_t *count);

/* ---- Checkpoints: a run out of files ------------------------------------------------------------------------------ */

typedef struct furca_checkpoints furca_checkpoints;

enum {
    FURCA_SAFETENSORS = 1, /* furca_session_observe_checkpoint reads it */
    FURCA_PICKLE = 2,      /* a file of torch.save, which only Python reads */
};

/* Finds the checkpoints of a run, ascending by step. Each path is a safetensors file, the index of a sharded one, a directory
   that holds either, or a directory of such checkpoints (step0/, step1000/, ...; or one of the Hugging Face hub's cache).
   `steps` are those of the checkpoints in the order given; NULL with step_count 0 if their names tell (step1000,
   checkpoint-1000). Close the result with furca_checkpoints_close. Errors: ARGUMENT (no checkpoint there, no step in a name,
   two of one step), IO. */
furca_status furca_checkpoints_find(const char *const *paths, size_t count, const int64_t *steps, size_t step_count,
                                    furca_checkpoints **checkpoints);

/* Frees a list of checkpoints. NULL is a no-op. */
furca_status furca_checkpoints_close(furca_checkpoints *checkpoints);

/* How many there are. */
furca_status furca_checkpoints_count(const furca_checkpoints *checkpoints, size_t *count);

/* One of them: its step, how it is read (FURCA_SAFETENSORS or FURCA_PICKLE), and its path. Errors: UNKNOWN. */
furca_status furca_checkpoints_get(const furca_checkpoints *checkpoints, size_t index, int64_t *step, uint32_t *kind,
                                   char *buffer, size_t capacity, size_t *length);

/* Notes in the run file that the run is made of checkpoints (fact "source"), and as gaps what lies beside them and was left out,
   having no step in its name. */
furca_status furca_session_note_checkpoints(furca_session *session, const furca_checkpoints *checkpoints);

/* furca_session_observe of all tensors of a checkpoint: to the last bit the looks that the same values in memory give. It is
   read in blocks, a few MiB for each thread. Tensors with new names are registered; those that are not read (integers, say)
   or have another shape or dtype than before are recorded as gaps. After an error nothing has been observed. Errors: IO, FORMAT
   (the file is damaged, or no safetensors), ARGUMENT, HANDLE, STEP. */
furca_status furca_session_observe_checkpoint(furca_session *session, int64_t step, const char *path);

#ifdef __cplusplus
}
#endif

#endif /* FURCA_H */
