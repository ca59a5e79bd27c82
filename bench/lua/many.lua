-- Requests that differ: paths and tokens from two files, each in turn, beginning with the one that is named.
-- Arguments: the method, the file of paths, the file of tokens or "-", the number of the first request.
local function lines(name)
  local found = {}
  if name ~= "-" then
    for line in io.lines(name) do found[#found + 1] = line end
  end
  return found
end

local ready, count, at = {}, 0, 0

function init(args)
  local paths, tokens = lines(args[2]), lines(args[3])
  count = math.max(#paths, #tokens)
  for i = 1, count do
    local headers = {}
    for name, value in pairs(wrk.headers) do headers[name] = value end
    if #tokens > 0 then headers["Authorization"] = "Bearer " .. tokens[(i - 1) % #tokens + 1] end
    ready[i] = wrk.format(args[1], paths[(i - 1) % #paths + 1], headers)
  end
  at = tonumber(args[4]) % count
end

function request()
  at = at % count + 1
  return ready[at]
end
