#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "../support/job.hpp"

namespace millrace::pruning {

/// What a step asks for. Exactly one of the first three says which tags are meant.
struct Wish {
  std::optional<std::int64_t> unused_for;     ///< nobody has carried them for so long
  std::optional<std::int64_t> archived_for;   ///< archived by us at least so long ago, and nobody carries them
  const job::Json* tags = nullptr;            ///< these
  std::set<std::string> except;               ///< the vague keys of names that are kept
  std::optional<std::int64_t> at_most_a_day;  ///< 1 or more
  std::optional<std::int64_t> max_age;  ///< how old the look at the location may be; who changes something has none
  std::string location;
  bool accept_drop = false;
  bool archives = false;  ///< what is archived already is left alone
  bool unknown = false;   ///< in a dry run: only the run will tell which tags are meant
};

/// Reads the inputs of an action; throws `invalid` in words.
Wish wish_in(const job::Json& input);

struct Candidate {
  std::string id, name, unused_since;
  std::string new_name = {};  ///< that an earlier attempt of the step gave it; empty: none did
};

/// What is to be done and what is left alone, with the reasons.
struct Choice {
  std::vector<Candidate> candidates;         ///< unused longest first
  std::set<std::string> names;               ///< the vague keys of the names of all tags of the location
  std::map<std::string, std::string> there;  ///< all tags of the location: id -> name
  std::string doubt;                         ///< why nothing may be changed on this evidence, or empty
  std::string kept_since;                    ///< of when the look is, where it is an earlier one
  job::Json kept;
  bool unknown = false;  ///< in a dry run: only the run will tell
};

/// Looks at the location and chooses. `done_to_them` ("archived") is for the refusal of tags that are in use.
Choice choose(job::Call& call, const Wish& wish, const std::string& done_to_them);

/// Whether a tag has the name that archiving gave it, as it is or as the far side keeps it.
bool has_given_name(const std::string& name, const std::string& given);

/// What no API tells about the use of a tag, in sentences.
job::Json blind_spots();

/// The tags that were archived by us: id -> {name, new_name, at}.
std::string archive_key(const std::string& location);

}  // namespace millrace::pruning
