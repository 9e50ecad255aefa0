#pragma once

#include "base/result.hpp"
#include "journal/database.hpp"

namespace millrace {

/// The version of the tables that this program writes.
constexpr int layout_version = 1;

/// Sets the connection up for writing and brings the tables to this program's version, in one transaction. A file of a
/// newer version or of another program is refused.
Status prepare_for_writing(Database& database, const std::string& file);

/// The same for reading; nothing is changed.
Status prepare_for_reading(Database& database, const std::string& file);

/// Whether the file is from before this layout, or has nothing in it yet.
bool is_older(Database& database);
/// What an older file holds, in this layout, in memory: for reading it before anybody has brought it up to date.
Result<Database> read_older(Database& older, const std::string& file);

}  // namespace millrace
