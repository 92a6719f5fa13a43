// watcher.hpp: watches the parameters of a torch::nn::Module. All calls of furca are here.
#pragma once

#include <furca/furca.hpp>
#include <torch/torch.h>

#include <cstdint>
#include <iomanip>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

inline std::optional<furca_dtype> dtype_of(const torch::Tensor &tensor) {
    switch (tensor.scalar_type()) {
    case torch::kFloat32: return FURCA_FLOAT32;
    case torch::kFloat64: return FURCA_FLOAT64;
    case torch::kFloat16: return FURCA_FLOAT16;
    case torch::kBFloat16: return FURCA_BFLOAT16;
    default: return std::nullopt;
    }
}

class Watcher {
public:
    Watcher(const std::string &path, const torch::nn::Module &model) : session(path) {
        for (const auto &item : model.named_parameters()) {
            const torch::Tensor &tensor = item.value();
            const auto dtype = dtype_of(tensor);
            // Furca reads memory of the host, in one piece. What it cannot see, it says.
            if (!dtype || !tensor.is_contiguous() || !tensor.device().is_cpu()) {
                session.gap(item.key().c_str(), "not a contiguous floating-point tensor in the host's memory");
                continue;
            }
            const auto id = session.add_tensor(item.key(), {tensor.sizes().data(), tensor.sizes().size()}, *dtype);
            parameters.push_back({item.key(), tensor, *dtype, id});
        }
        std::cout << "Watch it from another terminal: furca top " << session.path() << std::endl;
    }

    // Looks at all parameters after `step` updates, if that is within the budget, and prints what has happened.
    void step(std::int64_t step) {
        if (!session.due(step)) return;
        buffers.clear();
        for (const auto &p : parameters)
            buffers.push_back(furca::buffer(p.id, p.tensor.const_data_ptr(), static_cast<std::uint64_t>(p.tensor.numel()), p.dtype));
        const std::size_t before = session.event_count();
        session.observe(step, buffers);
        for (std::size_t event = before; event < session.event_count(); event++)
            std::cout << "  " << session.event_text(event) << std::endl;
    }

    void log(std::int64_t step, const char *name, double value) { session.log(step, name, value); }

    // Prints the parameters that are forked at the end and the report, and closes the run.
    void close() {
        std::cout << "\nForked at the end:\n";
        for (const auto &p : parameters) {
            const auto branches = session.branches(p.id);
            if (branches.size() < 2) continue;
            std::cout << "  " << p.name << std::setprecision(3);
            for (const auto &branch : branches) std::cout << "  " << 100 * branch.mass << " % about " << branch.position;
            std::cout << "\n";
        }
        std::cout << "\n" << session.report() << std::endl;
        session.close();
    }

private:
    struct Parameter {
        std::string name;
        torch::Tensor tensor; // shares its memory with the model's
        furca_dtype dtype;
        std::uint32_t id;
    };
    furca::Session session;
    std::vector<Parameter> parameters;
    std::vector<furca_buffer> buffers;
};
