#pragma once

namespace millrace {

/// From now on the system shows the memory of this process, in which secrets are, to no other program of the same user
/// (as a debugger does), and leaves none of it in a file when the process crashes. Root still sees it.
void keep_memory_private() noexcept;

}  // namespace millrace
