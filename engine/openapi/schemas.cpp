#include "openapi/schemas.hpp"

#include <utility>

#include "openapi/circles.hpp"
#include "openapi/schema_writer.hpp"

namespace millrace {

namespace {

constexpr std::size_t heaviest_definitions = 2'000'000;  // as Value::weight counts

}  // namespace

Value SchemaBook::write(const Spot& spot) { return SchemaWriter(*this).write(spot); }

std::string SchemaBook::name_of(const Spot& spot) {
  Spot there = documents_.referred(spot);
  // A reference that leads to nothing but a reference is that one.
  if (there && is_reference(there) && (!newer_ || there.value->map().size() == 1)) there = documents_.follow(there);
  if (!there) return "";
  const auto [found, added] = names_.try_emplace({there.file, there.pointer});
  if (added) {
    found->second = unused(definition_name(there.pointer), "_", taken_);
    open_.emplace_back(found->second, there);
    spots_.emplace(found->second, there);
  }
  return found->second;
}

Map SchemaBook::definitions() {
  std::map<std::string, Value> written;
  std::size_t weight = 0;
  while (!open_.empty()) {
    const auto [name, spot] = std::move(open_.back());
    open_.pop_back();
    // The same part of a document can be referred to by itself and with all that is around it, over and over.
    if (weight > heaviest_definitions)
      documents_.tell(Severity::error, "too-large", spot,
                      "the schemas are too large together: this one takes every value");
    const auto there = written.emplace(name, weight > heaviest_definitions ? Value(Map()) : write(spot)).first;
    weight += there->second.weight();
  }
  for (const Cut& cut : cut_circles(written)) {
    documents_.tell(Severity::warning, cut.circle ? "circular-schema" : "entangled-schema", spots_.at(cut.definition),
                    cut.circle ? "the schema is made of itself, which nothing can be: that part is not checked"
                               : "the schema is made of more than 10,000 others: they are not checked");
  }
  Map definitions;
  for (auto& [name, schema] : written) definitions.set(Value(name), std::move(schema));
  return definitions;
}

}  // namespace millrace
