#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "async/loop.hpp"
#include "async/task.hpp"
#include "base/file_name.hpp"
#include "base/result.hpp"
#include "secret/secrets.hpp"
#include "value/value.hpp"

namespace millrace {

// The files of a project that workflows may read and send: those that its people put there. What Millrace keeps (its
// store, tokens, the vault) and what is hidden is nobody's business, and nothing is found behind a symbolic link.

/// The size of the file; `denied` also where it is a folder, a pipe or a device.
Result<std::size_t> size_of_project_file(const std::filesystem::path& project, const std::string& name);

/// The bytes of the file. `limited` where they are more than `most`, `denied` also where the file is a store of
/// Millrace, a part of one or the key of a vault, wherever it lies. Blocks: call it on a worker.
Result<std::string> bytes_of_project_file(const std::filesystem::path& project, const std::string& name,
                                          std::size_t most);

/// Reads the file that `input` names: {file, as, separator} gives {file, bytes, content}, where `content` is text, what
/// a JSON or CSV file holds, or bytes in base64, free of secrets. 8 MiB at most. REQUIRES: `input` is known.
Task<Result<Value>> read_project_file(Loop& loop, std::filesystem::path project, Value input, const Secrets& secrets);

}  // namespace millrace
