#pragma once

#include "base/result.hpp"
#include "journal/database.hpp"
#include "journal/store_files.hpp"

namespace millrace {

/// Whether the store has all that it had taken by its mark. The error says how many entries it lacks, and what to do;
/// nothing where there is no mark, or the file is of a newer program. `database` nullptr: there is no file.
Status check_position(StoreFiles& files, Database* database);

}  // namespace millrace
