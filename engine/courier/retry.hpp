#pragma once

#include <optional>

#include "base/result.hpp"
#include "catalog/catalog.hpp"
#include "http/http_client.hpp"

namespace millrace {

/// One attempt that has ended.
struct Attempt {
  int number = 1;
  bool repeatable = false;  ///< sent twice it does no more than sent once
  Duration took = {};
  const ConnectionKind* kind = nullptr;
  double jitter = 0;     ///< from 0 to 1
  bool patient = false;  ///< a service waits for longer than a person would
};

/// True for an error after which a request that may have left may have been carried out.
bool answer_was_lost(const Error& error) noexcept;

/// True for an answer by which the far side says that it did nothing and is to be asked later.
bool refused_for_now(const IncomingResponse& response) noexcept;

/// How long to wait before it is tried once more, or nothing where it is not. What surely was not carried out may
/// always be sent again; the rest only where it is repeatable.
std::optional<Duration> wait_before_retry(const Attempt& attempt, const Result<IncomingResponse>& answer);

}  // namespace millrace
