#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace millrace {

struct TarFile {
  std::string name;  ///< as it stands there
  std::string content;
};

/// The files of a tar archive (ustar, GNU's or pax), in their order; folders are left out. Only what a package needs is
/// read: a link, a device, a sparse file, a name that is said beside the header, or an archive that is cut off or goes
/// on behind its end is refused with a sentence. At most `most` files.
Result<std::vector<TarFile>> read_tar(std::string_view archive, std::size_t most);

}  // namespace millrace
