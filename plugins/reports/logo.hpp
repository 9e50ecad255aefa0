#pragma once

#include <string>

#include "../support/job.hpp"

namespace millrace::reports {

/// The bytes of the PNG that `brand.logo` names: a file of the project, or the picture itself in base64. Empty where a
/// plan has only planned the file. Throws job::Failure for what no reader of the report could see.
std::string read_logo(const std::string& logo, job::Call& call);

}  // namespace millrace::reports
