#include "gate_bench.hpp"

namespace millrace {

using test::GateBench;
using test::reply;

namespace {

/// What comes of a request that a gateway answers with this status.
struct Asked {
  Asked(int status, const std::string& method) {
    GateBench bench;
    const auto gate = open_live_gate(bench.outside(), {});
    bench.answer_in_turn({reply(status, "")});
    told = bench.perform(*gate, "shop.request", R"({"url":"/x","method":")" + method + "\"}");
    times = bench.arrived.size();
  }

  std::string told;
  std::size_t times = 0;
};

}  // namespace

TEST_CASE("a gateway that lost the answer to a write leaves it unsure, whatever it calls that") {
  for (const int status : {502, 504, 520, 522, 524, 527, 598, 599}) {
    CAPTURE(status);
    const Asked write(status, "POST");
    CHECK(write.told.find("unsure: shop lost the answer (" + std::to_string(status) + ")") == 0);
    CHECK(write.times == 1);
    const Asked read(status, "GET");
    CHECK(read.told.find("unavailable: ") == 0);
    CHECK(read.times == 3);
  }
}

TEST_CASE("a gateway that did not reach the far side leaves a write to be tried again") {
  for (const int status : {521, 523, 525, 526, 530}) {
    CAPTURE(status);
    CHECK(Asked(status, "POST").told.find("unavailable: shop failed") == 0);
  }
}

}  // namespace millrace
