// train.cpp: trains a small transformer with LibTorch on files of text, and watches its parameters with furca.
//
//     train RUN.furca TEXT [TEXT ...]
//
// The lines with `watcher` are all there is to it; the calls of furca are in watcher.hpp.
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>

#include "gpt.hpp"
#include "watcher.hpp"

namespace {

constexpr std::int64_t steps = 1000, batch = 16, length = 64;
constexpr double learning_rate = 1e-3;

// All files, one after the other, as a tensor of bytes.
torch::Tensor read_text(int count, char **paths) {
    std::string text;
    for (int i = 0; i < count; i++) {
        std::ifstream file(paths[i], std::ios::binary);
        if (!file) throw std::runtime_error(std::string(paths[i]) + " cannot be read");
        text.append(std::istreambuf_iterator<char>(file), {});
    }
    if (text.size() < 10000) throw std::runtime_error("the text is too short: 10,000 bytes or more, please");
    return torch::from_blob(text.data(), {static_cast<std::int64_t>(text.size())}, torch::kUInt8).to(torch::kInt64);
}

double learning_rate_at(std::int64_t step) {
    const double warm = std::min(1.0, static_cast<double>(step) / 50), share = static_cast<double>(step) / steps;
    return learning_rate * warm * (0.55 + 0.45 * std::cos(3.141592653589793 * share));
}

void train(const char *run, const torch::Tensor &text) {
    torch::manual_seed(1);
    Gpt model(256, length, 64, 4, 2);
    torch::optim::AdamW optimizer(model->parameters(), torch::optim::AdamWOptions(learning_rate).weight_decay(0.1));
    Watcher watcher(run, *model);
    std::cout << "Training on " << text.numel() << " bytes; a line for each fork as it happens.\n\n";

    watcher.step(0);
    const auto offsets = torch::arange(length + 1);
    double average = std::log(256.0);
    for (std::int64_t step = 1; step <= steps; step++) {
        const auto starts = torch::randint(text.numel() - length, {batch, 1}, torch::kInt64);
        const auto examples = text.index({starts + offsets});
        const auto logits = model(examples.slice(1, 0, length));
        const auto loss = torch::cross_entropy_loss(logits.flatten(0, 1), examples.slice(1, 1).flatten());
        optimizer.zero_grad();
        loss.backward();
        for (auto &group : optimizer.param_groups()) group.options().set_lr(learning_rate_at(step));
        optimizer.step();

        watcher.step(step);
        watcher.log(step, "loss", loss.item<double>());
        average += 0.02 * (loss.item<double>() - average);
        if (step % 100 == 0) std::printf("step %4lld  loss %.3f\n", static_cast<long long>(step), average);
    }
    watcher.close();
}

} // namespace

int main(int argc, char **argv) try {
    if (argc < 3) throw std::runtime_error("usage: train RUN.furca TEXT [TEXT ...]");
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    train(argv[1], read_text(argc - 2, argv + 2));
    return 0;
} catch (const std::exception &error) {
    std::cerr << "train: " << error.what() << "\n";
    return 1;
}
