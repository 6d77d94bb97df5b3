// Times how the addon turns typed parameters into XDR, and XDR into typed parameters that it frees again.
// Reads XDR from standard input; prints both, in microseconds.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <vector>

#include "typed_params.h"

namespace {

template <typename Call> double microseconds(int calls, Call call) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < calls; i++)
        call();
    const std::chrono::duration<double, std::micro> taken = std::chrono::steady_clock::now() - start;
    return taken.count() / calls;
}

} // namespace

int main(int argc, char **argv) {
    const int calls = argc > 1 ? std::atoi(argv[1]) : 0;
    if (calls <= 0 || virInitialize() < 0)
        return 1;
    const std::vector<std::uint8_t> xdr(std::istreambuf_iterator<char>(std::cin), {});
    const auto params = blockferry::TypedParams::fromXdr(xdr);
    std::size_t bytes = 0;
    const double into = microseconds(calls, [&] { bytes += params.toXdr().size(); });
    const double back = microseconds(calls, [&] { bytes += blockferry::TypedParams::fromXdr(xdr).count(); });
    std::printf("%.4f %.4f\n", into, back);
    return bytes > 0 ? 0 : 2;
}
