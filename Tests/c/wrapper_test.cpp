// furca.hpp: handles close once, errors throw, views see what containers hold, and answers are those of furca.h.
#include <furca/furca.hpp>

#include <cmath>
#include <cstring>
#include <fstream>
#include <type_traits>

#include "check.h"

static_assert(std::is_nothrow_move_constructible_v<furca::Session> && std::is_nothrow_move_assignable_v<furca::Session>);
static_assert(!std::is_copy_constructible_v<furca::Session> && !std::is_copy_assignable_v<furca::Sketch>);
static_assert(!std::is_copy_constructible_v<furca::Run> && std::is_move_constructible_v<furca::Rows>);
static_assert(std::is_convertible_v<std::vector<float> &, furca::View<const float>>);
static_assert(!std::is_convertible_v<std::vector<float> &, furca::View<const double>>);
static_assert(!std::is_convertible_v<const std::vector<float> &, furca::View<float>>);

// The status of the Error that `body` throws; FURCA_OK if it throws none.
template <class Body>
static furca_status thrown(Body body) {
    try {
        body();
    } catch (const furca::Error &error) {
        CHECK(std::strlen(error.what()) >= 12 && std::strncmp(error.name(), "FURCA_ERROR_", 12) == 0);
        return error.status();
    }
    return FURCA_OK;
}

static std::vector<float> mixture(std::size_t count, double apart, std::uint64_t seed) {
    std::vector<float> x(count);
    fill_mixture(x.data(), count, apart, seed);
    return x;
}

static void a_sketch_answers_as_the_c_function_does() {
    const auto x = mixture(3000, 8, 1);
    furca::Sketch sketch;
    sketch.update(x);
    const furca_stats stats = sketch.stats();
    CHECK(stats.count == 3000 && stats.exact == 1 && std::fabs(stats.mean) < 0.2);
    const double q[] = {0.25, 0.5, 0.75};
    double expected[3];
    std::array<double, 3> values{};
    CHECK_OK(furca_sketch_quantiles(sketch.handle(), q, 3, expected));
    sketch.quantiles(q, values);
    for (std::size_t i = 0; i < 3; i++) CHECK(values[i] == expected[i] && sketch.quantile(q[i]) == expected[i]);
    std::array<double, 3> shares{};
    sketch.cdf(values, shares);
    CHECK(std::fabs(shares[1] - 0.5) < 1e-3 && sketch.cdf(values[1]) == shares[1]);
    CHECK(thrown([&] { sketch.quantiles({0.5}, values); }) == FURCA_ERROR_ARGUMENT);
    CHECK(thrown([&] { (void)sketch.quantile(2); }) == FURCA_ERROR_ARGUMENT);
    const furca::Modes modes = sketch.modes(1e-3);
    CHECK(modes.summary.count == 2 && modes.branches.size() == 2 && modes.atoms.empty());
    CHECK(modes.branches[0].position < -3 && modes.branches[1].position > 3);
}

static void counts_make_a_sketch_and_a_copy_that_drifts_an_event() {
    std::vector<std::uint64_t> counts(1 << 16);
    counts[0x3F80] = 3; /* 1 in bfloat16 */
    furca_counted counted = FURCA_COUNTED_INIT;
    counted.dtype = FURCA_BFLOAT16;
    counted.counts = counts.data();
    const furca::Sketch sketch = furca::Sketch::assembled(counted);
    CHECK(sketch.stats().count == 3 && sketch.stats().mean == 1 && sketch.quantile(0.5) == 1);
    counted.counts = nullptr;
    CHECK(thrown([&] { (void)furca::Sketch::assembled(counted); }) == FURCA_ERROR_ARGUMENT);
    furca::Session session;
    const auto w = session.add_tensor("w", {3}, FURCA_BFLOAT16);
    CHECK(thrown([&] { session.drifted(w, 1, 0, -1, 0); }) == FURCA_ERROR_STEP);
    const std::uint16_t ones[] = {0x3F80, 0x3F80, 0x3F80};
    const furca_buffer buffer = {ones, 3, w, FURCA_BFLOAT16};
    session.observe(0, {&buffer, 1});
    session.drifted(w, 1, 0, -1, 0);
}

static void sketches_merge_and_travel_as_bytes() {
    furca::Sketch a, b;
    a.update(std::vector<double>{1, 2, 3});
    b.update(std::array<float, 2>{4, 5});
    a.merge(b);
    const auto bytes = a.bytes();
    furca::Sketch c = furca::Sketch::from_bytes(bytes);
    CHECK(c.stats().count == 5 && c.stats().mean == 3 && b.stats().count == 2);
    const auto bins = c.bins();
    CHECK(bins.size() == 5 && bins[4].lower <= 5 && bins[4].upper > 5 && bins[4].count == 1);
    CHECK(thrown([&] { furca::Sketch::from_bytes({bytes.data(), bytes.size() / 2}); }) == FURCA_ERROR_FORMAT);
}

static void a_handle_has_one_owner() {
    furca::Sketch a;
    furca_sketch *const ticket = a.handle();
    furca::Sketch b(std::move(a));
    CHECK(a.handle() == nullptr && b.handle() == ticket);
    CHECK(thrown([&] { (void)a.stats(); }) == FURCA_ERROR_ARGUMENT);
    furca::Sketch other;
    furca_sketch *const replaced = other.handle();
    other = std::move(b);
    furca_stats stats = FURCA_STATS_INIT;
    CHECK_ERROR(furca_sketch_stats(replaced, &stats), FURCA_ERROR_HANDLE);
    furca_sketch *const given_away = other.release();
    CHECK_OK(furca_sketch_stats(given_away, &stats));
    { const furca::Sketch last(given_away); }
    CHECK_ERROR(furca_sketch_stats(given_away, &stats), FURCA_ERROR_HANDLE);
    other.close();
    other.close();
}

static void a_session_is_watched_and_queried() {
    const auto one = mixture(2000, 0, 2), two = mixture(2000, 8, 3);
    furca::Session session("wrapper.furca");
    const auto w = session.add_tensor("w", {20, 100});
    const auto v = session.add_tensor(std::string("v"), {2}, FURCA_FLOAT64, true);
    const std::vector<double> pair{1, 2};
    session.exempt(v);
    CHECK(session.due(0));
    session.observe(0, {furca::buffer(w, one), furca::buffer(v, pair)});
    furca::Sketch elsewhere;
    elsewhere.update(two);
    session.observe_sketches(1, {furca_sketched{elsewhere.handle(), w, 0}});
    session.observe_begin(2, {furca::buffer(w, one)});
    CHECK(thrown([&] { session.observe(2, {furca::buffer(v, pair)}); }) == FURCA_ERROR_BUSY);
    session.observe_wait();
    session.observe_begin(3, {furca::buffer(w, one)});
    session.observe_drop("the memory has changed");
    CHECK(session.summary().looks == 3 && session.summary().looks_dropped == 1 && session.due_share(w) == 1);
    session.rewind(1);
    session.log(1, "loss", 0.5);
    session.gap("rest", "not asked for");
    session.charge(0);
    session.flush();
    CHECK(session.tensor_count() == 2 && session.tensor("v") == v && session.stats(w).step == 1);
    CHECK(session.sketch(w).stats().count == 2000 && session.quantile(v, 1) == 2);
    CHECK(session.report().find("Watched") != std::string::npos);
    CHECK(session.path().find("wrapper.furca") != std::string::npos && !session.branches(w).empty());
    for (std::size_t i = 0; i < session.event_count(); i++) {
        CHECK(session.event(i).branch_count == session.event_branches(i).size() && !session.event_text(i).empty());
    }
    CHECK(thrown([&] { session.observe(1, {furca::buffer(w, pair)}); }) == FURCA_ERROR_DTYPE);
    CHECK(thrown([&] { (void)session.tensor("none"); }) == FURCA_ERROR_UNKNOWN);
    CHECK(thrown([&] { session.add_tensor("w", {1}); }) == FURCA_ERROR_DUPLICATE);
    session.rewind(0);
    session.observe(1, {furca::buffer(w, one)});
    const std::string path = session.path();
    session.close();
    CHECK(thrown([&] { (void)session.summary(); }) == FURCA_ERROR_ARGUMENT);

    furca::Run run(path);
    furca::Rows rows = run.query("select step, tensor from stats where tensor = ? and step <= ? order by step", "w", 1);
    CHECK(rows.columns() == 2 && rows.name(1) == "tensor");
    int count = 0;
    for (; rows.next(); count++) CHECK(rows[0].number() == count && rows[1].text() == "w");
    CHECK(count == 2);
    furca::Rows kinds = run.query("select ?, ?, null, ?", 1.5, std::string("text"), 7u);
    CHECK(kinds.next() && kinds[0].number() == 1.5 && kinds[1].text() == "text" && kinds[2].is_null());
    CHECK(kinds[3].integer == 7 && kinds[0].blob().empty() && !kinds.next());
    CHECK(thrown([&] { run.query("select nonsense"); }) == FURCA_ERROR_SQL);
    furca::Rows unread = run.query("select step from stats");
    run.close();
    CHECK(thrown([&] { (void)unread.next(); }) != FURCA_OK);
}

static void tensors_are_grouped() {
    furca::Session session;
    const auto v = session.add_tensor("v", {2}), all = session.group("all", "*");
    const std::vector<float> pair{1, 3};
    CHECK(session.tensor("group:all") == all && thrown([&] { session.group("all", "*"); }) == FURCA_ERROR_DUPLICATE);
    session.observe(4, {furca::buffer(v, pair)});
    CHECK(session.stats(all).count == 2 && std::abs(session.stats(all).std - 1) < 0.01);
}

// Observes `w`, of ten columns half of which go apart at step 3.
static void observe_a_fork(furca::Session &session, std::uint32_t w, std::int64_t last) {
    for (std::int64_t step = 0; step <= last; step++) {
        auto x = mixture(2000, 0, 7);
        for (std::size_t i = 0; step >= 3 && i < x.size(); i++) x[i] += i % 10 < 5 ? 6.f : -6.f;
        session.observe(step, {furca::buffer(w, x)});
    }
}

static void events_are_told_with_their_names_and_lines() {
    furca::Session first;
    std::vector<std::size_t> told;
    first.on_event([&](std::size_t index) { told.push_back(index); });
    furca::Session session(std::move(first));
    const auto w = session.add_tensor("w", {200, 10});
    observe_a_fork(session, w, 6);
    CHECK(!told.empty() && told.size() == session.event_count());
    for (std::size_t i = 0; i < told.size(); i++) CHECK(told[i] == i);
    CHECK(session.event(0).kind == FURCA_SPLIT && session.event(0).structure == FURCA_STRUCTURE_COLUMNS);
    CHECK(session.event_lines(0).size() == 5 && session.event_names(0).size() == session.event_branches(0).size());
    const auto names = session.branch_names(w);
    CHECK(names.size() == session.branches(w).size() && names == session.event_names(session.event_count() - 1));
    CHECK(session.problem().count == 0 && session.problem().text.empty());
    session.drifted(w, 1, 0, -1, 6);
    CHECK(told.size() == session.event_count() && session.event(told.back()).kind == FURCA_DRIFT);
    CHECK(thrown([&] { (void)session.event_lines(99); }) == FURCA_ERROR_UNKNOWN);
}

static void single_elements_are_followed() {
    {
        auto options = furca::session_options();
        options.path = "paths.furca";
        options.paths = 10;
        furca::Session session(options);
        const auto w = session.add_tensor("w", {200, 10});
        observe_a_fork(session, w, 6);
        const auto elements = session.elements(w);
        const auto paths = session.paths(w);
        CHECK(elements.size() == 10 && paths.step == 6 && paths.values.size() == 10 && paths.branches.size() == 10);
        for (std::size_t i = 0; i < elements.size(); i++) {
            const bool is_high = elements[i] % 10 < 5;
            CHECK((paths.values[i] > 0) == is_high);
            for (std::size_t k = 0; k < i; k++) CHECK((paths.branches[i] == paths.branches[k]) == (is_high == (elements[k] % 10 < 5)));
        }
        CHECK(session.churn(w) == 0);
        CHECK(thrown([&] { (void)session.paths(7); }) == FURCA_ERROR_UNKNOWN);
    }
    furca::Run run("paths.furca");
    const furca::RunPaths paths = run.paths("w");
    CHECK(paths.elements == 10 && run.elements("w").size() == 10 && paths.steps.size() == 7 && paths.steps.back() == 6);
    CHECK(paths.values.size() == 70 && paths.branches.size() == 70 && paths.churn.size() == 7 && paths.churn.back() == 0);
    CHECK(std::fabs(paths.values[60]) > 2 && paths.branches[60] != FURCA_NO_BRANCH);
    CHECK(thrown([&] { (void)run.paths("none"); }) == FURCA_ERROR_UNKNOWN);
}

static void what_a_callback_throws_comes_out_of_observe() {
    furca::Session session;
    const auto w = session.add_tensor("w", {200, 10});
    int calls = 0, caught = 0;
    session.on_event([&](std::size_t) {
        calls++;
        session.on_event(nullptr); // replaces the callback that runs
        throw std::runtime_error("enough");
    });
    try {
        observe_a_fork(session, w, 6);
    } catch (const std::runtime_error &error) {
        caught += std::strcmp(error.what(), "enough") == 0;
    }
    CHECK(calls == 1 && caught == 1 && session.stats(w).step == 3); // the look itself is made
    session.observe(4, {furca::buffer(w, mixture(2000, 0, 7))});
    CHECK(calls == 1 && session.event_count() == 2);
    // The session that is replaced may still call; one that is given away calls no more.
    session.on_event([&](std::size_t) { calls += 10; });
    session = furca::Session();
    furca::Session other(session.release());
    const auto v = other.add_tensor("v", {200, 10});
    observe_a_fork(other, v, 4);
    CHECK(calls == 1 && other.event_count() > 0);
}

static void checkpoints_are_found_and_observed() {
    const std::string header = R"({"w":{"dtype":"F32","shape":[4,5],"data_offsets":[0,80]}})";
    const auto x = mixture(20, 0, 5);
    const std::uint64_t length = header.size();
    for (const char *name : {"step20.safetensors", "step3.safetensors"}) {
        std::ofstream file(name, std::ios::binary);
        file.write(reinterpret_cast<const char *>(&length), 8).write(header.data(), static_cast<std::streamsize>(length));
        file.write(reinterpret_cast<const char *>(x.data()), 80);
    }
    const std::vector<std::string> paths{"step20.safetensors", "step3.safetensors"};
    furca::Checkpoints checkpoints(paths);
    CHECK(checkpoints.size() == 2 && checkpoints[0].step == 3 && checkpoints[1].kind == FURCA_SAFETENSORS);
    furca::Session session;
    session.note_checkpoints(checkpoints);
    for (std::size_t i = 0; i < checkpoints.size(); i++) session.observe_checkpoint(checkpoints[i].step, checkpoints[i].path);
    CHECK(session.stats(session.tensor("w")).step == 20 && session.stats(0).count == 20);
    const std::vector<std::int64_t> steps{7, 5};
    CHECK(furca::Checkpoints(paths, steps)[1].path.find("step20") != std::string::npos);
    CHECK(thrown([&] { (void)checkpoints[2]; }) == FURCA_ERROR_UNKNOWN);
    CHECK(thrown([&] { furca::Checkpoints(std::vector<std::string>{"nowhere"}); }) == FURCA_ERROR_IO);
}

static void what_cannot_be_opened_throws() {
    CHECK(thrown([] { furca::Session session("/proc/none/x.furca"); }) == FURCA_ERROR_IO);
    CHECK(thrown([] { furca::Run run("nowhere.furca"); }) == FURCA_ERROR_IO);
    auto options = furca::session_options();
    options.alpha = 7;
    CHECK(thrown([&] { furca::Session session(options); }) == FURCA_ERROR_ARGUMENT);
}

int main() {
    RUN(a_sketch_answers_as_the_c_function_does);
    RUN(counts_make_a_sketch_and_a_copy_that_drifts_an_event);
    RUN(sketches_merge_and_travel_as_bytes);
    RUN(a_handle_has_one_owner);
    RUN(a_session_is_watched_and_queried);
    RUN(tensors_are_grouped);
    RUN(events_are_told_with_their_names_and_lines);
    RUN(single_elements_are_followed);
    RUN(what_a_callback_throws_comes_out_of_observe);
    RUN(checkpoints_are_found_and_observed);
    RUN(what_cannot_be_opened_throws);
    return report();
}
