#pragma once

#include <string>

namespace millrace {

/// Addresses that are not public are refused at connect time, whatever a name leads to by then, unless the connection
/// of the project that names the host lets them be reached: those of this machine, those of private networks (this
/// machine among them), and those where clouds hand out credentials, link-local ones above all.
struct EgressRights {
  bool loopback_addresses = false, private_addresses = false, link_local_addresses = false;
  std::string connection = {};  ///< that names the host; for messages
  std::string left = {};        ///< the connection out of whose address a redirect has led; for messages
};

}  // namespace millrace
