#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "courier/shipment.hpp"
#include "value/value.hpp"

namespace millrace {

/// The parts of a multipart body that are files of the project: the part's name and the file's path below the
/// project's folder. What is not known yet is left out.
std::vector<std::pair<std::string, std::string>> files_in(const Shipment& shipment);

/// Whether they are there and may be sent.
Status check_files(const std::vector<std::pair<std::string, std::string>>& files, const std::filesystem::path& project);

/// The body with the bytes of each file in the place of its path. Blocks: call it on a worker.
Result<Value> body_with_files(const Value& body, const std::vector<std::pair<std::string, std::string>>& files,
                              const std::filesystem::path& project);

}  // namespace millrace
