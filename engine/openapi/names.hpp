#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "openapi/operation.hpp"

namespace millrace {

/// Any text as a name: "locationId" and "Location ID" are location_id. Never empty, begins with a letter, ASCII.
std::string snake_case(std::string_view text);

/// "#/components/schemas/Pet" is the definition Pet.
std::string definition_name(std::string_view pointer);

/// Names that are taken, each with the last number that was put behind it.
using TakenNames = std::map<std::string, int>;

/// `name`, or with a number behind it where it is taken; it is taken then.
std::string unused(const std::string& name, std::string_view before_number, TakenNames& taken);

/// What a document writes as it is read, as an address has it; what is so already stays.
std::string as_in_an_address(std::string_view text);

/// What a request is told from others by, whatever its parameters are called: "GET /pets/{}". A path is the same as a
/// document has it and as a manifest does.
std::string request_key(std::string_view method, std::string_view path);

/// The same with the names of its parameters, as inputs have them: "GET /pets/{pet_id}".
std::string exact_request_key(std::string_view method, std::string_view path);

/// Gives each operation its name, "pets.list". Those that had one keep it (`before`, by exact_request_key, else by
/// request_key); none is given twice, and the order in which a document has them does not count.
void name_operations(std::vector<Operation>& operations, const std::map<std::string, std::string>& before);

}  // namespace millrace
