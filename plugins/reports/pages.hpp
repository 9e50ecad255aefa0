#pragma once

#include <string>
#include <vector>

#include "description.hpp"

namespace millrace::reports {

/// A file, and what people should know about it.
struct Pages {
  std::string content;
  std::size_t rows = 0;
  bool rows_known = true;             ///< false: some are only told by a real run
  std::vector<std::string> warnings;  ///< such as letters that no font here has
};

/// The report on paper: a cover with its summary, then the sections, then the runs that the numbers come from.
Pages pdf(const Description& description, const LocalTimes& times);

}  // namespace millrace::reports
