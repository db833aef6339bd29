-- One kind of request, again and again: the environment says which (see load.py).
-- "same": one body. "chain": the body holds the refresh token of the last answer. "list": a body each.
local env = os.getenv
local kind, method, path = env("LOAD_KIND"), env("LOAD_METHOD"), env("LOAD_PATH")
local threads, count = tonumber(env("LOAD_THREADS")), 0
local headers, bodies, at, token = {}, {}, 0, nil
bad, spent = 0, 0

for line in env("LOAD_HEADERS"):gmatch("[^\n]+") do
  local name, value = line:match("^(.-): (.*)$")
  headers[name] = value
end

local all = {}
function setup(thread)
  thread:set("number", count)
  count = count + 1
  table.insert(all, thread)
end

function init()
  local line = 0
  for body in io.lines(env("LOAD_BODIES")) do
    if kind == "same" or line % threads == number then table.insert(bodies, body) end
    line = line + 1
  end
  token = bodies[1]
end

function request()
  local body = bodies[1]
  if kind == "chain" then
    body = "grant_type=refresh_token&refresh_token=" .. token
  elseif kind == "list" then
    at = at + 1
    body = bodies[at]
    if body == nil then
      spent = 1
      wrk.thread:stop()
      body = ""
    end
  end
  return wrk.format(method, path, headers, method == "POST" and body or nil)
end

function response(status, _, body)
  if status ~= 200 then bad = bad + 1 end
  if kind == "chain" then token = body:match('"refresh_token":%s*"([^"]+)"') or token end
end

if kind == "same" then response = nil end -- wrk itself counts what is not 2xx

function done(summary, latency)
  local failed, used_up = summary.errors.status, 0
  for _, thread in ipairs(all) do
    failed = failed + thread:get("bad")
    used_up = used_up + thread:get("spent")
  end
  io.write(string.format(
    "RESULT %d %d %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(50),
    latency:percentile(99), failed, used_up))
end
