#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/session.hpp"

namespace millrace {

/// What a shell can offer for the last of `words`, which were typed behind "millrace": one a line, a tab and a sentence
/// behind it where there is one. ":files" and ":folders" say that the shell offers these as well. What there is comes
/// from the definitions of the command line itself, what it takes from the project; nothing is said of what is wrong
/// there.
int complete(const CLI::App& app, const Session& session, const std::vector<std::string>& words);

/// How the verb that was typed is written whole, and what can stand in the place of the first word that it lacks: lines
/// for whoever left it out. Empty where no word is missing.
std::string said_of_missing_word(const CLI::App& app, const Session& session);

/// A small script by which bash, zsh or fish asks for that.
int completion_command(const std::string& shell);

}  // namespace millrace
