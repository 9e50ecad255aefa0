#pragma once

#include <string>

#include "base/result.hpp"
#include "courier/shipment.hpp"

namespace millrace {

struct MultipartBody {
  std::string text;
  std::string type;  ///< "multipart/form-data; boundary=..."
};

/// The members of the body as parts: bytes as a file of the name that the input gives, all else as text. Each has a
/// type of its own, because some servers break off at a part that has none. Written anew, it is the same.
Result<MultipartBody> multipart_body(const Shipment& shipment);

}  // namespace millrace
