#pragma once

#include <string>
#include <string_view>

#include "openapi/schemas.hpp"

namespace millrace {

/// Writes one schema and those inside of it. How deep they can stand is limited where the document was read.
class SchemaWriter {
 public:
  explicit SchemaWriter(SchemaBook& book) : book_(book) {}
  Value write(const Spot& spot);

 private:
  Value write_reference(const Spot& spot);
  Value write_members(const Spot& spot);
  void write_word(const Spot& schema, const std::string& word, Map& written);
  void write_type(const Spot& spot, Map& written);
  void write_limit(const Spot& schema, const std::string& word, Map& written);
  void write_schemas(const std::string& word, const Spot& spot, Map& written);
  void write_list_of(const std::string& as, const Spot& spot, Map& written);
  void write_required(const Spot& schema, const Spot& spot, Map& written);
  void write_dependent(const Spot& spot, Map& written);
  void write_pattern(const Spot& spot, Map& written);
  void tell_empty_range(const Spot& spot);
  void tell_unsaid(const std::string& word, const Spot& spot);
  Value with_null(const Spot& spot, Map written) const;

  void wrong(const Spot& spot, const std::string& expected);

  SchemaBook& book_;
};

/// Text for people out of a document: in one line, without characters that steer whoever shows it, and not endless.
std::string plain_words(std::string_view text, std::size_t bytes);

}  // namespace millrace
