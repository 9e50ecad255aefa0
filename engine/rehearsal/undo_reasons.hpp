#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "catalog/catalog.hpp"
#include "rehearsal/made_changes.hpp"
#include "workflow/project.hpp"

namespace millrace {

/// Why a change cannot be taken back, whatever there is today; empty where it can.
std::string cannot_be_taken_back(const MadeChange& change, const Catalog& catalog, const Project& project);

/// `why`, with why that is not known. REQUIRES: the change has an action with an inverse.
std::string why_not_known(const MadeChange& change, const Error& why);

/// In words, that there is one again among those that are found by what it was; empty where there is none. One of which
/// the run had read beside it was there all the time: the two differed in their letters, or in something else.
std::string there_again(const MadeChange& change, const Action& create, const Value& input, const Value::List& found);

/// What a thing is made again without, because nothing that was read shows it; empty for nothing. A manifest that says
/// itself what is lost has said it.
std::string lost_when_made_again(const MadeChange& change, const Action& create, const Value& input);

/// That things of a kind, which may be empty, get new ids in place of these, the last one first.
std::string in_words_of_new_ids(const std::string& kind, const std::vector<std::string>& ids);

}  // namespace millrace
