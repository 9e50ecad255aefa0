#include "decider/effect_key.hpp"

#include <doctest/doctest.h>

#include "workflow/model.hpp"

namespace millrace {

TEST_SUITE_BEGIN("decider");

TEST_CASE("the key of an effect tells its step, which repetition it is of, and what was asked inside") {
  const EffectKey step = parse_effect_key("r06f5k2m9tq3c/0/2");
  CHECK(step == EffectKey{"r06f5k2m9tq3c", {0, 2}});
  const EffectKey inside = parse_effect_key("r1/0/3/300/1~2/5feceb66ffc86f38#0");
  CHECK(inside == EffectKey{"r1", {0, 3, 300, 1}, 2, "/5feceb66ffc86f38#0"});
  CHECK(parse_effect_key("r1/0/1/on_error/0/outcome") == EffectKey{"r1", {0, 1, handler_block, 0}, 0, "/outcome"});
}

TEST_CASE("the text of a key is kept whatever it is") {
  for (const char* text : {"", "r1", "r1/", "/", "r1/0", "r1/0/2", "r1/0/2~1", "r1/0/2~1/7", "r1/0/2~", "r1/0/2~0",
                           "r1/0/02", "r1/0/4294967296", "r1/0/-1", "r1/0/2/on_error/1/x#0/outcome", "r1/x/0/2", "~1"})
    CHECK_MESSAGE(render(parse_effect_key(text)) == text, text);
}

TEST_CASE("the effects of a step stand beside each other, and those of no other step among them") {
  CHECK(EffectKey{"r1", {0, 1}} < EffectKey{"r1", {0, 1}, 0, "/a#0"});
  CHECK(EffectKey{"r1", {0, 1}, 0, "/a#0"} < EffectKey{"r1", {0, 1}, 1});
  CHECK(EffectKey{"r1", {0, 1}, 9, "/z#9"} < EffectKey{"r1", {0, 10}});
}

TEST_SUITE_END();

}  // namespace millrace
