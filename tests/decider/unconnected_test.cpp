#include "bench.hpp"

namespace millrace {

using test::Bench;
using test::failure;
using test::success;

TEST_CASE("what a person has to connect for first parks the run where it is, also in a loop") {
  Bench step(R"(
    actions:
      - {id: save, action: note.write, on_error: continue, retry: {attempts: 3}, with: {text: x}}
    always:
      - {action: note.fetch}
  )");
  step.answer("note.write", {failure("do \"millrace connect shop\"", ErrorCode::unconnected)});
  step.start();
  CHECK(step.trace() == "0s save {\"text\":\"x\"}\n0s run parked: save: do \"millrace connect shop\"\n");
  Bench loop(R"(
    actions:
      - id: all
        for_each: "[1, 2, 3]"
        as: n
        on_error: continue
        do:
          - {id: save, action: note.write, with: {text: "${{ n }}"}}
    on_failure:
      - {action: note.fetch}
  )");
  loop.answer("note.write", {success(), failure("do \"millrace connect shop\"", ErrorCode::unconnected)});
  loop.start();
  CHECK(loop.outcome() == "parked");
  CHECK(loop.trace().find("note.fetch") == std::string::npos);
  CHECK(loop.trace().find("\"3\"") == std::string::npos);
}

}  // namespace millrace
