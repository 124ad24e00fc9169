-- What wrk sends: every body once, shared out over its threads.
local threads = {}
function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end
function init(args)
  bodies, at, dry = {}, 0, 0
  local line = 0
  for each in io.lines(args[1]) do
    if line % 2 == number then table.insert(bodies, each) end
    line = line + 1
  end
end
function request()
  at = at + 1
  if at > #bodies then dry = dry + 1; at = 1 end
  return wrk.format("POST", nil, {["Content-Type"] = "application/x-www-form-urlencoded"}, bodies[at])
end
function done(summary, latency)
  local dried = 0
  for _, thread in ipairs(threads) do dried = dried + thread:get("dry") end
  local e = summary.errors
  print(string.format('{"requests": %d, "seconds": %f, "p50": %f, "p99": %f, "errors": %d, "dry": %d}',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    e.connect + e.read + e.write + e.status + e.timeout, dried))
end
