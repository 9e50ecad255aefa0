#include "plugin/library.hpp"

#include "abi/load_table.hpp"
#include "plugin/host_table.hpp"

namespace millrace {
namespace {

Error refusal(ErrorCode code, std::string why) { return {.code = code, .message = std::move(why)}; }

Result<void*> open_table(const mr_plugin* table, const std::string& name, const std::shared_ptr<CallHub>& hub) {
  const auto call = PluginCall::start(hub, name, nullptr, nullptr);
  void* self = nullptr;
  try {
    self = table->open(&host_table(), call->handle(), {"{}", 2});
  } catch (...) {
    call->end(refusal(ErrorCode::internal, "an exception escaped"));
  }
  call->end(Value());
  if (!call->outcome()) return call->outcome().error().within("it could not be opened");
  if (self == nullptr) return refusal(ErrorCode::internal, "it could not be opened and gave no reason");
  return self;
}

}  // namespace

Result<OpenLibrary> load_library(const std::filesystem::path& file, const std::string& name,
                                 const std::shared_ptr<CallHub>& hub) {
  const LoadedTable loaded = load_table(std::filesystem::absolute(file).c_str(), name);
  if (loaded.table == nullptr) return refusal(ErrorCode::invalid, loaded.problem);
  void* self = TRY(open_table(loaded.table, name, hub));
  return OpenLibrary{name, loaded.table, self};
}

}  // namespace millrace
