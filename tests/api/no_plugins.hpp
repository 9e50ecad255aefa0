#pragma once

#include "catalog/catalog.hpp"

namespace millrace::test {

inline const Catalog no_plugins = Catalog::load("/nonexistent", "/nonexistent");

}  // namespace millrace::test
