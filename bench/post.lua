-- For wrk: sends the event named by BODY again and again, and prints what came of it as one line of JSON.
local file = assert(io.open(os.getenv("BODY"), "rb"))
wrk.method = "POST"
wrk.body = file:read("*a")
wrk.headers["Content-Type"] = "application/json"
file:close()

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.timeout
  print(string.format('{"per_second": %.1f, "p50_ms": %.3f, "p99_ms": %.3f, "refused": %d, "failed": %d}',
    (summary.requests - errors.status) * 1e6 / summary.duration, latency:percentile(50) / 1000, latency:percentile(99) / 1000, errors.status, failed))
end
