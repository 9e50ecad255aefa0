#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "yaml/yaml.hpp"

namespace millrace {

/// The place of what is wrong with a file and not with a line of it.
SourceMark whole_file(const std::string& name);

/// The text of a file that a person wrote, or the finding that says why it cannot be had.
std::variant<std::shared_ptr<const SourceText>, Finding> read_source(const std::filesystem::path& path,
                                                                     const std::string& shown_as);

/// What makes a text no file of a project: its size, or what is in it.
std::optional<Finding> unfit_text(const std::shared_ptr<const SourceText>& source);

Finding not_a_mapping(const YamlDocument& document, std::string_view example);
Finding empty_file(const YamlDocument& document);

/// By place; of several that say the same, one stays.
void sort_findings(std::vector<Finding>& findings);

/// "workflows/prune.yaml" is the workflow "prune".
std::string workflow_id(std::string_view path);

}  // namespace millrace
