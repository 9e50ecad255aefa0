#include "http/http_client.hpp"

#include <utility>

#include "http/curl_multi.hpp"
#include "http/transfer.hpp"

namespace millrace {

namespace {

Error called_off(std::string request) { return Error{ErrorCode::cancelled, std::move(request) + " was called off"}; }

class CurlClient final : public HttpClient {
 public:
  explicit CurlClient(Loop& loop) : loop_(loop) {}

  Task<Result<IncomingResponse>> send(OutgoingRequest request) override {
    if (request.may_have_left != nullptr) *request.may_have_left = false;
    const bool too_late = co_await cancelled();
    if (too_late) co_return called_off("the request");
    auto begun = begin(std::move(request));
    if (!begun) co_return begun.error();
    Transfer& transfer = **begun;
    co_await transfer.news().wait();
    if (transfer.under_way()) {
      co_return called_off("the request to " + transfer.place());
    }
    co_return transfer.outcome();
  }

 private:
  Result<std::unique_ptr<Transfer>> begin(OutgoingRequest request) {
    if (!multi_) multi_ = TRY(CurlMulti::open(loop_));
    auto transfer = std::make_unique<Transfer>(std::move(request), *multi_);
    TRY(transfer->begin());
    return transfer;
  }

  Loop& loop_;
  std::unique_ptr<CurlMulti> multi_;
};

}  // namespace

std::unique_ptr<HttpClient> open_http_client(Loop& loop) { return std::make_unique<CurlClient>(loop); }

}  // namespace millrace
