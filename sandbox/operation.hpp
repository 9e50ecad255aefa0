#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "answer.hpp"
#include "data.hpp"
#include "published.hpp"
#include "tokens.hpp"
#include "value/value.hpp"

namespace millrace::sandbox {

/// What operations work on.
struct World {
  Data data;
  Dice dice;
  Tokens tokens;
};

/// A request that has been let in: its token, scope and location are right, and its body is what was wanted.
struct Call {
  std::string location;                  ///< empty where the request does not say, or the operation has none
  std::string thing;                     ///< the id in the path, where there is one
  std::string contact;                   ///< the contact's, where the path says it beside
  std::string path;                      ///< as it was sent
  const Published* published = nullptr;  ///< of an operation that has no code of its own here
  std::vector<std::pair<std::string, std::string>> query;
  Value body;                    ///< null for none; that of a form is a map of texts
  const Token* token = nullptr;  ///< that came with it; until others are issued

  /// The query's value of that name, or nothing.
  std::optional<std::string> asked(std::string_view name) const;
};

/// Where a request says which location it is about: in the path, as `locationId` in the query or the body, or by the
/// contact that the path names.
enum class LocationIn : unsigned char { path, query, body, contact, nowhere };

enum class BodyKind : unsigned char { none, json, optional_json, form, parts };

inline constexpr std::string_view version_2 = "2021-07-28";
inline constexpr std::string_view version_3 = "v3";
inline constexpr std::string_view no_version = "";

/// One row of the published API, or of the integration page's reading of it.
struct Operation {
  std::string_view method;
  std::string_view path;   ///< "/locations/{location}/tags/{thing}"
  std::string_view scope;  ///< what the token must be good for; empty where none is asked for
  BodyKind body;
  Answer (*perform)(World& world, const Call& call);
  LocationIn location = LocationIn::path;
  std::string_view version = version_2;  ///< what the header `Version` must say; empty for anything
  const Published* published = nullptr;  ///< null for one that has its own code
};

const std::vector<Operation>& location_tag_operations();
const std::vector<Operation>& social_tag_operations();
const std::vector<Operation>& contact_operations();
const std::vector<Operation>& contact_search_operations();
const std::vector<Operation>& account_operations();
const std::vector<Operation>& post_operations();
const std::vector<Operation>& planner_write_operations();
const std::vector<Operation>& contact_write_operations();
const std::vector<Operation>& location_operations();
const std::vector<Operation>& statistics_operations();
const std::vector<Operation>& page_operations();
const std::vector<Operation>& oauth_operations();

/// All of them.
const std::vector<Operation>& operations();

/// The operation for a method, a path and a version, with the `Call` holding what the path says; nullptr where there
/// is none. Where only the version is another, the operation of the usual one.
const Operation* find_operation(std::string_view method, std::string_view path, std::string_view version, Call& call);

/// A whole number that came as text; `otherwise` where none came. Adds to `problems` what is wrong with it.
std::size_t read_number(const std::optional<std::string>& text, std::string_view name, std::size_t otherwise,
                        std::vector<std::string>& problems);

/// The social planner's answer: `{success, statusCode, message, results}`.
Answer planner_answer(int status, std::string_view message, Value results);

}  // namespace millrace::sandbox
