// furca.hpp: handles close once, errors throw, views see what containers hold, and answers are those of furca.h.
#include <furca/furca.hpp>

#include <cmath>
#include <cstring>
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

static void what_cannot_be_opened_throws() {
    CHECK(thrown([] { furca::Session session("/proc/none/x.furca"); }) == FURCA_ERROR_IO);
    CHECK(thrown([] { furca::Run run("nowhere.furca"); }) == FURCA_ERROR_IO);
    auto options = furca::session_options();
    options.alpha = 7;
    CHECK(thrown([&] { furca::Session session(options); }) == FURCA_ERROR_ARGUMENT);
}

int main() {
    RUN(a_sketch_answers_as_the_c_function_does);
    RUN(sketches_merge_and_travel_as_bytes);
    RUN(a_handle_has_one_owner);
    RUN(a_session_is_watched_and_queried);
    RUN(what_cannot_be_opened_throws);
    return report();
}
