// The header in a C++17 program: it compiles, links, and its macros initialise.
#include <furca/furca.h>

#include <cstdio>
#include <cstring>
#include <type_traits>

static_assert(std::is_standard_layout_v<furca_stats> && std::is_trivially_copyable_v<furca_event>);

int main() {
    furca_stats stats = FURCA_STATS_INIT;
    furca_modes modes = FURCA_MODES_INIT;
    furca_summary summary = FURCA_SUMMARY_INIT;
    furca_event event = FURCA_EVENT_INIT;
    furca_tensor_spec spec = FURCA_TENSOR_SPEC_INIT;
    furca_sketch_options sketch_options = FURCA_SKETCH_OPTIONS_INIT;
    furca_session_options session_options = FURCA_SESSION_OPTIONS_INIT;
    bool sized = stats.struct_size == sizeof stats && modes.struct_size == sizeof modes
        && summary.struct_size == sizeof summary && event.struct_size == sizeof event
        && spec.struct_size == sizeof spec && sketch_options.struct_size == sizeof sketch_options
        && session_options.struct_size == sizeof session_options;

    const double x[] = {1, 2, 3, 4};
    furca_sketch *sketch = nullptr;
    bool counted = furca_sketch_create(&sketch_options, &sketch) == FURCA_OK
        && furca_sketch_update(sketch, x, 4, FURCA_FLOAT64) == FURCA_OK
        && furca_sketch_stats(sketch, &stats) == FURCA_OK && stats.count == 4 && stats.mean == 2.5
        && furca_sketch_close(sketch) == FURCA_OK;

    bool versioned = furca_abi_version() == FURCA_ABI_VERSION && std::strlen(furca_version()) > 0;
    int passed = sized + counted + versioned;
    if (!sized) std::puts("not ok: initialisers");
    if (!counted) std::puts("not ok: a sketch");
    if (!versioned) std::puts("not ok: version");
    std::printf("%d passed, %d failed\n", passed, 3 - passed);
    return passed == 3 ? 0 : 1;
}
