// gpt.hpp: a small transformer over bytes. It knows nothing of furca.
#pragma once

#include <torch/torch.h>

#include <cmath>

struct BlockImpl : torch::nn::Module {
    BlockImpl(std::int64_t width, std::int64_t heads)
        : heads(heads),
          norm1(register_module("norm1", torch::nn::LayerNorm(torch::nn::LayerNormOptions({width})))),
          norm2(register_module("norm2", torch::nn::LayerNorm(torch::nn::LayerNormOptions({width})))),
          qkv(register_module("qkv", torch::nn::Linear(width, 3 * width))),
          out(register_module("out", torch::nn::Linear(width, width))),
          up(register_module("up", torch::nn::Linear(width, 4 * width))),
          down(register_module("down", torch::nn::Linear(4 * width, width))) {}

    torch::Tensor forward(torch::Tensor x) {
        const auto batch = x.size(0), length = x.size(1), width = x.size(2);
        auto parts = qkv(norm1(x)).view({batch, length, 3, heads, width / heads}).permute({2, 0, 3, 1, 4});
        auto seen = torch::scaled_dot_product_attention(parts[0], parts[1], parts[2], {}, 0, true);
        x = x + out(seen.transpose(1, 2).reshape({batch, length, width}));
        return x + down(torch::gelu(up(norm2(x))));
    }

    std::int64_t heads;
    torch::nn::LayerNorm norm1, norm2;
    torch::nn::Linear qkv, out, up, down;
};
TORCH_MODULE(Block);

struct GptImpl : torch::nn::Module {
    GptImpl(std::int64_t bytes, std::int64_t length, std::int64_t width, std::int64_t heads, std::int64_t layers)
        : embed(register_module("embed", torch::nn::Embedding(bytes, width))),
          place(register_parameter("place", torch::zeros({length, width}))),
          norm(register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({width})))),
          head(register_module("head", torch::nn::Linear(torch::nn::LinearOptions(width, bytes).bias(false)))) {
        for (std::int64_t i = 0; i < layers; i++) blocks->push_back(Block(width, heads));
        register_module("blocks", blocks);
        // As GPT-2 begins: weights N(0, 0.02²), biases 0.
        torch::NoGradGuard no_gradient;
        for (auto &item : named_parameters()) {
            if (item.value().dim() == 2) item.value().normal_(0, 0.02);
            else if (item.key().find("bias") != std::string::npos) item.value().zero_();
        }
    }

    // Bytes [batch, length] to logits [batch, length, bytes].
    torch::Tensor forward(const torch::Tensor &text) {
        auto x = embed(text) + place;
        for (const auto &block : *blocks) x = block->as<Block>()->forward(x);
        return head(norm(x));
    }

    torch::nn::Embedding embed;
    torch::Tensor place;
    torch::nn::ModuleList blocks;
    torch::nn::LayerNorm norm;
    torch::nn::Linear head;
};
TORCH_MODULE(Gpt);
