#pragma once

#include <string>

#include "base/result.hpp"
#include "courier/shipment.hpp"

namespace millrace {

struct MultipartBody {
  std::string text;
  std::string type;  ///< "multipart/form-data; boundary=..."
};

/// The members of the body as parts: bytes as a file of the name that the input gives, a list as a part for each of its
/// items, a mapping as JSON, all else as text, unless the manifest says a type. Each part has one, because some servers
/// break off at a part that has none. Written anew, it is the same.
Result<MultipartBody> multipart_body(const Shipment& shipment);

}  // namespace millrace
