#pragma once

namespace millrace {

/// True for the answer of a gateway that did not reach the far side, so that nothing was done there. The numbers are
/// Cloudflare's: refused, no way there, no TLS, a certificate that is not taken, no address.
constexpr bool stopped_at_gateway(int status) noexcept {
  return status == 521 || status == 523 || status == 525 || status == 526 || status == 530;
}

/// True for the answer of a gateway that does not know what became of the request: the far side may have it. Beside
/// those of the standard, Cloudflare's (522 comes, too, where the request was sent and not received in time), and by
/// which other proxies tell that reading or connecting took too long.
constexpr bool lost_by_gateway(int status) noexcept {
  return status == 502 || status == 504 || status == 520 || status == 522 || status == 524 || status == 527 ||
         status == 598 || status == 599;
}

/// True for an answer that a gateway gives in place of the far side, which does not answer.
constexpr bool comes_of_gateway(int status) noexcept { return stopped_at_gateway(status) || lost_by_gateway(status); }

}  // namespace millrace
