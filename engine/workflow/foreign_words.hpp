#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// A key that people bring along from elsewhere: "steps", "uses", "needs".
struct ForeignKey {
  std::string_view key;
  std::string_view ours;  ///< what it is called here, or empty where there is no such key
  std::string_view hint;  ///< what to write, where the name alone does not tell
};

/// All that the key may mean: the same word is another one in another place.
std::vector<ForeignKey> foreign_keys(std::string_view key);

/// "unknown key "uses", did you mean "action"?", with the hint.
std::string message_of(const std::string& key, const ForeignKey& foreign);
/// What to write in the key's place; empty where the name alone is not all.
std::string suggestion_of(const ForeignKey& foreign);

/// The form of a trigger that the key is elsewhere: "every", "folder".
std::optional<ForeignKey> foreign_trigger(std::string_view key);

/// What a value of another program is called here, in the order in which it is likely: "success", "ignore", "linear".
std::vector<std::string_view> foreign_values(std::string_view value);

/// What to write in place of a name that expressions have elsewhere ("steps", "github", "secrets"); empty where the
/// name is none of those.
std::string_view foreign_name(std::string_view name);

}  // namespace millrace
