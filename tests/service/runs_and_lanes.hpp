#pragma once

#include "journal/keys.hpp"
#include "service/lane.hpp"

namespace millrace::test {

inline RunKey run(int number) { return RunKey{number}; }

inline const Lane tags{"tags"}, beside{"beside", Lane::Kind::parallel};

}  // namespace millrace::test
