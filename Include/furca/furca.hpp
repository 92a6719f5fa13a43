/*
 * furca.hpp: furca.h for C++17, header only. Handles close themselves, and what fails throws.
 *
 *     furca::Session session("run.furca");
 *     const auto hidden = session.add_tensor("hidden.weight", {256, 128});
 *     for (std::int64_t step = 0; step <= 1000; step++) {
 *         session.observe(step, {furca::buffer(hidden, weights)});
 *         train_one_step();
 *     }
 *     std::cout << session.report();
 *
 * Errors.    Everything but destructors, moves and what is marked noexcept throws furca::Error: its status() is furca.h's, its
 *            what() the sentence of furca_last_error().
 * Handles.   Session, Sketch, Run, Rows and Checkpoints own one handle each: they move, and do not copy. handle() gives it to functions of
 *            furca.h; release() gives it away. A moved-from or closed object may be destroyed and assigned to; all else on it
 *            throws an Error with FURCA_ERROR_ARGUMENT.
 * Threads.   As in furca.h: const functions from any thread at any time.
 * Callbacks. May throw: the call of furca that they run in then throws the same, when it has done its work.
 * Memory.    A View points to the caller's memory and never owns any. Functions that return a std::string or std::vector
 *            allocate it; no other does, and observe and update never do.
 */
#ifndef FURCA_HPP
#define FURCA_HPP

#include <furca/furca.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace furca {

/* ---- Errors ------------------------------------------------------------------------------------------------------ */

/* A call that failed. */
class Error : public std::runtime_error {
public:
    Error(furca_status status, const char *message) : std::runtime_error(message), status_(status) {}
    furca_status status() const noexcept { return status_; }
    const char *name() const noexcept { return furca_status_name(status_); }

private:
    furca_status status_;
};

/* Throws an Error unless `status` is FURCA_OK. */
inline void check(furca_status status) {
    if (status != FURCA_OK) throw Error(status, furca_last_error());
}

/* Throws an Error if the library that was loaded is not of the header's ABI version. */
inline void check_version() {
    if (furca_abi_version() != FURCA_ABI_VERSION)
        throw Error(FURCA_ERROR_VERSION, "the furca library and furca.h are of different ABI versions");
}

/* ---- Views --------------------------------------------------------------------------------------------------------- */

/* Elements that lie one after the other in memory someone else owns, like C++20's std::span. A View of constant elements is
   also made from a temporary or a list in braces: use such a one within the same call only. */
template <class T>
class View {
    template <class Container>
    using Data = decltype(std::declval<Container &>().data());
    /* std::vector<float> and std::array<float, N>, say, for a View<const float>; never a change of the element's type. */
    template <class Container>
    using EnableIfFits = std::enable_if_t<std::is_convertible_v<std::remove_pointer_t<Data<Container>> (*)[], T (*)[]>>;

public:
    constexpr View() noexcept = default;
    constexpr View(T *data, std::size_t size) noexcept : data_(data), size_(size) {}
    template <std::size_t N>
    constexpr View(T (&array)[N]) noexcept : data_(array), size_(N) {}
    template <class Container, class = EnableIfFits<Container>>
    constexpr View(Container &&container) noexcept : data_(container.data()), size_(container.size()) {}
    template <class U = T, class = std::enable_if_t<std::is_const_v<U>>>
    constexpr View(std::initializer_list<std::remove_const_t<U>> list) noexcept {
        data_ = list.begin();
        size_ = list.size();
    }

    constexpr T *data() const noexcept { return data_; }
    constexpr std::size_t size() const noexcept { return size_; }
    constexpr bool empty() const noexcept { return size_ == 0; }
    constexpr T *begin() const noexcept { return data_; }
    constexpr T *end() const noexcept { return data_ + size_; }
    constexpr T &operator[](std::size_t index) const noexcept { return data_[index]; }

private:
    T *data_ = nullptr;
    std::size_t size_ = 0;
};

/* The dtype of a C++ type. For 16-bit and smaller ones, which C++17 does not have, name the dtype yourself. */
template <class T>
constexpr furca_dtype dtype_of() noexcept {
    static_assert(std::is_same_v<T, float> || std::is_same_v<T, double>, "name the dtype: buffer(tensor, data, count, dtype)");
    return std::is_same_v<T, float> ? FURCA_FLOAT32 : FURCA_FLOAT64;
}

/* A tensor's values now, for Session::observe. */
inline furca_buffer buffer(std::uint32_t tensor, const void *data, std::uint64_t count, furca_dtype dtype) noexcept {
    furca_buffer made{};
    made.data = data;
    made.count = count;
    made.tensor = tensor;
    made.dtype = dtype;
    return made;
}

/* The same for anything with data() and size(), of float or double. A tensor in pieces is as many buffers. */
template <class Container>
furca_buffer buffer(std::uint32_t tensor, const Container &values) noexcept {
    using Element = std::remove_cv_t<std::remove_pointer_t<decltype(values.data())>>;
    return buffer(tensor, values.data(), values.size(), dtype_of<Element>());
}

namespace detail {

/* One handle and the function that closes it. */
template <class T, furca_status (*Close)(T *)>
class Handle {
public:
    Handle() noexcept = default;
    explicit Handle(T *handle) noexcept : handle_(handle) {}
    Handle(Handle &&other) noexcept : handle_(other.release()) {}
    Handle &operator=(Handle &&other) noexcept {
        Handle old(handle_); /* closed at the end of this function */
        handle_ = other.release();
        return *this;
    }
    ~Handle() {
        /* Someone else may have closed it by way of handle(): that is no loss. Data that did not reach the disk is one. */
        if (Close(handle_) == FURCA_ERROR_IO) std::fprintf(stderr, "furca: %s\n", furca_last_error());
    }

    T *get() const noexcept { return handle_; }
    T *release() noexcept { return std::exchange(handle_, nullptr); }
    void close() { check(Close(release())); }

private:
    T *handle_ = nullptr;
};

/* What a function that takes (…, buffer, capacity, length) writes. */
template <class Function>
std::string text(Function write) {
    std::string result(256, '\0');
    for (;;) {
        std::size_t length = 0;
        check(write(result.data(), result.size(), &length));
        const bool is_whole = length < result.size();
        /* Room for the final NUL too; a text that has grown meanwhile is asked for again. */
        result.resize(is_whole ? length : length + 1);
        if (is_whole) return result;
    }
}

/* What a function that takes (…, entries, capacity, count) writes. */
template <class Entry, class Function>
std::vector<Entry> entries(Function write) {
    std::vector<Entry> result(8);
    for (;;) {
        std::size_t count = 0;
        check(write(result.data(), result.size(), &count));
        const bool is_whole = count <= result.size();
        result.resize(count);
        if (is_whole) return result;
    }
}

/* Who is called for each event. The library knows its address, so it stays where it is. */
class Listener {
public:
    using Callback = std::function<void(std::size_t)>;
    void set(Callback callback) {
        const std::lock_guard<std::mutex> guard(mutex_);
        callback_ = std::move(callback);
    }
    /* What furca.h calls; no exception may pass through the library. */
    static void call(furca_session *, std::size_t index, void *payload) noexcept {
        try {
            auto *listener = static_cast<Listener *>(payload);
            Callback callback; /* a copy: it may set another one */
            {
                const std::lock_guard<std::mutex> guard(listener->mutex_);
                callback = listener->callback_;
            }
            if (callback) callback(index);
        } catch (...) {
            if (!thrown) thrown = std::current_exception();
        }
    }
    /* Throws what a callback on this thread threw since it was asked last. */
    static void rethrow() {
        if (thrown) std::rethrow_exception(std::exchange(thrown, nullptr));
    }

private:
    static inline thread_local std::exception_ptr thrown;
    std::mutex mutex_;
    Callback callback_;
};

/* check() of a call in which callbacks may have run. */
inline void check_events(furca_status status) {
    Listener::rethrow();
    check(status);
}

inline void check_sizes(std::size_t from, std::size_t to) {
    if (from != to) throw Error(FURCA_ERROR_ARGUMENT, "the views of the input and of the results differ in size");
}

} /* namespace detail */

/* ---- Sketch ---------------------------------------------------------------------------------------------------------- */

/* The shape of a distribution: furca_sketch_modes. */
struct Modes {
    furca_modes summary = FURCA_MODES_INIT;
    std::vector<furca_branch> branches;
    std::vector<furca_atom> atoms;
};

/* The distribution of any values, with no session. */
class Sketch {
public:
    /* An empty sketch that keeps all values while there are at most `exact_limit`; see furca_sketch_options. */
    explicit Sketch(std::uint32_t exact_limit = 4096, std::uint32_t counts_one_in = 1) {
        furca_sketch_options options = FURCA_SKETCH_OPTIONS_INIT;
        options.exact_limit = exact_limit;
        options.counts_one_in = counts_one_in;
        furca_sketch *made = nullptr;
        check(furca_sketch_create(&options, &made));
        handle_ = Owned(made);
    }
    /* Takes over a handle. */
    explicit Sketch(furca_sketch *handle) noexcept : handle_(handle) {}
    static Sketch from_bytes(View<const unsigned char> bytes) {
        furca_sketch *made = nullptr;
        check(furca_sketch_deserialize(bytes.data(), bytes.size(), &made));
        return Sketch(made);
    }
    /* Of what was counted elsewhere, on a GPU say. */
    static Sketch assembled(const furca_counted &counted) {
        furca_sketch *made = nullptr;
        check(furca_sketch_assemble(&counted, &made));
        return Sketch(made);
    }

    void update(View<const float> values) { update(values.data(), values.size(), FURCA_FLOAT32); }
    void update(View<const double> values) { update(values.data(), values.size(), FURCA_FLOAT64); }
    void update(const void *data, std::uint64_t count, furca_dtype dtype) {
        check(furca_sketch_update(handle(), data, count, dtype));
    }
    void merge(const Sketch &other) { check(furca_sketch_merge(handle(), other.handle())); }

    furca_stats stats() const {
        furca_stats stats = FURCA_STATS_INIT;
        check(furca_sketch_stats(handle(), &stats));
        return stats;
    }
    double quantile(double q) const {
        double value = 0;
        check(furca_sketch_quantiles(handle(), &q, 1, &value));
        return value;
    }
    /* One value for each share in `q`. */
    void quantiles(View<const double> q, View<double> values) const {
        detail::check_sizes(q.size(), values.size());
        check(furca_sketch_quantiles(handle(), q.data(), q.size(), values.data()));
    }
    double cdf(double value) const {
        double share = 0;
        check(furca_sketch_cdf(handle(), &value, 1, &share));
        return share;
    }
    /* One share for each of `values`. */
    void cdf(View<const double> values, View<double> shares) const {
        detail::check_sizes(values.size(), shares.size());
        check(furca_sketch_cdf(handle(), values.data(), values.size(), shares.data()));
    }
    Modes modes(double alpha) const {
        Modes modes;
        modes.branches.resize(8);
        modes.atoms.resize(8);
        for (;;) {
            check(furca_sketch_modes(handle(), alpha, &modes.summary, modes.branches.data(), modes.branches.size(),
                                     modes.atoms.data(), modes.atoms.size()));
            const bool is_whole = modes.summary.count <= modes.branches.size() && modes.summary.atoms <= modes.atoms.size();
            modes.branches.resize(modes.summary.count);
            modes.atoms.resize(modes.summary.atoms);
            if (is_whole) return modes;
        }
    }
    /* The occupied bins, ascending. */
    std::vector<furca_bin> bins() const {
        return detail::entries<furca_bin>([&](furca_bin *to, std::size_t capacity, std::size_t *count) {
            return furca_sketch_bins(handle(), to, capacity, count);
        });
    }
    std::vector<unsigned char> bytes() const {
        std::vector<unsigned char> bytes;
        std::size_t length = 0;
        check(furca_sketch_serialize(handle(), nullptr, 0, &length));
        /* Another thread may update it meanwhile: then it may take more room. */
        for (furca_status status = FURCA_ERROR_ARGUMENT; status != FURCA_OK;) {
            bytes.resize(length);
            status = furca_sketch_serialize(handle(), bytes.data(), bytes.size(), &length);
            if (status == FURCA_OK) break;
            const Error error(status, furca_last_error());
            check(furca_sketch_serialize(handle(), nullptr, 0, &length));
            if (length <= bytes.size()) throw error;
        }
        bytes.resize(length);
        return bytes;
    }

    furca_sketch *handle() const noexcept { return handle_.get(); }
    furca_sketch *release() noexcept { return handle_.release(); }
    void close() { handle_.close(); }

private:
    using Owned = detail::Handle<furca_sketch, furca_sketch_close>;
    Owned handle_;
};

/* ---- Checkpoints ----------------------------------------------------------------------------------------------------- */

/* One checkpoint of a run. */
struct Checkpoint {
    std::int64_t step = 0;
    std::uint32_t kind = 0; /* FURCA_SAFETENSORS or FURCA_PICKLE */
    std::string path;
};

/* The checkpoints of a run, ascending by step: furca_checkpoints_find. */
class Checkpoints {
public:
    explicit Checkpoints(View<const std::string> paths, View<const std::int64_t> steps = {}) {
        std::vector<const char *> names;
        for (const std::string &path : paths) names.push_back(path.c_str());
        furca_checkpoints *found = nullptr;
        check(furca_checkpoints_find(names.data(), names.size(), steps.data(), steps.size(), &found));
        handle_ = Owned(found);
    }
    /* Takes over a handle. */
    explicit Checkpoints(furca_checkpoints *handle) noexcept : handle_(handle) {}

    std::size_t size() const {
        std::size_t count = 0;
        check(furca_checkpoints_count(handle(), &count));
        return count;
    }
    Checkpoint operator[](std::size_t index) const {
        Checkpoint checkpoint;
        checkpoint.path = detail::text([&](char *to, std::size_t capacity, std::size_t *length) {
            return furca_checkpoints_get(handle(), index, &checkpoint.step, &checkpoint.kind, to, capacity, length);
        });
        return checkpoint;
    }

    furca_checkpoints *handle() const noexcept { return handle_.get(); }
    furca_checkpoints *release() noexcept { return handle_.release(); }
    void close() { handle_.close(); }

private:
    using Owned = detail::Handle<furca_checkpoints, furca_checkpoints_close>;
    Owned handle_;
};

/* ---- Session --------------------------------------------------------------------------------------------------------- */

/* The options with their defaults. */
inline furca_session_options session_options() noexcept {
    furca_session_options options = FURCA_SESSION_OPTIONS_INIT;
    return options;
}

/* What has gone wrong with a run file: furca_session_problem. */
struct Problem {
    std::size_t count = 0;
    std::string text;
};

/* Where single elements are at one look: furca_tensor_paths. */
struct Paths {
    std::int64_t step = 0;
    std::vector<float> values;
    std::vector<std::uint32_t> branches; /* names; FURCA_NO_BRANCH for a value that is not finite */
};

/* One training run. */
class Session {
public:
    explicit Session(const furca_session_options &options = session_options()) {
        check_version();
        furca_session *opened = nullptr;
        check(furca_session_open(&options, &opened));
        handle_ = Owned(opened);
    }
    /* With a run file and otherwise the defaults. */
    explicit Session(const char *path) : Session(with_path(path)) {}
    explicit Session(const std::string &path) : Session(path.c_str()) {}
    /* Takes over a handle. */
    explicit Session(furca_session *handle) noexcept : handle_(handle) {}
    Session(Session &&) noexcept = default;
    Session &operator=(Session &&other) noexcept {
        Session old(std::move(*this)); /* closed at the end of this function, while its callback is still there */
        listener_ = std::move(other.listener_);
        handle_ = std::move(other.handle_);
        return *this;
    }
    ~Session() = default;

    /* Makes a tensor known and returns its id. */
    std::uint32_t add_tensor(const char *name, View<const std::int64_t> shape, furca_dtype dtype = FURCA_FLOAT32,
                             bool frozen = false) {
        furca_tensor_spec spec = FURCA_TENSOR_SPEC_INIT;
        spec.name = name;
        spec.shape = shape.data();
        spec.rank = static_cast<std::uint32_t>(shape.size());
        spec.dtype = dtype;
        spec.frozen = frozen ? 1 : 0;
        return add_tensor(spec);
    }
    std::uint32_t add_tensor(const std::string &name, View<const std::int64_t> shape, furca_dtype dtype = FURCA_FLOAT32,
                             bool frozen = false) {
        return add_tensor(name.c_str(), shape, dtype, frozen);
    }
    std::uint32_t add_tensor(const furca_tensor_spec &spec) {
        std::uint32_t id = 0;
        check(furca_tensor_register(handle(), &spec, &id));
        return id;
    }

    /* Leaves a tensor's shape untested. */
    void exempt(std::uint32_t tensor) { check(furca_tensor_exempt(handle(), tensor)); }

    /* Should this step be observed? Call it once per step. */
    bool due(std::int64_t step) {
        std::int32_t due = 0;
        check(furca_session_due(handle(), step, &due));
        return due != 0;
    }
    /* How much of a tensor the look that is due reads. */
    double due_share(std::uint32_t tensor) const {
        double share = 0;
        check(furca_tensor_due(handle(), tensor, &share));
        return share;
    }
    /* Looks at a batch of tensors after `step` updates. */
    void observe(std::int64_t step, View<const furca_buffer> buffers) {
        detail::check_events(furca_session_observe(handle(), step, buffers.data(), buffers.size()));
    }
    /* The same while the caller goes on; the buffers' memory must not change until observe_wait or observe_drop. */
    void observe_begin(std::int64_t step, View<const furca_buffer> buffers) {
        check(furca_session_observe_begin(handle(), step, buffers.data(), buffers.size()));
    }
    void observe_wait() { detail::check_events(furca_session_observe_wait(handle())); }
    void observe_drop(const char *reason) { detail::check_events(furca_session_observe_drop(handle(), reason)); }
    /* The same of a checkpoint file. */
    void observe_checkpoint(std::int64_t step, const char *path) {
        detail::check_events(furca_session_observe_checkpoint(handle(), step, path));
    }
    void observe_checkpoint(std::int64_t step, const std::string &path) { observe_checkpoint(step, path.c_str()); }
    /* Notes that the run is made of checkpoints, and what lies beside them and is none. */
    void note_checkpoints(const Checkpoints &checkpoints) { check(furca_session_note_checkpoints(handle(), checkpoints.handle())); }
    /* The same of tensors that were sketched elsewhere. */
    void observe_sketches(std::int64_t step, View<const furca_sketched> batch) {
        detail::check_events(furca_session_observe_sketches(handle(), step, batch.data(), batch.size()));
    }
    void log(std::int64_t step, const char *name, double value) { check(furca_session_log(handle(), step, name, value)); }
    void gap(const char *name, const char *reason) { check(furca_session_gap(handle(), name, reason)); }
    void charge(double seconds) { check(furca_session_charge(handle(), seconds)); }
    void rewind(std::int64_t step) { check(furca_session_rewind(handle(), step)); }
    void flush() { check(furca_session_flush(handle())); }
    /* Ends the run; throws if the run file is not complete, which the destructor can only print. */
    void close() {
        const furca_status status = furca_session_close(handle_.release());
        detail::check_events(status);
    }

    /* Has `callback` called with the number of every event from now on, on the thread inside the observe that found it; an empty
       one ends that. It may ask anything of the session, and throw. */
    void on_event(std::function<void(std::size_t)> callback) {
        if (!listener_) listener_ = std::make_unique<detail::Listener>();
        listener_->set(std::move(callback));
        check(furca_session_on_event(handle(), detail::Listener::call, listener_.get()));
    }

    std::string path() const {
        return detail::text([&](char *to, std::size_t capacity, std::size_t *length) {
            return furca_session_path(handle(), to, capacity, length);
        });
    }
    std::string report() const {
        return detail::text([&](char *to, std::size_t capacity, std::size_t *length) {
            return furca_session_report(handle(), to, capacity, length);
        });
    }
    furca_summary summary() const {
        furca_summary summary = FURCA_SUMMARY_INIT;
        check(furca_session_summary(handle(), &summary));
        return summary;
    }

    /* What has gone wrong with the run file: how often, and a sentence about the latest. */
    Problem problem() const {
        Problem problem;
        problem.text = detail::text([&](char *to, std::size_t capacity, std::size_t *length) {
            return furca_session_problem(handle(), &problem.count, to, capacity, length);
        });
        return problem;
    }

    /* Has the tensors whose names match a pattern looked at like one, named "group:" and `name`; returns its id. */
    std::uint32_t group(const char *name, const char *pattern) {
        std::uint32_t id = 0;
        check(furca_session_group(handle(), name, pattern, &id));
        return id;
    }

    std::uint32_t tensor_count() const {
        std::uint32_t count = 0;
        check(furca_tensor_count(handle(), &count));
        return count;
    }
    std::uint32_t tensor(const char *name) const {
        std::uint32_t id = 0;
        check(furca_tensor_find(handle(), name, &id));
        return id;
    }
    furca_stats stats(std::uint32_t tensor) const {
        furca_stats stats = FURCA_STATS_INIT;
        check(furca_tensor_stats(handle(), tensor, &stats));
        return stats;
    }
    double quantile(std::uint32_t tensor, double q) const {
        double value = 0;
        check(furca_tensor_quantiles(handle(), tensor, &q, 1, &value));
        return value;
    }
    void quantiles(std::uint32_t tensor, View<const double> q, View<double> values) const {
        detail::check_sizes(q.size(), values.size());
        check(furca_tensor_quantiles(handle(), tensor, q.data(), q.size(), values.data()));
    }
    std::vector<furca_branch> branches(std::uint32_t tensor) const {
        return detail::entries<furca_branch>([&](furca_branch *to, std::size_t capacity, std::size_t *count) {
            return furca_tensor_branches(handle(), tensor, to, capacity, count);
        });
    }
    /* The names of the branches, in their order. */
    std::vector<std::uint32_t> branch_names(std::uint32_t tensor) const {
        return detail::entries<std::uint32_t>([&](std::uint32_t *to, std::size_t capacity, std::size_t *count) {
            return furca_tensor_names(handle(), tensor, to, capacity, count);
        });
    }
    /* Which elements are followed one by one, ascending. */
    std::vector<std::uint64_t> elements(std::uint32_t tensor) const {
        return detail::entries<std::uint64_t>([&](std::uint64_t *to, std::size_t capacity, std::size_t *count) {
            return furca_tensor_elements(handle(), tensor, to, capacity, count);
        });
    }
    /* Where they are as of the latest look. */
    Paths paths(std::uint32_t tensor) const {
        Paths paths;
        std::size_t count = 0;
        check(furca_tensor_paths(handle(), tensor, &paths.step, nullptr, nullptr, 0, &count));
        paths.values.resize(count); /* their number does not change */
        paths.branches.resize(count);
        check(furca_tensor_paths(handle(), tensor, &paths.step, paths.values.data(), paths.branches.data(), count, &count));
        return paths;
    }
    /* The share of them that went into another branch since the look before; NaN without two branches. */
    double churn(std::uint32_t tensor) const {
        double churn = 0;
        check(furca_tensor_churn(handle(), tensor, &churn));
        return churn;
    }
    Sketch sketch(std::uint32_t tensor) const {
        furca_sketch *copy = nullptr;
        check(furca_tensor_sketch(handle(), tensor, &copy));
        return Sketch(copy);
    }

    /* Records that another process's copy of a tensor has come to differ: furca_tensor_drifted. */
    void drifted(std::uint32_t tensor, std::uint32_t process, std::uint32_t others, std::int64_t after, std::int64_t by) {
        detail::check_events(furca_tensor_drifted(handle(), tensor, process, others, after, by));
    }

    std::size_t event_count() const {
        std::size_t count = 0;
        check(furca_event_count(handle(), &count));
        return count;
    }
    furca_event event(std::size_t index) const {
        furca_event event = FURCA_EVENT_INIT;
        check(furca_event_get(handle(), index, &event));
        return event;
    }
    std::vector<furca_branch> event_branches(std::size_t index) const {
        return detail::entries<furca_branch>([&](furca_branch *to, std::size_t capacity, std::size_t *count) {
            return furca_event_branches(handle(), index, to, capacity, count);
        });
    }
    /* The names of the branches at that event, in their order. */
    std::vector<std::uint32_t> event_names(std::size_t index) const {
        return detail::entries<std::uint32_t>([&](std::uint32_t *to, std::size_t capacity, std::size_t *count) {
            return furca_event_names(handle(), index, to, capacity, count);
        });
    }
    /* The rows or columns that stand apart at that event. */
    std::vector<std::uint32_t> event_lines(std::size_t index) const {
        return detail::entries<std::uint32_t>([&](std::uint32_t *to, std::size_t capacity, std::size_t *count) {
            return furca_event_lines(handle(), index, to, capacity, count);
        });
    }
    /* One line for a person. */
    std::string event_text(std::size_t index) const {
        return detail::text([&](char *to, std::size_t capacity, std::size_t *length) {
            return furca_event_text(handle(), index, to, capacity, length);
        });
    }

    furca_session *handle() const noexcept { return handle_.get(); }
    /* Gives the handle away; on_event's callback is called no more. */
    furca_session *release() noexcept {
        if (listener_) (void)furca_session_on_event(handle(), nullptr, nullptr);
        return handle_.release();
    }

private:
    static furca_session_options with_path(const char *path) noexcept {
        furca_session_options options = session_options();
        options.path = path;
        return options;
    }

    using Owned = detail::Handle<furca_session, furca_session_close>;
    std::unique_ptr<detail::Listener> listener_; /* before the handle, which is then closed before this is gone */
    Owned handle_;
};

/* ---- Run ------------------------------------------------------------------------------------------------------------- */

/* A value in a query; what it points to must stay until Run::query returns, or in a result until the next row. */
class Value : public furca_value {
public:
    Value() noexcept : furca_value{} {}
    Value(const furca_value &value) noexcept : furca_value(value) {}
    template <class Integer, class = std::enable_if_t<std::is_integral_v<Integer>>>
    Value(Integer number) noexcept : Value() {
        type = FURCA_INTEGER;
        integer = static_cast<std::int64_t>(number);
    }
    Value(double number) noexcept : Value() {
        type = FURCA_REAL;
        real = number;
    }
    Value(std::string_view text) noexcept : Value() {
        type = FURCA_TEXT;
        bytes = text.data();
        length = text.size();
    }
    Value(const char *text) noexcept : Value(std::string_view(text)) {}

    bool is_null() const noexcept { return type == FURCA_NULL; }
    /* The number it holds, of either kind; 0 for a text, blob or null. */
    double number() const noexcept {
        return type == FURCA_INTEGER ? static_cast<double>(integer) : type == FURCA_REAL ? real : 0;
    }
    /* The text it holds; empty for a number or null. */
    std::string_view text() const noexcept {
        return type == FURCA_TEXT ? std::string_view(static_cast<const char *>(bytes), length) : std::string_view();
    }
    /* The blob it holds; empty for anything else. */
    View<const unsigned char> blob() const noexcept {
        if (type != FURCA_BLOB) return {};
        return {static_cast<const unsigned char *>(bytes), length};
    }
};

/* The rows of one query: while (rows.next()) use(rows[0].number()). */
class Rows {
public:
    /* Takes over a handle. */
    explicit Rows(furca_rows *handle) : handle_(handle) {
        std::size_t count = 0;
        check(furca_rows_columns(handle, &count));
        values_.resize(count);
    }
    std::size_t columns() const noexcept { return values_.size(); }
    std::string_view name(std::size_t column) const {
        const char *name = nullptr;
        check(furca_rows_column_name(handle(), column, &name));
        return name;
    }
    bool next() {
        std::int32_t has_row = 0;
        check(furca_rows_next(handle(), values_.data(), values_.size(), &has_row));
        return has_row != 0;
    }
    /* A value of the current row. Throws std::out_of_range if there is no such column. */
    Value operator[](std::size_t column) const { return values_.at(column); }

    furca_rows *handle() const noexcept { return handle_.get(); }
    furca_rows *release() noexcept { return handle_.release(); }
    void close() { handle_.close(); }

private:
    detail::Handle<furca_rows, furca_rows_close> handle_;
    std::vector<furca_value> values_;
};

/* Where single elements were at the looks of which a run keeps that: furca_run_paths. */
struct RunPaths {
    std::size_t elements = 0;
    std::vector<std::int64_t> steps;
    std::vector<double> churn;
    std::vector<float> values;           /* of all elements at the first look, then at the second, … */
    std::vector<std::uint32_t> branches; /* likewise */
};

/* A run file, while it is written or afterwards. */
class Run {
public:
    explicit Run(const char *path) {
        furca_run *opened = nullptr;
        check(furca_run_open(path, &opened));
        handle_ = Owned(opened);
    }
    explicit Run(const std::string &path) : Run(path.c_str()) {}
    /* Takes over a handle. */
    explicit Run(furca_run *handle) noexcept : handle_(handle) {}

    /* Starts a query; each ? takes the next of `values`. */
    template <class... Values>
    Rows query(const char *sql, const Values &...values) {
        const std::array<furca_value, sizeof...(values)> parameters{Value(values)...};
        furca_rows *rows = nullptr;
        check(furca_run_query(handle(), sql, parameters.data(), parameters.size(), &rows));
        return Rows(rows);
    }

    /* Which elements of a tensor were followed one by one, ascending. */
    std::vector<std::uint64_t> elements(const char *tensor) {
        return detail::entries<std::uint64_t>([&](std::uint64_t *to, std::size_t capacity, std::size_t *count) {
            return furca_run_elements(handle(), tensor, to, capacity, count);
        });
    }
    /* Where they were. */
    RunPaths paths(const char *tensor) {
        RunPaths paths;
        std::size_t looks = 0;
        check(furca_run_paths(handle(), tensor, nullptr, nullptr, nullptr, nullptr, 0, &looks, &paths.elements));
        for (std::size_t room = looks;; room = looks) { /* a run that is being written may have more by now */
            paths.steps.resize(room);
            paths.churn.resize(room);
            paths.values.resize(room * paths.elements);
            paths.branches.resize(room * paths.elements);
            check(furca_run_paths(handle(), tensor, paths.steps.data(), paths.values.data(), paths.branches.data(), paths.churn.data(),
                                  room, &looks, &paths.elements));
            if (looks <= room) break;
        }
        paths.steps.resize(looks);
        paths.churn.resize(looks);
        paths.values.resize(looks * paths.elements);
        paths.branches.resize(looks * paths.elements);
        return paths;
    }

    furca_run *handle() const noexcept { return handle_.get(); }
    furca_run *release() noexcept { return handle_.release(); }
    void close() { handle_.close(); }

private:
    using Owned = detail::Handle<furca_run, furca_run_close>;
    Owned handle_;
};

} /* namespace furca */

#endif /* FURCA_HPP */
